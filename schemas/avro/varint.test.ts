import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isLong, MALFORMED, readInt, readLong, readSpan, TRUNCATED, writeLong } from './varint.js'

/** The specification in BigInt: zigzag, then groups of 7 bits. Slow and plainly right. */
function encodeBig(value: bigint): number[] {
  let raw = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  const bytes: number[] = []
  while (raw >= 0x80n) {
    bytes.push(Number(raw & 0x7fn) | 0x80)
    raw >>= 7n
  }
  return [...bytes, Number(raw)]
}

const lanes = new Float64Array(2)
const read = (bytes: number[], limit = bytes.length) => readLong(Uint8Array.from(bytes), 0, limit, lanes, 0)

const edges = [31n, 32n, 52n, 53n, 54n, 55n, 56n, 57n, 62n].flatMap((power) =>
  [-2n, -1n, 0n, 1n, 2n].flatMap((delta) => [2n ** power + delta, -(2n ** power) + delta]),
)
const anyLong = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 53n), max: 2n ** 53n }),
  fc.constantFrom(...edges, -(2n ** 63n), 2n ** 63n - 1n, 0n),
)

describe('longs', () => {
  it('reads every long as the nearest double', () => {
    fc.assert(
      fc.property(anyLong, (value) => {
        const bytes = encodeBig(value)
        assert.equal(read(bytes), bytes.length)
        assert.equal(lanes[0], Number(value))
      }),
      { seed: 1, numRuns: 20_000 },
    )
  })

  it('writes the double it is given, exactly', () => {
    fc.assert(
      fc.property(anyLong, (value) => {
        const double = Number(value)
        const exact = double === 2 ** 63 ? 2n ** 63n - 1n : BigInt(double)
        const bytes = new Uint8Array(10)
        const end = writeLong(double, bytes, 0)
        assert.deepEqual([...bytes.subarray(0, end)], encodeBig(exact))
      }),
      { seed: 2, numRuns: 20_000 },
    )
  })

  it('keeps the sign just below -2^52, where float arithmetic loses it', () => {
    read(encodeBig(-4503599627370497n))
    assert.equal(lanes[0], -4503599627370497)
  })

  it('reports a long that ends too early at every length', () => {
    const bytes = encodeBig(-(2n ** 63n))
    assert.equal(bytes.length, 10)
    for (let limit = 0; limit < bytes.length; limit++) assert.equal(read(bytes, limit), TRUNCATED)
  })

  it('refuses more than 64 bits', () => {
    const nine = new Array<number>(9).fill(0xff)
    assert.equal(read([...nine, 0x02]), MALFORMED)
    assert.equal(read([...nine, 0x81, 0x00]), MALFORMED)
    assert.equal(read([...nine, 0x01]), 10)
  })

  it('tells what a long can hold', () => {
    assert.equal(isLong(-(2 ** 63)), true)
    assert.equal(isLong(2 ** 64), false)
    assert.equal(isLong(0.5), false)
    assert.equal(isLong(Number.NaN), false)
  })
})

describe('ints', () => {
  it('reads every int and refuses more than 32 bits', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        const bytes = Uint8Array.from(encodeBig(BigInt(value)))
        assert.equal(readInt(bytes, 0, bytes.length, lanes, 1), bytes.length)
        assert.equal(lanes[1], value)
      }),
      { seed: 3, numRuns: 5_000 },
    )
    for (const value of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 62n]) {
      const bytes = Uint8Array.from(encodeBig(value))
      assert.equal(readInt(bytes, 0, bytes.length, lanes, 0), MALFORMED)
    }
  })
})

describe('spans', () => {
  it('refuses a negative length and reports one beyond the end', () => {
    const span = (bytes: number[]) => readSpan(Uint8Array.from(bytes), 0, bytes.length, lanes, 0)
    assert.equal(span([0x01]), MALFORMED)
    assert.equal(span([...encodeBig(-(2n ** 40n)), 0]), MALFORMED)
    assert.equal(span([0x04, 0x61]), TRUNCATED)
    assert.equal(span([...encodeBig(2n ** 62n), 0]), TRUNCATED)
    assert.equal(span([]), TRUNCATED)
    assert.equal(span([0x04, 0x61, 0x62, 0x63]), 3)
    assert.deepEqual([...lanes], [1, 3])
  })
})
