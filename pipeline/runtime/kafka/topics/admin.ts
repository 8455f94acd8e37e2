/**
 * Looks at topics, makes them, and changes their settings. Depends on the native client, and on `protocol/` for the settings.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { IAdminClient } from '@confluentinc/kafka-javascript'
import { connect, loadKafka, newClient, type ProducerClient, Refusals } from '../client.js'
import { brokerFault } from '../faults.js'
import { adminProperties } from '../properties.js'
import { TopicSettingsClient } from '../protocol/topic-settings.js'
import type { KafkaSettings } from '../settings.js'
import type { TopicFound } from './differences.js'
import type { TopicLayout } from './layout.js'

const REQUEST_BOUND_MS = 10_000
const METADATA_PAUSE_MS = 50
/** How long a topic that was made may take to be known to every broker. */
const KNOWN_BOUND_MS = 15_000

const ALREADY_EXISTS = 36

interface Metadata {
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly { readonly replicas: readonly number[] }[]
  }[]
}

export class TopicAdmin {
  readonly #client: ProducerClient
  readonly #admin: IAdminClient
  readonly #settings: TopicSettingsClient
  readonly #refusals: Refusals

  private constructor(
    client: ProducerClient,
    admin: IAdminClient,
    settings: TopicSettingsClient,
    refusals: Refusals,
  ) {
    this.#client = client
    this.#admin = admin
    this.#settings = settings
    this.#refusals = refusals
  }

  /** @throws WeirError WEIR_KAFKA */
  static async open(settings: KafkaSettings): Promise<TopicAdmin> {
    const { Producer, AdminClient } = await loadKafka()
    const refusals = new Refusals()
    const client = newClient((made) => new Producer(made), adminProperties(settings), settings)
    refusals.watch(client)
    await new Promise<void>((resolve, reject) =>
      connect(client, refusals, settings.bootstrapServers.join(','), (fault) =>
        fault === undefined ? resolve() : reject(fault.error),
      ),
    )
    try {
      const topicSettings = await TopicSettingsClient.open(settings)
      return new TopicAdmin(client, AdminClient.createFrom(client), topicSettings, refusals)
    } catch (error) {
      await disconnect(client)
      throw error
    }
  }

  /** What there is of the topics; those that do not exist are left out. */
  async describe(topics: readonly string[]): Promise<Map<string, TopicFound>> {
    const wanted = new Set(topics)
    const metadata = await this.#metadata()
    const existing = metadata.topics.filter(
      ({ name, partitions }) => wanted.has(name) && partitions.length > 0,
    )
    const settings = await this.#settings.describe(existing.map(({ name }) => name))
    const found = new Map<string, TopicFound>()
    for (const { name, partitions } of existing) {
      found.set(name, {
        partitions: partitions.length,
        replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        settings: settings.get(name) ?? new Map(),
      })
    }
    return found
  }

  /** Makes a topic, and waits until it is known; one that is made by another at the same time is no failure. */
  async create({ topic, partitions, replication, settings }: TopicLayout): Promise<void> {
    await new Promise<void>((resolve, reject) =>
      this.#admin.createTopic(
        { topic, num_partitions: partitions, replication_factor: replication, config: { ...settings } },
        REQUEST_BOUND_MS,
        (error) => {
          if (!error || error.code === ALREADY_EXISTS) resolve()
          else reject(this.#faultOf(error, 'the topic cannot be made', topic))
        },
      ),
    )
    const until = performance.now() + KNOWN_BOUND_MS
    while (performance.now() < until) {
      const { topics } = await this.#metadata()
      if (topics.find(({ name }) => name === topic)?.partitions.length === partitions) return
      await pause(METADATA_PAUSE_MS)
    }
  }

  async change(topic: string, settings: ReadonlyMap<string, string>): Promise<void> {
    await this.#settings.change(topic, settings)
  }

  async close(): Promise<void> {
    this.#settings.close()
    await disconnect(this.#client)
  }

  #metadata(): Promise<Metadata> {
    return new Promise((resolve, reject) =>
      this.#client.getMetadata({ allTopics: true, timeout: REQUEST_BOUND_MS }, (error, found) =>
        error ? reject(this.#faultOf(error, 'the topics cannot be listed', 'kafka')) : resolve(found),
      ),
    )
  }

  #faultOf(error: unknown, doing: string, place: string): Error {
    return brokerFault(this.#refusals.reasonFor(error), doing, place).error
  }
}

async function disconnect(client: ProducerClient): Promise<void> {
  await new Promise<void>((resolve) => client.disconnect(() => resolve()))
}
