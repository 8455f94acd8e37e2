/** The cycle codec against avsc, both ways. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { typeOf } from '../../../schemas/avro/registry.js'
import type { Cycle } from '../../../schemas/generated/types.js'
import { decodeCycle, encodeCycle, InputBuffer } from './cycle-codec.js'

const cycleType = typeOf('cycle')
const plainObjects = { noNullPrototype: true }
const anyInput = fc.record(
  {
    source: fc.nat(),
    position: fc.integer({ min: 0, max: 2 ** 40 }),
    arrivedAt: fc.integer({ min: 0, max: 2 ** 52 }),
    payload: fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes)),
  },
  plainObjects,
)
const anyCycle: fc.Arbitrary<Cycle> = fc.record(
  {
    // Above 100 bytes a cycle is put together anew, not around its inputs.
    groupId: fc.oneof(fc.string({ maxLength: 20 }), fc.string({ minLength: 100, maxLength: 150 })),
    cycle: fc.nat(),
    closedAt: fc.integer({ min: 0, max: 2 ** 52 }),
    inputs: fc.array(anyInput, { maxLength: 8 }),
    configuration: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes)),
  },
  plainObjects,
)

test('what is written is a cycle to avsc, and what avsc writes is read', () => {
  fc.assert(
    fc.property(anyCycle, (cycle) => {
      const bytes = encoded(cycle)
      const byAvsc = cycleType.toBuffer(cycle)
      assert.deepEqual(cycleType.toBuffer(cycleType.fromBuffer(bytes)), byAvsc)
      assert.deepEqual(decodeCycle(bytes), cycle)
      assert.deepEqual(decodeCycle(byAvsc), cycle)
    }),
    { seed: 12, numRuns: 500 },
  )
})

test('a cycle that is cut short anywhere is no cycle', () => {
  fc.assert(
    fc.property(anyCycle, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), (cycle, share) => {
      const bytes = encoded(cycle)
      const length = Math.floor(share * bytes.length)
      assert.throws(() => decodeCycle(bytes.subarray(0, length)), { code: 'WEIR_BUG' })
    }),
    { seed: 13, numRuns: 500 },
  )
})

test('a configuration that is no digest is not written', () => {
  for (const length of [0, 31, 33])
    assert.throws(() => encodeCycle('g', 0, 0, new InputBuffer().take(), new Uint8Array(length)), {
      code: 'WEIR_BUG',
    })
})

function encoded({ groupId, cycle, closedAt, inputs, configuration }: Cycle): Buffer {
  const buffer = new InputBuffer()
  for (const one of inputs) buffer.append(one.source, one.position, one.arrivedAt, one.payload)
  return encodeCycle(groupId, cycle, closedAt, buffer.take(), configuration)
}
