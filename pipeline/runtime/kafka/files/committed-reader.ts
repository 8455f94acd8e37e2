/**
 * The messages of a topic's partitions from given offsets on, committed ones only, one consumer for all.
 * Depends on the Kafka client.
 */
import { WeirError } from '../../../errors.js'
import { type Library, loadKafka, type Message, newClient, type Refusals } from '../client.js'
import { connected, disconnected } from '../connected.js'
import { brokerFault } from '../faults.js'
import { adminProperties } from '../properties.js'
import type { KafkaSettings } from '../settings.js'
import { whyNoPartitions } from './sender.js'

export interface Place {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface CommittedReaderOptions {
  readonly settings: KafkaSettings
  readonly topic: string
  readonly from: 'beginning' | 'end' | number
  readonly partition: number | undefined
  readonly untilEnd: boolean
  readonly signal: AbortSignal
}

const BATCH = 1_000
/** An interruption is seen after this long without a message. */
const WAIT_MS = 100
const REQUEST_BOUND_MS = 10_000
/** librdkafka's names for the ends of a partition. */
const BEGINNING = -2

const PARTITION_EOF = -191
const TIMED_OUT = -185
const GROUP_AUTHORIZATION_FAILED = 30

type ConsumerClient = InstanceType<Library['KafkaConsumer']>

interface TopicMetadata {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly id: number }[]
  }[]
}

function groupOf(settings: KafkaSettings): string {
  return `${settings.group}-reader`
}

export class CommittedReader {
  readonly #consumer: ConsumerClient
  readonly #refusals: Refusals
  readonly #options: CommittedReaderOptions
  /** Partitions that have not been read to their end. */
  readonly #unfinished = new Set<number>()

  private constructor(consumer: ConsumerClient, refusals: Refusals, options: CommittedReaderOptions) {
    this.#consumer = consumer
    this.#refusals = refusals
    this.#options = options
  }

  /** @throws WeirError WEIR_KAFKA for a topic, partition or offset that is not there */
  static async open(options: CommittedReaderOptions): Promise<CommittedReader> {
    const { settings, topic } = options
    const { KafkaConsumer } = await loadKafka()
    const properties = {
      ...adminProperties(settings),
      'fetch.wait.max.ms': 100,
      'queued.max.messages.kbytes': 32 * 1_024,
      'check.crcs': true,
      ...settings.consumerProperties,
      // No group is joined; the client wants a name all the same.
      'group.id': groupOf(settings),
      'isolation.level': 'read_committed',
      'enable.auto.commit': false,
      'enable.auto.offset.store': false,
      'allow.auto.create.topics': false,
      'auto.offset.reset': 'error',
      'enable.partition.eof': true,
    }
    const consumer = newClient((made) => new KafkaConsumer(made), properties, settings)
    const refusals = await connected(consumer, settings)
    const reader = new CommittedReader(consumer, refusals, options)
    try {
      await reader.#assign(topic)
      return reader
    } catch (error) {
      await reader.close()
      throw error
    }
  }

  async *messages(): AsyncGenerator<Message> {
    for await (const batch of this.batches()) yield* batch
  }

  /** As it comes; an empty one after a while without messages. */
  async *batches(): AsyncGenerator<readonly Message[]> {
    const { untilEnd, signal } = this.#options
    while (!signal.aborted) {
      yield await this.#consume()
      if (untilEnd && this.isCaughtUp) return
    }
  }

  /** Whether everything was given that the partitions held when reading began. */
  get isCaughtUp(): boolean {
    return this.#unfinished.size === 0
  }

  async close(): Promise<void> {
    await disconnected(this.#consumer)
  }

  async #assign(topic: string): Promise<void> {
    const partitions = await this.#partitionsOf(topic)
    const { from, partition } = this.#options
    if (partition !== undefined && !partitions.includes(partition)) {
      throw new WeirError(
        'WEIR_USAGE',
        `${topic} has no partition ${partition}, only 0 to ${partitions.length - 1}`,
        {
          place: '--partition',
          remedy: 'give one of them',
        },
      )
    }
    const read = partition === undefined ? partitions : [partition]
    const assigned = []
    for (const id of read) {
      const offset = from === 'beginning' ? BEGINNING : await this.#offsetIn(topic, id, from)
      assigned.push({ topic, partition: id, offset })
      this.#unfinished.add(id)
    }
    this.#consumer.on('partition.eof', (eof) => this.#unfinished.delete(eof.partition))
    this.#consumer.setDefaultConsumeTimeout(WAIT_MS)
    this.#consumer.assign(assigned)
  }

  async #offsetIn(topic: string, partition: number, from: 'end' | number): Promise<number> {
    const { lowOffset, highOffset } = await new Promise<{ lowOffset: number; highOffset: number }>(
      (resolve, reject) =>
        this.#consumer.queryWatermarkOffsets(topic, partition, REQUEST_BOUND_MS, (error, offsets) =>
          error ? reject(this.#faultOf(error, 'its offsets cannot be had')) : resolve(offsets),
        ),
    )
    if (from === 'end') return highOffset
    if (from >= lowOffset && from <= highOffset) return from
    throw new WeirError(
      'WEIR_USAGE',
      `${topic} [${partition}] has offsets ${lowOffset} to ${highOffset}, not ${from}`,
      {
        place: '--from',
        remedy: 'give an offset between them, and --partition where partitions differ',
      },
    )
  }

  async #partitionsOf(topic: string): Promise<number[]> {
    const metadata = await new Promise<TopicMetadata>((resolve, reject) =>
      this.#consumer.getMetadata({ topic, timeout: REQUEST_BOUND_MS }, (error, found) =>
        error ? reject(this.#faultOf(error, 'the topic cannot be looked at')) : resolve(found),
      ),
    )
    const found = metadata.topics.find(({ name }) => name === topic)?.partitions ?? []
    if (found.length === 0) throw await whyNoPartitions(this.#options.settings, topic)
    return found.map(({ id }) => id).sort((a, b) => a - b)
  }

  #consume(): Promise<Message[]> {
    return new Promise((resolve, reject) =>
      this.#consumer.consume(BATCH, (error, messages) => {
        const code = (error as { code?: number } | null)?.code
        if (!error || code === PARTITION_EOF || code === TIMED_OUT) resolve(messages ?? [])
        else reject(this.#faultOf(error, 'the topic cannot be read'))
      }),
    )
  }

  #faultOf(error: unknown, doing: string): WeirError {
    const { settings, topic } = this.#options
    const reason = this.#refusals.reasonFor(error)
    const isOfGroup = (reason as { code?: unknown }).code === GROUP_AUTHORIZATION_FAILED
    return brokerFault(reason, doing, isOfGroup ? `${topic}, group ${groupOf(settings)}` : topic).error
  }
}
