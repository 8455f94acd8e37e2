/**
 * Topics of Weir for one test: under a prefix of their own, on the shared Kafka.
 * Depends on the product's own making of topics.
 */

import type { TopicStream } from '../../../pipeline/runtime/distributed/topics.js'
import { defaultSettings, type KafkaSettings } from '../../../pipeline/runtime/kafka/settings.js'
import { TopicAdmin } from '../../../pipeline/runtime/kafka/topics/admin.js'
import { type TopicLayout, topicLayouts } from '../../../pipeline/runtime/kafka/topics/layout.js'
import type { RegistrySettings } from '../../../pipeline/runtime/registry/settings.js'
import { settingsFor } from '../registry-server.js'
import { uniqueName } from './cluster.js'
import { sharedKafka } from './shared.js'

export interface TestTopics {
  readonly settings: KafkaSettings
  readonly registry: RegistrySettings
  readonly prefix: string
  /** Flags of the command line for the same. */
  readonly flags: readonly string[]
  readonly registryFlags: readonly string[]
  topic(stream: TopicStream): string
}

/** Makes the topics of the given streams; the journal is among them always. */
export async function testTopics(
  name: string,
  streams: readonly TopicStream[],
  partitions = 3,
): Promise<TestTopics> {
  const { bootstrap, registryUrl } = await sharedKafka()
  const prefix = `${uniqueName(name)}.`
  const settings = {
    ...defaultSettings(bootstrap.split(',')),
    topicPrefix: prefix,
    partitions,
    replication: 1,
  }
  const admin = await TopicAdmin.open(settings)
  try {
    for (const layout of layoutsOf(settings, ['cycle', ...streams])) await admin.create(layout)
  } finally {
    await admin.close()
  }
  return {
    settings,
    prefix,
    registry: settingsFor(registryUrl, { timeoutMs: 20_000 }),
    flags: ['--kafka', bootstrap, '--topic-prefix', prefix],
    registryFlags: ['--registry-url', registryUrl],
    topic: (stream) => `${prefix}${stream}`,
  }
}

function layoutsOf(settings: KafkaSettings, streams: readonly TopicStream[]): TopicLayout[] {
  const { topicPrefix: prefix, partitions, replication } = settings
  return topicLayouts({ prefix, partitions, replication }).filter(({ stream }) => streams.includes(stream))
}
