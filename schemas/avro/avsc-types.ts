/**
 * The three types that every avsc schema here is made with instead of avsc's own.
 *
 * - `ExactLong`: avsc's long flips the sign of values below -2^52 and throws beyond 2^53, reading and writing.
 *   This one reads every long as the nearest double (so |x| >= 2^52 is there to be seen and refused, with its sign) and
 *   writes every safe integer exactly.
 * - `PlainBytes`, `PlainFixed`: avsc's take only a `Buffer`; these take any `Uint8Array`.
 *
 * They override internal methods of avsc 5.7.9, whose version is pinned; the tests of `registry.ts` fail if
 * another one stops calling them. Depends on `varint.ts` and avsc.
 */
import avro from 'avsc'
import { readLong, writeLong } from './varint.js'

/**
 * avsc's cursor: a buffer and the position in it. A reader past the end means "truncated". A writer past the end
 * changes nothing; its position then tells avsc how much room it needs.
 */
interface Tap {
  buf: Buffer
  pos: number
}

type FailureHook = (value: unknown, type: avro.Type) => void

const lanes = new Float64Array(1)

class ExactLong extends avro.types.LongType {
  _read(tap: Tap): number {
    const next = readLong(tap.buf, tap.pos, tap.buf.length, lanes, 0)
    tap.pos = next < 0 ? tap.buf.length + 1 : next
    return next < 0 ? 0 : lanes[0]
  }

  _write(tap: Tap, value: unknown): void {
    if (!Number.isSafeInteger(value)) throw unfit('long', value)
    tap.pos = writeLong(value as number, tap.buf, tap.pos)
  }

  _check(value: unknown, _flags: unknown, hook: FailureHook | undefined): boolean {
    return report(Number.isSafeInteger(value), value, this, hook)
  }
}

class PlainBytes extends avro.types.BytesType {
  _write(tap: Tap, value: unknown): void {
    if (!(value instanceof Uint8Array)) throw unfit('bytes', value)
    tap.pos = writeLong(value.length, tap.buf, tap.pos)
    put(tap, value)
  }

  _check(value: unknown, _flags: unknown, hook: FailureHook | undefined): boolean {
    return report(value instanceof Uint8Array, value, this, hook)
  }
}

class PlainFixed extends avro.types.FixedType {
  _write(tap: Tap, value: unknown): void {
    if (!(value instanceof Uint8Array) || value.length !== this.size)
      throw unfit(`fixed(${this.size})`, value)
    put(tap, value)
  }

  _check(value: unknown, _flags: unknown, hook: FailureHook | undefined): boolean {
    return report(value instanceof Uint8Array && value.length === this.size, value, this, hook)
  }
}

function put(tap: Tap, value: Uint8Array): void {
  const start = tap.pos
  tap.pos += value.length
  if (tap.pos <= tap.buf.length) tap.buf.set(value, start)
}

function report(valid: boolean, value: unknown, type: avro.Type, hook: FailureHook | undefined): boolean {
  if (!valid && hook !== undefined) hook(value, type)
  return valid
}

function unfit(type: string, value: unknown): Error {
  const shown = value instanceof Uint8Array ? `${value.length} bytes` : String(value).slice(0, 40)
  return new Error(`invalid "${type}": ${shown}`)
}

const exactLong = new ExactLong()
const plainBytes = new PlainBytes()

/**
 * Hook for `Type.forSchema`: our type for a schema, or undefined for avsc's own. It has to be a hook, because avsc looks
 * into its registry for `"long"` only and not for `{"type": "long", "logicalType": ...}`.
 */
export function ownType(schema: avro.Schema, options: unknown): avro.Type | undefined {
  const type = typeof schema === 'string' ? schema : (schema as { readonly type?: unknown }).type
  if (type === 'long') return exactLong
  if (type === 'bytes') return plainBytes
  if (type === 'fixed' && typeof schema !== 'string') return new PlainFixed(schema, options)
  return undefined
}
