/**
 * What an instance of the distributed runtime is told, besides its ports. Depends on the limits.
 */
import type { FlowLimits } from './limits.js'

export interface InstanceOptions {
  /** Names this instance in the journal, in logs and in metrics. */
  readonly instanceId: string
  /** Names the journal: cluster id and topic. A snapshot of another journal is refused. */
  readonly journalId: string
  readonly topicPrefix: string
  /** Partitions of the journal and of every source topic. */
  readonly partitions: number
  /** Follows the partitions that others own, so that a takeover goes on from memory. */
  readonly standby: boolean
  /** Longest wait of a finished cycle for company before its transaction is begun, milliseconds; 0: none. */
  readonly commitWaitMs: number
  /** Records of a transaction; beyond it no more cycles are closed until it was written. */
  readonly commitRecordsMost: number
  /** An empty cycle closes after this much silence of a group, milliseconds. */
  readonly heartbeatMs: number
  /** A snapshot of a partition after this many of its journal entries. */
  readonly snapshotEveryEntries: number
  /** Bound of draining at a handover or stop, milliseconds; what is not done by then is left to the next owner. */
  readonly drainMs: number
  /** Lower bounds than usual; for the simulator. */
  readonly limits?: FlowLimits
  /** Version of Weir, for the journal. */
  readonly version: string
  /** SHA-256 of the optimizer module. */
  readonly optimizerDigest: Uint8Array
  /** SHA-256 of the configuration: stands in every cycle that the instance closes. */
  readonly configuration: Uint8Array
  readonly nodeVersion: string
}
