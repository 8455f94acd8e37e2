import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IdSet } from './id-set.js'

const words = fc.tuple(fc.nat(3), fc.nat(3), fc.nat(1), fc.integer({ min: 0, max: 0xffffffff }))

test('agrees with a plain set while nothing is forgotten', () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 3_000 }), (ids) => {
      const set = new IdSet(1 << 13)
      const plain = new Set<string>()
      for (const id of ids) {
        const key = id.join()
        assert.equal(set.has(...id), plain.has(key))
        if (!plain.has(key)) set.add(...id)
        plain.add(key)
      }
      assert.equal(set.size, plain.size)
    }),
    { seed: 7, numRuns: 30 },
  )
})

test('at least the last `capacity` ids are known, and never more than twice as many', () => {
  const set = new IdSet(100)
  for (let i = 0; i < 1_000; i++) {
    set.add(i, 0, 0, 0)
    for (let back = 0; back < Math.min(i, 100); back++) assert.equal(set.has(i - back, 0, 0, 0), true)
    assert.ok(set.size <= 200)
  }
  assert.equal(set.has(0, 0, 0, 0), false)
})

test('a restored set serializes to the same text and goes on alike', () => {
  fc.assert(
    fc.property(fc.array(words, { maxLength: 400 }), fc.array(words, { maxLength: 400 }), (before, after) => {
      const original = new IdSet(128)
      for (const id of before) if (!original.has(...id)) original.add(...id)
      const restored = IdSet.restore(original.serialize(), 128)
      assert.deepEqual(restored.serialize(), original.serialize())
      for (const id of after) {
        assert.equal(restored.has(...id), original.has(...id))
        if (original.has(...id)) continue
        original.add(...id)
        restored.add(...id)
      }
      assert.deepEqual(restored.serialize(), original.serialize())
    }),
    { seed: 11, numRuns: 50 },
  )
})
