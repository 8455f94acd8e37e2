/**
 * Reads records of a topic in whatever schema they were written, resolved to the schema of the stream.
 *
 * The schema of an id is asked for once. Depends on the Avro layer and a source of schemas.
 */
import { asBuffer, messageOf, resolverFor, typeOf } from '../../../../schemas/avro/registry.js'
import { createWalker } from '../../../../schemas/avro/walker.js'
import { describeWireFault, readSchemaId, WIRE_HEADER_BYTES } from '../../../../schemas/avro/wire-format.js'
import type { TopicStream } from '../../distributed/topics.js'
import type { SchemaSource } from '../../registry/schema-source.js'
import { schemaStreamOf } from '../../registry/stream-schemas.js'

export interface ReadRecord {
  readonly schemaId: number
  /** SHA-256 of the canonical form of the schema it was written in, in hexadecimal. */
  readonly fingerprint: string
  /** The record in the schema of its stream. */
  readonly record: object
  /** The same, encoded. */
  readonly encoded: Buffer
}

type Read = (bytes: Uint8Array) => Omit<ReadRecord, 'schemaId'> | string

export class RecordReader {
  readonly #stream: TopicStream
  readonly #schemas: SchemaSource
  /** By schema id; a string says why records of it cannot be read. */
  readonly #readers = new Map<number, Read | string>()

  constructor(stream: TopicStream, schemas: SchemaSource) {
    this.#stream = stream
    this.#schemas = schemas
  }

  /** The record, or in words why it cannot be read. @throws WeirError WEIR_REGISTRY */
  async read(value: Buffer): Promise<ReadRecord | string> {
    const schemaId = readSchemaId(value)
    if (schemaId < 0) return describeWireFault(schemaId, value)
    let reader = this.#readers.get(schemaId)
    if (reader === undefined) {
      reader = await this.#readerOf(schemaId)
      this.#readers.set(schemaId, reader)
    }
    const read = typeof reader === 'string' ? reader : reader(value.subarray(WIRE_HEADER_BYTES))
    return typeof read === 'string' ? read : { schemaId, ...read }
  }

  async #readerOf(schemaId: number): Promise<Read | string> {
    const schemaJson = await this.#schemas.schemaOf(schemaId)
    if (schemaJson === undefined) return `schema id ${schemaId} is not known`
    const stream = schemaStreamOf(this.#stream)
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
