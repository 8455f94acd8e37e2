/**
 * A cold solve by way of the reduced model: its answer is brought back and checked against the original one. What fails the check, or
 * came without a proof, is solved on the original model from the basis that was brought back.
 * Depends on presolve.ts, residuals.ts, budget.ts, linear-program.ts, sparse-model.ts.
 */
import type { LinearProgram, ResolveOptions, SolveStatus } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import { Budget } from './budget.js'
import type { RestoredAnswer } from './postsolve.js'
import { type PresolveOutcome, presolve } from './presolve.js'
import { residualsOf } from './residuals.js'
import type { PresolveStatistics } from './statistics.js'

/**
 * What a restored answer's residuals may be. The optimizer works to the same figure and accepts 1e-7, so that
 * presolve never costs digits.
 */
const RESTORED = 1e-9

/** An answer of the original model; `LinearProgram` has the same fields. Views into the program are valid until its next `resolve` or `load`. */
export interface SolvedAnswer {
  readonly primal: Float64Array
  readonly rowActivity: Float64Array
  readonly dual: Float64Array
  readonly reducedCost: Float64Array
  /** See `LinearProgram.ray`. */
  readonly ray: Float64Array
  readonly objective: number
  readonly primalResidual: number
  readonly dualResidual: number
}

/**
 * Why the original model was solved too: `answer-not-restored` and `ray-not-restored` are failed checks of what came back, `unbounded`
 * and `numerical-failure` are outcomes that only the original model can settle, `canonical` was asked for.
 */
export type OriginalReason =
  | 'answer-not-restored'
  | 'ray-not-restored'
  | 'unbounded'
  | 'numerical-failure'
  | 'canonical'

export interface PresolvedSolve {
  readonly status: SolveStatus
  /** The optimum, the ray, or after a limit nothing: then all numbers are 0 and the residuals infinite. */
  readonly answer: SolvedAnswer
  readonly statistics: PresolveStatistics
  /** Iterations on the reduced model, and on the original one. */
  readonly reducedIterations: number
  readonly originalIterations: number
  /** Undefined when the reduced model was enough. */
  readonly originalReason: OriginalReason | undefined
  /** A basis of the original model for `LinearProgram.importBasis`, after 'optimal'. */
  readonly basis: Uint8Array | undefined
}

type Reduced = Extract<PresolveOutcome, { kind: 'reduced' }>

/** What the reduced model brought: a settled outcome, or a reason for solving the original one, with a basis to start from. */
type Brought =
  | { readonly status: SolveStatus; readonly answer: SolvedAnswer; readonly basis?: Uint8Array }
  | { readonly reason: OriginalReason; readonly basis?: Uint8Array }

/**
 * Solves `model` in `program`, which afterwards holds the reduced or the original model, whichever was solved last. Limits hold for
 * presolve and both solves together; presolve itself is bounded by its work and looks at no clock.
 *
 * The bits of the outcome are a function of the model alone. Of several optima it need not be the one that `resolve` picks for
 * 'canonical' answers; where those are asked for, the original model is solved as well. Throws as `LinearProgram.load` and `resolve` do.
 */
export function solveWithPresolve(
  program: LinearProgram,
  model: SparseModel,
  options: ResolveOptions = {},
): PresolvedSolve {
  const budget = new Budget(options)
  const outcome = presolve(model)
  const { statistics } = outcome
  const found =
    outcome.kind === 'reduced' ? solveReduced(program, model, outcome, budget) : settle(model, outcome)
  const brought = options.answers === 'canonical' ? withoutOptimum(found) : found
  const reducedIterations = budget.spent
  if ('status' in brought) {
    const { status, answer, basis } = brought
    const common = { statistics, reducedIterations, originalIterations: 0, originalReason: undefined }
    return { status, answer, basis, ...common }
  }
  program.load(model)
  if (brought.basis !== undefined) program.importBasis(brought.basis)
  const status = program.resolve({ answers: 'fast', ...budget.left() })
  return {
    status,
    answer: program,
    statistics,
    reducedIterations,
    originalIterations: program.iterations,
    originalReason: brought.reason,
    basis: status === 'optimal' ? program.exportBasis() : undefined,
  }
}

/** The canonical optimum is one of the original model's; it is looked for from the restored basis. */
function withoutOptimum(found: Brought): Brought {
  if (!('status' in found) || found.status !== 'optimal' || found.basis === undefined) return found
  return { reason: 'canonical', basis: found.basis }
}

function solveReduced(program: LinearProgram, model: SparseModel, reduced: Reduced, budget: Budget): Brought {
  program.load(reduced.model)
  const status = program.resolve({ ...budget.left(), answers: 'fast' })
  budget.spend(program.iterations)
  if (status === 'deadline' || status === 'iteration-limit') return { status, answer: noAnswer(model) }
  // A basis that failed on the reduced model is no better a start than the slack basis.
  if (status === 'numerical-failure') return { reason: status }
  const ray = status === 'infeasible' ? reduced.postsolveRay(program.ray) : undefined
  if (ray !== undefined) return { status, answer: { ...noAnswer(model), ray } }
  const restored = reduced.postsolve(program)
  if (status === 'optimal') return judge(model, restored)
  return { reason: status === 'infeasible' ? 'ray-not-restored' : 'unbounded', basis: restored.basis }
}

/** Outcomes of presolve alone. */
function settle(model: SparseModel, outcome: Exclude<PresolveOutcome, Reduced>): Brought {
  if (outcome.kind === 'solved') return judge(model, outcome.answer)
  if (outcome.kind === 'unbounded-or-infeasible') return { reason: 'unbounded' }
  const { ray } = outcome
  if (ray === undefined) return { reason: 'ray-not-restored' }
  return { status: 'infeasible', answer: { ...noAnswer(model), ray } }
}

function judge(model: SparseModel, restored: RestoredAnswer): Brought {
  const { basis, ...point } = restored
  const { primal, dual } = residualsOf(model, restored)
  if (!(primal <= RESTORED && dual <= RESTORED && Number.isFinite(restored.objective)))
    return { reason: 'answer-not-restored', basis }
  const { ray } = noAnswer(model)
  return { status: 'optimal', answer: { ...point, ray, primalResidual: primal, dualResidual: dual }, basis }
}

function noAnswer({ rows, columns }: SparseModel): SolvedAnswer {
  return {
    primal: new Float64Array(columns),
    rowActivity: new Float64Array(rows),
    dual: new Float64Array(rows),
    reducedCost: new Float64Array(columns),
    ray: new Float64Array(columns + rows),
    objective: 0,
    primalResidual: Infinity,
    dualResidual: Infinity,
  }
}
