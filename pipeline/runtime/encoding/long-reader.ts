/**
 * A place in bytes that longs are read from one after the other, for the journal and the cycles.
 *
 * The longs themselves are read by the Avro layer; this adds the running position and a fault that sticks, so that a
 * sequence of fields can be read and checked once at its end. Depends on `schemas/avro/varint`.
 */
import { readLong } from '../../../schemas/avro/varint.js'

export class LongReader {
  bytes: Uint8Array = new Uint8Array(0)
  /** Position of the next field; -1 after a fault. */
  position = 0
  /** First position that must not be read. */
  limit = 0
  readonly #lane = new Float64Array(1)

  reset(bytes: Uint8Array, position: number, limit: number): void {
    this.bytes = bytes
    this.position = position
    this.limit = limit
  }

  get failed(): boolean {
    return this.position < 0
  }

  /** Reads a long; 0 when it is cut short or not a long, and then and ever after `failed`. */
  readLong(): number {
    if (this.position < 0) return 0
    const next = readLong(this.bytes, this.position, this.limit, this.#lane, 0)
    this.position = next < 0 ? -1 : next
    return next < 0 ? 0 : this.#lane[0]
  }

  /** Moves on by `length` bytes; fails when that passes the limit or `length` is negative. */
  skip(length: number): void {
    if (this.position < 0) return
    if (length < 0 || length > this.limit - this.position) this.position = -1
    else this.position += length
  }
}
