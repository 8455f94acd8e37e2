/**
 * The group of the instances: which partitions this one owns (ADR 0061).
 *
 * One topic, the anchor, is subscribed to; what a member is assigned of it, it owns of every topic. The consumer never reads:
 * its partitions are paused as they come. It is kept going while an owner drains, so that the group does not take it for dead, and a
 * revocation is confirmed only when all of its partitions were released. Depends on the consumer's loop.
 */

import { PendingOperation, type Ringable } from '../distributed/pending-operation.js'
import type { BrokerFault, Membership, MembershipEvent, Operation } from '../distributed/ports.js'
import { type SOURCE_STREAMS, topicOf } from '../distributed/topics.js'
import type { ConsumerClient, TopicPartition, TopicPartitionAt } from './client.js'
import { ConsumerLoop } from './consumer-loop.js'
import { brokerFault } from './faults.js'
import { DRAIN_BOUND_MS, membershipProperties } from './properties.js'
import type { KafkaSettings } from './settings.js'

/** The source whose partitions stand for those of all topics. Every installation has it: it is where money moves. */
export const ANCHOR_STREAM = 'cash-movement' satisfies (typeof SOURCE_STREAMS)[number]

const ASSIGN_PARTITIONS = -175
const REVOKE_PARTITIONS = -174

/** Logical offset of a partition's end; the anchor is not read, so nothing is fetched of what it holds. */
const END = -1

/**
 * A partition that is not released for so long is given up as lost. Below the bound after which the broker would put this
 * member out of the group, with all of its partitions.
 */
const RELEASE_BOUND_MS = (DRAIN_BOUND_MS * 2) / 3

/** How often it is looked whether a partition that drains was lost meanwhile. */
const WATCH_INTERVAL_MS = 50

/** Longest wait for the confirmation that partitions were given back; the broker hears of the departure in any case. */
const LEAVE_BOUND_MS = 1000

interface Revocation {
  readonly client: ConsumerClient
  readonly partitions: readonly TopicPartition[]
  readonly waiting: Set<number>
  readonly until: number
}

export class KafkaMembership implements Membership {
  readonly #bell: Ringable
  readonly #anchor: string
  readonly #loop: ConsumerLoop
  readonly #owned = new Set<number>()
  #events: MembershipEvent[] = []
  #revocation: Revocation | undefined
  #watch: NodeJS.Timeout | undefined
  #left: PendingOperation<void> | undefined
  #given: (() => void) | undefined
  #fault: BrokerFault | undefined

  constructor(settings: KafkaSettings, bell: Ringable) {
    this.#bell = bell
    this.#anchor = topicOf(settings.topicPrefix, ANCHOR_STREAM)
    const self = this
    const properties = {
      ...membershipProperties(settings),
      rebalance_cb(
        this: ConsumerClient,
        event: { readonly code: number },
        partitions: readonly TopicPartition[],
      ) {
        self.#rebalance(this, event.code, partitions)
      },
    }
    this.#loop = new ConsumerLoop(settings, properties, `group ${settings.group}`, {
      connected: (client) => client.subscribe([this.#anchor]),
      records: () => {},
      end: () => {},
      failed: (thrown) =>
        this.#failed(brokerFault(thrown, 'no place in the group', `group ${settings.group}`)),
      unreachable: (fault) => this.#failed(fault),
    })
  }

  get fault(): BrokerFault | undefined {
    return this.#fault
  }

  join(): void {
    this.#loop.open()
  }

