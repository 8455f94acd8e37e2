/**
 * Gives the records of a partition to its groups, once each, and keeps account of how far every topic is taken.
 *
 * Reference topics are read to their end before anything else is: others refer to them. Records of a topic come in order, and again from
 * further back when a group joins: each group passes over what it has. A group that the journal does not know waits for its policy for
 * a while; then, with or without, everything for it is read again.
 * Pure. Depends on the ports.
 */
import type { SourceDeclaration } from '../../../schemas/generated/types.js'
import { EVERY_GROUP, UNROUTED_GROUP } from '../../ports.js'
import { Intake, isTombstone, type Taken } from './intake.js'
import {
  BACKLOG_BYTES_MOST,
  FLOW_LIMITS,
  type FlowLimits,
  LOOKUP_PAUSE_MS,
  PROVISIONAL_BYTES_MOST,
  PROVISIONAL_GROUPS_MOST,
  PROVISIONAL_WAIT_MS,
  READ_AGAIN_PAUSE_MS,
  RECORDS_A_STEP,
  REFERENCE_WAIT_MS,
  REFERENCE_WAIT_RESUMED_MS,
  RESUME_BELOW,
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
  readonly #limits: FlowLimits
  readonly #time: SteadyClock
  readonly #policyTopic: string
  readonly #referenceTopics: ReadonlySet<string>
  /** By topic: every record before this offset was taken. */
  readonly #taken = new Map<string, number>()
  #stalled: readonly SourceRecord[] = []
  #stalledUntilMs = 0
  #waitingBytes = 0
  #paused = false
  /** Monotonic time since which the reference topics alone are read; -1: all are. */
  #referenceSinceMs = -1
  #referenceWaitMs = REFERENCE_WAIT_MS
  /** Groups whose policy has come, or whose time is over: everything for them is to be read again. */
  readonly #toAdmit = new Set<PartitionGroup>()
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
    this.#limits = options.limits ?? FLOW_LIMITS
    const { topicPrefix, partitions } = options
    const { partition, sources } = state
    this.#policyTopic = topicOf(topicPrefix, 'policy')
    this.#referenceTopics = new Set([...COMPACTED_STREAMS].map((stream) => topicOf(topicPrefix, stream)))
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
    this.#time = new SteadyClock(ports.clock, this.lastArrivalMicros)
    this.#startReference(state.positions.size > 0 ? REFERENCE_WAIT_RESUMED_MS : REFERENCE_WAIT_MS)
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
    const nowMs = this.#ports.clock.monotonicMs()
    const admitted = this.#admitGroups(nowMs)
    if (this.#paused) return admitted
    if (this.#referenceIsRead(nowMs) || this.#readAgain(nowMs)) return true
    return this.#takeRecords(nowMs) || admitted
  }

  #takeRecords(nowMs: number): boolean {
    if (this.#stalled.length > 0 && nowMs < this.#stalledUntilMs) return false
    const records =
      this.#stalled.length > 0
        ? this.#stalled
        : this.#ports.sources.poll(this.#state.partition, RECORDS_A_STEP)
    this.#stalled = []
    if (records.length === 0) return false
    const arrivalMicros = Math.max(this.nowMicros(), this.lastArrivalMicros)
    this.lastArrivalMicros = arrivalMicros
    for (let index = 0; index < records.length; index++) {
      if (this.#takeRecord(records[index], arrivalMicros)) continue
      this.#stall(records.slice(index), nowMs)
      break
    }
    return records.length > this.#stalled.length
  }

  /** Whether cycles may close that need reference data. When even that is too much to wait, they make room. */
  hasReference(): boolean {
    return this.#referenceSinceMs < 0 || this.#paused
  }

  #startReference(waitMs: number): void {
    this.#stalled = []
    this.#referenceWaitMs = waitMs
    this.#referenceSinceMs = this.#ports.clock.monotonicMs()
    this.#ports.sources.start(this.#state.partition, startsOf(this.#taken), [...this.#referenceTopics])
    if (this.#paused) this.#ports.sources.pause(this.#state.partition)
  }

  /** Goes on to all topics when the reference topics were read; one that cannot be must not stop the rest for ever. */
  #referenceIsRead(nowMs: number): boolean {
    if (this.#referenceSinceMs < 0 || this.#mustReadReference(nowMs)) return false
    const topics = this.#unreadReference()
    if (topics.length > 0)
      this.#ports.notices.warn('going on before all reference data was read', {
        partition: this.#state.partition,
        topics,
      })
    this.#startAll()
    return true
  }

  /** Whether the reference topics are being read, have not ended, and the wait for them is not over. */
  #mustReadReference(nowMs: number): boolean {
    const isWaiting = this.#referenceSinceMs >= 0 && nowMs - this.#referenceSinceMs < this.#referenceWaitMs
    return isWaiting && this.#unreadReference().length > 0
  }

  #unreadReference(): string[] {
    const { sources } = this.#ports
    // What was read and waits for the registry is not taken yet.
    const waits = new Set(this.#stalled.map(({ topic }) => topic))
    return [...this.#referenceTopics].filter(
      (topic) => waits.has(topic) || !sources.atEnd(this.#state.partition, topic),
    )
  }

  #startAll(): void {
    this.#stalled = []
    this.#referenceSinceMs = -1
    this.#ports.sources.start(this.#state.partition, startsOf(this.#taken))
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
    this.#ports.notices.warn(
      `records wait for the schema registry: ${fault.error.toLine()}; see docs/runbook/poisoned-topic.md`,
      { partition },
    )
  }

  /** False when the record has to wait. */
  #takeRecord(record: SourceRecord, arrivalMicros: number): boolean {
    const { topic, offset } = record
    if (!isTombstone(record)) {
      const taken = this.#intake.take(record)
      if (taken === undefined) return false
      this.#route(record, taken, arrivalMicros)
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
    if (record.topic === this.#policyTopic || isFull) this.#toAdmit.add(group)
  }

  #give(group: PartitionGroup, record: SourceRecord, taken: Taken, arrivalMicros: number): void {
    const { topic, offset } = record
    if (offset < (group.takenNext.get(topic) ?? 0)) return
    if (group.agent === 'frozen' || this.#isBehind(group, topic)) {
      if (!group.refusedFrom.has(topic)) group.refusedFrom.set(topic, offset)
      return
    }
    group.takenNext.set(topic, offset + 1)
    const before = group.waiting.bytes
    group.waiting.add(topic, taken.source, offset, arrivalMicros, taken.payload)
    this.#waitingBytes += group.waiting.bytes - before
  }

  /** Whether the group is so slow that it would hold up others. Reference data is little, and what comes later rests on it. */
  #isBehind(group: PartitionGroup, topic: string): boolean {
    if (this.#referenceTopics.has(topic)) return false
    if (group.refusedFrom.size > 0) return true
    if (group.waiting.bytes <= this.#limits.groupWaitingBytes || this.#state.groups.size <= 2) return false
    this.#ports.notices.warn('a group is behind: its records are passed over and read again later', {
      partition: this.#state.partition,
      groupId: group.groupId,
    })
    return true
  }

  /** Reads again what was passed over for groups that have caught up. */
  #readAgain(nowMs: number): boolean {
    if (nowMs < this.#readAgainAtMs || this.#referenceSinceMs >= 0) return false
    let found = false
    for (const group of this.#state.groups.values()) {
      const { refusedFrom, agent, waiting } = group
      if (refusedFrom.size === 0 || agent !== 'ready') continue
      if (waiting.bytes > this.#limits.groupWaitingBytes * RESUME_BELOW) continue
      lower(this.#taken, refusedFrom)
      refusedFrom.clear()
      found = true
    }
    if (!found) return false
    this.#readAgainAtMs = nowMs + READ_AGAIN_PAUSE_MS
    this.#startAll()
    return true
  }

  #newGroup(groupId: string): PartitionGroup {
    if (groupId === '' || this.#provisional >= PROVISIONAL_GROUPS_MOST) return this.unrouted
    const group = this.#state.group(groupId)
    group.provisionalSinceMs = this.#ports.clock.monotonicMs()
    this.#provisional++
    return group
  }

  /**
   * Makes the agents of groups that the journal does not know yet, and reads everything for them again. Those that are found while
   * reference data is read come in together, at its end.
   */
  #admitGroups(nowMs: number): boolean {
    if (this.#provisional === 0) return false
    this.#findOverdue(nowMs)
    if (this.#toAdmit.size === 0) return false
    if (!this.#paused && this.#mustReadReference(nowMs)) return false
    for (const group of this.#toAdmit) this.#admit(group)
    this.#toAdmit.clear()
    for (const topic of this.#referenceTopics) this.#taken.set(topic, 0)
    this.#startReference(REFERENCE_WAIT_MS)
    return true
  }

  #admit(group: PartitionGroup): void {
    this.#provisional--
    group.waiting.lowerTo(this.#taken)
    lower(this.#taken, group.refusedFrom)
    group.refusedFrom.clear()
    this.#waitingBytes -= group.waiting.bytes
    group.waiting.clear()
    group.takenNext.clear()
    group.needsReference = true
    this.#state.adopt(group)
  }

  /** Without a policy a group perceives and decides nothing. */
  #findOverdue(nowMs: number): void {
    for (const group of this.#state.groups.values()) {
      if (group.agent !== 'absent' || this.#toAdmit.has(group)) continue
      if (group === this.unrouted || nowMs - group.provisionalSinceMs <= PROVISIONAL_WAIT_MS) continue
      this.#ports.notices.warn('a group has no policy: it is followed, and nothing is decided for it', {
        partition: this.#state.partition,
        groupId: group.groupId,
      })
      this.#toAdmit.add(group)
    }
  }

  #watchPressure(hasRoom: boolean): void {
    const { partition } = this.#state
    const { agents, sources, notices } = this.#ports
    const isFull =
      this.#waitingBytes > this.#limits.waitingBytes || !hasRoom || agents.backlogBytes > BACKLOG_BYTES_MOST
    if (isFull && !this.#paused) {
      this.#paused = true
      sources.pause(partition)
      notices.warn('the sources are paused: the agents cannot keep up', { partition })
    } else if (this.#paused && !isFull && this.#waitingBytes < this.#limits.waitingBytes * RESUME_BELOW) {
      this.#paused = false
      sources.resume(partition)
    }
  }
}

/** Offset 0 is the beginning, which may be a later offset by now: retention has passed over what was never wanted. */
function startsOf(taken: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  return new Map([...taken].filter(([, offset]) => offset > 0))
}
