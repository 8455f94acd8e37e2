/**
 * A snapshot in the making: a place in the journal, and the state of every agent at that place or further on.
 *
 * An agent's state is asked for behind the cycles that it was given by then. Pure. Depends on the ports.
 */
import type { PartitionGroup } from './partition-group.js'
import type { PartitionState } from './partition-state.js'
import type { AgentHost, GroupSnapshot, PartitionSnapshot } from './ports.js'

/** A place in the journal, without its offset. */
export interface JournalPlace {
  readonly nextSequence: number
  readonly checksum: number
  readonly declarations: number
  readonly positions: readonly (readonly [string, number])[]
}

/** Where the chain stands now. */
export function placeOf(state: PartitionState): JournalPlace {
  return {
    nextSequence: state.chain.nextSequence,
    checksum: state.chain.checksum,
    declarations: state.sources.declarations.length,
    positions: [...state.positions],
  }
}

interface Wanted {
  readonly group: PartitionGroup
  readonly slot: number
  readonly cycle: number
  readonly closedAtMicros: number
  readonly next: readonly (readonly [string, number])[]
  answer:
    | { readonly outstanding: number; readonly digest: Uint8Array; readonly state: Uint8Array }
    | undefined
}

export class SnapshotDraft {
  readonly place: JournalPlace
  readonly #offset: number
  readonly #state: PartitionState
  readonly #wanted: Wanted[] = []

  /** @param offset in the journal topic: every entry before it, and no other, is covered by `place` */
  constructor(state: PartitionState, place: JournalPlace, offset: number, agents: AgentHost) {
    this.#state = state
    this.place = place
    this.#offset = offset
    for (const group of state.groups.values()) {
      // A group without an agent has no cycle: it is known from records that wait.
      if (group.agent === 'absent') continue
      this.#wanted.push(wantedOf(group))
      agents.snapshot(group.slot)
    }
  }

  take(group: PartitionGroup, digest: Uint8Array, state: Uint8Array): void {
    const wanted = this.#wanted.find((one) => one.slot === group.slot)
    if (wanted !== undefined) wanted.answer = { outstanding: group.outstanding, digest, state }
  }

  /** Every agent has answered, and every cycle in their states is committed. */
  get isComplete(): boolean {
    return this.#wanted.every(
      ({ answer, group, cycle }) => answer !== undefined && group.committedCycle >= cycle,
    )
  }

  build(journalId: string): PartitionSnapshot {
    const { nextSequence, checksum, declarations, positions } = this.place
    return {
      partition: this.#state.partition,
      journalId,
      offset: this.#offset,
      nextSequence,
      checksum,
      declarations: this.#state.sources.declarations.slice(0, declarations),
      positions,
      groups: this.#wanted.map(snapshotOf),
    }
  }
}

function wantedOf(group: PartitionGroup): Wanted {
  const { underWay } = group
  const next = new Map(group.journaledNext)
  for (const [topic, offset] of underWay?.last ?? [])
    next.set(topic, Math.max(offset + 1, next.get(topic) ?? 0))
  return {
    group,
    slot: group.slot,
    cycle: underWay?.cycle ?? group.nextCycle - 1,
    closedAtMicros: underWay?.closedAtMicros ?? group.closedAtMicros,
    next: [...next],
    answer: undefined,
  }
}

function snapshotOf({ group, cycle, closedAtMicros, next, answer }: Wanted): GroupSnapshot {
  const { outstanding, digest, state } = answer as NonNullable<Wanted['answer']>
  return { groupId: group.groupId, cycle, standing: { closedAtMicros, outstanding, next }, digest, state }
}
