/**
 * Strings of the Avro wire format (UTF-8) without allocation where that is possible.
 *
 * Ids, currencies and instruments are short and come again and again: `Interner` turns their bytes into
 * the same string object each time. Depends on `limits.ts` only.
 */
import { INTERNED_STRING_LIMIT } from './limits.js'

/** Bytes of `text` in UTF-8; a lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text, 'utf8')
  }
  return text.length
}

/**
 * Writes `text` as UTF-8 at `position` and returns the position after it.
 * The caller makes sure of `utf8Length(text)` bytes of room.
 */
export function writeUtf8(text: string, bytes: Uint8Array, position: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) {
      const encoded = Buffer.from(text, 'utf8')
      bytes.set(encoded, position)
      return position + encoded.length
    }
    bytes[position + i] = code
  }
  return position + text.length
}

/** Decodes UTF-8; bytes that are not UTF-8 become U+FFFD, so equal bytes always give equal strings. */
export function readUtf8(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
}

/**
 * Turns bytes into strings, and the same bytes into the same string without allocating.
 *
 * A hash table of fixed size with linear probing; when `limit` strings are kept, further new ones are decoded
 * each time, so a flood of distinct ids costs time and no memory.
 */
export class Interner {
  readonly #limit: number
  readonly #mask: number
  readonly #strings: string[]
  readonly #keys: Uint8Array[]
  #count = 0

  constructor(limit = INTERNED_STRING_LIMIT) {
    this.#limit = limit
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, limit * 2)))
    this.#mask = size - 1
    this.#strings = new Array<string>(size).fill('')
    this.#keys = new Array<Uint8Array>(size).fill(EMPTY)
  }

  /** The string of `bytes[start .. end)`, UTF-8. */
  intern(bytes: Uint8Array, start: number, end: number): string {
    const length = end - start
    if (length <= 0) return ''
    let hash = 0x811c9dc5
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
    let index = (hash ^ (hash >>> 15)) & this.#mask
    for (;;) {
      const key = this.#keys[index]
      if (key.length === 0) break
      if (key.length === length && sameBytes(key, bytes, start)) return this.#strings[index]
      index = (index + 1) & this.#mask
    }
    const text = readUtf8(bytes, start, end)
    if (this.#count < this.#limit) {
      this.#count += 1
      // A copy also of a Buffer, whose `slice` is a view that would change or keep its memory alive.
      this.#keys[index] = Uint8Array.from(bytes.subarray(start, end))
      this.#strings[index] = text
    }
    return text
  }
}

const EMPTY = new Uint8Array(0)

function sameBytes(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) return false
  }
  return true
}
