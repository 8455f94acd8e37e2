/**
 * Who solves a model from nothing. The clock runs from the model in memory, read and parsed, to the objective: handing the
 * model over is part of it. Depends on the optimizer's host, npm `highs` and the native drivers.
 */
import { WeirError } from '../../pipeline/errors.js'
import { LinearProgram, type ResolveOptions, type SolveStatus } from '../../wasm-core/host/linear-program.js'
import { HIGHS_OPTIMAL, toHighs } from '../../wasm-core/host/peers/highs.js'
import { solveWithPresolve } from '../../wasm-core/host/presolve/solve-with-presolve.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'
import type { ColdAnswer } from './native-driver.js'
import { HIGHS_NAME, type Solvers } from './solvers.js'

export interface ColdInstance {
  readonly name: string
  readonly model: SparseModel
  /** Exact optimum of the minimization, without a constant. */
  readonly optimum: number
  /** The problem file of a native peer, by its name. */
  readonly files: Readonly<Record<string, string>>
}

export interface ColdContender {
  readonly name: string
  readonly family: 'weir' | 'highs' | 'native'
  solve(instance: ColdInstance): ColdAnswer | Promise<ColdAnswer>
}

/** A further way of Weir's to an optimum is one call of `weir` here. */
export function coldContenders(solvers: Solvers, secondsAtMost: number): ColdContender[] {
  const deadlineMs = secondsAtMost * 1000
  return [
    weir('Weir fast', solvers, (program, model) =>
      solvePlainly(program, model, { deadlineMs, answers: 'fast' }),
    ),
    weir('Weir canonical', solvers, (program, model) =>
      solvePlainly(program, model, { deadlineMs, answers: 'canonical' }),
    ),
    weir('Weir fast, presolve on', solvers, (program, model) => {
      const { status, answer } = solveWithPresolve(program, model, { deadlineMs, answers: 'fast' })
      return { status, objective: answer.objective }
    }),
    ...[true, false].map((presolve) => highs(solvers, presolve, secondsAtMost)),
    ...solvers.natives.flatMap((native) =>
      'driver' in native
        ? [true, false].map((presolve): ColdContender => {
            const { name, driver } = native
            return {
              name: named(name, presolve),
              family: 'native',
              solve: ({ files }) => driver.cold(files[name]!, presolve, secondsAtMost).catch(failed),
            }
          })
        : [],
    ),
  ]
}

interface Outcome {
  readonly status: SolveStatus
  readonly objective: number
}

function solvePlainly(program: LinearProgram, model: SparseModel, options: ResolveOptions): Outcome {
  program.load(model)
  const status = program.resolve(options)
  return { status, objective: program.objective }
}

/** A peer that fails on one instance has not solved it. */
function failed(error: unknown): ColdAnswer {
  if (!(error instanceof WeirError)) throw error
  return { ms: Number.NaN, objective: Number.NaN, status: error.message }
}

const named = (name: string, presolve: boolean) => `${name}, presolve ${presolve ? 'on' : 'off'}`

/** `solve` loads the model into `program`. */
function weir(
  name: string,
  { module }: Solvers,
  solve: (program: LinearProgram, model: SparseModel) => Outcome,
): ColdContender {
  const program = LinearProgram.instantiate(module)
  return {
    name,
    family: 'weir',
    solve({ model }) {
      const before = performance.now()
      const { status, objective } = solve(program, model)
      return { ms: performance.now() - before, objective, status }
    },
  }
}

function highs(solvers: Solvers, presolve: boolean, secondsAtMost: number): ColdContender {
  return {
    name: named(HIGHS_NAME, presolve),
    family: 'highs',
    solve({ model }) {
      const before = performance.now()
      const problem = solvers.highs.createModel(toHighs(model))
      try {
        problem.options.set({
          output_flag: false,
          presolve: presolve ? 'on' : 'off',
          time_limit: secondsAtMost,
        })
        problem.raw.run()
        const code = problem.raw.getModelStatus()
        const objective = problem.raw.getObjectiveValue()
        const ms = performance.now() - before
        return { ms, objective, status: code === HIGHS_OPTIMAL ? 'optimal' : `status ${code}` }
      } finally {
        problem.dispose()
      }
    },
  }
}
