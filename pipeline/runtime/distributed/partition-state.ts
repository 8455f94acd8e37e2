/**
 * What a journal partition says: its chain, its sources, its groups. One writer at a time: the follower or the owner.
 *
 * Pure. Depends on the parts named above.
 */
import { JournalChain } from './journal-entries.js'
import { PartitionGroup } from './partition-group.js'
import type { AgentHost } from './ports.js'
import { SourceTable } from './source-table.js'

/** Names agents; each name is used once in the life of an instance. */
export interface Slots {
  next(): number
}

export class PartitionState {
  readonly partition: number
  readonly chain = new JournalChain()
  readonly sources: SourceTable
  readonly groups = new Map<string, PartitionGroup>()
  /** By source topic: every record before this offset is journaled. */
  readonly positions = new Map<string, number>()
  /** Entry that the newest snapshot of this instance leads to; -1 without one. */
  snapshotSequence = -1
  /** Snapshots that could not be written. */
  snapshotFailures = 0
  readonly #bySlot = new Map<number, PartitionGroup>()
  readonly #slots: Slots
  readonly #agents: AgentHost

  constructor(partition: number, slots: Slots, agents: AgentHost) {
    this.partition = partition
    this.sources = new SourceTable(partition)
    this.#slots = slots
    this.#agents = agents
  }

  /** The group of the answering agent; undefined when the agent was given up meanwhile. */
  bySlot(slot: number): PartitionGroup | undefined {
    return this.#bySlot.get(slot)
  }

  /** Whether every agent is where the journal is. */
  get isWhole(): boolean {
    for (const { agent } of this.groups.values())
      if (agent === 'recovering' || agent === 'frozen') return false
    return true
  }

  /** The group, made without an agent when it is new. */
  group(groupId: string): PartitionGroup {
    let group = this.groups.get(groupId)
    if (group === undefined) {
      group = new PartitionGroup(groupId, -1)
      this.groups.set(groupId, group)
    }
    return group
  }

  forget(group: PartitionGroup): void {
    this.disown(group)
    this.groups.delete(group.groupId)
  }

  /** Asks for an agent of the group, a new one or one of a snapshot. */
  adopt(group: PartitionGroup, snapshot?: { readonly digest: Uint8Array; readonly state: Uint8Array }): void {
    this.disown(group)
    group.slot = this.#slots.next()
    group.agent = 'making'
    this.#bySlot.set(group.slot, group)
    this.#agents.adopt(group.slot, this.partition, group.groupId, snapshot)
  }

  /** Gives up the group's agent, if there is one. */
  disown(group: PartitionGroup): void {
    if (group.slot < 0) return
    this.#agents.disown(group.slot)
    this.#bySlot.delete(group.slot)
    group.slot = -1
    group.agent = 'absent'
  }

  /** Gives up everything; the state must not be used any more. */
  dispose(): void {
    for (const group of this.groups.values()) this.disown(group)
    this.#agents.forgetSources(this.partition)
  }
}
