/**
 * Integers of the Avro wire format, exact where a double can be.
 *
 * A long is a zigzag number of 64 bits in groups of 7, least significant group first, the high bit of a byte
 * telling that another follows:
 *
 * ```
 *  byte     0        1        2        3        4        5        6        7        8        9
 *        1ggggggg 1ggggggg 1ggggggg 1ggggggg 1ggggggg 1ggggggg 1ggggggg 1ggggggg 1ggggggg 0000000g
 *        └──────── low, 28 bits ─────────┘ └──────── middle, 28 bits ────────┘ └─ top, 8 bits ┘
 *        └ bit 0: sign
 * ```
 *
 * Three integer parts keep every bit; they are joined in floating point once, at the end. So magnitudes up to
 * 2^53 are exact and larger ones are the nearest double with the right sign: a reader that demands
 * |x| < 2^52 sees every one that is not. avsc joins earlier and flips signs there.
 *
 * Nothing here allocates. A position below 0 is a fault. Depends on nothing.
 */

/** The record ends beyond the bytes given. */
export const TRUNCATED = -1
/** The bytes cannot be what the schema says. */
export const MALFORMED = -2

const TWO_27 = 2 ** 27
const TWO_28 = 2 ** 28

/**
 * Reads a long into `lanes[lane]` and returns the position after it, or a fault.
 * A number of more than 64 bits is malformed.
 */
export function readLong(
  bytes: Uint8Array,
  position: number,
  limit: number,
  lanes: Float64Array,
  lane: number,
): number {
  if (position >= limit) return TRUNCATED
  let byte = bytes[position++]
  let low = byte & 0x7f
  for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
    if (position >= limit) return TRUNCATED
    byte = bytes[position++]
    low |= (byte & 0x7f) << shift
  }
  if (byte < 0x80) {
    lanes[lane] = (low >>> 1) ^ -(low & 1)
    return position
  }
  let middle = 0
  for (let shift = 0; byte >= 0x80 && shift < 28; shift += 7) {
    if (position >= limit) return TRUNCATED
    byte = bytes[position++]
    middle |= (byte & 0x7f) << shift
  }
  let top = 0
  if (byte >= 0x80) {
    if (position >= limit) return TRUNCATED
    byte = bytes[position++]
    top = byte & 0x7f
    if (byte >= 0x80) {
      if (position >= limit) return TRUNCATED
      byte = bytes[position++]
      if (byte > 1) return MALFORMED
      top |= byte << 7
    }
  }
  // The sum of two exact terms rounds once; the 1 of a negative number is added to the small term first.
  const high = (middle + top * TWO_28) * TWO_27
  lanes[lane] = (low & 1) === 0 ? high + (low >>> 1) : -(high + ((low >>> 1) + 1))
  return position
}

/** Reads an int into `lanes[lane]` and returns the position after it, or a fault. More than 32 bits are malformed. */
export function readInt(
  bytes: Uint8Array,
  position: number,
  limit: number,
  lanes: Float64Array,
  lane: number,
): number {
  let raw = 0
  for (let shift = 0; shift <= 28; shift += 7) {
    if (position >= limit) return TRUNCATED
    const byte = bytes[position++]
    if (shift === 28 && byte > 0x0f) return MALFORMED
    raw |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      lanes[lane] = (raw >>> 1) ^ -(raw & 1)
      return position
    }
  }
  return MALFORMED
}

/**
 * Reads the length of a string or bytes and writes where its contents start and end into `lanes[lane]` and
 * `lanes[lane + 1]`. Returns the end, or a fault.
 */
export function readSpan(
  bytes: Uint8Array,
  position: number,
  limit: number,
  lanes: Float64Array,
  lane: number,
): number {
  let start = position + 1
  let length = position < limit ? bytes[position] : 0x80
  if (length < 0x80) {
    if ((length & 1) !== 0) return MALFORMED
    length >>>= 1
  } else {
    start = readLong(bytes, position, limit, lanes, lane)
    if (start < 0) return start
    length = lanes[lane]
    if (length < 0) return MALFORMED
  }
  if (length > limit - start) return TRUNCATED
  lanes[lane] = start
  lanes[lane + 1] = start + length
  return start + length
}

