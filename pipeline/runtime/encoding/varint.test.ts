/** Property tests of the varint codec against avsc. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import avro from 'avsc'
import fc from 'fast-check'
import { longLength, MAX_LONG_BYTES, VarintReader, writeLong } from './varint.js'

const long = avro.Type.forSchema('long')
/** avsc flips the sign below -2^52, so it is the oracle inside that only. */
const exact = fc.oneof(
  fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
  fc.integer({ min: -300, max: 300 }),
  fc.constantFrom(
    0,
    -1,
    1,
    2 ** 30,
    -(2 ** 30),
    2 ** 30 - 1,
    -(2 ** 30) - 1,
    2 ** 31,
    -(2 ** 31),
    2 ** 27,
    2 ** 28,
  ),
)

test('longs are written as avsc writes them and read back', () => {
  fc.assert(
    fc.property(exact, (value) => {
      const bytes = Buffer.alloc(MAX_LONG_BYTES)
      const end = writeLong(bytes, 0, value)
      assert.equal(end, longLength(value))
      assert.deepEqual(bytes.subarray(0, end), long.toBuffer(value))
      const reader = new VarintReader()
      reader.reset(bytes, 0, end)
      assert.equal(reader.readLong(), value)
      assert.equal(reader.position, end)
    }),
    { seed: 1, numRuns: 20_000 },
  )
})

test('a cut or too long integer fails and stays failed', () => {
  const reader = new VarintReader()
  for (const bytes of [[], [0x80], [0xff, 0xff, 0xff, 0xff], Array(11).fill(0xff)]) {
    reader.reset(Uint8Array.from(bytes), 0, bytes.length)
    reader.readLong()
    assert.ok(reader.failed)
    reader.skip(0)
    assert.equal(reader.readLong(), 0)
    assert.ok(reader.failed)
  }
})
