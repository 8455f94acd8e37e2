/**
 * The bounds of the distributed runtime, each with its reason. Depends on nothing.
 */

/** Inputs of one cycle: applied in a few milliseconds, so that a burst does not keep a decision waiting. */
export const CYCLE_INPUTS_MOST = 4_096
/** Bytes of one cycle's inputs: cycle and result together stay well below the largest record of the journal topic. */
export const CYCLE_BYTES_MOST = 512 * 1024
/** Bytes of the largest source record that is taken as an input; a larger one becomes a dead letter. */
export const RECORD_BYTES_MOST = 256 * 1024
/** What a dead letter keeps of a record that was not taken. */
export const FAULT_PAYLOAD_BYTES = 64 * 1024

/** Source records handled in one step: enough to keep the cost of a step small, few enough to keep it short. */
export const RECORDS_A_STEP = 4_096
/** Journal entries applied by a follower in one step. */
export const ENTRIES_A_STEP = 1_024
/** Bounds of what waits in a partition. They may be set lower where little is to be enough to reach them. */
export interface FlowLimits {
  /** Inputs that wait for their cycles in one partition, bytes; beyond it the partition is paused at the broker. */
  readonly waitingBytes: number
  /**
   * Those of one of several groups; beyond it the group's records are passed over, and read again when it has caught up, so that a group
   * that is slow does not fill the partition's bound and hold up the others.
   */
  readonly groupWaitingBytes: number
}

export const FLOW_LIMITS: FlowLimits = { waitingBytes: 8 * 1024 * 1024, groupWaitingBytes: 3 * 1024 * 1024 }

/** Between two readings again for such groups, milliseconds: each costs everybody what lies between. */
export const READ_AGAIN_PAUSE_MS = 5_000
/** The partition is resumed below this share of the bound, so that it is not switched at every record. */
export const RESUME_BELOW = 0.5
/** What waits for a worker's ring. */
export const BACKLOG_BYTES_MOST = 16 * 1024 * 1024
/** Cycles of one partition that a follower has given to its agents without an answer. */
export const FOLLOWED_CYCLES_UNDER_WAY_MOST = 1_024

/** Records that were made and are not in a transaction yet; beyond it no cycle is closed. */
export const UNCOMMITTED_BYTES_MOST = 16 * 1024 * 1024

/** Groups that records name before their policy has come: more would be a producer gone wrong. */
export const PROVISIONAL_GROUPS_MOST = 1_000
/** Inputs kept for one such group. */
export const PROVISIONAL_BYTES_MOST = 1024 * 1024
/** How long they wait for the policy before they become dead letters, milliseconds. */
export const PROVISIONAL_WAIT_MS = 10_000
/** How long a start waits for the reference topics to be read to their end before it goes on without, milliseconds. */
export const REFERENCE_WAIT_MS = 30_000
/**
 * The same for an owner that takes over: the reference data of before is in the journal, and what may be missing is the last change.
 * Groups must not stand still for a topic whose broker is away.
 */
export const REFERENCE_WAIT_RESUMED_MS = 3_000

/** Entries that a follower may lack and count as warm: applied in a fraction of what a takeover takes anyway. */
export const WARM_WITHIN_ENTRIES = 1_024
/** How long a standby that starts follows before it takes its place in the group although it is not warm, milliseconds. */
export const WARM_WAIT_MS = 60_000

/** Requests to the broker that are made again before the partition is given up. */
export const RETRIES_MOST = 60
/** Between two tries, milliseconds; a broker that comes back is found within this. */
export const RETRY_PAUSE_MS = 500
/** Between two tries of the registry, milliseconds. */
export const LOOKUP_PAUSE_MS = 1_000
/** A partition that failed is taken up again after this, milliseconds. */
export const PARTITION_RETRY_MS = 5_000
/** Times that an agent may be lost with the same cycle before its group is left alone. */
export const CYCLE_LOSSES_MOST = 2
