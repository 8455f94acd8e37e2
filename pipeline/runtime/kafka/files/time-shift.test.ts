/** A day moved in time is the same day: same local times, same business days, same windows. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Calendar, CashMovement } from '../../../../schemas/generated/types.js'
import { isBusinessDay, windowAt } from '../../../perception/calendar.js'
import { shiftBetween, shiftRecord } from './time-shift.js'

const DAY_MICROS = 86_400_000_000
const DAY = Date.UTC(2026, 2, 3) / 86_400_000

const calendar: Calendar = {
  groupId: '*',
  sourceId: 'reference',
  sourceSequence: -1,
  eventTime: DAY * DAY_MICROS,
  calendarId: 'T2',
  timeZone: 'Europe/Berlin',
  validFrom: DAY - 30,
  validUntil: DAY + 60,
  weekendDays: [6, 7],
  holidays: [DAY + 2],
  offsets: [
    { fromTime: (DAY - 30) * DAY_MICROS, offsetSeconds: 3_600 },
    { fromTime: (DAY + 26) * DAY_MICROS + 3_600_000_000, offsetSeconds: 7_200 },
  ],
}

const anyShift = fc
  .integer({ min: -5 * 365 * 86_400, max: 20 * 365 * 86_400 })
  .map((seconds) => shiftBetween(0, seconds * 1_000_000))

describe('a moved day', () => {
  it('moves by what lies between, in whole days and a rest below half a day', () => {
    fc.assert(
      fc.property(anyShift, (shift) => {
        assert.equal(shift.micros, (shift.days * 86_400 + shift.restSeconds) * 1_000_000)
        assert.ok(shift.restSeconds >= -43_200 && shift.restSeconds < 43_200)
      }),
    )
  })

  it('has the same business days, and windows that open and close at the moved times', () => {
    fc.assert(
      fc.property(anyShift, fc.integer({ min: -20 * 1_440, max: 50 * 1_440 }), (shift, minute) => {
        const moved = shiftRecord('calendar', calendar, shift)
        const at = DAY * DAY_MICROS + minute * 60_000_000
        const before = windowAt(calendar, -3 * 3_600, 18 * 3_600, at)
        const after = windowAt(moved, -3 * 3_600, 18 * 3_600, at + shift.micros)
        assert.equal(after.open, before.open)
        if (before.open) {
          assert.equal(after.businessDate, before.businessDate + shift.days)
          assert.equal(after.cutoffMicros, before.cutoffMicros + shift.micros)
        }
        const date = DAY + Math.floor(minute / 1_440)
        assert.equal(isBusinessDay(moved, date + shift.days), isBusinessDay(calendar, date))
        // The rule that the agent holds calendars to.
        assert.ok((moved.offsets[0]?.fromTime ?? Number.NaN) <= moved.validFrom * DAY_MICROS)
      }),
    )
  })

  it('leaves the given record as it was, and ids and amounts as they are', () => {
    const movement = { eventTime: 5, valueDate: DAY, amountMinor: -7, accountId: 'A' } as CashMovement
    const moved = shiftRecord('cash-movement', movement, shiftBetween(0, 2 * DAY_MICROS + 3_000_000))
    assert.deepEqual(moved, {
      eventTime: 5 + 2 * DAY_MICROS + 3_000_000,
      valueDate: DAY + 2,
      amountMinor: -7,
      accountId: 'A',
    })
    assert.equal(movement.valueDate, DAY)
  })
})
