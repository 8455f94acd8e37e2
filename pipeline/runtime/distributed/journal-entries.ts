/**
 * Entries of the journal as records of a topic: the wire format around `weir.JournalEntry`, and their chain.
 *
 *   value   0 (byte) │ schema id (4 bytes, big end first) │ JournalEntry: sequence, previousChecksum, checksum, body
 *   key     group id for a cycle and its result, else null
 *
 * A record with a null value is no entry but the mark of a takeover: its key names the new owner. A reader of committed records
 * that has seen it has seen everything that owners before could ever commit.
 *
 * The chain (sequence and checksums) is that of the journal in files, so a missing, doubled or foreign entry shows.
 * Pure. Depends on the layout of the journal and the wire format.
 */
import { asBuffer } from '../../../schemas/avro/registry.js'
import { readSchemaId, WIRE_HEADER_BYTES, writeSchemaId } from '../../../schemas/avro/wire-format.js'
import { WeirError } from '../../errors.js'
import type { JournalBody } from '../../ports.js'
import { checksumOf, ENTRY_PREFIX_BYTES, EntryReader, writeEntry } from '../journal/layout.js'
import { encodeBody, type SegmentSchema, segmentSchema } from '../journal/record-types.js'
import type { SchemaLookup } from './ports.js'

/** An entry as read from the topic. */
export interface JournalTopicEntry {
  readonly sequence: number
  readonly previousChecksum: number
  readonly checksum: number
  /** Branch of the schema's union: see `entryKinds`. */
  readonly kind: number
  /** Avro bytes of the record in the writer's schema. */
  readonly record: Buffer
  /** Whether `record` is in the current schema. */
  readonly current: boolean
  decode(): JournalBody
}

/** A record of the journal topic with the schema that it is in. */
export interface OpenedRecord {
  readonly bytes: Buffer
  readonly schema: SegmentSchema
}

/**
 * Finds the schema of a record; undefined while the registry has yet to say it.
 * @throws WeirError WEIR_JOURNAL when it is no record of Weir's journal
 */
export function openRecord(
  value: Uint8Array,
  schemas: SchemaLookup,
  place: string,
): OpenedRecord | undefined {
  const id = readSchemaId(value)
  if (id < 0) throw foreignRecord(place, 'a record is not in the wire format')
  const lookup = schemas.schemaOf(id)
  if (lookup.state !== 'done') return undefined
  if (lookup.value === undefined) throw foreignRecord(place, `the schema registry has no schema of id ${id}`)
  return { bytes: asBuffer(value), schema: segmentSchema(lookup.value) }
}

/** Where the chain of a journal partition stands. */
export class JournalChain {
  nextSequence = 0
  /** Of the entry before; 0 for the first. */
  checksum = 0

  /** Goes on from a known place. */
  set(nextSequence: number, checksum: number): void {
    this.nextSequence = nextSequence
    this.checksum = checksum
  }

  /** Makes the next entry, in the wire format. */
  append(schemaId: number, kind: number, record: Uint8Array): Buffer {
    const sequence = this.nextSequence++
    const previousChecksum = this.checksum
    const checksum = checksumOf(sequence, previousChecksum, kind, record)
    this.checksum = checksum
    const bytes = Buffer.allocUnsafeSlow(WIRE_HEADER_BYTES + ENTRY_PREFIX_BYTES + record.length)
    writeSchemaId(schemaId, bytes)
    const end = writeEntry(bytes, WIRE_HEADER_BYTES, { sequence, previousChecksum, checksum, kind, record })
    return bytes.subarray(0, end)
  }

  appendBody(schemaId: number, body: JournalBody): Buffer {
    const { kind, record } = encodeBody(body)
    return this.append(schemaId, kind, record)
  }

  /**
   * Reads the next entry and moves on.
   * @throws WeirError WEIR_JOURNAL when it is damaged or does not follow the one before
   */
  accept(value: Buffer, schema: SegmentSchema, place: string): JournalTopicEntry {
    const entry = parseEntry(value, schema, place)
    const { sequence, previousChecksum, checksum } = entry
    if (sequence !== this.nextSequence || previousChecksum !== this.checksum)
      throw broken(
        place,
        `entry ${sequence} stands where ${this.nextSequence} is next, or follows another one`,
      )
    this.set(sequence + 1, checksum)
    return entry
  }
}

/**
 * Reads an entry by itself, without the chain.
 * @throws WeirError WEIR_JOURNAL when it is damaged
 */
export function parseEntry(value: Buffer, schema: SegmentSchema, place: string): JournalTopicEntry {
  const reader = new EntryReader(schema.walkers)
  if (!reader.read(value, WIRE_HEADER_BYTES, value.length) || reader.end !== value.length)
    throw broken(place, 'an entry is damaged')
  const { sequence, previousChecksum, checksum, kind, recordStart, end } = reader
  const record = value.subarray(recordStart, end)
  const decode = () => schema.decode(kind, record)
  return { sequence, previousChecksum, checksum, kind, record, current: schema.current, decode }
}

function broken(place: string, what: string): WeirError {
  return new WeirError('WEIR_JOURNAL', what, {
    place,
    remedy:
      'somebody else wrote to the journal topic, or it is that of another cluster: let only the owners write to it (docs/kafka-acls.md)',
  })
}

/** What stands in the topic and cannot be an entry of this journal. */
export function foreignRecord(place: string, what: string): WeirError {
  return new WeirError('WEIR_JOURNAL', what, {
    place,
    remedy:
      'this is not the journal of Weir as it was left: check kafka.topicPrefix and who may write to the topic, see docs/runbook/poisoned-topic.md',
  })
}
