/**
 * Avro's variable-length integers (zigzag, little end first, 7 bits a byte) for exact integers |x| < 2^53.
 *
 * The journal and the cycles write their own Avro for speed; avsc is the oracle in the tests.
 * Longs are kept in doubles: the low 28 bits go through 32-bit operations, the rest through division,
 * so nothing is rounded. Depends on nothing.
 */

/** Most bytes that `writeLong` writes for |x| < 2^53. */
export const MAX_LONG_BYTES = 8

const LOW = 2 ** 28

/** Writes `value` (an integer, |value| < 2^53) at `position` and returns the position after it. */
export function writeLong(target: Uint8Array, position: number, value: number): number {
  let at = position
  if (value >= -0x40000000 && value < 0x40000000) {
    let zigzag = (value << 1) ^ (value >> 31)
    while (zigzag & ~0x7f) {
      target[at++] = (zigzag & 0x7f) | 0x80
      zigzag >>>= 7
    }
    target[at++] = zigzag
    return at
  }
  // zigzag = 2x, or -2x - 1 when negative: split as high * 2^28 + low so that 2x never leaves 2^53.
  const magnitude = value < 0 ? -(value + 1) : value
  let low = (magnitude % (LOW / 2)) * 2 + (value < 0 ? 1 : 0)
  let high = Math.floor(magnitude / (LOW / 2))
  for (let index = 0; index < 4; index++) {
    target[at++] = (low & 0x7f) | 0x80
    low >>>= 7
  }
  while (high >= 0x80) {
    target[at++] = (high % 0x80) | 0x80
    high = Math.floor(high / 0x80)
  }
  target[at++] = high
  return at
}

/** Bytes that `writeLong` needs for `value`. */
export function longLength(value: number): number {
  let magnitude = value < 0 ? -(value + 1) : value
  let length = 1
  magnitude = Math.floor(magnitude / 0x40)
  while (magnitude > 0) {
    magnitude = Math.floor(magnitude / 0x80)
    length++
  }
  return length
}

/** A reading place in bytes. `position` is -1 after a read that met the end or an integer out of range. */
export class VarintReader {
  bytes: Uint8Array = new Uint8Array(0)
  position = 0
  /** First position that must not be read. */
  limit = 0

  reset(bytes: Uint8Array, position: number, limit: number): void {
    this.bytes = bytes
    this.position = position
    this.limit = limit
  }

  get failed(): boolean {
    return this.position < 0
  }

  /** Reads a long; 0 with `position` -1 when it is cut short or beyond 2^53. */
  readLong(): number {
    const bytes = this.bytes
    const limit = this.limit
    let at = this.position
    if (at < 0) return 0
    let low = 0
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= limit) return this.#fail()
      const byte = bytes[at++]
      low |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.position = at
        return (low >>> 1) ^ -(low & 1)
      }
    }
    let high = 0
    let scale = 1
    for (let index = 0; index < 6; index++) {
      if (at >= limit) return this.#fail()
      const byte = bytes[at++]
      high += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (high >= 2 ** 26) return this.#fail()
        this.position = at
        const magnitude = high * (LOW / 2) + (low >>> 1)
        return low & 1 ? -magnitude - 1 : magnitude
      }
      scale *= 0x80
    }
    return this.#fail()
  }

  /** Moves on by `length` bytes; fails when that passes the limit or `length` is negative. */
  skip(length: number): void {
    if (this.position < 0) return
    if (length < 0 || length > this.limit - this.position) this.#fail()
    else this.position += length
  }

  #fail(): number {
    this.position = -1
    return 0
  }
}
