/** Sorting of nearly ordered rows: the same order as a plain sort, whatever the rows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sortNearlyOrdered } from './nearly-ordered.js'

test('gives the order of a plain sort, and leaves the rest alone', () => {
  const nearly = fc
    .array(fc.record({ step: fc.integer({ min: 0, max: 3 }), late: fc.integer({ min: -40, max: 40 }) }))
    .map((list) => {
      let clock = 0
      return list.map(({ step, late }) => {
        clock += step
        return late > 30 || late < -30 ? clock + late : clock
      })
    })
  fc.assert(
    fc.property(fc.oneof(nearly, fc.array(fc.integer({ min: 0, max: 20 }))), (keys) => {
      const compare = (a: number, b: number) => keys[a]! - keys[b]! || a - b
      const rows = Int32Array.from([7, ...keys.keys(), 9])
      sortNearlyOrdered(rows, 1, rows.length - 1, compare)
      assert.deepEqual([...rows], [7, ...[...keys.keys()].sort(compare), 9])
    }),
  )
})
