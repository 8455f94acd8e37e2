/**
 * Makes of a record in a file what is sent for it: the bytes as they came, or written anew in Weir's schema and moved in time,
 * and the key. Depends on avsc through the registry of schemas.
 */
import { asBuffer, messageOf, resolverFor, typeOf } from '../../../../schemas/avro/registry.js'
import { createWalker } from '../../../../schemas/avro/walker.js'
import { type InputStream, SCHEMA_JSON } from '../../../../schemas/generated/schemas.js'
import type { RecordOf } from '../../../../schemas/generated/types.js'
import { isReference, RECORD_ID_FIELD, recordKey } from './record-key.js'
import { shiftRecord, type TimeShift } from './time-shift.js'

export interface PreparedRecord {
  readonly key: Buffer
  /** The record without a frame; may be the memory that it came in. */
  readonly record: Uint8Array
}

export interface RecordWriter {
  /** Schema that the prepared records are in. */
  readonly schemaJson: string
  /** The record, or in words why it cannot be sent. */
  prepare(groupId: string, bytes: Uint8Array): PreparedRecord | string
}

export interface RecordWriterOptions {
  /** Whether records are written anew in Weir's own schema. */
  readonly ownSchema: boolean
  /** Implies `ownSchema`. */
  readonly shift: TimeShift | undefined
}

/** Throws WEIR_SCHEMA when records of the writer schema cannot be read as the stream's. */
export function createRecordWriter(
  stream: InputStream,
  writerSchema: string,
  { ownSchema, shift }: RecordWriterOptions,
): RecordWriter {
  const rewrite = ownSchema || shift !== undefined
  const read = createReader(stream, writerSchema)
  return {
    schemaJson: rewrite ? SCHEMA_JSON[stream] : writerSchema,
    prepare(groupId, bytes) {
      // The bytes of an event travel as they came; its group was found by the scanner.
      if (!rewrite && !isReference(stream)) return { key: recordKey(groupId, undefined), record: bytes }
      try {
        const record = read(bytes)
        if (record === undefined) return 'the bytes are not a record of the schema'
        const key = recordKey(groupId, recordIdOf(stream, record))
        if (!rewrite) return { key, record: bytes }
        const sent = shift === undefined ? record : shiftRecord(stream, record, shift)
        return { key, record: typeOf(stream).toBuffer(sent) }
      } catch (cause) {
        return messageOf(cause)
      }
    },
  }
}

type ReadRecord = (bytes: Uint8Array) => RecordOf[InputStream] | undefined

function createReader(stream: InputStream, writerSchema: string): ReadRecord {
  const { writerType, resolver } = resolverFor(stream, writerSchema)
  const walker = createWalker(writerType)
  return (bytes) => {
    // avsc loops for as long as a garbled count says; it only sees what the walker has passed over.
    if (walker.walk(bytes, 0, bytes.length) !== bytes.length) return undefined
    return typeOf(stream).fromBuffer(asBuffer(bytes), resolver) as RecordOf[InputStream]
  }
}

function recordIdOf(stream: InputStream, record: RecordOf[InputStream]): string | undefined {
  if (!isReference(stream)) return undefined
  return String((record as unknown as Record<string, unknown>)[RECORD_ID_FIELD[stream]])
}
