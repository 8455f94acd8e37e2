/**
 * The simulated Kafka cluster: topics, leaders on a few brokers, and the coordinators.
 *
 * A broker that is out answers nothing, or that it is not the leader; what it stores is not lost (replication).
 * Depends on the logs, the coordinators and the scheduler.
 */
import { Random } from '../../random.js'
import type { Scheduler } from '../scheduler.js'
import { GroupCoordinator, type GroupTimeouts } from './group-coordinator.js'
import { PartitionLog, type StoredRecord } from './partition-log.js'
import { TransactionCoordinator } from './transactions.js'

export interface ClusterOptions {
  readonly seed: number
  readonly brokers: number
  readonly partitions: number
  readonly group: GroupTimeouts
  readonly transactionTimeoutMicros: number
  /** Broker's wall clock at the beginning, milliseconds. */
  readonly startMs: number
}

export interface FetchPlace {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface FetchAnswer {
  readonly places: readonly {
    readonly topic: string
    readonly records: readonly StoredRecord[]
    readonly next: number
    readonly end: number
  }[]
}

/** How long a fetch waits for something to come, and how much it brings at most from one partition. */
const FETCH_WAIT_MICROS = 5_000_000
const FETCH_RECORDS = 64

export class Cluster {
  readonly transactions: TransactionCoordinator
  readonly group: GroupCoordinator
  readonly #logs = new Map<string, PartitionLog>()
  readonly #outUntil = new Map<string, number>()
  readonly #random: Random
  /** Committed readers can see more than before; who looks resets it. */
  changed = false

  constructor(
    readonly scheduler: Scheduler,
    readonly options: ClusterOptions,
  ) {
    this.#random = new Random('cluster', options.seed)
    const logOf = (topic: string, partition: number): PartitionLog => this.logOf(topic, partition)
    this.transactions = new TransactionCoordinator(
      scheduler,
      this.#random,
      logOf,
      () => this.timeMs(),
      options.transactionTimeoutMicros,
      (log) => this.isUp(this.leaderOf(log.topic, log.partition)),
    )
    this.group = new GroupCoordinator(scheduler, options.partitions, options.group)
  }

  timeMs(): number {
    return this.options.startMs + Math.floor(this.scheduler.nowMicros / 1_000)
  }

  logOf(topic: string, partition: number): PartitionLog {
    const name = `${topic}/${partition}`
    let log = this.#logs.get(name)
    if (log === undefined) {
      log = new PartitionLog(topic, partition, () => {
        this.changed = true
      })
      this.#logs.set(name, log)
    }
    return log
  }

  logs(): Iterable<PartitionLog> {
    return this.#logs.values()
  }

  leaderOf(topic: string, partition: number): string {
    let hash = partition
    for (let at = 0; at < topic.length; at++) hash = (hash * 31 + topic.charCodeAt(at)) % 65_521
    return `broker-${hash % this.options.brokers}`
  }

  coordinatorOf(name: string): string {
    return this.leaderOf(name, 0)
  }

  /** The broker is out from now on for that long; then another leads what it led, or it is back. */
  takeOut(broker: string, durationMicros: number): void {
    const until = this.scheduler.nowMicros + durationMicros
    this.#outUntil.set(broker, Math.max(until, this.#outUntil.get(broker) ?? 0))
  }

  isUp(broker: string): boolean {
    return (this.#outUntil.get(broker) ?? 0) <= this.scheduler.nowMicros
  }

  /** Serves a request at a broker; one that is out says so (`unavailable`) or nothing at all. */
  serve<A>(broker: string, answer: (value: A | 'unavailable') => void, action: () => A): void {
    if (this.isUp(broker)) answer(action())
    else if (this.#random.chance(0.5)) answer('unavailable')
  }

  /** Answers when one of the places has something to read, or after a while; without `wait` at once. */
  fetch(
    places: readonly FetchPlace[],
    wait: boolean,
    answer: (value: FetchAnswer | 'unavailable') => void,
  ): void {
    const up = places.filter(({ topic, partition }) => this.isUp(this.leaderOf(topic, partition)))
    if (up.length === 0 && places.length > 0) {
      if (this.#random.chance(0.5)) answer('unavailable')
      return
    }
    const found = this.#read(up, !wait)
    if (found !== undefined) {
      answer(found)
      return
    }
    let open = true
    const settle = (): void => {
      if (!open) return
      open = false
      answer(this.#read(up, true)!)
    }
    for (const { topic, partition } of up) this.logOf(topic, partition).awaitMore(settle)
    this.scheduler.after(FETCH_WAIT_MICROS, 'fetch wait', settle)
  }

  /** What there is to read; undefined when there is nothing new, unless `anyway`: the ends are news to a new reader. */
  #read(places: readonly FetchPlace[], anyway = false): FetchAnswer | undefined {
    const read = places.map(({ topic, partition, offset }) => ({
      topic,
      from: offset,
      ...this.logOf(topic, partition).read(offset, FETCH_RECORDS),
    }))
    return anyway || read.some(({ from, next }) => next > from) ? { places: read } : undefined
  }
}
