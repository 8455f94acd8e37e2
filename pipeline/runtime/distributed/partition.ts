/**
 * One partition of an instance: follows its journal, owns it, hands it over.
 *
 *   idle ─► following ─► fencing ─► marking ─► catching-up ─► live ─► draining ─► measuring ─► following
 *     ▲         │                                                                               (as standby)
 *     └─────────┴───────────── lost or failed: everything is given up and begun anew ◄──────────┘
 *
 *   fencing      the transactional id is taken over: the owner before can commit nothing any more
 *   marking      a mark is committed to the journal: whoever has read it has read all that owners before committed
 *   catching-up  the journal is read up to the mark, and every result was found equal
 *   measuring    the journal's end is asked for before the partition is released, because it is exact only until then
 *
 * Pure. Depends on the ports and the parts of this folder.
 */
import { WeirError } from '../../errors.js'
import { Follower } from './follower.js'
import { FollowerSnapshots } from './follower-snapshots.js'
import { PARTITION_RETRY_MS, RETRIES_MOST, RETRY_PAUSE_MS } from './limits.js'
import { lostOwnership } from './lost-ownership.js'
import type { InstanceOptions } from './options.js'
import { Owner } from './owner.js'
import { PartitionState, type Slots } from './partition-state.js'
import type { AgentAnswer, BrokerFault, InstancePorts, Operation, TransactionalWriter } from './ports.js'
import { JOURNAL_STREAM, topicOf } from './topics.js'
import { Warmth } from './warmth.js'

export type Role = 'none' | 'follower' | 'owner'

export type PartitionStage =
  | 'idle'
  | 'following'
  | 'fencing'
  | 'marking'
  | 'catching-up'
  | 'live'
  | 'draining'
  | 'measuring'
  | 'failed'

export class Partition {
  readonly partition: number
  stage: PartitionStage = 'idle'
  /** Why the partition failed last; undefined while it does well. */
  failure: WeirError | undefined
  readonly #ports: InstancePorts
  readonly #options: InstanceOptions
  readonly #slots: Slots
  readonly #journalTopic: string
  #role: Role = 'none'
  #state: PartitionState | undefined
  #follower: Follower | undefined
  #followerSnapshots: FollowerSnapshots | undefined
  #owner: Owner | undefined
  #writer: TransactionalWriter | undefined
  #operation: Operation<unknown> | undefined
  #retries = 0
  #againAtMs = 0
  /** A request that failed is made again at `#againAtMs`. */
  #retryPending = false
  #drainUntilMs = 0
  #takeovers = 0
  readonly #warmth: Warmth
  #timesTaken = 0

  constructor(partition: number, ports: InstancePorts, options: InstanceOptions, slots: Slots) {
    this.partition = partition
    this.#ports = ports
    this.#options = options
    this.#slots = slots
    this.#warmth = new Warmth(ports)
    this.#journalTopic = topicOf(options.topicPrefix, JOURNAL_STREAM)
  }

  get role(): Role {
    return this.#role
  }

  get owner(): Owner | undefined {
    return this.#owner
  }

  get follower(): Follower | undefined {
    return this.#follower
  }

  get state(): PartitionState | undefined {
    return this.#state
  }

  /** What the partition is to be. An owner that is to be something else is drained first. */
  set role(role: Role) {
    this.#role = role
  }

  /** Times that it came to be owned and live here. */
  get takeovers(): number {
    return this.#timesTaken
  }

  /** What hinders the reading at the moment; it goes on by itself. */
  get hindrance(): WeirError | undefined {
    const { journal, sources } = this.#ports
    const fault = journal.faultOf(this.partition) ?? sources.faultOf(this.partition)
    return fault?.error
  }

  /** Follows so closely that it could take over from memory. */
  get isWarm(): boolean {
    return this.#follower !== undefined && this.#warmth.of(this.#follower)
  }

  /** Nothing of the ownership is left: others may take over. */
  get isReleased(): boolean {
    return this.#owner === undefined && this.#writer === undefined
  }

  /** The partition was taken away: nothing more may leave, and nothing is waited for. */
  lose(): void {
    if (!this.isReleased) this.#giveUp()
  }

