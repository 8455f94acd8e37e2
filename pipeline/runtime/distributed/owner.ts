/**
 * Owns a partition: takes records, closes cycles, commits what they came to.
 *
 *   source record -> group -> cycle, as soon as its agent is idle -> result -> one transaction: cycle, result, positions,
 *   decisions, instructions -> visible
 *
 * A cycle enters the journal together with its result, so a group whose agent is slow holds up nobody else. What was not
 * committed when an owner ends is read again from the sources by the next one: positions in the journal are the only truth.
 * Pure. Depends on the ports and the parts of this folder.
 */

import { WeirError } from '../../errors.js'
import type { JournalBody } from '../../ports.js'
import { encodeCycle, NO_INPUTS } from '../cycles/cycle-codec.js'
import { CYCLE_KIND, CYCLE_RESULT_KIND } from '../journal/layout.js'
import type { ResultMessage } from '../workers/result-message.js'
import { GroupCommit } from './group-commit.js'
import { GroupInputs } from './group-inputs.js'
import { GroupRecovery } from './group-recovery.js'
import { CYCLE_LOSSES_MOST } from './limits.js'
import type { InstanceOptions } from './options.js'
import { Outputs } from './outputs.js'
import { OwnerSnapshots } from './owner-snapshots.js'
import type { PartitionGroup } from './partition-group.js'
import type { PartitionState } from './partition-state.js'
import type { AgentAnswer, BrokerFault, InstancePorts, TransactionalWriter } from './ports.js'
import { placeOf } from './snapshot-draft.js'
import { JOURNAL_STREAM, topicOf } from './topics.js'
import { lower } from './waiting-inputs.js'

const NO_OFFSETS: ReadonlyMap<string, number> = new Map()
const MICROS = 1_000

/** What an owner has done since it took over. */
export interface OwnerCounters {
  readonly records: number
  readonly cycles: number
  readonly instructions: number
  readonly deadLetters: number
  readonly transactions: number
}

export class Owner {
  readonly state: PartitionState
  readonly #options: InstanceOptions
  readonly #ports: InstancePorts
  readonly #commit: GroupCommit
  readonly #inputs: GroupInputs
  readonly #outputs: Outputs
  readonly #snapshots: OwnerSnapshots
  readonly #recovery: GroupRecovery
  readonly #journalTopic: string
  #draining = false
  #committedAtMs: number
  #cycles = 0
  #instructions = 0
  #deadLetters = 0

