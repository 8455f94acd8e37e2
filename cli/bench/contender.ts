/**
 * What is measured on a stream: a solver that holds one model and takes changes to it. Depends on the change stream alone.
 */
import type { ChangeStep } from '../../wasm-core/host/changes/change-stream.js'

export interface Contender {
  /** Back to the model as its file has it, solved once from nothing. Not timed. */
  restart(): void
  /**
   * What is timed: the changes, the solve, and the reading of objective, all primal values and all duals into memory of the
   * caller's, since an answer that nobody has read is not there yet.
   */
  step(change: ChangeStep): void
  /** Of the last step. */
  readonly isOptimal: boolean
  readonly status: string
  /** Of the minimization. */
  readonly objective: number
  readonly iterations: number
  dispose(): void
}
