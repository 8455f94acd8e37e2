/**
 * What a replay of one decision takes and gives, as data that goes between processes. Depends on types only.
 */
import type { GateLine } from '../../../pipeline/action/gate-report.js'
import type { Cycle, SourceDeclaration } from '../../../schemas/generated/types.js'
import type { SparseModel } from '../../../wasm-core/host/sparse-model.js'
import type { Leaf } from '../leaves/leaf.js'
import type { GroupMemory } from '../leaves/leaf-maker.js'

export interface ReplayJob {
  readonly group: string
  /** Id, hex, of the one that is looked at among those of the last cycle. */
  readonly decision: string
  /** Encoded state to go on from; the group begins when undefined. */
  readonly snapshot: Uint8Array | undefined
  /** Of the sources that the cycles have inputs of, rising by number. */
  readonly sources: readonly SourceDeclaration[]
  /** In order, the last one is that of the decision. */
  readonly cycles: readonly Cycle[]
  /** The optimizer's module; undefined when nothing was solved, then any does. */
  readonly wasm: Uint8Array | undefined
  /** Where the group's leaves stood before the first cycle. */
  readonly memory: GroupMemory
}

/** What the decision was made from. */
export interface ExaminedDecision {
  readonly policyDocument: string
  /** Undefined when nothing was solved. */
  readonly solve: ExaminedSolve | undefined
  /** Undefined when there was no plan to hold against limits. */
  readonly gate: readonly GateLine[] | undefined
  readonly feeds: readonly FeedFreshness[]
  /** How many people have to approve the plan if it waits for people; 0 without a plan. */
  readonly approvals: number
}

export interface ExaminedSolve {
  readonly model: SparseModel
  readonly status: string
  readonly basis: Uint8Array
  readonly primal: Float64Array
  readonly dual: Float64Array
  readonly objective: number
  readonly ray: Float64Array
}

export interface FeedFreshness {
  readonly feed: string
  /** From the latest event time that it has told to the decision. */
  readonly ageMicros: number
  /** Numbers that are missing. */
  readonly missing: number
}

export interface ReplayOutcome {
  /** SHA-256 of the encoded state, hex, and the digest of all decisions so far. */
  readonly before: { readonly state: string; readonly chain: string }
  readonly after: { readonly state: string; readonly chain: string }
  /** Of all cycles, in order; `journal.entry` is the number of the cycle, as the journal is not known here. */
  readonly leaves: readonly Leaf[]
  /** Of the decision, as Avro bytes. */
  readonly explanations: readonly Uint8Array[]
  readonly instructions: readonly Uint8Array[]
  /** Undefined when the last cycle does not come to the decision. */
  readonly examined: ExaminedDecision | undefined
}

export type RunReplay = (job: ReplayJob) => Promise<ReplayOutcome>
