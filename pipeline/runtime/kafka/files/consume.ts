/**
 * Reads a topic as it is committed, and gives its records resolved to the schema of their stream.
 *
 * It belongs to no group and commits nothing: reading changes nothing for anyone. A record that cannot be used is told, with its
 * place, and passed over. Depends on the Kafka client and a source of schemas.
 */
import { type TopicStream, topicOf } from '../../distributed/topics.js'
import type { SchemaSource } from '../../registry/schema-source.js'
import type { KafkaSettings } from '../settings.js'
import type { Place } from './committed-reader.js'
import { CommittedReader } from './committed-reader.js'
import { RecordReader } from './record-reader.js'

export interface ConsumedRecord extends Place {
  readonly timestampMs: number
  readonly key: Buffer | null
  readonly schemaId: number
  /** SHA-256 of the canonical form of the schema it was written in, in hexadecimal. */
  readonly fingerprint: string
  /** The record in the schema of its stream. */
  readonly record: object
  /** The same, encoded. */
  readonly encoded: Buffer
}

export interface ConsumeOptions {
  readonly settings: KafkaSettings
  readonly schemas: SchemaSource
  readonly stream: TopicStream
  /** Of each partition that is read. */
  readonly from: 'beginning' | 'end' | number
  /** All partitions when undefined. */
  readonly partition: number | undefined
  /** Most records to give. */
  readonly most: number
  /** Ends at what the topic holds when reading begins. */
  readonly untilEnd: boolean
  readonly signal: AbortSignal
  readonly onRecord: (record: ConsumedRecord) => void
  readonly onUnreadable: (place: Place, reason: string) => void
}

export interface ConsumeCounts {
  readonly records: number
  /** Messages without a value: deletions of a compacted topic. */
  readonly deletions: number
  readonly unreadable: number
}

/** @throws WeirError WEIR_KAFKA, WEIR_REGISTRY */
export async function consumeTopic(options: ConsumeOptions): Promise<ConsumeCounts> {
  const topic = topicOf(options.settings.topicPrefix, options.stream)
  const reader = await CommittedReader.open({ ...options, topic })
  const counts = { records: 0, deletions: 0, unreadable: 0 }
  const records = new RecordReader(options.stream, options.schemas)
  try {
    for await (const message of reader.messages()) {
      if (counts.records >= options.most) break
      const place = { topic, partition: message.partition, offset: message.offset }
      if (message.value === null) {
        counts.deletions += 1
        continue
      }
      const decoded = await records.read(message.value)
      if (typeof decoded === 'string') {
        counts.unreadable += 1
        options.onUnreadable(place, decoded)
        continue
      }
      const { key, timestamp } = message
      options.onRecord({
        ...place,
        timestampMs: timestamp ?? -1,
        key: key === null || key === undefined ? null : Buffer.from(key),
        ...decoded,
      })
      counts.records += 1
      if (counts.records >= options.most) break
    }
    return counts
  } finally {
    await reader.close()
  }
}
