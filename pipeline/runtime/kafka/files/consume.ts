/**
 * Reads a topic as it is committed, and gives its records resolved to the schema of their stream.
 *
 * It belongs to no group and commits nothing: reading changes nothing for anyone. A record that cannot be used is told, with its
 * place, and passed over. Depends on the Kafka client and a source of schemas.
 */
import { asBuffer, messageOf, resolverFor, typeOf } from '../../../../schemas/avro/registry.js'
import { createWalker } from '../../../../schemas/avro/walker.js'
import { describeWireFault, readSchemaId, WIRE_HEADER_BYTES } from '../../../../schemas/avro/wire-format.js'
import { type TopicStream, topicOf } from '../../distributed/topics.js'
import type { SchemaSource } from '../../registry/schema-source.js'
import { schemaStreamOf } from '../../registry/stream-schemas.js'
import type { Message } from '../client.js'
import type { KafkaSettings } from '../settings.js'
import type { Place } from './committed-reader.js'
import { CommittedReader } from './committed-reader.js'

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
  const decoding = new Decoding(options)
  try {
    for await (const message of reader.messages()) {
      if (counts.records >= options.most) break
      const place = { topic, partition: message.partition, offset: message.offset }
      if (message.value === null) {
        counts.deletions += 1
        continue
      }
      const decoded = await decoding.decode(message, message.value)
      if (typeof decoded === 'string') {
        counts.unreadable += 1
        options.onUnreadable(place, decoded)
        continue
      }
      options.onRecord({ ...place, ...decoded })
      counts.records += 1
      if (counts.records >= options.most) break
    }
    return counts
  } finally {
    await reader.close()
  }
}

type Read = (bytes: Uint8Array) => Pick<ConsumedRecord, 'record' | 'encoded' | 'fingerprint'> | string

class Decoding {
  readonly #options: ConsumeOptions
  /** By schema id; a string says why records of it cannot be read. */
  readonly #readers = new Map<number, Read | string>()

  constructor(options: ConsumeOptions) {
    this.#options = options
  }

  async decode(message: Message, value: Buffer): Promise<Omit<ConsumedRecord, keyof Place> | string> {
    const schemaId = readSchemaId(value)
    if (schemaId < 0) return describeWireFault(schemaId, value)
    let reader = this.#readers.get(schemaId)
    if (reader === undefined) {
      reader = await this.#readerOf(schemaId)
      this.#readers.set(schemaId, reader)
    }
    const read = typeof reader === 'string' ? reader : reader(value.subarray(WIRE_HEADER_BYTES))
    if (typeof read === 'string') return read
    const { key, timestamp } = message
    return {
      timestampMs: timestamp ?? -1,
      key: key === null || key === undefined ? null : Buffer.from(key),
      schemaId,
      ...read,
    }
  }

  async #readerOf(schemaId: number): Promise<Read | string> {
    const schemaJson = await this.#options.schemas.schemaOf(schemaId)
    if (schemaJson === undefined) return `schema id ${schemaId} is not known`
    const stream = schemaStreamOf(this.#options.stream)
    try {
      const { writerType, resolver, fingerprint } = resolverFor(stream, schemaJson)
      const walker = createWalker(writerType)
      const hex = Buffer.from(fingerprint).toString('hex')
      return (bytes) => {
        if (walker.walk(bytes, 0, bytes.length) !== bytes.length)
          return 'the bytes are not a record of the schema'
        try {
          const record = typeOf(stream).fromBuffer(asBuffer(bytes), resolver) as object
          return { record, encoded: typeOf(stream).toBuffer(record), fingerprint: hex }
        } catch (cause) {
          return messageOf(cause)
        }
      }
    } catch (cause) {
      return messageOf(cause)
    }
  }
}
