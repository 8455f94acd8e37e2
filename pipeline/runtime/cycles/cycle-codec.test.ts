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
    groupId: fc.string({ maxLength: 20 }),
    cycle: fc.nat(),
    closedAt: fc.integer({ min: 0, max: 2 ** 52 }),
    inputs: fc.array(anyInput, { maxLength: 8 }),
  },
  plainObjects,
)

test('what is written is a cycle to avsc, and what avsc writes is read', () => {
  fc.assert(
    fc.property(anyCycle, (cycle) => {
      const inputs = new InputBuffer()
      for (const one of cycle.inputs) inputs.append(one.source, one.position, one.arrivedAt, one.payload)
      const bytes = encodeCycle(cycle.groupId, cycle.cycle, cycle.closedAt, inputs.take())
      const byAvsc = cycleType.toBuffer(cycle)
      assert.deepEqual(cycleType.toBuffer(cycleType.fromBuffer(bytes)), byAvsc)
      assert.deepEqual(decodeCycle(bytes), cycle)
      assert.deepEqual(decodeCycle(byAvsc), cycle)
    }),
    { seed: 12, numRuns: 500 },
  )
})
