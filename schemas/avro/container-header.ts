/**
 * The header of an Avro container file, and what can be wrong with a file; the layout is drawn in `container.ts`.
 * Depends on `varint.ts`.
 */
import { MALFORMED, readLong, readSpan, TRUNCATED } from './varint.js'

export type ContainerCodec = 'null' | 'deflate'

export interface ContainerHeader {
  readonly schemaJson: string
  readonly codec: ContainerCodec
  readonly sync: Uint8Array
  /** Every metadata entry by key. */
  readonly metadata: ReadonlyMap<string, Uint8Array>
  /** Offset of the first block. */
  readonly byteLength: number
}

export type FaultReason =
  /** The file does not start as an Avro container file does. */
  | 'not-avro'
  /** The file ends inside the header. */
  | 'header-truncated'
  /** The header's metadata cannot be read, or it lacks a schema. */
  | 'header-malformed'
  /** The blocks are compressed in a way that cannot be read. */
  | 'unknown-codec'
  /** The file ends inside a block. */
  | 'truncated'
  /** A block does not end with the file's sync marker. */
  | 'bad-sync'
  /** A block's counts make no sense, or are above the limits. */
  | 'block-malformed'
  /** A block cannot be decompressed. */
  | 'block-corrupt'

export interface ContainerFault {
  readonly reason: FaultReason
  /** Where the header or block starts that cannot be used. */
  readonly offset: number
  /** What is wrong, in words. */
  readonly detail: string
}

export const SYNC_BYTES = 16

const MAGIC = Uint8Array.of(0x4f, 0x62, 0x6a, 0x01)

const UNREADABLE_CODECS = ['snappy', 'zstandard', 'bzip2', 'xz', 'lz4']

export function isFault(opened: object): opened is ContainerFault {
  return 'reason' in opened
}

/** The way out of a fault, as an instruction to whoever wrote the file. */
export function remedyOf(fault: ContainerFault): string {
  switch (fault.reason) {
    case 'unknown-codec':
      return 'write the file again with codec null or deflate'
    case 'not-avro':
    case 'header-truncated':
    case 'header-malformed':
      return 'write an Avro object container file, version 1'
    default:
      return 'get the file again from its source, or write it again'
  }
}

/** Reads the header from the first bytes of a file. */
export function readHeader(bytes: Uint8Array): ContainerHeader | ContainerFault {
  for (let i = 0; i < MAGIC.length; i++) {
    if (i < bytes.length && bytes[i] !== MAGIC[i]) {
      return headerFault('not-avro', 'the file does not start with "Obj" and the byte 1')
    }
  }
  const metadata = new Map<string, Uint8Array>()
  const end = bytes.length < MAGIC.length ? TRUNCATED : readMetadata(bytes, MAGIC.length, metadata)
  if (end === MALFORMED) return headerFault('header-malformed', 'the metadata in the header cannot be read')
  if (end < 0 || end + SYNC_BYTES > bytes.length) {
    return headerFault('header-truncated', 'the file ends inside the header')
  }
  const schema = metadata.get('avro.schema')
  if (schema === undefined) return headerFault('header-malformed', 'the header holds no avro.schema')
  const codec = textOf(metadata.get('avro.codec')) || 'null'
  if (codec !== 'null' && codec !== 'deflate') {
    const known = UNREADABLE_CODECS.includes(codec) ? 'is not supported' : 'is not known'
    return headerFault('unknown-codec', `codec ${codec.slice(0, 32)} ${known}`)
  }
  return {
    schemaJson: textOf(schema),
    codec,
    // A copy: `slice` of a Buffer would be a view of memory that the source reuses.
    sync: Uint8Array.from(bytes.subarray(end, end + SYNC_BYTES)),
    metadata,
    byteLength: end + SYNC_BYTES,
  }
}

/** Reads the map of bytes into `into`; returns the position after it or a fault. */
function readMetadata(bytes: Uint8Array, position: number, into: Map<string, Uint8Array>): number {
  const lanes = new Float64Array(4)
  let at = position
  for (;;) {
    at = readLong(bytes, at, bytes.length, lanes, 0)
    if (at < 0) return at
    let count = lanes[0]
    if (count === 0) return at
    if (count < 0) {
      count = -count
      at = readLong(bytes, at, bytes.length, lanes, 0)
      if (at < 0) return at
    }
    for (let i = 0; i < count; i++) {
      at = readSpan(bytes, at, bytes.length, lanes, 0)
      if (at < 0) return at
      at = readSpan(bytes, at, bytes.length, lanes, 2)
      if (at < 0) return at
      into.set(
        textOf(bytes.subarray(lanes[0], lanes[1])),
        Uint8Array.from(bytes.subarray(lanes[2], lanes[3])),
      )
    }
  }
}

function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : new TextDecoder().decode(bytes)
}

export function headerFault(reason: FaultReason, detail: string): ContainerFault {
  return { reason, offset: 0, detail }
}
