/**
 * Reads topics of one partition through the network, ahead of what is polled, until it is paused or stopped.
 *
 * What the readers of the journal and of the sources, the bank and the projection are made of. Depends on the cluster and the
 * network.
 */
import type { BrokerFault } from '../../../pipeline/runtime/distributed/ports.js'
import { Random } from '../../random.js'
import type { Cluster, FetchAnswer } from '../broker/cluster.js'
import type { StoredRecord } from '../broker/partition-log.js'
import { faultOf } from '../fault-of.js'
import { type Network, request } from '../network.js'
import type { Process } from '../process.js'
import { MILLISECOND, SECOND } from '../scheduler.js'

export interface World {
  readonly cluster: Cluster
  readonly network: Network
  readonly seed: number
}

export interface FetchedRecord extends StoredRecord {
  readonly topic: string
}

const FETCH_TIMEOUT_MICROS = 8 * SECOND
const BACK_OFF_MICROS = { least: 20 * MILLISECOND, most: 200 * MILLISECOND }
/** Records read ahead, over all topics: enough for a few cycles. */
const MOST_AHEAD = 256

export class Fetcher {
  readonly #next: Map<string, number>
  readonly #end = new Map<string, number>()
  readonly #ahead = new Map<string, FetchedRecord[]>()
  readonly #random: Random
  #stopped = false
  #paused = false
  #underWay = false
  fault: BrokerFault | undefined

  constructor(
    private readonly world: World,
    private readonly process: Process,
    readonly partition: number,
    from: ReadonlyMap<string, number>,
    private readonly bell: () => void,
  ) {
    this.#next = new Map(from)
    for (const topic of from.keys()) this.#ahead.set(topic, [])
    this.#random = new Random(
      'fetcher',
      world.seed,
      process.name,
      partition,
      world.cluster.scheduler.nowMicros,
    )
    this.#fetch()
  }

  stop(): void {
    this.#stopped = true
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#fetch()
  }

  /** Records over all topics in a seeded order, those of a topic in theirs. */
  poll(most: number): FetchedRecord[] {
    const polled: FetchedRecord[] = []
    if (this.#paused) return polled
    while (polled.length < most) {
      const topics = [...this.#ahead.keys()].filter((topic) => this.#ahead.get(topic)!.length > 0)
      if (topics.length === 0) break
      const ahead = this.#ahead.get(this.#random.pick(topics))!
      const run = this.#random.integer(1, Math.min(ahead.length, most - polled.length))
      polled.push(...ahead.splice(0, run))
    }
    this.#fetch()
    return polled
  }

  /** Records that the log holds and that were not polled, as far as it was told; -1 before the first answer. */
  lag(): number {
    if (this.#end.size === 0) return -1
    let lag = this.#waiting()
    for (const [topic, end] of this.#end) lag += Math.max(0, end - this.#next.get(topic)!)
    return lag
  }

  /** Whether all that the topic held at the last answer was polled. */
  atEnd(topic: string): boolean {
    const end = this.#end.get(topic)
    return end !== undefined && this.#next.get(topic)! >= end && this.#ahead.get(topic)!.length === 0
  }

  #waiting(): number {
    let waiting = 0
    for (const ahead of this.#ahead.values()) waiting += ahead.length
    return waiting
  }

  #fetch(): void {
    if (this.#underWay || this.#stopped || this.#paused || this.#waiting() >= MOST_AHEAD) return
    this.#underWay = true
    const { world, process, partition } = this
    const places = [...this.#next].map(([topic, offset]) => ({ topic, partition, offset }))
    const wait = this.#end.size > 0
    request<FetchAnswer | 'unavailable'>(world.network, process, {
      to: world.cluster.leaderOf(places[0].topic, partition),
      label: `fetch ${partition}`,
      timeoutMicros: FETCH_TIMEOUT_MICROS,
      // The first answer tells the ends, which are news also where there is nothing to read.
      serve: (answer) => world.cluster.fetch(places, wait, answer),
      settle: (answer) => this.#settle(answer),
    })
  }

  #settle(answer: FetchAnswer | 'unavailable' | undefined): void {
    this.#underWay = false
    if (this.#stopped) return
    if (answer === undefined || answer === 'unavailable') {
      this.fault = faultOf('retriable', `partition ${this.partition} cannot be read now`)
      const { least, most } = BACK_OFF_MICROS
      this.process.after(this.#random.integer(least, most), 'fetch again', () => this.#fetch())
      this.bell()
      return
    }
    this.fault = undefined
    let came = 0
    for (const { topic, records, next, end } of answer.places) {
      this.#next.set(topic, next)
      this.#end.set(topic, end)
      const ahead = this.#ahead.get(topic)!
      for (const record of records) ahead.push({ ...record, topic })
      came += records.length
    }
    if (came > 0) this.bell()
    this.#fetch()
  }
}