  poll(): readonly MembershipEvent[] {
    if (this.#events.length === 0) return []
    const events = this.#events
    this.#events = []
    return events
  }

  release(partitions: readonly number[]): void {
    const revocation = this.#revocation
    if (revocation === undefined) return
    for (const partition of partitions) revocation.waiting.delete(partition)
    if (revocation.waiting.size === 0) this.#confirm(revocation)
  }

  reportOffsets(offsets: ReadonlyMap<string, ReadonlyMap<number, number>>): void {
    const committed: TopicPartitionAt[] = []
    for (const [topic, partitions] of offsets)
      for (const [partition, offset] of partitions)
        if (this.#owned.has(partition)) committed.push({ topic, partition, offset })
    if (committed.length === 0) return
    this.#loop.request((client) => client.commit(committed))
  }

  leave(): Operation<void> {
    if (this.#left !== undefined) return this.#left
    const left = new PendingOperation<void>(this.#bell)
    this.#left = left
    this.#givenBack()
      .then(() => this.#loop.close())
      .then(() => {
        clearInterval(this.#watch)
        left.succeed()
      })
    return left
  }

  /** Unsubscribes and waits until the partitions were given back, so that the broker hears of it at once. */
  async #givenBack(): Promise<void> {
    if (this.#revocation !== undefined) this.#confirm(this.#revocation)
    if (this.#owned.size === 0) return
    await new Promise<void>((resolve) => {
      const bound = setTimeout(resolve, LEAVE_BOUND_MS)
      this.#given = () => {
        clearTimeout(bound)
        resolve()
      }
      this.#loop.request((client) => client.unsubscribe())
    })
  }

  #rebalance(client: ConsumerClient, code: number, partitions: readonly TopicPartition[]): void {
    try {
      if (code === ASSIGN_PARTITIONS) this.#assign(client, partitions)
      else if (code === REVOKE_PARTITIONS) this.#revoke(client, partitions)
      else client.incrementalUnassign(partitions)
    } catch (thrown) {
      this.#failed(brokerFault(thrown, 'no place in the group', this.#anchor))
    }
    this.#bell.ring()
  }

  #assign(client: ConsumerClient, partitions: readonly TopicPartition[]): void {
    client.incrementalAssign(partitions.map(({ topic, partition }) => ({ topic, partition, offset: END })))
    if (partitions.length > 0) client.pause([...partitions])
    this.#fault = undefined
    if (this.#left !== undefined || partitions.length === 0) return
    for (const { partition } of partitions) this.#owned.add(partition)
    this.#events.push({ kind: 'assigned', partitions: numbersOf(partitions) })
  }

  #revoke(client: ConsumerClient, partitions: readonly TopicPartition[]): void {
    const revocation: Revocation = {
      client,
      partitions,
      waiting: new Set(numbersOf(partitions)),
      until: performance.now() + RELEASE_BOUND_MS,
    }
    this.#revocation = revocation
    if (this.#left !== undefined || partitions.length === 0) this.#confirm(revocation)
    else if (client.assignmentLost()) this.#lose(revocation)
    else {
      this.#events.push({ kind: 'revoked', partitions: numbersOf(partitions) })
      this.#watch = setInterval(() => this.#look(revocation), WATCH_INTERVAL_MS)
    }
  }

  #look(revocation: Revocation): void {
    if (this.#revocation !== revocation) return
    if (revocation.client.assignmentLost() || performance.now() > revocation.until) this.#lose(revocation)
  }

  #lose(revocation: Revocation): void {
    this.#events.push({ kind: 'lost', partitions: numbersOf(revocation.partitions) })
    this.#confirm(revocation)
    this.#bell.ring()
  }

  #confirm(revocation: Revocation): void {
    clearInterval(this.#watch)
    this.#revocation = undefined
    for (const { partition } of revocation.partitions) this.#owned.delete(partition)
    try {
      revocation.client.incrementalUnassign(revocation.partitions)
    } catch (thrown) {
      this.#failed(brokerFault(thrown, 'partitions cannot be given back', this.#anchor))
    }
    this.#given?.()
  }

  #failed(fault: BrokerFault): void {
    if (this.#left !== undefined) return
    this.#fault = fault
    if (fault.kind === 'fatal' && this.#owned.size > 0) {
      this.#events.push({ kind: 'lost', partitions: [...this.#owned] })
      this.#owned.clear()
    }
    this.#bell.ring()
  }
}

function numbersOf(partitions: readonly TopicPartition[]): number[] {
  return partitions.map(({ partition }) => partition).sort((a, b) => a - b)
}
