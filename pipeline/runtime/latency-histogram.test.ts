/** Percentiles against sorted values: never too low, at most one bucket too high. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LatencyHistogram } from './latency-histogram.js'

test('a percentile is that of the sorted values, at most 1.6 % higher', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.1, max: 1e8, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.constantFrom(0.5, 0.9, 0.99, 0.999),
      (values, share) => {
        const histogram = new LatencyHistogram()
        for (const value of values) histogram.record(value)
        const exact = [...values].sort((a, b) => a - b)[Math.ceil(share * values.length) - 1]
        const told = histogram.percentile(share)
        assert.ok(told >= exact && told <= exact * (1 + 1 / 64) + 1e-9, `${told} for ${exact}`)
      },
    ),
    { seed: 31, numRuns: 2000 },
  )
})

test('values outside the range count at its edges; no values give 0', () => {
  const histogram = new LatencyHistogram()
  assert.deepEqual(histogram.percentiles(), { count: 0, p50: 0, p99: 0, p999: 0 })
  histogram.record(0)
  histogram.record(1e30)
  assert.equal(histogram.percentiles().count, 2)
  assert.ok(histogram.percentile(0.5) < 0.1 && histogram.percentile(1) >= 2 ** 27)
})
