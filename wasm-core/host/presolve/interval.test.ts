/** Where two intervals meet: which end is whose, and what counts as rounding. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { IS_FIXED, isTooLarge, LOWER_IS_NEW, meet, UPPER_IS_NEW } from './interval.js'

const INF = Infinity

test('the narrower end of each side counts, and is remembered as new where it is', () => {
  assert.deepEqual(meet(0, 5, -1, 4, 1), { lower: 0, upper: 4, flags: UPPER_IS_NEW })
  assert.deepEqual(meet(0, 5, 2, INF, 1), { lower: 2, upper: 5, flags: LOWER_IS_NEW })
  assert.deepEqual(meet(-INF, INF, 3, 3, 1), {
    lower: 3,
    upper: 3,
    flags: LOWER_IS_NEW | UPPER_IS_NEW | IS_FIXED,
  })
  assert.deepEqual(meet(0, 5, 0, 5, 1), { lower: 0, upper: 5, flags: 0 })
})

test('ends that cross or differ by rounding meet at the one that was there', () => {
  assert.deepEqual(meet(0, 1, 1 + 1e-12, 9, 1), { lower: 1, upper: 1, flags: LOWER_IS_NEW | IS_FIXED })
  assert.deepEqual(meet(1, 9, 0, 1 - 1e-12, 1), { lower: 1, upper: 1, flags: UPPER_IS_NEW | IS_FIXED })
  assert.deepEqual(meet(1.5, 9, 0, 1.5000000000000004, 1), {
    lower: 1.5,
    upper: 1.5,
    flags: UPPER_IS_NEW | IS_FIXED,
  })
})

test('a contradiction is one in units of the row that was divided', () => {
  // The row 1e-7 x >= 1 with x <= 9e6 reaches 0.9: a plain contradiction, however small the entry.
  assert.equal(meet(0, 9e6, 1e7, INF, 1e-7), undefined)
  // The row 1e-7 x >= 1e-7 with x <= 1 - 1e-3 misses its side by 1e-10 only.
  assert.notEqual(meet(0, 1 - 1e-3, 1, INF, 1e-7), undefined)
})

test('the meeting lies in both intervals, up to rounding', () => {
  const end = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  const interval = fc.tuple(end, end).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
  fc.assert(
    fc.property(interval, interval, ([low, high], [newLow, newHigh]) => {
      const met = meet(low, high, newLow, newHigh, 1)
      const gap = Math.max(low, newLow) - Math.min(high, newHigh)
      if (met === undefined) return assert.ok(gap > 1e-8)
      const slack = 1e-8 * (1 + Math.abs(low) + Math.abs(newLow)) + 1e-8
      assert.ok(met.lower <= met.upper)
      assert.ok(met.lower >= Math.max(low, newLow) - slack && met.upper <= Math.min(high, newHigh) + slack)
    }),
  )
})

test('an end that would hide the digits of others is too large; none at all is not', () => {
  assert.equal(isTooLarge(2e9), true)
  assert.equal(isTooLarge(-1e8), false)
  assert.equal(isTooLarge(INF), false)
})
