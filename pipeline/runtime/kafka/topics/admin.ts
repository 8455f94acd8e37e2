/**
 * Looks at topics, makes them, and changes their settings. Depends on the native client's administration, and on `protocol/` for the
 * settings, which that lacks.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type KafkaAdmin, openAdmin } from '../admin.js'
import { TopicSettingsClient } from '../protocol/topic-settings.js'
import type { KafkaSettings } from '../settings.js'
import type { TopicFound } from './differences.js'
import type { TopicLayout } from './layout.js'

const LOOK_AGAIN_MS = 50
/** How long a topic that was made may take to be known to every broker. */
const KNOWN_BOUND_MS = 15_000

export class TopicAdmin {
  readonly #admin: KafkaAdmin
  readonly #settings: TopicSettingsClient

  private constructor(admin: KafkaAdmin, settings: TopicSettingsClient) {
    this.#admin = admin
    this.#settings = settings
  }

  /** @throws WeirError WEIR_KAFKA */
  static async open(settings: KafkaSettings): Promise<TopicAdmin> {
    // First, because it tells at once of an address or a login that is wrong.
    const topicSettings = await TopicSettingsClient.open(settings)
    try {
      return new TopicAdmin(await openAdmin(settings), topicSettings)
    } catch (error) {
      topicSettings.close()
      throw error
    }
  }

  /** What there is of the topics; those that do not exist are left out. */
  async describe(topics: readonly string[]): Promise<Map<string, TopicFound>> {
    const existing = (await this.#admin.describeTopics(topics)).filter(({ exists }) => exists)
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
    await this.#admin.createTopics([{ name: topic, partitions, replication, configs: settings }])
    const until = performance.now() + KNOWN_BOUND_MS
    while (performance.now() < until) {
      const [found] = await this.#admin.describeTopics([topic])
      if (found?.partitions.every(({ leader }) => leader >= 0) && found.exists) return
      await pause(LOOK_AGAIN_MS)
    }
  }

  /** Changes settings, and waits until the broker that is asked knows of it: the controller tells it a moment later. */
  async change(topic: string, settings: ReadonlyMap<string, string>): Promise<void> {
    await this.#settings.change(topic, settings)
    const until = performance.now() + KNOWN_BOUND_MS
    while (performance.now() < until) {
      const found = (await this.#settings.describe([topic])).get(topic)
      if ([...settings].every(([key, value]) => found?.get(key) === value)) return
      await pause(LOOK_AGAIN_MS)
    }
  }

  async close(): Promise<void> {
    this.#settings.close()
    await this.#admin.close()
  }
}
