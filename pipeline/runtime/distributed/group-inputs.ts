/**
 * Gives the records of a partition to its groups, once each, and keeps account of how far every topic is taken.
 *
 * Records of a topic come in order, and again from further back when a group joins: each group passes over what it has. A group that the
 * journal does not know waits for its policy for a while; then, with or without, everything for it is read again, reference data first.
 * Pure. Depends on the ports.
 */
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import { EVERY_GROUP, UNROUTED_GROUP } from '../../ports.js'
import { Intake, isTombstone, type Taken } from './intake.js'
import {
  BACKLOG_BYTES_MOST,
  GROUP_WAITING_BYTES_MOST,
  LOOKUP_PAUSE_MS,
  PROVISIONAL_BYTES_MOST,
  PROVISIONAL_GROUPS_MOST,
  PROVISIONAL_WAIT_MS,
  READ_AGAIN_PAUSE_MS,
  RECORDS_A_STEP,
  REFERENCE_WAIT_MS,
  RESUME_BELOW,
  WAITING_BYTES_MOST,
} from './limits.js'
import type { InstanceOptions } from './options.js'
import type { PartitionGroup } from './partition-group.js'
import type { PartitionState } from './partition-state.js'
import type { InstancePorts, SourceRecord } from './ports.js'
import { SteadyClock } from './steady-clock.js'
import { COMPACTED_STREAMS, topicOf } from './topics.js'
import { lower } from './waiting-inputs.js'

export class GroupInputs {
  /** Records taken. */
  records = 0
  /** Time of the last arrival or closing: neither ever goes back. Microseconds. */
  lastArrivalMicros = -1
  readonly unrouted: PartitionGroup
  readonly #state: PartitionState
  readonly #ports: InstancePorts
  readonly #intake: Intake
  readonly #time: SteadyClock
  readonly #policyTopic: string
  readonly #referenceTopics: readonly string[]
  /** By topic: every record before this offset was taken. */
  readonly #taken = new Map<string, number>()
  #stalled: readonly SourceRecord[] = []
  #stalledUntilMs = 0
  #waitingBytes = 0
  #paused = false
  /** The sources were started again while a record was being taken. */
  #restarted = false
  /** Monotonic time since which the reference topics are read towards their end; -1: they were. */
  #referenceSinceMs: number
  /** Groups without an agent. */
  #provisional = 0
  #readAgainAtMs = 0

