import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Calendar } from '../../schemas/generated/types.js'
import { isBusinessDay, offsetSecondsAt, windowAt } from './calendar.js'

const DAY = 86_400
const micros = (iso: string) => Date.parse(iso) * 1000
const days = (iso: string) => Math.floor(Date.parse(`${iso}T00:00:00Z`) / 86_400_000)

/** New York around the change to summer time on 2026-03-08 at 07:00 UTC. */
const newYork: Calendar = {
  groupId: '*',
  sourceId: 'reference',
  sourceSequence: 0,
  eventTime: 0,
  calendarId: 'US',
  timeZone: 'America/New_York',
  validFrom: days('2026-03-01'),
  validUntil: days('2026-03-31'),
  weekendDays: [6, 7],
  holidays: [days('2026-03-17')],
  offsets: [
    { fromTime: micros('2025-11-02T06:00:00Z'), offsetSeconds: -5 * 3600 },
    { fromTime: micros('2026-03-08T07:00:00Z'), offsetSeconds: -4 * 3600 },
  ],
}

/** Fedwire: opens 21:00 the evening before, ends 19:00. */
const FEDWIRE = [-3 * 3600, 19 * 3600] as const
const fedwireAt = (iso: string) => windowAt(newYork, ...FEDWIRE, micros(iso))

test('weekends, holidays and dates outside the calendar are no business days', () => {
  assert.equal(isBusinessDay(newYork, days('2026-03-18')), true)
  assert.equal(isBusinessDay(newYork, days('2026-03-14')), false)
  assert.equal(isBusinessDay(newYork, days('2026-03-17')), false)
  assert.equal(isBusinessDay(newYork, days('2026-04-01')), false)
  assert.equal(isBusinessDay(newYork, days('2026-02-27')), false)
})

test('the offset is the one in force, and there is none before the first', () => {
  assert.equal(offsetSecondsAt(newYork, micros('2026-03-08T06:59:59Z')), -5 * 3600)
  assert.equal(offsetSecondsAt(newYork, micros('2026-03-08T07:00:00Z')), -4 * 3600)
  assert.equal(offsetSecondsAt(newYork, micros('2025-01-01T00:00:00Z')), undefined)
})

test('a window that opens the evening before belongs to the next business day', () => {
  // Wednesday 18 March, 21:30 in New York is 01:30 UTC on the 19th: Thursday's business day.
  const evening = fedwireAt('2026-03-19T01:30:00Z')
  assert.equal(evening.open, true)
  assert.equal(evening.businessDate, days('2026-03-19'))
  assert.equal(evening.cutoffMicros, micros('2026-03-19T23:00:00Z'))
  assert.equal(fedwireAt('2026-03-18T22:59:59Z').businessDate, days('2026-03-18'))
})

test('between cut-off and opening, on holidays and on Saturday the window is closed', () => {
  assert.equal(fedwireAt('2026-03-18T23:00:00Z').open, false)
  assert.equal(fedwireAt('2026-03-17T16:00:00Z').open, false)
  assert.equal(fedwireAt('2026-03-14T16:00:00Z').open, false)
  // Sunday evening opens Monday's business day.
  assert.equal(fedwireAt('2026-03-16T01:30:00Z').businessDate, days('2026-03-16'))
})

test('the cut-off follows the local clock over the change to summer time', () => {
  assert.equal(fedwireAt('2026-03-06T16:00:00Z').cutoffMicros, micros('2026-03-07T00:00:00Z'))
  assert.equal(fedwireAt('2026-03-09T16:00:00Z').cutoffMicros, micros('2026-03-09T23:00:00Z'))
  assert.equal(micros('2026-03-09T23:00:00Z') % (DAY * 1e6), 23 * 3600 * 1e6)
})
