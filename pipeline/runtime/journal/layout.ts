/**
 * The bytes of a journal segment: an Avro object container file of `weir.JournalEntry`, codec null.
 *
 *   header   "Obj" 1 │ metadata map: avro.schema, avro.codec, weir.first-sequence │ sync (16 bytes)
 *   block    entries (long) │ bytes (long) │ entry, entry, ... │ sync (16 bytes)
 *   entry    sequence (long) │ previousChecksum (int) │ checksum (int) │ body: kind (long), record
 *
 * One block is one group commit: it was written and made durable as a whole before the next was begun, so only
 * the last block of the last segment can be torn by a crash.
 *
 * The sync marker is the first 16 bytes of the SHA-256 of all header bytes before it: a damaged header shows.
 * A segment is named after its first sequence, so a reader finds its place by the names alone.
 * Depends on the Avro types and the varint codec.
 */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { LONG_BYTES, longLength, writeLong } from '../../../schemas/avro/varint.js'
import type { Walker } from '../../../schemas/avro/walker.js'
import { LongReader } from '../encoding/long-reader.js'

export const SYNC_BYTES = 16
/** Room kept before the entries of a block for its count and size. */
export const BLOCK_PREFIX_BYTES = 2 * LONG_BYTES
/** Most bytes of an entry besides its record. */
export const ENTRY_PREFIX_BYTES = 4 * LONG_BYTES

const MAGIC = Buffer.from('Obj\x01', 'latin1')
const FIRST_SEQUENCE = 'weir.first-sequence'

/** Branches of `JournalEntry.body`, in the order of the schema. */
export const entryKinds = [
  'weir.JournalStart',
  'weir.SourceDeclaration',
  'weir.Cycle',
  'weir.CycleResult',
  'weir.SourcePositions',
] as const
export type EntryKind = (typeof entryKinds)[number]

export const CYCLE_KIND = entryKinds.indexOf('weir.Cycle')
export const CYCLE_RESULT_KIND = entryKinds.indexOf('weir.CycleResult')
export const DECLARATION_KIND = entryKinds.indexOf('weir.SourceDeclaration')
export const POSITIONS_KIND = entryKinds.indexOf('weir.SourcePositions')

export interface SegmentHeader {
  readonly schema: string
  readonly firstSequence: number
  readonly sync: Buffer
  /** Bytes of the header, sync marker included. */
  readonly length: number
}

/** File name of the segment whose first entry is `firstSequence`. */
export function segmentName(firstSequence: number): string {
  return `segment-${String(firstSequence).padStart(10, '0')}.avro`
}

/** First sequence of a segment by its file name; undefined for another file. */
export function firstSequenceOf(name: string): number | undefined {
  const match = /^segment-(\d{10,16})\.avro$/.exec(name)
  return match === null ? undefined : Number(match[1])
}

export function encodeSegmentHeader(schema: string, firstSequence: number): Buffer {
  const metadata: [string, string][] = [
    ['avro.schema', schema],
    ['avro.codec', 'null'],
    [FIRST_SEQUENCE, String(firstSequence)],
  ]
  const parts: Uint8Array[] = [MAGIC, encodeLong(metadata.length)]
  for (const text of metadata.flat()) {
    const bytes = Buffer.from(text, 'utf8')
    parts.push(encodeLong(bytes.length), bytes)
  }
  parts.push(encodeLong(0))
  const unsealed = Buffer.concat(parts)
  return Buffer.concat([unsealed, syncOf(unsealed)])
}

/** Reads a header from the first bytes of a segment; undefined when it is cut short or damaged. */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < MAGIC.length || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined
  const reader = new LongReader()
  reader.reset(bytes, MAGIC.length, bytes.length)
  const metadata = new Map<string, string>()
  for (let count = reader.readLong(); count > 0; count = reader.readLong()) {
    for (let index = 0; index < count && !reader.failed; index++) {
      const key = readText(reader)
      metadata.set(key, readText(reader))
    }
  }
  const sealed = reader.position
  if (sealed < 0 || sealed + SYNC_BYTES > bytes.length) return undefined
  const sync = Buffer.from(bytes.subarray(sealed, sealed + SYNC_BYTES))
  if (!sync.equals(syncOf(bytes.subarray(0, sealed)))) return undefined
  const firstSequence = Number(metadata.get(FIRST_SEQUENCE))
  const schema = metadata.get('avro.schema')
  if (schema === undefined || !Number.isSafeInteger(firstSequence)) return undefined
  return { schema, firstSequence, sync, length: sealed + SYNC_BYTES }
}

function syncOf(unsealed: Uint8Array): Buffer {
  return createHash('sha256').update(unsealed).digest().subarray(0, SYNC_BYTES)
}

function readText(reader: LongReader): string {
  const length = reader.readLong()
  const start = reader.position
  reader.skip(length)
  return reader.failed ? '' : Buffer.from(reader.bytes.subarray(start, reader.position)).toString('utf8')
}

function encodeLong(value: number): Uint8Array {
  const bytes = Buffer.alloc(longLength(value))
  writeLong(value, bytes, 0)
  return bytes
}

const scratch = Buffer.alloc(ENTRY_PREFIX_BYTES)

/** Checksum of an entry, as a signed int: CRC-32 of `sequence`, `previousChecksum` and `body`. */
export function checksumOf(
  sequence: number,
  previousChecksum: number,
  kind: number,
  record: Uint8Array,
): number {
  let end = writeLong(sequence, scratch, 0)
  end = writeLong(previousChecksum, scratch, end)
  end = writeLong(kind, scratch, end)
  return crc32(record, crc32(scratch.subarray(0, end))) | 0
}

/** Writes an entry at `position`, for which `ENTRY_PREFIX_BYTES + record.length` must be free; returns the end. */
export function writeEntry(
  target: Uint8Array,
  position: number,
  entry: { sequence: number; previousChecksum: number; checksum: number; kind: number; record: Uint8Array },
): number {
  let at = writeLong(entry.sequence, target, position)
  at = writeLong(entry.previousChecksum, target, at)
  at = writeLong(entry.checksum, target, at)
  at = writeLong(entry.kind, target, at)
  target.set(entry.record, at)
  return at + entry.record.length
}

/** Reads entries one after the other and checks each; fields hold the last one read. */
export class EntryReader {
  sequence = -1
  previousChecksum = 0
  checksum = 0
  kind = 0
  recordStart = 0
  /** End of the last whole entry. */
  end = 0
  readonly #reader = new LongReader()
  readonly #walkers: readonly Walker[]

  /** @param walkers one for each branch of the body, by the writer's schema; they work within bounds on any bytes */
  constructor(walkers: readonly Walker[]) {
    this.#walkers = walkers
  }

  /** Reads the entry at `start`; false when there is no whole entry with a right checksum before `limit`. */
  read(bytes: Buffer, start: number, limit: number): boolean {
    const reader = this.#reader
    reader.reset(bytes, start, limit)
    this.sequence = reader.readLong()
    this.previousChecksum = reader.readLong()
    const chainEnd = reader.position
    this.checksum = reader.readLong()
    const bodyStart = reader.position
    this.kind = reader.readLong()
    this.recordStart = reader.position
    const walker = this.#walkers[this.kind]
    if (reader.failed || walker === undefined) return false
    const end = walker.walk(bytes, this.recordStart, limit)
    if (end < 0) return false
    const chain = crc32(bytes.subarray(start, chainEnd))
    if ((crc32(bytes.subarray(bodyStart, end), chain) | 0) !== this.checksum) return false
    this.end = end
    return true
  }
}
