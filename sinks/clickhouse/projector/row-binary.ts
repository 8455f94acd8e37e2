/**
 * Writes rows in ClickHouse's RowBinary format into one buffer that is kept and grows.
 *
 * ```
 * Int64, UInt64, DateTime64(6)  8 bytes, little endian; a time is microseconds since 1970
 * Int32, UInt32                 4 bytes, little endian
 * Bool                          1 byte
 * Float64                       8 bytes, little endian
 * UUID                          two UInt64, each little endian: bytes 7..0, then 15..8 of the id
 * String, LowCardinality        length as LEB128, then bytes
 * Nullable(T)                   1 when NULL, else 0 and T
 * Array(T)                      length as LEB128, then T, T, ...
 * ```
 * Integers are JavaScript numbers: exact below 2^53, checked. Depends on `pipeline/errors`.
 */
import { invariant } from '../../../pipeline/errors.js'

const INITIAL_BYTES = 64 * 1024
const TWO_32 = 2 ** 32
/** Lengths up to this take one byte; it covers a SHA-256 in hexadecimal digits. */
const SHORT_TEXT = 64

export class RowBinaryWriter {
  #buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES)
  #end = 0

  /** What was written since the last `reset`; valid until the next write or reset. */
  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end)
  }

  get length(): number {
    return this.#end
  }

  reset(): void {
    this.#end = 0
  }

  uint8(value: number): void {
    const at = this.#reserve(1)
    this.#buffer[at] = value
  }

  int32(value: number): void {
    invariant((value | 0) === value, 'a value fits Int32')
    const at = this.#reserve(4)
    this.#buffer.writeInt32LE(value, at)
  }

  uint32(value: number): void {
    invariant(value >>> 0 === value, 'a value fits UInt32')
    const at = this.#reserve(4)
    this.#buffer.writeUInt32LE(value, at)
  }

  /** Both halves of a two's complement number: also right for UInt64, when `value` is not negative. */
  int64(value: number): void {
    invariant(Number.isSafeInteger(value), 'an integer is exact')
    const at = this.#reserve(8)
    const high = Math.floor(value / TWO_32)
    const buffer = this.#buffer
    const low = value - high * TWO_32
    buffer[at] = low
    buffer[at + 1] = low >>> 8
    buffer[at + 2] = low >>> 16
    buffer[at + 3] = low >>> 24
    buffer[at + 4] = high
    buffer[at + 5] = high >>> 8
    buffer[at + 6] = high >>> 16
    buffer[at + 7] = high >>> 24
  }

  float64(value: number): void {
    const at = this.#reserve(8)
    this.#buffer.writeDoubleLE(value, at)
  }

  /** @param id sixteen bytes, most significant first */
  uuid(id: Uint8Array): void {
    invariant(id.length === 16, 'an id has sixteen bytes')
    const at = this.#reserve(16)
    const buffer = this.#buffer
    for (let i = 0; i < 8; i++) {
      buffer[at + i] = id[7 - i]!
      buffer[at + 8 + i] = id[15 - i]!
    }
  }

  text(value: string): void {
    if (value.length <= SHORT_TEXT && this.#shortAscii(value)) return
    const length = Buffer.byteLength(value, 'utf8')
    this.size(length)
    const at = this.#reserve(length)
    this.#buffer.write(value, at, 'utf8')
  }

  /** Names, codes and digests: a call into native code costs more than their few letters. */
  #shortAscii(value: string): boolean {
    const { length } = value
    const start = this.#reserve(length + 1)
    const buffer = this.#buffer
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) {
        this.#end = start
        return false
      }
      buffer[start + 1 + i] = unit
    }
    buffer[start] = length
    return true
  }

  blob(value: Uint8Array): void {
    this.size(value.length)
    const at = this.#reserve(value.length)
    this.#buffer.set(value, at)
  }

  /** A length as unsigned LEB128. */
  size(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.uint8((rest & 0x7f) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.uint8(rest)
  }

  /** Makes room for `count` bytes and returns where they begin. */
  #reserve(count: number): number {
    const at = this.#end
    const end = at + count
    if (end > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(end, this.#buffer.length * 2))
      this.#buffer.copy(larger, 0, 0, at)
      this.#buffer = larger
    }
    this.#end = end
    return at
  }
}
