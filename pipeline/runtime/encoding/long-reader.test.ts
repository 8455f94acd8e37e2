/** The reading place over longs: positions, lengths and faults that stick. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LONG_BYTES, longLength, writeLong } from '../../../schemas/avro/varint.js'
import { LongReader } from './long-reader.js'

const anyLong = fc.oneof(
  fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(
    0,
    -1,
    1,
    63,
    64,
    -64,
    -65,
    2 ** 30,
    -(2 ** 30),
    2 ** 31,
    2 ** 28,
    2 ** 27,
    2 ** 53,
    -(2 ** 53),
  ),
)

test('longs one after the other are read back, and longLength is the length written', () => {
  fc.assert(
    fc.property(fc.array(anyLong, { maxLength: 6 }), (values) => {
      const bytes = Buffer.alloc(LONG_BYTES * 6)
      let end = 0
      for (const value of values) {
        const next = writeLong(value, bytes, end)
        assert.equal(next - end, longLength(value))
        end = next
      }
      const reader = new LongReader()
      reader.reset(bytes, 0, end)
      for (const value of values) assert.equal(reader.readLong(), value)
      assert.equal(reader.position, end)
      reader.readLong()
      assert.ok(reader.failed, 'nothing is read beyond the limit')
    }),
    { seed: 1, numRuns: 5_000 },
  )
})

test('after a fault nothing is read any more', () => {
  const reader = new LongReader()
  for (const bytes of [[], [0x80], [0xff, 0xff, 0xff, 0xff], Array<number>(11).fill(0xff)]) {
    reader.reset(Uint8Array.from(bytes), 0, bytes.length)
    reader.readLong()
    assert.ok(reader.failed)
    reader.skip(0)
    assert.equal(reader.readLong(), 0)
    assert.ok(reader.failed)
  }
  reader.reset(new Uint8Array(4), 0, 4)
  reader.skip(5)
  assert.ok(reader.failed)
})
