/**
 * Follows a journal partition: applies its cycles to agents of its own and compares each result with the journaled one.
 *
 *   snapshot (if any) -> agents -> read the journal, from there on, without end
 *
 * A start, a standby and a takeover are the same thing: the owner-to-be follows until it has seen its own mark. A result that differs
 * stops the partition: an owner that computes otherwise than its predecessor must not go on.
 * Pure. Depends on the ports.
 */
import { WeirError } from '../../errors.js'
import { compareResults } from '../cycles/compare-results.js'
import { CycleReader } from '../cycles/cycle-codec.js'
import { cycleBytesOf } from '../journal/cycle-bytes.js'
import { CYCLE_KIND, CYCLE_RESULT_KIND, DECLARATION_KIND, POSITIONS_KIND } from '../journal/layout.js'
import type { ResultMessage } from '../workers/result-message.js'
import { foreignRecord, type JournalTopicEntry, openRecord } from './journal-entries.js'
import { ENTRIES_A_STEP, FOLLOWED_CYCLES_UNDER_WAY_MOST } from './limits.js'
import type { PartitionGroup } from './partition-group.js'
import type { PartitionState } from './partition-state.js'
import type { AgentAnswer, InstancePorts, LogRecord, Operation, PartitionSnapshot } from './ports.js'

/** A cycle whose results, the journaled one and the one made here, are not both known. */
interface Pending {
  readonly cycle: number
  made: ResultMessage | undefined
  journaled: JournalTopicEntry | undefined
}

type Stage = 'looking' | 'adopting' | 'reading' | 'resuming'

export class Follower {
  readonly state: PartitionState
  /** Offset behind the last record that was taken; -1: nothing was, reading begins at the beginning. */
  offset = -1
  /** Cycles applied. */
  cycles = 0
  readonly #ports: InstancePorts
  readonly #journalId: string
  readonly #journalTopic: string
  readonly #pending = new Map<PartitionGroup, Pending[]>()
  readonly #reader = new CycleReader()
  #underWay = 0
  #stage: Stage = 'looking'
  #looking: Operation<PartitionSnapshot | undefined> | undefined
  #found: PartitionSnapshot | undefined
  #waitingFor = 0
  /** Records that wait until the schema of one is known. */
  #stalled: readonly LogRecord[] = []
  #mark: string | undefined
  #markSeen = false

  constructor(state: PartitionState, ports: InstancePorts, journalId: string, journalTopic: string) {
    this.state = state
    this.#ports = ports
    this.#journalId = journalId
    this.#journalTopic = journalTopic
  }

  /** Goes on with a state that an owner left, from the offset behind its last entry. */
  static resume(
    state: PartitionState,
    ports: InstancePorts,
    journalId: string,
    journalTopic: string,
    offset: number,
  ): Follower {
    const follower = new Follower(state, ports, journalId, journalTopic)
    follower.offset = offset
    follower.#stage = 'resuming'
    return follower
  }

  /** The agents are there and the journal is being read. */
  get isReading(): boolean {
    return this.#stage === 'reading'
  }

  /** All that was read was applied and found equal. */
  get isIdle(): boolean {
    return this.#stage === 'reading' && this.#underWay === 0 && this.#stalled.length === 0
  }

  /** From now on `markSeen` tells of the record with this key. */
  lookFor(mark: string): void {
    this.#mark = mark
    this.#markSeen = false
  }

  get markSeen(): boolean {
    return this.#markSeen
  }

  /**
   * Does what can be done; true when something was.
   * @throws WeirError WEIR_JOURNAL, WEIR_DIVERGED, WEIR_KAFKA, WEIR_REGISTRY: the partition cannot be followed
   */
  step(): boolean {
    if (this.#stage === 'looking') return this.#look()
    if (this.#stage === 'adopting') {
      if (this.#waitingFor > 0) return false
      this.#begin()
      return true
    }
    if (this.#stage === 'resuming') {
      this.#begin()
      return true
    }
    return this.#read()
  }

  answer(answer: AgentAnswer, group: PartitionGroup): void {
    if (answer.kind === 'ready') this.#ready(answer.restored, group)
    else if (answer.kind === 'result') this.#made(answer.result, group)
    else if (answer.kind === 'lost') throw answer.error
  }

  stop(): void {
    this.#ports.journal.stop(this.state.partition)
  }

  #look(): boolean {
    const { snapshots, notices } = this.#ports
    const { partition } = this.state
    this.#looking ??= snapshots.newest(partition)
    if (this.#looking.state === 'pending') return false
    const found = this.#looking.value
    this.#looking = undefined
    if (found !== undefined && found.journalId !== this.#journalId) {
      notices.warn('a snapshot of another journal is not used', { partition, offset: found.offset })
      snapshots.discard(partition, found.offset)
      return true
    }
    this.#found = found
    if (found !== undefined) this.#restore(found)
    this.#stage = 'adopting'
    return true
  }

  #restore(snapshot: PartitionSnapshot): void {
    const { state } = this
    this.offset = snapshot.offset
    state.snapshotSequence = snapshot.nextSequence
    state.chain.set(snapshot.nextSequence, snapshot.checksum)
    for (const declaration of snapshot.declarations) this.#declare(declaration)
    for (const [topic, offset] of snapshot.positions) state.positions.set(topic, offset)
    for (const { groupId, cycle, standing, digest, state: bytes } of snapshot.groups) {
      const group = state.group(groupId)
      group.restore(cycle, standing)
      this.#waitingFor++
      state.adopt(group, { digest, state: bytes })
    }
  }

  #ready(restored: boolean, group: PartitionGroup): void {
    if (this.#stage !== 'adopting') {
      group.agent = 'ready'
      return
    }
    this.#waitingFor--
    if (restored) {
      group.agent = 'ready'
      return
    }
    const { partition } = this.state
    const { offset } = this.#found as PartitionSnapshot
    this.#ports.snapshots.discard(partition, offset)
    throw new WeirError('WEIR_SNAPSHOT', 'an agent could not be made of its snapshot: its digest differs', {
      place: `partition ${partition}, group ${group.groupId}`,
      remedy: 'an older snapshot or the journal from its beginning is used instead',
      retry: 'now',
    })
  }