  get wakeAtMs(): number {
    if (this.stage === 'live') return this.#owner?.wakeAtMs ?? Number.POSITIVE_INFINITY
    if (this.stage === 'draining') return this.#drainUntilMs
    return this.stage === 'failed' || this.#retryPending ? this.#againAtMs : Number.POSITIVE_INFINITY
  }

  /** Whether the slot's agent is of this partition, and if so, takes its answer. */
  answer(answer: AgentAnswer): boolean {
    const group = this.#state?.bySlot(answer.slot)
    if (group === undefined) return false
    this.#guard(() => {
      if (this.#owner !== undefined) this.#owner.answer(answer, group)
      else if (answer.kind === 'snapshot') this.#followerSnapshots?.take(group, answer.digest, answer.state)
      else this.#follower?.answer(answer, group)
      return true
    })
    return true
  }

  /** Does what can be done; true when something was. */
  step(): boolean {
    return this.#guard(() => this.#advance())
  }

  /** What stops a partition stops it alone. */
  #guard(action: () => boolean): boolean {
    try {
      return action()
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      this.#fail(error)
      return true
    }
  }

  #advance(): boolean {
    switch (this.stage) {
      case 'idle':
        return this.#role !== 'none' && this.#beginFollowing()
      case 'following':
        return this.#follow()
      case 'fencing':
        return this.#followOn(this.#fence())
      case 'marking':
        return this.#followOn(this.#mark())
      case 'catching-up':
        return this.#followOn(this.#catchUp())
      case 'live':
        return this.#own()
      case 'draining':
        return this.#drain()
      case 'measuring':
        return this.#measure()
      case 'failed':
        return this.#tryAgain()
    }
  }

  #beginFollowing(): boolean {
    this.#state = new PartitionState(this.partition, this.#slots, this.#ports.agents)
    this.#startFollower(new Follower(this.#state, this.#ports, this.#options.journalId, this.#journalTopic))
    return true
  }

  #startFollower(follower: Follower): void {
    this.#follower = follower
    this.#followerSnapshots = new FollowerSnapshots(follower, this.#ports, this.#options)
    this.stage = 'following'
  }

  #follow(): boolean {
    if (this.#role === 'none') {
      this.#giveUp()
      return true
    }
    if (this.#role === 'owner') {
      this.#followerSnapshots?.abandon()
      this.stage = 'fencing'
      return true
    }
    const progress = this.#stepFollower()
    if (this.#follower?.isIdle === true) this.failure = undefined
    return (this.#followerSnapshots?.step() ?? false) || progress
  }

  #stepFollower(): boolean {
    return this.#follower?.step() ?? false
  }

  /** While ownership is being taken the journal is followed further. */
  #followOn(progress: boolean): boolean {
    return (this.#follower !== undefined && this.#stepFollower()) || progress
  }

  /** A takeover whose partition is no longer wanted ends at once: nothing was read or sent as its owner. */
  #isUnwanted(): boolean {
    if (this.#role === 'owner') return false
    this.#closeWriter()
    this.stage = 'following'
    return true
  }

  #fence(): boolean {
    if (this.#isUnwanted()) return true
    if (this.#operation === undefined) {
      this.#writer ??= this.#ports.writer(this.partition)
      this.#operation = this.#writer.open()
      return true
    }
    if (!this.#settled()) return false
    if (this.#operation?.state === 'done') {
      this.#operation = undefined
      this.#retries = 0
      this.stage = 'marking'
    }
    return true
  }

  #mark(): boolean {
    if (this.#isUnwanted()) return true
    const writer = this.#writer as TransactionalWriter
    if (this.#operation === undefined) {
      const mark = `takeover ${this.#options.instanceId} ${this.#ports.clock.nowMicros()} ${++this.#takeovers}`
      this.#follower?.lookFor(mark)
      const { partition } = this
      writer.produce({ topic: this.#journalTopic, partition, key: Buffer.from(mark, 'utf8'), value: null })
      this.#operation = writer.commit()
      return true
    }
    if (!this.#settled()) return false
    if (this.#operation?.state === 'done') {
      this.#operation = undefined
      this.stage = 'catching-up'
    }
    return true
  }

  /**
   * Whether the request under way has settled. One that may be made again is made again after a pause (a commit is asked for its
   * outcome in this way), a bounded number of times; every other fault stops the takeover.
   */
  #settled(): boolean {
    const operation = this.#operation as Operation<unknown>
    if (operation.state === 'pending') return false
    if (operation.state === 'done') return true
    const fault = operation.fault as BrokerFault
    if (fault.kind !== 'retriable' || this.#retries >= RETRIES_MOST) throw fault.error
    const now = this.#ports.clock.monotonicMs()
    if (this.#retryPending && this.#againAtMs <= now) {
      this.#retryPending = false
      this.#retries++
      const writer = this.#writer as TransactionalWriter
      this.#operation = this.stage === 'fencing' ? writer.open() : writer.commit()
    } else if (!this.#retryPending) {
      this.#retryPending = true
      this.#againAtMs = now + RETRY_PAUSE_MS
    }
    return false
  }

  #catchUp(): boolean {
    if (this.#isUnwanted()) return true
    const follower = this.#follower as Follower
    if (!follower.markSeen || !follower.isIdle) return false
    const state = this.#state as PartitionState
    follower.stop()
    this.#follower = undefined
    this.#owner = new Owner(state, this.#ports, this.#options, this.#writer as TransactionalWriter)
    this.failure = undefined
    this.stage = 'live'
    this.#timesTaken++
    this.#ports.notices.info('the partition is owned', {
      partition: this.partition,
      groups: state.groups.size,
    })
    return true
  }

  #own(): boolean {
    const owner = this.#owner as Owner
    const progress = owner.step()
    if (owner.fault !== undefined) throw lostOwnership(this.partition, owner.fault)
    if (this.#role === 'owner') return progress
    owner.drain()
    this.#drainUntilMs = this.#ports.clock.monotonicMs() + this.#options.drainMs
    this.stage = 'draining'
    return true
  }

  #drain(): boolean {
    const owner = this.#owner as Owner
    const progress = owner.step()
    if (owner.fault !== undefined) throw lostOwnership(this.partition, owner.fault)
    if (owner.isDrained) {
      this.#operation = this.#ports.journal.endOf(this.partition)
      this.stage = 'measuring'
      return true
    }
    if (this.#ports.clock.monotonicMs() < this.#drainUntilMs) return progress
    // What is under way is left to the next owner, who reads its inputs again.
    this.#ports.notices.warn('the partition was not drained in time, see docs/runbook/lag.md', {
      partition: this.partition,
    })
    this.#giveUp()
    return true
  }

  #measure(): boolean {
    const operation = this.#operation as Operation<number>
    if (operation.state === 'pending') return false
    this.#operation = undefined
    const { value } = operation
    // Agents that were being made anew are behind the journal: following begins from the snapshot again.
    if (value === undefined || this.#role === 'none' || this.#state?.isWhole !== true) {
      this.#giveUp()
      return true
    }
    this.#owner?.stop()
    this.#owner = undefined
    this.#closeWriter()
    const state = this.#state as PartitionState
    const { journalId } = this.#options
    this.#startFollower(Follower.resume(state, this.#ports, journalId, this.#journalTopic, value))
    return true
  }

  #tryAgain(): boolean {
    if (this.#role !== 'none' && this.#ports.clock.monotonicMs() < this.#againAtMs) return false
    this.stage = 'idle'
    return true
  }

  #fail(error: WeirError): void {
    this.failure = error
    this.#ports.notices.warn(`the partition stops: ${error.toLine()}`, {
      partition: this.partition,
      stage: this.stage,
      code: error.code,
    })
    this.#giveUp()
    if (error.retry === 'now') return
    this.stage = 'failed'
    this.#againAtMs = this.#ports.clock.monotonicMs() + PARTITION_RETRY_MS
  }

  #giveUp(): void {
    this.#owner?.stop()
    this.#owner = undefined
    this.#follower?.stop()
    this.#follower = undefined
    this.#followerSnapshots = undefined
    this.#closeWriter()
    this.#state?.dispose()
    this.#state = undefined
    this.#retries = 0
    this.#againAtMs = 0
    this.stage = 'idle'
  }

  #closeWriter(): void {
    this.#writer?.close()
    this.#writer = undefined
    this.#operation = undefined
    this.#retryPending = false
  }
}