  constructor(
    state: PartitionState,
    ports: InstancePorts,
    options: InstanceOptions,
    onDeclaration: (declaration: SourceDeclaration) => void,
  ) {
    this.#state = state
    this.#ports = ports
    const { topicPrefix, partitions } = options
    const { partition, sources } = state
    this.#policyTopic = topicOf(topicPrefix, 'policy')
    this.#referenceTopics = [...COMPACTED_STREAMS].map((stream) => topicOf(topicPrefix, stream))
    const { schemas } = ports
    this.#intake = new Intake({ partition, partitions, topicPrefix, schemas, sources, onDeclaration })
    this.unrouted = state.group(UNROUTED_GROUP)
    for (const group of [...state.groups.values()]) {
      // An earlier time as owner has left it without an agent: its policy did not come, nothing of it is journaled, and what
      // waited is read again.
      if (group.agent === 'absent' && group !== this.unrouted) {
        state.forget(group)
        continue
      }
      group.beginOwning()
      this.lastArrivalMicros = Math.max(this.lastArrivalMicros, group.closedAtMicros)
    }
    if (this.unrouted.slot < 0) state.adopt(this.unrouted)
    for (const [topic, offset] of state.positions) this.#taken.set(topic, offset)
    ports.sources.start(partition, startsOf(this.#taken))
    this.#time = new SteadyClock(ports.clock, this.lastArrivalMicros)
    this.#referenceSinceMs = ports.clock.monotonicMs()
  }

  /** Time of arrivals and closings. */
  nowMicros(): number {
    return this.#time.nowMicros()
  }

  get isPaused(): boolean {
    return this.#paused
  }

  /** Bytes of inputs that wait for their cycles. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Records that were read and wait until the registry says what their schema is. */
  get waitingForSchemas(): number {
    return this.#stalled.length
  }

  get wakeAtMs(): number {
    // Without a fault the answer is under way, and its arrival rings the bell.
    const pauses = this.#stalled.length > 0 && this.#intake.fault !== undefined
    return pauses ? this.#stalledUntilMs : Number.POSITIVE_INFINITY
  }

  /** Tells that `bytes` of waiting inputs went into a cycle, or were given up. */
  noteTaken(bytes: number): void {
    this.#waitingBytes -= bytes
  }

  /**
   * Takes what has come; true when something was.
   * @param hasRoom whether what comes of it can be committed soon
   */
  step(hasRoom: boolean): boolean {
    this.#watchPressure(hasRoom)
    if (this.#paused) return false
    const { clock, sources } = this.#ports
    const nowMs = clock.monotonicMs()
    if (this.#readAgain(nowMs)) return true
    if (this.#stalled.length > 0 && nowMs < this.#stalledUntilMs) return false
    const records =
      this.#stalled.length > 0 ? this.#stalled : sources.poll(this.#state.partition, RECORDS_A_STEP)
    this.#stalled = []
    this.#restarted = false
    if (records.length === 0) return this.#admitOverdue(nowMs)
    const arrivalMicros = Math.max(this.nowMicros(), this.lastArrivalMicros)
    this.lastArrivalMicros = arrivalMicros
    for (let index = 0; index < records.length; index++) {
      if (!this.#takeRecord(records[index], arrivalMicros)) {
        this.#stall(records.slice(index), nowMs)
        break
      }
      // The sources begin again further back: what is left of this portion comes once more.
      if (this.#restarted) break
    }
    return records.length > this.#stalled.length
  }

  /**
   * Others refer to reference data, so it is read first; a topic that cannot be read to its end must not stop the rest for ever.
   */
  hasReference(): boolean {
    if (this.#referenceSinceMs < 0) return true
    const { clock, sources, notices } = this.#ports
    const { partition } = this.#state
    // What was read and waits for the registry is not taken yet.
    const waits = new Set(this.#stalled.map(({ topic }) => topic))
    const missing = this.#referenceTopics.filter(
      (topic) => waits.has(topic) || !sources.atEnd(partition, topic),
    )
    const waitedMs = clock.monotonicMs() - this.#referenceSinceMs
    if (missing.length > 0 && waitedMs < REFERENCE_WAIT_MS) return false
    if (missing.length > 0)
      notices.warn('going on before all reference data was read', { partition, topics: missing })
    this.#referenceSinceMs = -1
    return true
  }

  /** By topic: every record before this offset is in the chain. */
  journaledPositions(): ReadonlyMap<string, number> {
    const lowest = new Map(this.#taken)
    for (const group of this.#state.groups.values()) {
      if (!group.waiting.isEmpty) group.waiting.lowerTo(lowest)
      if (group.underWay !== undefined) lower(lowest, group.underWay.first)
      if (group.refusedFrom.size > 0) lower(lowest, group.refusedFrom)
    }
    return lowest
  }

  #stall(records: readonly SourceRecord[], nowMs: number): void {
    this.#stalled = records
    const { fault } = this.#intake
    this.#stalledUntilMs = fault === undefined ? nowMs : nowMs + LOOKUP_PAUSE_MS
    if (fault === undefined) return
    const { partition } = this.#state
    this.#ports.notices.warn(`records wait for the schema registry: ${fault.error.toLine()}`, { partition })
  }

  /** False when the record has to wait. */
  #takeRecord(record: SourceRecord, arrivalMicros: number): boolean {
    const { topic, offset } = record
    if (!isTombstone(record)) {
      const taken = this.#intake.take(record)
      if (taken === undefined) return false
      this.#route(record, taken, arrivalMicros)
      if (this.#restarted) return true
      this.records++
    }
    if (offset >= (this.#taken.get(topic) ?? 0)) this.#taken.set(topic, offset + 1)
    return true
  }

  #route(record: SourceRecord, taken: Taken, arrivalMicros: number): void {
    const { groups } = this.#state
    if (taken.groupId === EVERY_GROUP) {
      for (const group of groups.values())
        if (group !== this.unrouted) this.#give(group, record, taken, arrivalMicros)
      return
    }
    const group = groups.get(taken.groupId) ?? this.#newGroup(taken.groupId)
    this.#give(group, record, taken, arrivalMicros)
    if (group.agent !== 'absent') return
    const isFull = group.waiting.bytes > PROVISIONAL_BYTES_MOST
    if (record.topic === this.#policyTopic || isFull) this.#admit(group)
  }

  #give(group: PartitionGroup, record: SourceRecord, taken: Taken, arrivalMicros: number): void {
    const { topic, offset } = record
    if (offset < (group.takenNext.get(topic) ?? 0)) return
    if (group.agent === 'frozen' || group.refusedFrom.size > 0 || this.#isBehind(group)) {
      if (!group.refusedFrom.has(topic)) group.refusedFrom.set(topic, offset)
      return
    }
    group.takenNext.set(topic, offset + 1)
    const before = group.waiting.bytes
    group.waiting.add(topic, taken.source, offset, arrivalMicros, taken.payload)
    this.#waitingBytes += group.waiting.bytes - before
  }

  /** Whether the group is so slow that it would hold up others. */
  #isBehind(group: PartitionGroup): boolean {
    if (group.waiting.bytes <= GROUP_WAITING_BYTES_MOST || this.#state.groups.size <= 2) return false
    this.#ports.notices.warn('a group is behind: its records are passed over and read again later', {
      partition: this.#state.partition,
      groupId: group.groupId,
    })
    return true
  }

  /** Reads again what was passed over for groups that have caught up. */
  #readAgain(nowMs: number): boolean {
    if (nowMs < this.#readAgainAtMs) return false
    let found = false
    for (const group of this.#state.groups.values()) {
      const { refusedFrom, agent, waiting } = group
      if (refusedFrom.size === 0 || agent !== 'ready') continue
      if (waiting.bytes > GROUP_WAITING_BYTES_MOST * RESUME_BELOW) continue
      lower(this.#taken, refusedFrom)
      refusedFrom.clear()
      found = true
    }
    if (!found) return false
    this.#readAgainAtMs = nowMs + READ_AGAIN_PAUSE_MS
    this.#stalled = []
    this.#ports.sources.start(this.#state.partition, startsOf(this.#taken))
    return true
  }

  #newGroup(groupId: string): PartitionGroup {
    if (groupId === '' || this.#provisional >= PROVISIONAL_GROUPS_MOST) return this.unrouted
    const group = this.#state.group(groupId)
    group.provisionalSinceMs = this.#ports.clock.monotonicMs()
    this.#provisional++
    return group
  }

  /** Makes the agent of a group that the journal does not know yet, and reads everything for it again. */
  #admit(group: PartitionGroup): void {
    this.#provisional--
    group.waiting.lowerTo(this.#taken)
    for (const topic of this.#referenceTopics) this.#taken.set(topic, 0)
    this.#waitingBytes -= group.waiting.bytes
    group.waiting.clear()
    group.takenNext.clear()
    group.needsReference = true
    this.#state.adopt(group)
    this.#stalled = []
    this.#restarted = true
    const { sources, clock } = this.#ports
    sources.start(this.#state.partition, startsOf(this.#taken))
    this.#referenceSinceMs = clock.monotonicMs()
  }

  /** Without a policy a group perceives and decides nothing. */
  #admitOverdue(nowMs: number): boolean {
    if (this.#provisional === 0) return false
    for (const group of this.#state.groups.values()) {
      if (group.agent !== 'absent' || nowMs - group.provisionalSinceMs <= PROVISIONAL_WAIT_MS) continue
      this.#ports.notices.warn('a group has no policy: it is followed, and nothing is decided for it', {
        partition: this.#state.partition,
        groupId: group.groupId,
      })
      this.#admit(group)
      return true
    }
    return false
  }

  #watchPressure(hasRoom: boolean): void {
    const { partition } = this.#state
    const { agents, sources, notices } = this.#ports
    const isFull =
      this.#waitingBytes > WAITING_BYTES_MOST || !hasRoom || agents.backlogBytes > BACKLOG_BYTES_MOST
    if (isFull && !this.#paused) {
      this.#paused = true
      sources.pause(partition)
      notices.warn('the sources are paused: the agents cannot keep up', { partition })
    } else if (this.#paused && !isFull && this.#waitingBytes < WAITING_BYTES_MOST * RESUME_BELOW) {
      this.#paused = false
      sources.resume(partition)
    }
  }
}

/** Offset 0 is the beginning, which may be a later offset by now: retention has passed over what was never wanted. */
function startsOf(taken: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...taken].filter(([, offset]) => offset > 0))
}
