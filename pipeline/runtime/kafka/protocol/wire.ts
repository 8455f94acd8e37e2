/**
 * Primitive types of Kafka's protocol, as its versions before tagged fields lay them out. Pure.
 *
 * ```
 *  int8, int16, int32   big-endian
 *  string               int16 length (-1: null), UTF-8
 *  bytes                int32 length (-1: null)
 *  array                int32 count (-1: null), items
 * ```
 */

export class WireWriter {
  readonly #parts: Buffer[] = []

  int8(value: number): this {
    return this.#add(1, (bytes) => bytes.writeInt8(value))
  }

  int16(value: number): this {
    return this.#add(2, (bytes) => bytes.writeInt16BE(value))
  }

  int32(value: number): this {
    return this.#add(4, (bytes) => bytes.writeInt32BE(value))
  }

  string(text: string): this {
    const bytes = Buffer.from(text, 'utf8')
    this.int16(bytes.length)
    this.#parts.push(bytes)
    return this
  }

  bytes(value: Uint8Array): this {
    this.int32(value.length)
    this.#parts.push(Buffer.from(value))
    return this
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(length: number, write: (bytes: Buffer) => void): this {
    const bytes = Buffer.alloc(length)
    write(bytes)
    this.#parts.push(bytes)
    return this
  }
}

/** Throws a RangeError when the bytes end too early or a count makes no sense. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    return this.#bytes.readInt8(this.#skip(1))
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#skip(2))
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#skip(4))
  }

  string(): string | undefined {
    const length = this.int16()
    if (length < 0) return undefined
    const from = this.#skip(length)
    return this.#bytes.toString('utf8', from, from + length)
  }

  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    const from = this.#skip(length)
    return this.#bytes.subarray(from, from + length)
  }

  array<T>(item: () => T): T[] {
    const count = this.int32()
    // Each item takes a byte at least.
    if (count > this.#bytes.length - this.#at)
      throw new RangeError(`${count} items in ${this.#bytes.length} bytes`)
    return Array.from({ length: Math.max(0, count) }, item)
  }

  #skip(length: number): number {
    const from = this.#at
    if (from + length > this.#bytes.length) throw new RangeError('the answer ends too early')
    this.#at = from + length
    return from
  }
}
