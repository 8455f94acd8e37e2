/**
 * What the generated codecs call for each field: reading into lanes, writing from values.
 *
 * Readers return the position after the field or a fault (`TRUNCATED`, `MALFORMED`); writers return it or -1 when
 * there is no room, and throw WEIR_SCHEMA for a value the field cannot hold. No reader allocates.
 * Depends on `varint.ts` and `text.ts`.
 */
import { WeirError } from '../../pipeline/errors.js'
import { utf8Length, writeUtf8 } from './text.js'
import { isLong, LONG_BYTES, MALFORMED, readInt, TRUNCATED, writeLong } from './varint.js'

const NO_ROOM = -1

// One double in the byte order of the wire, whatever the machine's is.
const doubleBits = new DataView(new ArrayBuffer(8))

/** A double: 8 bytes, little-endian. */
export function readDouble(
  bytes: Uint8Array,
  position: number,
  limit: number,
  lanes: Float64Array,
  lane: number,
): number {
  if (limit - position < 8) return TRUNCATED
  doubleBits.setInt32(0, word(bytes, position + 4), false)
  doubleBits.setInt32(4, word(bytes, position), false)
  lanes[lane] = doubleBits.getFloat64(0, false)
  return position + 8
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
}

/** A boolean: one byte, 0 or 1. */
export function readBoolean(
  bytes: Uint8Array,
  position: number,
  limit: number,
  lanes: Float64Array,
  lane: number,
): number {
  if (position >= limit) return TRUNCATED
  const byte = bytes[position]
  if (byte > 1) return MALFORMED
  lanes[lane] = byte
  return position + 1
}

/** The index of an enum's symbol; an index the schema does not have is malformed. */
export function readEnum(
  bytes: Uint8Array,
  position: number,
  limit: number,
  lanes: Float64Array,
  lane: number,
  symbols: number,
): number {
  const next = readInt(bytes, position, limit, lanes, lane)
  if (next < 0) return next
  const index = lanes[lane]
  return index >= 0 && index < symbols ? next : MALFORMED
}

/** A fixed of `size` bytes, a multiple of 4, as big-endian words of one lane each. */
export function readFixed(
  bytes: Uint8Array,
  position: number,
  limit: number,
  lanes: Float64Array,
  lane: number,
  size: number,
): number {
  if (limit - position < size) return TRUNCATED
  const end = position + size
  for (let at = position, to = lane; at < end; at += 4, to++) {
    lanes[to] = ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
  }
  return end
}

export function encodeLong(value: number, bytes: Uint8Array, position: number, place: string): number {
  if (!isLong(value)) throw unfit(place, value, 'an integer of 64 bits')
  if (bytes.length - position < LONG_BYTES) return encodeTightly(value, bytes, position)
  return writeLong(value, bytes, position)
}

/** Near the end of the buffer a long may still fit: its bytes are made aside first. */
function encodeTightly(value: number, bytes: Uint8Array, position: number): number {
  const aside = new Uint8Array(LONG_BYTES)
  const length = writeLong(value, aside, 0)
  if (length > bytes.length - position) return NO_ROOM
  bytes.set(aside.subarray(0, length), position)
  return position + length
}

export function encodeInt(value: number, bytes: Uint8Array, position: number, place: string): number {
  if (value !== (value | 0)) throw unfit(place, value, 'an integer of 32 bits')
  return encodeLong(value, bytes, position, place)
}

export function encodeDouble(value: number, bytes: Uint8Array, position: number): number {
  if (bytes.length - position < 8) return NO_ROOM
  doubleBits.setFloat64(0, value, true)
  for (let i = 0; i < 8; i++) bytes[position + i] = doubleBits.getUint8(i)
  return position + 8
}

export function encodeBoolean(value: boolean, bytes: Uint8Array, position: number): number {
  if (position >= bytes.length) return NO_ROOM
  bytes[position] = value ? 1 : 0
  return position + 1
}

export function encodeString(value: string, bytes: Uint8Array, position: number, place: string): number {
  if (typeof value !== 'string') throw unfit(place, value, 'a string')
  const length = utf8Length(value)
  const start = encodeLong(length, bytes, position, place)
  if (start < 0 || length > bytes.length - start) return NO_ROOM
  return writeUtf8(value, bytes, start)
}

export function encodeEnum(
  value: string,
  symbols: readonly string[],
  bytes: Uint8Array,
  position: number,
  place: string,
): number {
  const index = symbols.indexOf(value)
  if (index < 0) throw unfit(place, value, `one of ${symbols.join(', ')}`)
  return encodeLong(index, bytes, position, place)
}

export function encodeFixed(
  value: Uint8Array,
  size: number,
  bytes: Uint8Array,
  position: number,
  place: string,
): number {
  if (value.length !== size) throw unfit(place, `${value.length} bytes`, `${size} bytes`)
  if (bytes.length - position < size) return NO_ROOM
  bytes.set(value, position)
  return position + size
}

function unfit(place: string, value: unknown, wanted: string): WeirError {
  return new WeirError('WEIR_SCHEMA', `${JSON.stringify(value)} is not ${wanted}`, {
    place,
    remedy: 'give the field a value of its type',
  })
}
