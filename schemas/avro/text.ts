/**
 * Strings of the Avro wire format (UTF-8) without allocation where that is possible.
 *
 * Ids, currencies and instruments are short and come again and again: `Interner` turns their bytes into
 * the same string object each time. Depends on `limits.ts` only.
 */
import { INTERNED_STRING_LIMIT } from './limits.js'

const EMPTY = new Uint8Array(0)
/** A name that finds no place within so many is decoded each time: names of the same hash must not slow all down. */
const PROBES_LIMIT = 16

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
  /** The last one found: in a stream the same name often comes again at once, as a feed's or a group's. */
  #lastKey: Uint8Array = EMPTY
  #last = ''

  constructor(limit = INTERNED_STRING_LIMIT) {
    this.#limit = limit
    const size = 2 ** Math.ceil(Math.log2(Math.max(2, limit * 2)))
    this.#mask = size - 1
    this.#strings = new Array<string>(size).fill('')
    this.#keys = new Array<Uint8Array>(size).fill(EMPTY)
  }

  /** The string of `bytes[start .. end)`, UTF-8. */
  intern(bytes: Uint8Array, start: number, end: number): string {
    // Lanes are doubles: as such they would make every index below one, and each access a conversion.
    const from = start | 0
    const length = (end | 0) - from
    if (length <= 0) return ''
    const last = this.#lastKey
    if (last.length === length && sameBytes(last, bytes, from)) return this.#last
    const hash = hashOf(bytes, from, length)
    let index = hash & this.#mask
    let key = this.#keys[index]
    for (let probe = 0; key.length > 0 && probe < PROBES_LIMIT; probe++) {
      if (key.length === length && sameBytes(key, bytes, from)) {
        this.#lastKey = key
        this.#last = this.#strings[index]
        return this.#last
      }
      index = (index + 1) & this.#mask
      key = this.#keys[index]
    }
    const text = readUtf8(bytes, from, from + length)
    if (this.#count < this.#limit && key.length === 0) {
      this.#count += 1
      // A copy also of a Buffer, whose `slice` is a view that would change or keep its memory alive.
      this.#keys[index] = Uint8Array.from(bytes.subarray(from, from + length))
      this.#strings[index] = text
    }
    return text
  }
}

/**
 * Of length and ends: names such as account numbers differ there. Others that agree in it only cost a comparison each, and
 * no more than `PROBES_LIMIT` of them.
 */
function hashOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = length
  if (length < 8)
    for (let at = start; at < start + length; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193)
  else {
    const end = start + length
    hash = Math.imul(hash ^ wordAt(bytes, start), 0x85ebca6b)
    hash = Math.imul(hash ^ (hash >>> 13) ^ wordAt(bytes, end - 8), 0xc2b2ae35)
    hash = Math.imul(hash ^ (hash >>> 13) ^ wordAt(bytes, end - 4), 0x27d4eb2f)
  }
  return hash ^ (hash >>> 15)
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)
}

function sameBytes(key: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < key.length; i++) {
    if (key[i] !== bytes[start + i]) return false
  }
  return true
}
