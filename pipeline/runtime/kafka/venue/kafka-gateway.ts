/**
 * A venue's gateway on a real Kafka: a consumer group of its own over the topics of instructions and of questions.
 *
 * It reads committed records only, so that a venue never sees what an owner did not commit. Offsets are committed behind the gateway's
 * progress and are its only memory. Depends on the consumer's loop and the gateway.
 */
import type { Instruction } from '../../../../schemas/generated/types.js'
import type { WeirError } from '../../../errors.js'
import type { RealTimeVenue } from '../../../ports.js'
import { VenueGateway } from '../../../venues/gateway.js'
import { QUERY_STREAM, topicOf } from '../../distributed/topics.js'
import type { SchemaSource } from '../../registry/schema-source.js'
import type { Message } from '../client.js'
import { ConsumerLoop } from '../consumer-loop.js'
import { brokerFault } from '../faults.js'
import { RecordReader } from '../files/record-reader.js'
import { gatewayProperties } from '../properties.js'
import type { KafkaSettings } from '../settings.js'

export interface KafkaGatewayOptions {
  readonly settings: KafkaSettings
  readonly schemas: SchemaSource
  readonly venue: RealTimeVenue
  /** A record that cannot be used; it is passed over. */
  readonly onUnreadable: (place: string, reason: string) => void
  /** What hinders it and may pass. */
  readonly onTrouble: (error: WeirError) => void
  /** The venue, or the schemas, cannot be had: the gateway must end, and read again from its offsets. */
  readonly failed: (error: unknown) => void
}

/** How often progress is committed: what is read again after a kill is that much. */
const COMMIT_EVERY_MS = 200
/** Records that wait to be handed over; beyond it the topics are paused, which costs what the client has read ahead. */
const WAITING_MOST = 2_000
/** How often it is looked whether a full gateway has room again. */
const ROOM_EVERY_MS = 20

/** Group of a venue's gateway; named after Weir's, so that one rule on names covers both. */
function gatewayGroupOf(settings: KafkaSettings, venueId: string): string {
  return `${settings.group}-venue-${venueId}`
}

export class KafkaGateway {
  readonly gateway: VenueGateway
  readonly #options: KafkaGatewayOptions
  readonly #loop: ConsumerLoop
  readonly #readers: ReadonlyMap<
    string,
    { readonly kind: 'instruction' | 'query'; readonly reader: RecordReader }
  >
  readonly #committed = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  /** Records are handed over one after another; the next batch waits. */
  #work: Promise<void> = Promise.resolve()
  #waiting = 0
  #held = false
  #closed = false

  constructor(options: KafkaGatewayOptions) {
    const { settings, schemas, venue, failed } = options
    this.#options = options
    this.gateway = new VenueGateway(venue, failed)
    const topic = topicOf(settings.topicPrefix, 'instruction')
    const queryTopic = topicOf(settings.topicPrefix, QUERY_STREAM)
    this.#readers = new Map([
      [topic, { kind: 'instruction' as const, reader: new RecordReader('instruction', schemas) }],
      [queryTopic, { kind: 'query' as const, reader: new RecordReader(QUERY_STREAM, schemas) }],
    ])
    const group = gatewayGroupOf(settings, venue.venueId)
    // The client does not say which topic it may not read.
    const place = `group ${group}, topics ${topic} and ${queryTopic}`
    const trouble = (thrown: unknown) =>
      options.onTrouble(brokerFault(thrown, 'instructions cannot be read', place).error)
    this.#loop = new ConsumerLoop(settings, gatewayProperties(settings, group), `group ${group}`, {
      connected: (client) => client.subscribe([topic, queryTopic]),
      records: (messages) => this.#take(messages),
      end: () => {},
      failed: trouble,
      unreachable: ({ error }) => options.onTrouble(error),
    })
    this.#timer = setInterval(() => this.#commit(), COMMIT_EVERY_MS)
  }

  open(): void {
    this.#loop.open()
  }

  /** Leaves the group; what is under way is read again by the next life. */
  async close(): Promise<void> {
    this.#closed = true
    clearInterval(this.#timer)
    this.#commit()
    await this.#loop.close()
  }

  #take(messages: readonly Message[]): void {
    this.#waiting += messages.length
    this.#adjust()
    this.#work = this.#work.then(() => this.#handOver(messages)).catch(this.#options.failed)
  }

  #adjust(): void {
    const hold = this.#held ? this.#waiting > WAITING_MOST / 2 : this.#waiting > WAITING_MOST
    if (hold === this.#held) return
    this.#held = hold
    this.#loop.request((client) => {
      const assigned = client.assignments()
      if (assigned.length === 0) return
      if (hold) client.pause(assigned)
      else client.resume(assigned)
    })
  }

  async #handOver(messages: readonly Message[]): Promise<void> {
    for (const { topic, partition, offset, value } of messages) {
      while (this.gateway.isFull && !this.#closed)
        await new Promise((resolve) => setTimeout(resolve, ROOM_EVERY_MS))
      const known = this.#readers.get(topic)
      if (known === undefined || this.#closed) continue
      const read = value === null ? 'there is no record in it' : await known.reader.read(value)
      const place = { topic, partition, offset }
      if (typeof read === 'string') {
        this.#options.onUnreadable(`${topic}/${partition}@${offset}`, read)
        this.gateway.take(known.kind, place, undefined)
      } else this.gateway.take(known.kind, place, read.record as Instruction)
    }
    this.#waiting -= messages.length
    this.#adjust()
  }

  #commit(): void {
    const moved = this.gateway
      .done()
      .filter(({ topic, partition, offset }) => offset > (this.#committed.get(`${topic}/${partition}`) ?? -1))
    if (moved.length === 0) return
    this.#loop.request((client) => {
      client.commit(moved)
      for (const { topic, partition, offset } of moved) this.#committed.set(`${topic}/${partition}`, offset)
    })
  }
}
