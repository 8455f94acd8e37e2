/**
 * A liquidity group as its partition keeps it: where its journal stands, where its agent is, what waits. Pure.
 */
import type { GroupStandingRecord } from './ports.js'
import { type Offsets, WaitingInputs } from './waiting-inputs.js'

/**
 *   absent      no agent yet: the group is known from records alone, its policy has not come
 *   making      asked for, no answer yet
 *   ready       takes cycles
 *   recovering  lost with its worker, being made anew from the journal
 *   frozen      lost again and again with the same cycle: left alone until somebody has looked
 */
export type AgentState = 'absent' | 'making' | 'ready' | 'recovering' | 'frozen'

/** A cycle that the agent was given and that is not in the journal. */
export interface CycleUnderWay {
  readonly cycle: number
  readonly closedAtMicros: number
  readonly bytes: Buffer
  readonly inputs: number
  readonly first: Offsets
  readonly last: Offsets
}

export class PartitionGroup {
  readonly groupId: string
  /** Names the agent to its host; another one for each agent that was made. */
  slot: number
  agent: AgentState = 'absent'
  nextCycle = 0
  /** Closing time of the last cycle; -1 when there is none. */
  closedAtMicros = -1
  /** Instructions without a final status after the last result. */
  outstanding = 0
  /** By topic: every record for the group before this offset is in a cycle that is in the chain. */
  readonly journaledNext = new Map<string, number>()

  // What follows is of the owner alone.

  /** By topic: every record for the group before this offset was taken. */
  readonly takenNext = new Map<string, number>()
  readonly waiting = new WaitingInputs()
  underWay: CycleUnderWay | undefined
  /** Its next cycle waits until the reference topics were read to their end. */
  needsReference = true
  /** Monotonic time since which inputs wait for the policy, milliseconds. */
  provisionalSinceMs = 0
  /** The first records that a frozen group did not take. */
  readonly refusedFrom = new Map<string, number>()
  /** Last cycle whose transaction is committed. */
  committedCycle = -1
  /** Cycle with which the agent was lost, and how often. */
  lostWith = { cycle: -1, times: 0 }

  constructor(groupId: string, slot: number) {
    this.groupId = groupId
    this.slot = slot
  }

  /** Takes note of a cycle that is in the chain. */
  noteCycle(cycle: number, closedAtMicros: number, last: Offsets): void {
    this.nextCycle = cycle + 1
    this.closedAtMicros = closedAtMicros
    for (const [topic, offset] of last) {
      if (offset >= (this.journaledNext.get(topic) ?? 0)) this.journaledNext.set(topic, offset + 1)
    }
  }

  /** Begins a time as owner: only what is in the chain was taken. */
  beginOwning(): void {
    this.takenNext.clear()
    for (const [topic, next] of this.journaledNext) this.takenNext.set(topic, next)
    this.waiting.clear()
    this.refusedFrom.clear()
    this.needsReference = true
    this.underWay = undefined
    this.committedCycle = this.nextCycle - 1
  }

  restore(cycle: number, standing: GroupStandingRecord): void {
    this.nextCycle = cycle + 1
    this.closedAtMicros = standing.closedAtMicros
    this.outstanding = standing.outstanding
    for (const [topic, next] of standing.next) this.journaledNext.set(topic, next)
  }
}