  /** @param state as a follower left it that has seen the owner's own mark */
  constructor(
    state: PartitionState,
    ports: InstancePorts,
    options: InstanceOptions,
    writer: TransactionalWriter,
  ) {
    this.state = state
    this.#ports = ports
    this.#options = options
    const { partition } = state
    this.#journalTopic = topicOf(options.topicPrefix, JOURNAL_STREAM)
    const bounds = { waitMs: options.commitWaitMs, recordsMost: options.commitRecordsMost }
    this.#commit = new GroupCommit(writer, ports.clock, bounds, () => this.#completeBatch())
    this.#outputs = new Outputs(partition, options.topicPrefix, ports.schemas)
    this.#snapshots = new OwnerSnapshots(state, ports, options, this.#commit)
    this.#recovery = new GroupRecovery(state, ports)
    this.#committedAtMs = ports.clock.monotonicMs()
    this.#appendStart()
    this.#inputs = new GroupInputs(state, ports, options, (declaration) => {
      this.#appendBody({ 'weir.SourceDeclaration': declaration })
      ports.agents.declareSource(partition, declaration)
    })
  }

  get counters(): OwnerCounters {
    return {
      records: this.#inputs.records,
      cycles: this.#cycles,
      instructions: this.#instructions,
      deadLetters: this.#deadLetters,
      transactions: this.#commit.committed,
    }
  }

  get isPaused(): boolean {
    return this.#inputs.isPaused
  }

  get waitingBytes(): number {
    return this.#inputs.waitingBytes
  }

  /** Records that were read and wait until the registry says what their schema is. */
  get waitingForSchemas(): number {
    return this.#inputs.waitingForSchemas
  }

  /** Since the last transaction, or since the partition was taken over. */
  get sinceCommitMs(): number {
    return this.#ports.clock.monotonicMs() - this.#committedAtMs
  }

  get wakeAtMs(): number {
    return Math.min(this.#commit.wakeAtMs, this.#inputs.wakeAtMs)
  }

  /** Why the partition is no longer owned. */
  get fault(): BrokerFault | undefined {
    return this.#commit.fault
  }

  /** Nothing is under way and nothing waits to be committed. */
  get isDrained(): boolean {
    return (
      this.#draining &&
      this.#commit.isIdle &&
      [...this.state.groups.values()].every((one) => one.underWay === undefined)
    )
  }

  /** Takes nothing more and closes no more cycles; what is under way is finished and committed. */
  drain(): void {
    if (this.#draining) return
    this.#draining = true
    this.#snapshots.abandon()
    this.#ports.sources.stop(this.state.partition)
  }

  /** Lets go of the sources; the state stays as it is. */
  stop(): void {
    this.#ports.sources.stop(this.state.partition)
    this.#recovery.stop()
  }

  /**
   * Does what can be done; true when something was.
   * @throws WeirError what stops the partition
   */
  step(): boolean {
    const fault = this.#ports.sources.faultOf(this.state.partition)
    if (fault !== undefined && fault.kind !== 'retriable' && !this.#draining) throw fault.error
    // Somebody waits to take over.
    if (this.#draining) this.#commit.hurry()
    let progress = this.#commit.step()
    if (this.#commit.fault !== undefined) return progress
    progress = (!this.#draining && this.#inputs.step(this.#commit.hasRoom)) || progress
    progress = this.#closeCycles() || progress
    progress = this.#snapshots.step() || progress
    progress = this.#recovery.step() || progress
    // What the cycles came to is sent off in the same step when nothing is under way.
    return this.#commit.step() || progress
  }

  answer(answer: AgentAnswer, group: PartitionGroup): void {
    if (answer.kind === 'ready') this.#ready(group, answer.restored)
    else if (answer.kind === 'snapshot') this.#snapshots.take(group, answer.digest, answer.state)
    else if (answer.kind === 'lost') this.#lost(group, answer.blamed, answer.error)
    else if (!this.#recovery.takes(group, answer.result)) this.#finish(group, answer.result)
  }

  #ready(group: PartitionGroup, restored: boolean): void {
    if (group.agent === 'making') group.agent = 'ready'
    else this.#recovery.ready(group, restored)
  }

  // --- inputs to cycles

  #closeCycles(): boolean {
    if (this.#draining || !this.#commit.hasRoom) return false
    const hasReference = this.#inputs.hasReference()
    const now = this.#inputs.nowMicros()
    let count = 0
    for (const group of this.state.groups.values()) {
      if (group.agent !== 'ready' || group.underWay !== undefined) continue
      if (!hasReference && group.needsReference) continue
      group.needsReference = false
      const silenceMicros = group === this.#inputs.unrouted ? 0 : now - group.closedAtMicros
      if (group.waiting.isEmpty && silenceMicros < this.#options.heartbeatMs * MICROS) continue
      this.#close(group, now)
      count++
    }
    return count > 0
  }

  #close(group: PartitionGroup, nowMicros: number): void {
    const before = group.waiting.bytes
    const portion = group.waiting.take()
    this.#inputs.noteTaken(before - group.waiting.bytes)
    const inputs = portion?.inputs ?? NO_INPUTS
    // Later than every input in it and than the cycle before, also where clocks of two owners differ.
    const closedAt = Math.max(nowMicros, group.closedAtMicros + 1, this.#inputs.lastArrivalMicros + 1)
    this.#inputs.lastArrivalMicros = closedAt
    const { configuration } = this.#options
    const bytes = encodeCycle(group.groupId, group.nextCycle, closedAt, inputs, configuration)
    group.underWay = {
      cycle: group.nextCycle,
      closedAtMicros: closedAt,
      bytes,
      inputs: inputs.count,
      first: portion?.first ?? NO_OFFSETS,
      last: portion?.last ?? NO_OFFSETS,
    }
    this.#ports.agents.apply(group.slot, bytes)
  }

  // --- results to records

  #finish(group: PartitionGroup, result: ResultMessage): void {
    const { underWay } = group
    if (underWay === undefined || underWay.cycle !== result.cycle)
      throw new WeirError(
        'WEIR_BUG',
        `the result of cycle ${result.cycle} of group ${group.groupId} was not expected`,
      )
    const key = Buffer.from(group.groupId, 'utf8')
    this.#append(key, CYCLE_KIND, underWay.bytes)
    this.#append(key, CYCLE_RESULT_KIND, result.result)
    this.#outputs.of(key, result, (record) => this.#commit.add(record))
    if (result.release.length > 0) this.#commit.hurry()
    group.noteCycle(underWay.cycle, underWay.closedAtMicros, underWay.last)
    group.underWay = undefined
    group.outstanding = result.outstanding
    this.#cycles++
    this.#instructions += result.release.length
    this.#deadLetters += result.deadLetters
    this.#commit.whenCommitted(() => {
      group.committedCycle = Math.max(group.committedCycle, underWay.cycle)
    })
  }

  #append(key: Buffer | null, kind: number, record: Uint8Array): void {
    const { chain, partition } = this.state
    const value = chain.append(this.#ports.schemas.idOfStream('journal-entry'), kind, record)
    this.#commit.add({ topic: this.#journalTopic, partition, key, value })
  }

  #appendBody(body: JournalBody): void {
    const { chain, partition } = this.state
    const value = chain.appendBody(this.#ports.schemas.idOfStream('journal-entry'), body)
    this.#commit.add({ topic: this.#journalTopic, partition, key: null, value })
  }

  #appendStart(): void {
    const { optimizerDigest, version, nodeVersion, instanceId } = this.#options
    this.#appendBody({
      'weir.JournalStart': {
        startedAt: this.#ports.clock.nowMicros(),
        version,
        wasmDigest: optimizerDigest,
        nodeVersion,
        resumed: this.state.chain.nextSequence > 0,
        instance: instanceId,
      },
    })
  }

  /** The last thing before a transaction is written: its positions, and the place in the journal that it leads to. */
  #completeBatch(): void {
    this.#appendPositions()
    const place = placeOf(this.state)
    this.#commit.whenCommitted(() => {
      this.#committedAtMs = this.#ports.clock.monotonicMs()
      this.#snapshots.committed(place)
    })
  }

  /** Tells how far every topic is journaled once this transaction is committed. */
  #appendPositions(): void {
    const { positions } = this.state
    const moved = [...this.#inputs.journaledPositions()]
      .filter(([topic, offset]) => offset !== (positions.get(topic) ?? 0))
      .map(([topic, offset]) => ({ topic, offset }))
    if (moved.length === 0) return
    for (const { topic, offset } of moved) positions.set(topic, offset)
    this.#appendBody({ 'weir.SourcePositions': { positions: moved } })
  }

  // --- agents that were lost

  #lost(group: PartitionGroup, blamed: boolean, error: WeirError): void {
    const { notices } = this.#ports
    const { partition } = this.state
    const cycle = group.underWay?.cycle ?? -1
    const { lostWith } = group
    if (blamed) group.lostWith = { cycle, times: lostWith.cycle === cycle ? lostWith.times + 1 : 1 }
    this.#snapshots.abandon()
    notices.warn(`an agent was lost: ${error.toLine()}`, { partition, groupId: group.groupId, cycle })
    if (group.lostWith.times > CYCLE_LOSSES_MOST) this.#freeze(group)
    else this.#recovery.begin(group)
  }

  /** The others go on; what the group missed is read again by whoever owns the partition after somebody has looked. */
  #freeze(group: PartitionGroup): void {
    const { partition } = this.state
    this.state.disown(group)
    group.agent = 'frozen'
    const missed = new Map<string, number>()
    lower(missed, group.underWay?.first ?? NO_OFFSETS)
    group.waiting.lowerTo(missed)
    lower(group.refusedFrom, missed)
    this.#inputs.noteTaken(group.waiting.bytes)
    group.waiting.clear()
    group.underWay = undefined
    this.#ports.notices.warn(
      'the group is left alone: its agent was lost again and again with the same cycle, see docs/runbook/poisoned-topic.md',
      {
        partition,
        groupId: group.groupId,
        cycle: group.lostWith.cycle,
      },
    )
  }
}
