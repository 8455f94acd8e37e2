/**
 * A Kafka of the benchmark's own, and topics on it. Depends on deploy/kafka and the product's making of topics.
 */
import { randomBytes } from 'node:crypto'
import { fetchParts, missingTool } from '../../deploy/kafka/parts.mjs'
import { bootstrapOf } from '../../deploy/kafka/state.mjs'
import { startTemporaryCluster } from '../../deploy/kafka/temporary.mjs'
import { WeirError } from '../../pipeline/errors.js'
import { loadKafka, type ProducerClient } from '../../pipeline/runtime/kafka/client.js'
import { connected, disconnected } from '../../pipeline/runtime/kafka/connected.js'
import { adminProperties } from '../../pipeline/runtime/kafka/properties.js'
import { defaultSettings, type KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { TopicAdmin } from '../../pipeline/runtime/kafka/topics/admin.js'
import { topicLayouts } from '../../pipeline/runtime/kafka/topics/layout.js'
import type { SourceRecord } from './groups.js'

export interface Broker {
  readonly bootstrap: string
  /** Jars of Kafka, for a peer in Java. */
  readonly classPath: string
  stop(): Promise<void>
}

/** @throws WeirError WEIR_MISSING_PART without Java, Maven or the native client */
export async function startBroker(): Promise<Broker> {
  const missing = await missingTool()
  if (missing !== undefined)
    throw new WeirError('WEIR_MISSING_PART', missing, {
      place: 'npm run bench -- kafka',
      remedy: 'install them, then run it again; no other benchmark needs them',
    })
  await loadKafka()
  const { classPath } = await fetchParts({ registry: false })
  const { state, stop } = await startTemporaryCluster({
    brokers: 1,
    registry: false,
    secure: false,
    tuned: true,
  })
  return { bootstrap: bootstrapOf(state), classPath, stop }
}

/** Settings under a prefix that nobody else has, with all topics of Weir made. */
export async function freshTopics(
  broker: Broker,
  partitions: number,
  changes: Partial<KafkaSettings> = {},
): Promise<KafkaSettings> {
  const prefix = `weir.bench.${randomBytes(4).toString('hex')}.`
  const settings: KafkaSettings = {
    ...defaultSettings([broker.bootstrap]),
    topicPrefix: prefix,
    group: `${prefix}group`,
    partitions,
    replication: 1,
    ...changes,
  }
  const admin = await TopicAdmin.open(settings)
  try {
    const layouts = topicLayouts({ prefix, partitions, replication: 1 })
    for (const layout of layouts) await admin.create(layout)
    const instructions = layouts.find(({ stream }) => stream === 'instruction')
    if (instructions !== undefined) await admin.create({ ...instructions, topic: peerTopicOf(settings) })
  } finally {
    await admin.close()
  }
  return settings
}

/** Where peers write. */
export function peerTopicOf({ topicPrefix }: KafkaSettings): string {
  return `${topicPrefix}peer-output`
}

const FLUSH_BOUND_MS = 60_000
/** Below what the client's queue takes. */
const RECORDS_BETWEEN_FLUSHES = 200_000

/** Writes records that stay there for contenders to read; waits until the broker has them all. */
export async function writeAll(settings: KafkaSettings, records: Iterable<SourceRecord>): Promise<void> {
  const { Producer } = await loadKafka()
  const producer: ProducerClient = new Producer({
    ...adminProperties(settings),
    'linger.ms': 20,
    'compression.type': 'lz4',
    'queue.buffering.max.messages': 1_000_000,
    'enable.idempotence': true,
  } as never)
  await connected(producer, settings)
  try {
    let count = 0
    for (const { topic, partition, key, value } of records) {
      producer.produce(topic, partition, value, key)
      if (++count % RECORDS_BETWEEN_FLUSHES === 0) await flushed(producer)
    }
    await flushed(producer)
  } finally {
    await disconnected(producer)
  }
}

function flushed(producer: ProducerClient): Promise<void> {
  return new Promise((resolve, reject) =>
    producer.flush(FLUSH_BOUND_MS, (error) => (error ? reject(error) : resolve())),
  )
}