  #begin(): void {
    this.#found = undefined
    this.#stage = 'reading'
    this.#ports.journal.start(this.state.partition, this.offset)
  }

  #read(): boolean {
    const { journal } = this.#ports
    const { partition } = this.state
    const fault = journal.faultOf(partition)
    if (fault !== undefined && fault.kind !== 'retriable') throw fault.error
    if (this.#underWay >= FOLLOWED_CYCLES_UNDER_WAY_MOST) return false
    const records = this.#stalled.length > 0 ? this.#stalled : journal.poll(partition, ENTRIES_A_STEP)
    this.#stalled = []
    for (const [index, record] of records.entries()) {
      if (!this.#take(record)) {
        this.#stalled = records.slice(index)
        return index > 0
      }
      this.offset = record.offset + 1
    }
    return records.length > 0
  }

  /** False when the record has to wait for its schema. */
  #take(record: LogRecord): boolean {
    if (record.value === null) {
      const key = record.key === null ? '' : Buffer.from(record.key).toString('utf8')
      if (key === this.#mark) this.#markSeen = true
      return true
    }
    const place = `${this.#journalTopic}/${this.state.partition}, offset ${record.offset}`
    const opened = openRecord(record.value, this.#ports.schemas, place)
    if (opened === undefined) return false
    this.#apply(this.state.chain.accept(opened.bytes, opened.schema, place), place)
    return true
  }

  #apply(entry: JournalTopicEntry, place: string): void {
    const { kind } = entry
    if (kind === CYCLE_KIND) this.#takeCycle(entry, place)
    else if (kind === CYCLE_RESULT_KIND) this.#takeResult(entry)
    else if (kind === DECLARATION_KIND) {
      const body = entry.decode()
      if ('weir.SourceDeclaration' in body) this.#declare(body['weir.SourceDeclaration'])
    } else if (kind === POSITIONS_KIND) {
      const body = entry.decode()
      if ('weir.SourcePositions' in body)
        for (const { topic, offset } of body['weir.SourcePositions'].positions)
          this.state.positions.set(topic, offset)
    }
  }

  #declare(declaration: Parameters<PartitionState['sources']['accept']>[0]): void {
    this.state.sources.accept(declaration)
    this.#ports.agents.declareSource(this.state.partition, declaration)
  }

  #takeCycle(entry: JournalTopicEntry, place: string): void {
    const bytes = cycleBytesOf(entry)
    const reader = this.#reader
    reader.open(bytes)
    const { groupId, cycle, closedAt } = reader
    const { state } = this
    const group = state.group(groupId)
    // A snapshot may hold groups further on than its own place in the journal.
    if (cycle < group.nextCycle) return
    if (cycle > group.nextCycle)
      throw foreignRecord(place, `cycle ${cycle} of group ${groupId} stands where ${group.nextCycle} is next`)
    if (group.slot < 0) state.adopt(group)
    const last = new Map<string, number>()
    while (reader.next()) last.set(state.sources.topicOf(reader.source), reader.position)
    group.noteCycle(cycle, closedAt, last)
    const pending = this.#pendingOf(group)
    pending.push({ cycle, made: undefined, journaled: undefined })
    this.#underWay++
    this.cycles++
    this.#ports.agents.apply(group.slot, bytes)
  }

  /** A result begins with the same three fields as its cycle. */
  #takeResult(entry: JournalTopicEntry): void {
    this.#reader.open(entry.record)
    const { groupId, cycle } = this.#reader
    const group = this.state.groups.get(groupId)
    const pending = group === undefined ? undefined : find(this.#pendingOf(group), cycle)
    if (group === undefined || pending === undefined) return
    pending.journaled = entry
    this.#settle(group)
  }

  #made(result: ResultMessage, group: PartitionGroup): void {
    const pending = find(this.#pendingOf(group), result.cycle)
    if (pending === undefined)
      throw new WeirError('WEIR_BUG', 'an agent answered a cycle that nobody gave it')
    pending.made = result
    group.outstanding = result.outstanding
    this.#settle(group)
  }

  #settle(group: PartitionGroup): void {
    const list = this.#pendingOf(group)
    for (let head = list[0]; head?.made !== undefined && head.journaled !== undefined; head = list[0]) {
      list.shift()
      this.#underWay--
      const what = compareResults(head.journaled, head.made)
      if (what !== undefined) throw diverged(group.groupId, head.cycle, what)
    }
  }

  #pendingOf(group: PartitionGroup): Pending[] {
    let list = this.#pending.get(group)
    if (list === undefined) {
      list = []
      this.#pending.set(group, list)
    }
    return list
  }
}

/** Cycles of a group have no gaps, so the place follows from the number. */
function find(list: readonly Pending[], cycle: number): Pending | undefined {
  return list.length === 0 ? undefined : list[cycle - list[0].cycle]
}

function diverged(groupId: string, cycle: number, what: string): WeirError {
  return new WeirError('WEIR_DIVERGED', `applying the journal gives another result: ${what} differs`, {
    place: `group ${groupId}, cycle ${cycle}`,
    remedy:
      'run the version of Weir that wrote the journal, and report this: results must not depend on the run',
  })
}
