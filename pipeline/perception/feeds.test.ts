import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MISSING_RANGES_LIMIT, missingCount, newFeed, observeFeed, stalenessAt } from './feeds.js'

test('the missing numbers are those between that have not come, in any order of arrival', () => {
  fc.assert(
    fc.property(
      fc.shuffledSubarray(
        Array.from({ length: 60 }, (_, i) => i + 2),
        { minLength: 1 },
      ),
      (arrivals) => {
        const feed = newFeed()
        observeFeed(feed, 1, 0)
        const seen = new Set([1])
        for (const number of arrivals) {
          observeFeed(feed, number, number)
          seen.add(number)
          const expected: number[] = []
          for (let n = 2; n < feed.lastSequence; n++) if (!seen.has(n)) expected.push(n)
          const listed = feed.missing.flatMap(([from, to]) =>
            Array.from({ length: to - from + 1 }, (_, i) => from + i),
          )
          assert.deepEqual(listed, expected)
          assert.equal(missingCount(feed), expected.length)
          assert.equal(feed.lastSequence, Math.max(...seen))
        }
      },
    ),
    { seed: 3, numRuns: 200 },
  )
})

test('findings name what happened', () => {
  const feed = newFeed()
  assert.equal(observeFeed(feed, 5, 10), 'in-order')
  assert.equal(observeFeed(feed, 6, 11), 'in-order')
  assert.equal(observeFeed(feed, 9, 12), 'gap')
  assert.equal(observeFeed(feed, 8, 9), 'filled')
  assert.equal(observeFeed(feed, 8, 9), 'repeated')
  assert.equal(observeFeed(feed, -1, 9), 'unnumbered')
  assert.equal(observeFeed(feed, 0, 13), 'restarted')
  assert.equal(missingCount(feed), 0)
  assert.equal(feed.clockMicros, 13)
})

test('a feed that skips for ever keeps a bounded list and says what it gave up', () => {
  const feed = newFeed()
  for (let i = 0; i < 2_000; i++) observeFeed(feed, i * 2, i)
  assert.equal(feed.missing.length, MISSING_RANGES_LIMIT)
  assert.equal(feed.givenUp + missingCount(feed), 1_999)
})

test('silence first widens, then freezes; a feed never heard is frozen', () => {
  const thresholds = { widenAfterSeconds: 10, freezeAfterSeconds: 60 }
  assert.equal(stalenessAt(0, 9_999_999, thresholds), 'fresh')
  assert.equal(stalenessAt(0, 10_000_000, thresholds), 'stale')
  assert.equal(stalenessAt(0, 60_000_000, thresholds), 'frozen')
  assert.equal(stalenessAt(-1, 0, thresholds), 'frozen')
})