/** Position after a long, or a fault. */
export function skipLong(bytes: Uint8Array, position: number, limit: number): number {
  for (let at = position; at < limit; at++) {
    const byte = bytes[at]
    if (byte < 0x80) return at - position < 9 || (at - position === 9 && byte <= 1) ? at + 1 : MALFORMED
  }
  return TRUNCATED
}

/** Position after an int, or a fault. */
export function skipInt(bytes: Uint8Array, position: number, limit: number): number {
  for (let at = position; at < limit; at++) {
    const byte = bytes[at]
    if (byte < 0x80) return at - position < 4 || (at - position === 4 && byte <= 0x0f) ? at + 1 : MALFORMED
  }
  return TRUNCATED
}

const skipLanes = new Float64Array(2)

/** Position after a string or bytes, or a fault. */
export function skipSpan(bytes: Uint8Array, position: number, limit: number): number {
  if (position < limit) {
    const byte = bytes[position]
    const next = position + 1 + (byte >>> 1)
    if (byte < 0x80 && (byte & 1) === 0 && next <= limit) return next
  }
  return readSpan(bytes, position, limit, skipLanes, 0)
}

/** Whether `value` is an integer that a long can hold; 2^63 itself is taken for the largest long. */
export function isLong(value: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** 63) && value <= 2 ** 63
}

/** Bytes of the longest long. */
export const LONG_BYTES = 10

/** Bytes of `value`, an integer with |value| <= 2^53, as a long. */
export function longLength(value: number): number {
  let rest = Math.floor((value < 0 ? -(value + 1) : value) / 0x40)
  let length = 1
  while (rest > 0) {
    rest = Math.floor(rest / 0x80)
    length++
  }
  return length
}

/**
 * Writes the integer `value`, |value| <= 2^63, exactly as the double stands; returns the position after it.
 * The caller makes sure of `LONG_BYTES` bytes of room and of `isLong`.
 */
export function writeLong(value: number, bytes: Uint8Array, position: number): number {
  if (value >= -0x40000000 && value < 0x40000000) {
    let raw = ((value << 1) ^ (value >> 31)) >>> 0
    while (raw >= 0x80) {
      bytes[position++] = (raw & 0x7f) | 0x80
      raw >>>= 7
    }
    bytes[position++] = raw
    return position
  }
  return writeWideLong(value, bytes, position)
}

/** Integers of 32 bits and more; the usual ones, below 2^54 in magnitude, without a division of doubles. */
function writeWideLong(value: number, bytes: Uint8Array, position: number): number {
  const magnitude = value < 0 ? -value : value
  // magnitude = high * 2^27 + small, both exact.
  let high = Math.floor(magnitude / TWO_27)
  let small = magnitude - high * TWO_27
  // Zigzag keeps magnitude - 1 of a negative number; and 2^63 is taken for 2^63 - 1.
  if (value < 0 || magnitude === 2 ** 63) {
    high -= small === 0 ? 1 : 0
    small = small === 0 ? TWO_27 - 1 : small - 1
  }
  let low = small * 2 + (value < 0 ? 1 : 0)
  if (high > 0 && high < TWO_27) {
    bytes[position] = (low & 0x7f) | 0x80
    bytes[position + 1] = ((low >>> 7) & 0x7f) | 0x80
    bytes[position + 2] = ((low >>> 14) & 0x7f) | 0x80
    bytes[position + 3] = (low >>> 21) | 0x80
    let rest = high | 0
    let at = position + 4
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
    bytes[at] = rest
    return at + 1
  }
  while (high > 0 || low >= 0x80) {
    bytes[position++] = (low & 0x7f) | 0x80
    low = (low >>> 7) | ((high % 128) << 21)
    high = Math.floor(high / 128)
  }
  bytes[position++] = low
  return position
}
