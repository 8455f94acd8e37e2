/**
 * The frame of a record in a Kafka message, as Confluent's serializers write it and every client of a schema registry reads it.
 *
 * ```
 *  ┌────────┬──────────────────────────┬──────────────────────────────┐
 *  │ 0      │ schema id                │ the record, encoded          │
 *  │ 1 byte │ 4 bytes, big-endian      │ no length: to the end        │
 *  └────────┴──────────────────────────┴──────────────────────────────┘
 * ```
 *
 * Depends on `WeirError` only.
 */
import { WeirError } from '../../pipeline/errors.js'

export const WIRE_HEADER_BYTES = 5

/** Registries count from 1 and keep ids in a signed 32-bit integer. */
export const SCHEMA_ID_MOST = 2 ** 31 - 1

/** There is no value, or it ends inside the frame. */
export const WIRE_SHORT = -1
/** The first byte is not 0: plain JSON, or Avro without a frame. */
export const WIRE_NO_MAGIC = -2
/** The id is negative: no registry gives such a one. */
export const WIRE_BAD_ID = -3

/** Schema id of a message's value, or one of the faults above. The record is `value.subarray(WIRE_HEADER_BYTES)`. */
export function readSchemaId(value: Uint8Array | null): number {
  if (value === null || value.length === 0) return WIRE_SHORT
  if (value[0] !== 0) return WIRE_NO_MAGIC
  if (value.length < WIRE_HEADER_BYTES) return WIRE_SHORT
  const id = (value[1] << 24) | (value[2] << 16) | (value[3] << 8) | value[4]
  return id < 0 ? WIRE_BAD_ID : id
}

/** What is wrong with a message, in words, by what `readSchemaId` gave. */
export function describeWireFault(fault: number, value: Uint8Array | null): string {
  if (value === null) return 'the message has no value'
  if (fault === WIRE_SHORT) return `a message of ${value.length} bytes is shorter than the frame of a record`
  if (fault === WIRE_NO_MAGIC) {
    return `the message starts with byte ${value[0]} and not with 0 and a schema id: it was not written with a schema`
  }
  return 'the schema id of the message is negative'
}

/** A message's value: frame and record, in memory of its own. */
export function frameRecord(schemaId: number, record: Uint8Array): Buffer {
  if (!(Number.isInteger(schemaId) && schemaId >= 0 && schemaId <= SCHEMA_ID_MOST)) {
    throw new WeirError('WEIR_BUG', `${schemaId} is no schema id`)
  }
  const value = Buffer.allocUnsafe(WIRE_HEADER_BYTES + record.length)
  writeSchemaId(schemaId, value)
  value.set(record, WIRE_HEADER_BYTES)
  return value
}

/** Writes the frame at the beginning of `value`, for whoever encodes the record in place behind it. */
export function writeSchemaId(schemaId: number, value: Buffer): void {
  value[0] = 0
  value.writeInt32BE(schemaId, 1)
}
