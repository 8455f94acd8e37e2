/**
 * The long type that every avsc schema here is made with.
 *
 * avsc's own long flips the sign of values below -2^52 and throws beyond 2^53, on reading and on writing. This one reads
 * every long as the nearest double (so |x| >= 2^52 is there to be seen and refused, with its sign) and writes
 * every safe integer exactly. It overrides three internal methods of avsc 5.7.9, whose version is pinned; the tests
 * beside it fail if a later one stops calling them. Depends on `varint.ts` and avsc.
 */
import avro from 'avsc'
import { readLong, writeLong } from './varint.js'

/** avsc's cursor: a buffer and the position in it; a position past the end means "truncated". */
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

  // Writing past the end changes nothing and leaves a position from which avsc sees how much room it needs.
  _write(tap: Tap, value: unknown): void {
    if (!Number.isSafeInteger(value)) throw new Error(`invalid "long": ${String(value)}`)
    tap.pos = writeLong(value as number, tap.buf, tap.pos)
  }

  _check(value: unknown, _flags: unknown, hook: FailureHook | undefined): boolean {
    const valid = Number.isSafeInteger(value)
    if (!valid && hook !== undefined) hook(value, this)
    return valid
  }
}

export const exactLong: avro.Type = new ExactLong()
