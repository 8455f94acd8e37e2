/**
 * Writes `weir.CycleResult` in Avro: the two fields with an entry for each input by hand, the others by avsc.
 *
 *   groupId │ cycle │ closedAt │ dispositions (bytes) │ touched (array of string) │ the rest
 *   └────────── head ──────────┘ └──────────── by hand ───────────────┘ └ tail ┘
 *
 * What inputs touch are a few names that come again and again: each is encoded once. The bytes are those that avsc
 * would write; a test compares. Depends on the Avro layer.
 */
import { encodeRecord } from '../../../schemas/avro/registry.js'
import { LONG_BYTES, writeLong } from '../../../schemas/avro/varint.js'
import type { CycleResult } from '../../../schemas/generated/types.js'

/** Names of accounts, instruments and the like are few; a flood of others is encoded anew each time. */
const NAMES_LIMIT = 8_192
const NOTHING = new Uint8Array(0)
/** Without inputs both fields are one byte, 0. */
const EMPTY_FIELDS_BYTES = 2

export class ResultEncoder {
  readonly #names = new Map<string, Uint8Array>()
  #scratch = Buffer.allocUnsafeSlow(1024)
  #end = 0

  encode(result: CycleResult): Buffer {
    const rest = encodeRecord('cycle-result', { ...result, dispositions: NOTHING, touched: [] })
    const head = headBytes(result)
    this.#end = 0
    this.#reserve(rest.length + result.dispositions.length + 3 * LONG_BYTES)
    this.#copy(rest, 0, head)
    this.#long(result.dispositions.length)
    this.#copy(result.dispositions, 0, result.dispositions.length)
    this.#touched(result.touched)
    this.#reserve(rest.length)
    this.#copy(rest, head + EMPTY_FIELDS_BYTES, rest.length)
    return Buffer.from(this.#scratch.subarray(0, this.#end))
  }

  #touched(touched: readonly string[]): void {
    const count = touched.length
    if (count > 0) this.#long(count)
    let last = ''
    let encoded = this.#encoded('')
    for (let index = 0; index < count; index++) {
      const name = touched[index]
      if (name !== last) {
        encoded = this.#encoded(name)
        last = name
      }
      this.#reserve(encoded.length + LONG_BYTES)
      const target = this.#scratch
      let end = this.#end
      // Shorter than a call of `set` would take.
      for (let at = 0; at < encoded.length; at++) target[end++] = encoded[at]
      this.#end = end
    }
    this.#long(0)
  }

  /** Length and UTF-8. */
  #encoded(name: string): Uint8Array {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const text = Buffer.from(name, 'utf8')
    const bytes = new Uint8Array(LONG_BYTES + text.length)
    const start = writeLong(text.length, bytes, 0)
    bytes.set(text, start)
    const encoded = bytes.slice(0, start + text.length)
    if (this.#names.size < NAMES_LIMIT) this.#names.set(name, encoded)
    return encoded
  }

  #long(value: number): void {
    this.#end = writeLong(value, this.#scratch, this.#end)
  }

  #copy(bytes: Uint8Array, from: number, to: number): void {
    this.#scratch.set(bytes.subarray(from, to), this.#end)
    this.#end += to - from
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#scratch.length) return
    const larger = Buffer.allocUnsafeSlow(2 * (this.#end + bytes))
    this.#scratch.copy(larger, 0, 0, this.#end)
    this.#scratch = larger
  }
}

const scratch = new Uint8Array(3 * LONG_BYTES)

/** Bytes of the fields before `dispositions`. */
function headBytes({ groupId, cycle, closedAt }: CycleResult): number {
  const text = Buffer.byteLength(groupId, 'utf8')
  return text + writeLong(closedAt, scratch, writeLong(cycle, scratch, writeLong(text, scratch, 0)))
}
