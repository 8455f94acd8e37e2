/**
 * Keeps one consumer client going: makes it, takes what it has fetched, and carries requests to it in between.
 *
 * The client calls back when its queue is no longer empty, so nothing blocks a thread while it waits, and a record is taken
 * at once; a timer stands in should that call ever be missed. Requests (assign, pause, ...) are carried out only while no
 * `consume` is under way: a record that comes after a request was therefore fetched after it. Depends on the client.
 */
import type { BrokerFault } from '../distributed/ports.js'
import { type ConsumerClient, connect, loadKafka, type Message, newClient, Refusals } from './client.js'
import { brokerFault } from './faults.js'
import type { KafkaSettings } from './settings.js'

/**
 * Most records taken at once. The client builds them on the main thread, about 5 microseconds each, and nothing else runs
 * meanwhile.
 */
const MOST_AT_ONCE = 500

/** How often the client is looked at without a call from it. */
const LOOK_INTERVAL_MS = 50

/** Pause before a client is made again after a failure. */
const RECONNECT_PAUSE_MS = 200

/** Properties of librdkafka, and the functions that the client takes among them. */
export type ConsumerProperties = Readonly<Record<string, unknown>>

export interface ConsumerEvents {
  /** A client was made and has reached a broker. Comes once. */
  connected(client: ConsumerClient): void
  records(messages: readonly Message[]): void
  /** The end of a partition was reached: nothing readable is before `offset`. */
  end(topic: string, partition: number, offset: number): void
  /** The client tells of a failure, without saying of which partition. */
  failed(thrown: unknown): void
  /** No broker can be reached; it is tried again. */
  unreachable(fault: BrokerFault): void
}

interface EndEvent {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export class ConsumerLoop {
  readonly refusals = new Refusals()
  readonly #settings: KafkaSettings
  readonly #properties: ConsumerProperties
  readonly #place: string
  readonly #events: ConsumerEvents
  #client: ConsumerClient | undefined
  #requests: ((client: ConsumerClient) => void)[] = []
  #consuming = false
  /** Requests under way on the client's other threads; it must not be let go of meanwhile. */
  #holds = 0
  /** The queue was filled while a `consume` was under way that may have missed it. */
  #again = false
  #timer: NodeJS.Timeout | undefined
  #closed: (() => void) | undefined
  #state: 'new' | 'connecting' | 'open' | 'closing' = 'new'

  constructor(
    settings: KafkaSettings,
    properties: ConsumerProperties,
    place: string,
    events: ConsumerEvents,
  ) {
    this.#settings = settings
    this.#properties = properties
    this.#place = place
    this.#events = events
  }

  /** Makes the client, and makes it again until a broker is reached. */
  open(): void {
    if (this.#state !== 'new') return
    this.#state = 'connecting'
    this.#connect().catch((thrown: unknown) =>
      this.#unreachable(brokerFault(thrown, 'no consumer', this.#place)),
    )
  }

  async #connect(): Promise<void> {
    const { KafkaConsumer } = await loadKafka()
    const properties = {
      ...this.#properties,
      queue_non_empty_cb: () => this.#pump(),
    }
    const client = newClient((made) => new KafkaConsumer(made) as ConsumerClient, properties, this.#settings)
    client.setDefaultConsumeTimeout(0)
    this.refusals.watch(client)
    ;(client as unknown as NodeJS.EventEmitter).on('partition.eof', (end: EndEvent) =>
      this.#events.end(end.topic, end.partition, end.offset),
    )
    const connected = (fault: BrokerFault | undefined) => {
      if (fault !== undefined) {
        this.#unreachable(fault)
        return
      }
      this.#client = client
      if (this.#state === 'closing') {
        this.#disconnect()
        return
      }
      this.#state = 'open'
      this.#timer = setInterval(() => this.#pump(), LOOK_INTERVAL_MS)
      this.#events.connected(client)
      this.#pump()
    }
    const ask = () => {
      if (this.#consuming) return
      client.consume(1, (error) => {
        this.#consuming = false
        this.refusals.note(error)
        if (this.#state === 'open') this.#pump()
        else if (this.#state === 'closing') this.#disconnect()
      })
      this.#consuming = true
    }
    connect(client, this.refusals, this.#place, connected, ask)
  }

  #unreachable(fault: BrokerFault): void {
    if (this.#state === 'closing') {
      this.#closed?.()
      return
    }
    this.#state = 'new'
    this.#events.unreachable(fault)
    setTimeout(() => this.open(), RECONNECT_PAUSE_MS)
  }

  /** Carries out a request as soon as no `consume` is under way; never, if the client is made anew before. */
  request(request: (client: ConsumerClient) => void): void {
    this.#requests.push(request)
    this.#pump()
  }

  get client(): ConsumerClient | undefined {
    return this.#state === 'open' ? this.#client : undefined
  }

  /** Keeps the client while `work` runs, which may use it from any thread. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#holds += 1
    try {
      return await work()
    } finally {
      this.#holds -= 1
      if (this.#state === 'closing') this.#disconnect()
    }
  }

  /** Done when the client is gone. */
  close(): Promise<void> {
    if (this.#state === 'new') {
      this.#state = 'closing'
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      this.#closed = resolve
      this.#state = 'closing'
      this.#disconnect()
    })
  }

  #disconnect(): void {
    clearInterval(this.#timer)
    const client = this.#client
    if (client === undefined || this.#consuming || this.#holds > 0) return
    this.#client = undefined
    client.disconnect(() => this.#closed?.())
  }

  #pump(): void {
    if (this.#consuming) {
      this.#again = true
      return
    }
    if (this.#state === 'closing') return
    const client = this.#client
    if (client === undefined || this.#state !== 'open') return
    this.#carryOut(client)
    this.#consuming = true
    this.#again = false
    client.consume(MOST_AT_ONCE, (error, messages) => {
      this.#consuming = false
      if (this.#state === 'closing') {
        this.#disconnect()
        return
      }
      if (error) this.#events.failed(error)
      else if (messages.length > 0) this.#events.records(messages)
      if (error || messages.length > 0 || this.#again || this.#requests.length > 0) this.#pump()
    })
  }

  #carryOut(client: ConsumerClient): void {
    const requests = this.#requests
    if (requests.length === 0) return
    this.#requests = []
    for (const request of requests) {
      try {
        request(client)
      } catch (thrown) {
        this.#events.failed(thrown)
      }
    }
  }
}
