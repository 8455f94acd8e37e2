/**
 * Opens the journal topic for the commands that read all of it. Depends on the Kafka client and the registry's.
 */
import type { Logger } from 'pino'
import { WeirError } from '../pipeline/errors.js'
import { openAdmin } from '../pipeline/runtime/kafka/admin.js'
import { KafkaJournalTail } from '../pipeline/runtime/kafka/journal-tail.js'
import { openSchemaSource } from '../pipeline/runtime/registry/schema-source.js'
import { Bell } from '../sinks/clickhouse/journal-topic/bell.js'
import type { JournalTopicPorts } from '../sinks/clickhouse/journal-topic/journal-partition.js'
import { retryUntil } from '../sinks/clickhouse/projector/retry.js'
import type { KafkaTarget } from './kafka-flags.js'

/** Opens what is needed of Kafka and the registry, and closes it again. */
export async function withJournalTopic<T>(
  { kafka, registry }: KafkaTarget,
  log: Logger,
  signal: AbortSignal,
  use: (partitions: number, ports: JournalTopicPorts) => Promise<T>,
): Promise<T> {
  const bell = new Bell()
  const reader = new KafkaJournalTail(kafka, bell)
  const schemas = openSchemaSource(registry, kafka.topicPrefix)
  try {
    const partitions = await retryUntil(
      signal,
      () => partitionsOf(kafka, reader.topic),
      (error) => log.warn({ reason: error.toLine() }, 'the journal topic cannot be looked at yet'),
    )
    return await use(partitions, { reader, schemaOf: (id) => schemas.schemaOf(id), bell, log, signal })
  } finally {
    schemas.close()
    await reader.close()
  }
}

async function partitionsOf(kafka: KafkaTarget['kafka'], topic: string): Promise<number> {
  const admin = await openAdmin(kafka)
  try {
    const [found] = await admin.describeTopics([topic])
    if (found?.exists === true) return found.partitions.length
    throw new WeirError('WEIR_KAFKA', `there is no topic ${topic}`, {
      place: kafka.bootstrapServers.join(','),
      remedy: 'make the topics with weir topics apply, or check kafka.topicPrefix',
    })
  } finally {
    await admin.close()
  }
}
