/**
 * Makes the agents of an owned partition anew that were lost with their worker, while the others go on.
 *
 *   newest snapshot -> new agent -> its cycles from the journal, up to the last one in the chain -> the cycle under way
 *
 * The journal shows a cycle when its transaction is committed, so the end is waited for. Pure. Depends on the ports.
 */
import { CycleReader } from '../cycles/cycle-codec.js'
import { cycleBytesOf } from '../journal/cycle-bytes.js'
import { CYCLE_KIND } from '../journal/layout.js'
import type { ResultMessage } from '../workers/result-message.js'
import { type JournalTopicEntry, openRecord, parseEntry } from './journal-entries.js'
import { ENTRIES_A_STEP } from './limits.js'
import type { PartitionGroup } from './partition-group.js'
import type { PartitionState } from './partition-state.js'
import type { InstancePorts, LogRecord, Operation, PartitionSnapshot } from './ports.js'

export class GroupRecovery {
  readonly #state: PartitionState
  readonly #ports: InstancePorts
  /** Groups in recovery, and the next cycle that each needs. */
  readonly #needed = new Map<PartitionGroup, number>()
  readonly #reader = new CycleReader()
  #looking: Operation<PartitionSnapshot | undefined> | undefined
  #isReading = false
  /** Records that wait until the schema of one is known. */
  #stalled: readonly LogRecord[] = []
  /** Of the snapshot that was used; -1 for none. */
  #offset = -1

  constructor(state: PartitionState, ports: InstancePorts) {
    this.#state = state
    this.#ports = ports
  }

  begin(group: PartitionGroup): void {
    this.#state.disown(group)
    group.agent = 'recovering'
    this.#needed.set(group, 0)
    // Those that were under way begin again with the one that has joined them.
    this.#isReading = false
    this.#looking = this.#ports.snapshots.newest(this.#state.partition)
  }

  /** An agent that was asked for answers; a refused snapshot is thrown away, and the recovery begins again. */
  ready(group: PartitionGroup, restored: boolean): void {
    if (restored) return
    this.#ports.snapshots.discard(this.#state.partition, this.#offset)
    this.begin(group)
  }

  /** Whether the result is one of a cycle that is in the chain already. */
  takes(group: PartitionGroup, result: ResultMessage): boolean {
    return result.cycle < group.nextCycle
  }

  stop(): void {
    this.#needed.clear()
    if (this.#isReading) this.#ports.journal.stop(this.#state.partition)
    this.#isReading = false
    this.#looking = undefined
  }

  step(): boolean {
    if (this.#needed.size === 0) return false
    if (this.#looking !== undefined) return this.#start(this.#looking)
    return this.#isReading && this.#read()
  }

  #start(looking: Operation<PartitionSnapshot | undefined>): boolean {
    if (looking.state === 'pending') return false
    this.#looking = undefined
    const snapshot = looking.value
    this.#offset = snapshot?.offset ?? -1
    for (const group of this.#needed.keys()) {
      const own = snapshot?.groups.find(({ groupId }) => groupId === group.groupId)
      this.#state.adopt(group, own)
      group.agent = 'recovering'
      this.#needed.set(group, own === undefined ? 0 : own.cycle + 1)
    }
    const isWhole = [...this.#needed.values()].every((next) => next > 0)
    this.#ports.journal.start(this.#state.partition, isWhole ? (snapshot as PartitionSnapshot).offset : -1)
    this.#stalled = []
    this.#isReading = true
    this.#settle()
    return true
  }

  #read(): boolean {
    const { partition } = this.#state
    const records =
      this.#stalled.length > 0 ? this.#stalled : this.#ports.journal.poll(partition, ENTRIES_A_STEP)
    this.#stalled = []
    for (const [index, record] of records.entries()) {
      if (this.#take(record)) continue
      this.#stalled = records.slice(index)
      break
    }
    this.#settle()
    return records.length > this.#stalled.length
  }

  /** False when the record has to wait for its schema: who has owned the partition from its beginning never had to look it up. */
  #take(record: LogRecord): boolean {
    if (record.value === null) return true
    const place = `journal of partition ${this.#state.partition}, offset ${record.offset}`
    const opened = openRecord(record.value, this.#ports.schemas, place)
    if (opened === undefined) return false
    this.#apply(parseEntry(opened.bytes, opened.schema, place))
    return true
  }

  #apply(entry: JournalTopicEntry): void {
    if (entry.kind !== CYCLE_KIND) return
    const bytes = cycleBytesOf(entry)
    this.#reader.open(bytes)
    const group = this.#state.groups.get(this.#reader.groupId)
    if (group === undefined || this.#needed.get(group) !== this.#reader.cycle) return
    this.#needed.set(group, this.#reader.cycle + 1)
    this.#ports.agents.apply(group.slot, bytes)
  }

  /** Groups that have all their cycles go on with the one that was under way. */
  #settle(): void {
    for (const [group, next] of this.#needed) {
      if (next < group.nextCycle) continue
      this.#needed.delete(group)
      group.agent = 'ready'
      if (group.underWay !== undefined) this.#ports.agents.apply(group.slot, group.underWay.bytes)
    }
    if (this.#needed.size > 0) return
    this.#isReading = false
    this.#ports.journal.stop(this.#state.partition)
  }
}
