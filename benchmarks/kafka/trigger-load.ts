/**
 * Load at a given rate, of which a known share causes an instruction, and the time from such a record to its instruction.
 *
 * Background payments change OPERATING by a euro and cause nothing. A trigger makes PAYROLL short; it is answered once refills of the
 * group come to what it and those before it took. What the trigger has moved comes back to OPERATING half a period later. An
 * open loop: records are due at fixed times, whatever the system does; time runs from the call that gives the record to
 * the client until the instruction is seen by a consumer of committed records. Depends on the client and the benchmark's groups.
 */

import { loadKafka, type Message, type ProducerClient } from '../../pipeline/runtime/kafka/client.js'
import { connected, disconnected } from '../../pipeline/runtime/kafka/connected.js'
import { ConsumerLoop } from '../../pipeline/runtime/kafka/consumer-loop.js'
import { adminProperties, readerProperties } from '../../pipeline/runtime/kafka/properties.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { dayOf } from '../../sandbox/live-feed/live-feed.js'
import { payment, type RecordMaker, type SourceRecord, wallMicros } from './groups.js'

export interface Refill {
  readonly groupId: string
  readonly amountMinor: number
  /** Record that settles it; none where the contender settles by itself. */
  readonly settlement: SourceRecord | undefined
}

export interface TriggerLoadOptions {
  readonly kafka: KafkaSettings
  readonly maker: RecordMaker
  readonly groups: readonly string[]
  /** Topic that the contender writes its refills to; an array of its partitions is read. */
  readonly outputTopic: string
  readonly outputPartitions: number
  readonly refillOf: (message: Message) => Refill | undefined
}

export interface LoadResult {
  /** Milliseconds, one for each trigger that was answered. */
  readonly samples: number[]
  readonly unanswered: number
  /** How late the generator itself was: the 99th percentile, milliseconds. */
  readonly lateMs: number
}

/** Falls out of the band, and OPERATING can pay for many of them. */
const TRIGGER_BASE_MINOR = 500_000_00
/** The rail's step: amounts that differ by it stay different when they are rounded. */
const TRIGGER_STEP_MINOR = 1_000_00
const DISTINCT_TRIGGERS = 100
/** Timers of Node have whole milliseconds. */
const TICK_MS = 1
const PATIENCE_MS = 10_000

/** What triggers took from PAYROLL and what came back, from the beginning: refills may be of several at once, or come in parts. */
interface ShortAccount {
  takenMinor: number
  refilledMinor: number
  readonly waiting: Waiting[]
}

/** A trigger that is answered once so much came back. */
interface Waiting {
  readonly coveredAtMinor: number
  readonly sentMs: number
  readonly counts: boolean
}

export class TriggerLoad {
  readonly #options: TriggerLoadOptions
  readonly #producer: ProducerClient
  readonly #loop: ConsumerLoop
  readonly #accounts = new Map<string, ShortAccount>()
  #sent = 0
  #triggers = 0
  #samples: number[] = []
  #failure: unknown
  #stopped = false

