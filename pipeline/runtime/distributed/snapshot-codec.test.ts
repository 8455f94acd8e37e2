/** A snapshot survives the way through bytes; no damaged one does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PartitionSnapshot } from './ports.js'
import { decodeSnapshot, encodeSnapshot } from './snapshot-codec.js'

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const offsets = fc.array(fc.tuple(fc.string({ maxLength: 8 }), fc.nat()), { maxLength: 3 })

const plain = { noNullPrototype: true }

const anySnapshot: fc.Arbitrary<PartitionSnapshot> = fc.record(
  {
    partition: fc.nat({ max: 100 }),
    journalId: fc.string(),
    offset: fc.nat(),
    nextSequence: fc.nat(),
    checksum: fc.integer(),
    declarations: fc.array(
      fc.record(
        {
          source: fc.nat(),
          stream: fc.string(),
          name: fc.string(),
          writerSchema: fc.string(),
          fingerprint: bytes,
        },
        plain,
      ),
      { maxLength: 3 },
    ),
    positions: offsets,
    groups: fc.array(
      fc.record(
        {
          groupId: fc.string(),
          cycle: fc.integer({ min: -1, max: 1e6 }),
          standing: fc.record({ closedAtMicros: fc.nat(), outstanding: fc.nat(), next: offsets }, plain),
          digest: bytes,
          state: bytes,
        },
        plain,
      ),
      { maxLength: 4 },
    ),
  },
  plain,
)

test('what was encoded is decoded', () => {
  fc.assert(
    fc.property(anySnapshot, (snapshot) => {
      assert.deepEqual(decodeSnapshot(encodeSnapshot(snapshot)), snapshot)
    }),
  )
})

test('cut short, lengthened or with a flipped bit it is refused', () => {
  fc.assert(
    fc.property(anySnapshot, fc.nat(), fc.nat({ max: 7 }), (snapshot, place, bit) => {
      const whole = encodeSnapshot(snapshot)
      const at = place % whole.length
      assert.equal(decodeSnapshot(whole.subarray(0, at)), undefined)
      assert.equal(decodeSnapshot(Buffer.concat([whole, Buffer.from([0])])), undefined)
      const flipped = Buffer.from(whole)
      flipped[at] ^= 1 << bit
      assert.equal(decodeSnapshot(flipped), undefined)
    }),
  )
})
