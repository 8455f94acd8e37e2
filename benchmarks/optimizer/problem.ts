/** What a solver is measured on: a model, and what happens to it. Depends on the optimizer's types only. */
import type { ChangeStep } from '../../wasm-core/host/changes/change-stream.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'

export interface Problem {
  readonly model: SparseModel
  /** Each on top of all earlier ones. */
  readonly steps: readonly ChangeStep[]
}

/** tick: one payment; batch: every balance moves; mixed: also some limits and prices, and one facility. */
export type StreamKind = 'tick' | 'batch' | 'mixed'

export const STREAM_KINDS: readonly StreamKind[] = ['tick', 'batch', 'mixed']