  private constructor(options: TriggerLoadOptions, producer: ProducerClient) {
    this.#options = options
    this.#producer = producer
    const { kafka, outputTopic, outputPartitions } = options
    // Without the events of a partition's end, for which the client waits a millisecond longer.
    const properties = { ...readerProperties(kafka), 'enable.partition.eof': false }
    this.#loop = new ConsumerLoop(kafka, properties, 'benchmark', {
      connected: (client) => {
        const partitions = Array.from({ length: outputPartitions }, (_, partition) => partition)
        client.incrementalAssign(
          partitions.map((partition) => ({ topic: outputTopic, partition, offset: END })),
        )
      },
      records: (messages) => this.#take(messages),
      end: () => {},
      failed: (thrown) => this.#fail(thrown),
      unreachable: ({ error }) => this.#fail(error),
    })
  }

  /** Without its reader a run would only count triggers that nobody answered. */
  #fail(thrown: unknown): void {
    this.#failure ??= thrown
  }

  static async open(options: TriggerLoadOptions): Promise<TriggerLoad> {
    const { kafka } = options
    const { Producer } = await loadKafka()
    const producer = new Producer({
      ...adminProperties(kafka),
      'linger.ms': 0,
      'enable.idempotence': true,
      acks: 'all',
      'compression.type': 'lz4',
      'queue.buffering.max.messages': 1_000_000,
    } as never)
    await connected(producer, kafka)
    const load = new TriggerLoad(options, producer)
    load.#loop.open()
    return load
  }

  /** Ends a run before its time; triggers that wait are given up. */
  stop(): void {
    this.#stopped = true
  }

  async close(): Promise<void> {
    await this.#loop.close()
    await disconnected(this.#producer)
  }

  /** Sends for `seconds` at `rate`; samples are of the triggers after the first `warmUpSeconds`. */
  async run(
    rate: number,
    triggersPerSecond: number,
    seconds: number,
    warmUpSeconds: number,
  ): Promise<LoadResult> {
    this.#samples = []
    const period = rate / triggersPerSecond
    const count = rate * seconds
    const beganMs = performance.now()
    const lateMs: number[] = []
    for (let index = 0; index < count && !this.#stopped; ) {
      const now = performance.now()
      for (; index < count && beganMs + (index * 1000) / rate <= now; index++) {
        if (index % 100 === 0) lateMs.push(now - beganMs - (index * 1000) / rate)
        this.#sendNext(index, period, index >= rate * warmUpSeconds)
      }
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
    const unanswered = await this.#answered()
    if (this.#failure !== undefined) throw this.#failure
    lateMs.sort((a, b) => a - b)
    return { samples: this.#samples, unanswered, lateMs: lateMs[Math.floor(lateMs.length * 0.99)] ?? 0 }
  }

  #sendNext(index: number, period: number, counts: boolean): void {
    const { groups } = this.#options
    const phase = index % period
    if (phase === 0) {
      const groupId = groups[this.#triggers % groups.length]
      const amountMinor = this.#amountOf(this.#triggers++)
      const account = this.#accountOf(groupId)
      account.takenMinor += amountMinor
      account.waiting.push({ coveredAtMinor: account.takenMinor, sentMs: performance.now(), counts })
      this.#pay(groupId, 'PAYROLL', -amountMinor)
    } else if (phase === Math.floor(period / 2) && this.#triggers > 0) {
      const last = this.#triggers - 1
      this.#pay(groups[last % groups.length], 'OPERATING', this.#amountOf(last))
    } else {
      const amountMinor = Math.floor(this.#sent / groups.length) % 2 === 0 ? 100 : -100
      this.#pay(groups[this.#sent % groups.length], 'OPERATING', amountMinor)
    }
  }

  #amountOf(trigger: number): number {
    const turn = Math.floor(trigger / this.#options.groups.length)
    return TRIGGER_BASE_MINOR + (turn % DISTINCT_TRIGGERS) * TRIGGER_STEP_MINOR
  }

  #pay(groupId: string, accountId: string, amountMinor: number): void {
    const { maker } = this.#options
    const name = `load/${this.#options.outputTopic}/${this.#sent++}`
    this.#send(
      maker.record('cash-movement', groupId, payment(name, accountId, amountMinor, dayOf(wallMicros()))),
    )
  }

  #send({ topic, partition, key, value }: SourceRecord): void {
    this.#producer.produce(topic, partition, value, key)
  }

  #accountOf(groupId: string): ShortAccount {
    let account = this.#accounts.get(groupId)
    if (account === undefined) {
      account = { takenMinor: 0, refilledMinor: 0, waiting: [] }
      this.#accounts.set(groupId, account)
    }
    return account
  }

  #take(messages: readonly Message[]): void {
    const now = performance.now()
    for (const message of messages) {
      const refill = this.#options.refillOf(message)
      if (refill === undefined) continue
      if (refill.settlement !== undefined) this.#send(refill.settlement)
      const account = this.#accountOf(refill.groupId)
      account.refilledMinor += refill.amountMinor
      const { waiting } = account
      while (waiting.length > 0 && waiting[0].coveredAtMinor <= account.refilledMinor) {
        const { sentMs, counts } = waiting.shift() as Waiting
        if (counts) this.#samples.push(now - sentMs)
      }
    }
  }

  async #answered(): Promise<number> {
    const until = performance.now() + PATIENCE_MS
    const open = (): number =>
      [...this.#accounts.values()].reduce((sum, { waiting }) => sum + waiting.length, 0)
    while (open() > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 5))
    const unanswered = open()
    for (const account of this.#accounts.values()) account.waiting.length = 0
    return unanswered
  }
}

/** The client's code for the end of a partition. */
const END = -1
