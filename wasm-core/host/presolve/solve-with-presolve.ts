/**
 * A cold solve by way of the reduced model. The answer is the optimizer's own for the original model, computed and checked
 * there; presolve only says where to start. Depends on presolve.ts, linear-program.ts, sparse-model.ts.
 *
 * Afterwards the original model is resident with a basis of its own, so that warm re-solves go on as after any `resolve`.
 */
import type { LinearProgram, ResolveOptions, SolveStatus } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import { type PresolveOutcome, presolve } from './presolve.js'
import type { PresolveStatistics } from './statistics.js'

export interface PresolvedSolve {
  readonly status: SolveStatus
  /** What presolve made of the model. */
  readonly outcome: PresolveOutcome['kind']
  readonly statistics: PresolveStatistics
  /** Iterations on the reduced model. */
  readonly reducedIterations: number
  /** Iterations on the original model, from the restored basis: 0 or few when all went well. */
  readonly cleanUpIterations: number
  /** The checked proof of an 'infeasible' or 'unbounded', in the form of `LinearProgram.ray`. */
  readonly ray: Float64Array | undefined
}

/**
 * Loads and solves `model` in `program`. Limits hold for both models together.
 *
 * After 'infeasible' the ray of the result is the proof; when it was brought back from the reduced model, the original one was
 * loaded but not solved. Throws as `LinearProgram.load` and `resolve` do.
 */
export function solveWithPresolve(
  program: LinearProgram,
  model: SparseModel,
  options: ResolveOptions = {},
): PresolvedSolve {
  const budget = new Budget(options)
  const outcome = presolve(model)
  const { kind, statistics } = outcome
  let reducedIterations = 0
  let basis: Uint8Array | undefined
  let ray: Float64Array | undefined
  if (outcome.kind === 'reduced') {
    program.load(outcome.model)
    const status = program.resolve({ ...budget.left(), answers: 'fast' })
    reducedIterations = program.iterations
    budget.spend(reducedIterations)
    if (status === 'infeasible') ray = outcome.postsolveRay(program.ray)
    // A basis that failed on the reduced model is no better a start than the slack basis.
    if (status !== 'numerical-failure') basis = outcome.postsolve(program).basis
  } else if (outcome.kind === 'solved') basis = outcome.answer.basis
  else if (outcome.kind === 'infeasible') ray = outcome.ray
  program.load(model)
  if (basis !== undefined) program.importBasis(basis)
  const common = { outcome: kind, statistics, reducedIterations }
  if (ray !== undefined) return { ...common, status: 'infeasible', cleanUpIterations: 0, ray }
  const status = program.resolve(budget.left())
  const isProof = status === 'infeasible' || status === 'unbounded'
  return {
    ...common,
    status,
    cleanUpIterations: program.iterations,
    ray: isProof ? program.ray.slice() : undefined,
  }
}

/** What is left of the caller's limits. */
class Budget {
  readonly #options: ResolveOptions
  readonly #startedAt = performance.now()
  #spent = 0

  constructor(options: ResolveOptions) {
    this.#options = options
  }

  spend(iterations: number): void {
    this.#spent += iterations
  }

  left(): ResolveOptions {
    const { iterationLimit, deadlineMs, ...others } = this.#options
    const limits: { iterationLimit?: number; deadlineMs?: number } = {}
    if (iterationLimit !== undefined) limits.iterationLimit = Math.max(0, iterationLimit - this.#spent)
    if (deadlineMs !== undefined)
      limits.deadlineMs = Math.max(0, deadlineMs - (performance.now() - this.#startedAt))
    return { ...others, ...limits }
  }
}
