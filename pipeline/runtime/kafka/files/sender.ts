/**
 * An idempotent producer for commands: each record is acknowledged by all copies, once and in order, or the failure is told.
 *
 * No more than a bound is under way; `room` waits for it. The first failure ends everything: what came after it must not be
 * sent in its place. Depends on the Kafka client.
 */
import { WeirError } from '../../../errors.js'
import { openAdmin } from '../admin.js'
import { loadKafka, newClient, type ProducerClient, type Refusals } from '../client.js'
import { connected, disconnected } from '../connected.js'
import { brokerFault } from '../faults.js'
import { adminProperties } from '../properties.js'
import type { KafkaSettings } from '../settings.js'

export interface SentRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer
  readonly value: Buffer
  /** Where the record came from, for a failure. */
  readonly place: string
  /** Called when all copies have it. */
  readonly acknowledged?: () => void
}

/** What the client gives back with the report on a record. */
interface Opaque {
  readonly place: string
  readonly bytes: number
  readonly acknowledged?: (() => void) | undefined
}

/** Enough to fill the batches of every broker of a cluster; at a mebibyte a record the byte bound below comes first. */
const RECORDS_UNDER_WAY = 20_000
const BYTES_UNDER_WAY = 64 * 2 ** 20

/** Delivery reports are looked for this often. */
const POLL_INTERVAL_MS = 5
/** Brokers that stay away longer fail the command. */
const DELIVERY_BOUND_MS = 60_000
const METADATA_BOUND_MS = 10_000

const UNKNOWN_TOPIC = 3

interface TopicMetadata {
  readonly topics: readonly { readonly name: string; readonly partitions: readonly object[] }[]
}

export class Sender {
  readonly #producer: ProducerClient
  readonly #refusals: Refusals
  readonly #settings: KafkaSettings
  #records = 0
  #bytes = 0
  #delivered = 0
  #failure: WeirError | undefined
  #tellFailed: (failure: WeirError) => void = () => {}
  /** Settles with the first failure. */
  readonly failed = new Promise<WeirError>((resolve) => {
    this.#tellFailed = resolve
  })
  #wake: (() => void) | undefined

  private constructor(producer: ProducerClient, refusals: Refusals, settings: KafkaSettings) {
    this.#producer = producer
    this.#refusals = refusals
    this.#settings = settings
    producer.on('delivery-report', (error, report) => this.#report(error, report))
    producer.setPollInterval(POLL_INTERVAL_MS)
  }

  static async open(settings: KafkaSettings): Promise<Sender> {
    const { Producer } = await loadKafka()
    const properties = {
      ...adminProperties(settings),
      'compression.type': 'lz4',
      // Files are sent as fast as they are read, so batches fill by themselves.
      'linger.ms': 5,
      'message.max.bytes': 16 * 2 ** 20,
      'delivery.timeout.ms': DELIVERY_BOUND_MS,
      ...settings.producerProperties,
      'enable.idempotence': true,
      acks: 'all',
      dr_cb: true,
    }
    const producer = newClient((made) => new Producer(made), properties, settings)
    const refusals = await connected(producer, settings)
    return new Sender(producer, refusals, settings)
  }

  /** Records acknowledged so far. */
  get delivered(): number {
    return this.#delivered
  }

  /** Number of a topic's partitions. @throws WeirError WEIR_KAFKA for a topic that does not exist */
  async partitionsOf(topic: string): Promise<number> {
    const metadata = await new Promise<TopicMetadata>((resolve, reject) =>
      this.#producer.getMetadata({ topic, timeout: METADATA_BOUND_MS }, (error, found) =>
        error ? reject(this.#faultOf(error, 'the topic cannot be looked at', topic)) : resolve(found),
      ),
    )
    const partitions = metadata.topics.find(({ name }) => name === topic)?.partitions.length ?? 0
    if (partitions > 0) return partitions
    throw await whyNoPartitions(this.#settings, topic)
  }

  /** Sends a record; ask `room` before. @throws the first failure */
  send({ topic, partition, key, value, place, acknowledged }: SentRecord): void {
    if (this.#failure !== undefined) throw this.#failure
    try {
      const opaque: Opaque = { place, bytes: value.length, acknowledged }
      this.#producer.produce(topic, partition, value, key, undefined, opaque)
    } catch (error) {
      throw this.#faultOf(error, 'a record is not sent', place)
    }
    this.#records += 1
    this.#bytes += value.length
  }

  /** Whether another record may be sent without waiting. */
  get hasRoom(): boolean {
    return this.#records < RECORDS_UNDER_WAY && this.#bytes < BYTES_UNDER_WAY
  }

  /** Waits until there is room for another record. @throws the first failure */
  async room(): Promise<void> {
    while (!this.hasRoom && this.#failure === undefined) await this.#nextReport()
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Waits until every record is acknowledged. @throws the first failure */
  async flush(): Promise<void> {
    while (this.#records > 0 && this.#failure === undefined) await this.#nextReport()
    if (this.#failure !== undefined) throw this.#failure
  }

  async close(): Promise<void> {
    this.#producer.setPollInterval(0)
    await disconnected(this.#producer)
  }

  #nextReport(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve
    })
  }

  #report(error: unknown, report: { opaque?: unknown } | undefined): void {
    const { place, bytes, acknowledged } = (report?.opaque ?? { place: 'a record', bytes: 0 }) as Opaque
    this.#records -= 1
    this.#bytes -= bytes
    if (error) {
      this.#failure ??= this.#faultOf(error, 'a record is not delivered', place)
      this.#tellFailed(this.#failure)
    } else {
      this.#delivered += 1
      acknowledged?.()
    }
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #faultOf(error: unknown, doing: string, place: string): WeirError {
    const fault = brokerFault(this.#refusals.reasonFor(error), doing, place).error
    if ((error as { code?: unknown }).code === UNKNOWN_TOPIC) return missingTopic(place)
    return fault
  }
}

/** A producer or consumer is told of no partitions, be the topic not there or hidden from it; an administration is told which. */
export async function whyNoPartitions(settings: KafkaSettings, topic: string): Promise<WeirError> {
  const admin = await openAdmin(settings)
  try {
    await admin.describeTopics([topic])
    return missingTopic(topic)
  } catch (error) {
    if (error instanceof WeirError) return error
    throw error
  } finally {
    await admin.close()
  }
}

function missingTopic(topic: string): WeirError {
  return new WeirError('WEIR_KAFKA', 'there is no such topic', {
    place: topic,
    remedy: 'weir topics apply makes the topics of Weir; or check kafka.topicPrefix',
  })
}
