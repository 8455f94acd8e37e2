/**
 * An instance of the distributed runtime: the partitions it owns, those it follows, and its place in the group.
 *
 * One writer of everything in here: whoever calls `step`. Pure. Depends on the ports and the partitions.
 */
import { WARM_WAIT_MS } from './limits.js'
import type { InstanceOptions } from './options.js'
import { Partition } from './partition.js'
import type { Slots } from './partition-state.js'
import type { BrokerFault, InstancePorts, MembershipEvent, Operation, Step } from './ports.js'

/** From first to last. `shadow`: nothing is owned, everything is followed. */
export type LifeCycle = 'starting' | 'restoring' | 'warming' | 'shadow' | 'live' | 'draining' | 'stopped'

/** Between two reports of offsets for lag tools, milliseconds. */
const REPORT_EVERY_MS = 1_000

export class Instance {
  readonly partitions: readonly Partition[]
  readonly #ports: InstancePorts
  readonly #options: InstanceOptions
  readonly #owned = new Set<number>()
  /** Revoked and not drained. */
  readonly #leaving = new Set<number>()
  #following = false
  #joined = false
  #joinByMs = 0
  #stopping = false
  #left: Operation<void> | undefined
  #reportAtMs = 0

  constructor(options: InstanceOptions, ports: InstancePorts) {
    this.#options = options
    this.#ports = ports
    let slot = 0
    const slots: Slots = { next: () => slot++ }
    this.partitions = Array.from(
      { length: options.partitions },
      (_, partition) => new Partition(partition, ports, options, slots),
    )
  }

  /** Why the instance cannot be a member of the group. */
  get fault(): BrokerFault | undefined {
    return this.#ports.membership.fault
  }

  /** Partitions that the group has given to this instance. */
  get owned(): ReadonlySet<number> {
    return this.#owned
  }

  get lifeCycle(): LifeCycle {
    if (this.#left?.state === 'done') return 'stopped'
    if (this.#stopping) return 'draining'
    if (!this.#joined) return this.#following ? 'restoring' : 'starting'
    const owned = this.partitions.filter(({ partition }) => this.#owned.has(partition))
    if (owned.length === 0) return 'shadow'
    if (owned.every(({ stage }) => stage === 'live')) return 'live'
    return owned.some(({ stage }) => stage === 'catching-up' || stage === 'marking') ? 'warming' : 'restoring'
  }

  /** Gives everything up in order: drains, hands over, leaves the group. */
  stop(): void {
    this.#stopping = true
  }

  get isStopped(): boolean {
    return this.lifeCycle === 'stopped'
  }

  /** Does what can be done without waiting. */
  step(): Step {
    let progress = this.#join()
    for (const event of this.#ports.membership.poll()) {
      this.#take(event)
      progress = true
    }
    for (const answer of this.#ports.agents.poll()) {
      progress = true
      for (const partition of this.partitions) if (partition.answer(answer)) break
    }
    for (const partition of this.partitions) progress = partition.step() || progress
    progress = this.#release() || progress
    progress = this.#leave() || progress
    this.#reportOffsets()
    return { progress, wakeAtMs: this.#wakeAtMs() }
  }

  /**
   * A standby first follows, and takes its place in the group when it is warm: the group gives partitions away as soon as a member
   * comes, and they would stand still until it has restored them.
   */
  #join(): boolean {
    if (this.#joined || this.#stopping) return false
    if (this.#options.standby && !this.#following) {
      this.#following = true
      this.#joinByMs = this.#ports.clock.monotonicMs() + WARM_WAIT_MS
      for (const partition of this.partitions) partition.role = 'follower'
      return true
    }
    if (this.#following && this.#ports.clock.monotonicMs() < this.#joinByMs) {
      if (!this.partitions.every(({ isWarm }) => isWarm)) return false
    }
    this.#joined = true
    this.#ports.membership.join()
    return true
  }

  #take(event: MembershipEvent): void {
    this.#ports.notices.info(`partitions ${event.kind}`, { partitions: event.partitions })
    for (const number of event.partitions) {
      const partition = this.partitions[number]
      if (partition === undefined) continue
      if (event.kind === 'assigned') {
        this.#owned.add(number)
        this.#leaving.delete(number)
        if (!this.#stopping) partition.role = 'owner'
        continue
      }
      this.#owned.delete(number)
      if (event.kind === 'revoked') this.#leaving.add(number)
      else {
        this.#leaving.delete(number)
        partition.lose()
      }
      partition.role = this.#restingRole
    }
  }

  get #restingRole(): 'follower' | 'none' {
    return this.#options.standby && !this.#stopping ? 'follower' : 'none'
  }

  #release(): boolean {
    const drained = [...this.#leaving].filter((number) => this.partitions[number].isReleased)
    if (drained.length === 0) return false
    for (const number of drained) this.#leaving.delete(number)
    this.#ports.membership.release(drained)
    return true
  }

  #leave(): boolean {
    if (!this.#stopping || this.#left !== undefined) return false
    for (const partition of this.partitions) partition.role = 'none'
    if (this.partitions.some(({ stage }) => stage !== 'idle')) return false
    this.#left = this.#ports.membership.leave()
    return true
  }

  /** What lag tools see; never read by Weir. */
  #reportOffsets(): void {
    const now = this.#ports.clock.monotonicMs()
    if (now < this.#reportAtMs) return
    this.#reportAtMs = now + REPORT_EVERY_MS
    const offsets = new Map<string, Map<number, number>>()
    for (const { owner, partition } of this.partitions) {
      if (owner === undefined) continue
      for (const [topic, offset] of owner.state.positions) {
        let of = offsets.get(topic)
        if (of === undefined) {
          of = new Map()
          offsets.set(topic, of)
        }
        of.set(partition, offset)
      }
    }
    if (offsets.size > 0) this.#ports.membership.reportOffsets(offsets)
  }

  #wakeAtMs(): number {
    let earliest = this.#ports.clock.monotonicMs() + this.#options.heartbeatMs
    for (const partition of this.partitions) earliest = Math.min(earliest, partition.wakeAtMs)
    return earliest
  }
}
