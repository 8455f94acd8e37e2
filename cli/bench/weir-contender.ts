/**
 * The optimizer as a contender: changes through its methods, the answer copied out of its views.
 * Depends on the optimizer's host.
 */
import { applyStep, type ChangeStep } from '../../wasm-core/host/changes/change-stream.js'
import type { LinearProgram, ResolveOptions, SolveStatus } from '../../wasm-core/host/linear-program.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'
import type { Contender } from './contender.js'

export type Answers = 'fast' | 'canonical'

export class WeirContender implements Contender {
  readonly #program: LinearProgram
  readonly #model: SparseModel
  readonly #options: ResolveOptions
  readonly #primal: Float64Array
  readonly #dual: Float64Array
  status: SolveStatus = 'optimal'
  objective = Number.NaN

  /** The model is already resident in `program`. */
  constructor(program: LinearProgram, model: SparseModel, answers: Answers) {
    this.#program = program
    this.#model = model
    this.#options = { answers }
    this.#primal = new Float64Array(model.columns)
    this.#dual = new Float64Array(model.rows)
  }

  restart(): void {
    this.#program.load(this.#model)
    this.#program.resolve(this.#options)
  }

  step(change: ChangeStep): void {
    const program = this.#program
    applyStep(program, change)
    this.status = program.resolve(this.#options)
    this.objective = program.objective
    this.#primal.set(program.primal)
    this.#dual.set(program.dual)
  }

  get isOptimal(): boolean {
    return this.status === 'optimal'
  }

  get iterations(): number {
    return this.#program.iterations
  }

  /** The instance is garbage when nobody holds it. */
  dispose(): void {}
}
