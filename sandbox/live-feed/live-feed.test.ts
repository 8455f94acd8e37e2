/** The live feed says what every account must hold, spreads its groups, and repeats itself by its seed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../pipeline/identity.js'
import { partitionOf } from '../../pipeline/runtime/distributed/topics.js'
import { decodeRecord } from '../../schemas/avro/registry.js'
import { type FeedRecord, LiveFeed, type LiveFeedOptions } from './live-feed.js'

/** A Saturday, a minute before midnight UTC: no window may be closed. */
const START_MICROS = Date.UTC(2026, 10, 28, 23, 59) * 1_000
const OPTIONS: LiveFeedOptions = {
  seed: '7',
  groups: 9,
  groupPrefix: 'live',
  partitions: 4,
  venueId: 'simulated-bank',
  answerWithinSeconds: 5,
  supervised: 0,
  faulty: false,
}

function live(options: LiveFeedOptions, movements: number) {
  const feed = new LiveFeed(options)
  const records: FeedRecord[] = [...feed.reference(START_MICROS), ...feed.openings(START_MICROS)]
  for (let made = 0; made < movements; made++) records.push(...feed.movement(START_MICROS + made * 10_000))
  return { feed, records }
}

test('openings and movements, each movement once, are the balances that the feed tells', () => {
  const { feed, records } = live(OPTIONS, 5_000)
  const balances = new Map<string, number>()
  const seen = new Set<string>()
  const add = (key: string, minor: number) => balances.set(key, (balances.get(key) ?? 0) + minor)
  for (const { stream, bytes } of records) {
    if (stream === 'balance-report') {
      const { groupId, accountId, bookedMinor } = decodeRecord('balance-report', bytes)
      add(`${groupId}/${accountId}`, bookedMinor)
    } else if (stream === 'cash-movement') {
      const { groupId, accountId, amountMinor, movementId } = decodeRecord('cash-movement', bytes)
      if (seen.has(toHex(movementId))) continue
      seen.add(toHex(movementId))
      add(`${groupId}/${accountId}`, amountMinor)
    }
  }
  assert.deepEqual(new Map([...balances].sort()), new Map([...feed.balances].sort()))
  assert.equal(seen.size, 5_000)
  assert.ok(feed.repeated > 100 && feed.repeated < 500, `${feed.repeated} of 5,000 came twice`)
})

test('numbers of a feed have no gap, and every partition has its share of the groups', () => {
  const { feed, records } = live(OPTIONS, 2_000)
  const numbers = new Map<string, Set<number>>()
  for (const { stream, bytes } of records) {
    const { groupId, sourceId, sourceSequence } = decodeRecord(stream, bytes)
    const key = `${groupId}/${sourceId}`
    numbers.set(key, (numbers.get(key) ?? new Set()).add(sourceSequence))
  }
  for (const [key, of] of numbers) assert.equal(Math.max(...of) + 1, of.size, key)
  const shares = [0, 0, 0, 0]
  for (const group of feed.groups) shares[partitionOf(group, 4)]++
  assert.deepEqual(shares.sort(), [2, 2, 2, 3])
})

test('rails and facilities are open around the clock, on a weekend too', () => {
  const { records } = live(OPTIONS, 0)
  const calendars = records.filter(({ stream }) => stream === 'calendar')
  assert.deepEqual(
    calendars.map(({ bytes }) => decodeRecord('calendar', bytes).weekendDays),
    [[]],
  )
  for (const { bytes, stream } of records) {
    if (stream !== 'rail' && stream !== 'facility') continue
    const { openSeconds, cutoffSeconds, venueId } = decodeRecord(stream, bytes)
    assert.deepEqual(
      { openSeconds, cutoffSeconds, venueId },
      { openSeconds: 0, cutoffSeconds: 172_800, venueId: 'simulated-bank' },
    )
  }
})

test('the same seed gives the same records, another one others; faulty ones come when wished', () => {
  const digest = (options: LiveFeedOptions) =>
    live(options, 300)
      .records.map(({ bytes }) => toHex(bytes))
      .join()
  assert.equal(digest(OPTIONS), digest(OPTIONS))
  assert.notEqual(digest(OPTIONS), digest({ ...OPTIONS, seed: '8' }))
  assert.equal(live(OPTIONS, 5_000).feed.faulty, 0)
  assert.ok(live({ ...OPTIONS, faulty: true }, 5_000).feed.faulty > 0)
})

test('so many groups as wished ask people before anything is sent', () => {
  const { feed, records } = live({ ...OPTIONS, supervised: 2 }, 0)
  const asking = records
    .filter(({ stream }) => stream === 'policy')
    .filter(({ bytes }) => /^mode: supervised$/m.test(decodeRecord('policy', bytes).document))
  assert.deepEqual(
    asking.map(({ groupId }) => groupId),
    feed.supervised,
  )
  assert.equal(asking.length, 2)
})
