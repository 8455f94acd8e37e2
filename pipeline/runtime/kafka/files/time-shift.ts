/**
 * Moves recorded records in time, so that a recorded day can be played as if it were today. Pure.
 *
 * Every point in time moves by the same amount, and dates by whole days. What is left over below a day goes into the UTC offsets of
 * the calendars: local time, which windows and cutoffs are given in, is that of the recorded day, only days later. The days of the week
 * turn with the dates. So a run on the moved day decides what it decided on the recorded one. Depends on the record types.
 */
import type { InputStream } from '../../../../schemas/generated/schemas.js'
import type { Calendar, CashMovement, ExpectedFlow, RecordOf } from '../../../../schemas/generated/types.js'

const DAY_SECONDS = 86_400
const MICROS = 1_000_000
const DAY_MICROS = DAY_SECONDS * MICROS

export interface TimeShift {
  readonly micros: number
  readonly days: number
  /** What the points in time move beyond whole days, seconds; from -12 h to below 12 h. */
  readonly restSeconds: number
}

/** The move that brings `fromMicros` to `toMicros`, to the second. */
export function shiftBetween(fromMicros: number, toMicros: number): TimeShift {
  const seconds = Math.round((toMicros - fromMicros) / MICROS)
  const days = Math.floor((seconds + DAY_SECONDS / 2) / DAY_SECONDS)
  return { micros: seconds * MICROS, days, restSeconds: seconds - days * DAY_SECONDS }
}

/** The record moved in time; the given one is left as it is. */
export function shiftRecord<S extends InputStream>(
  stream: S,
  record: RecordOf[S],
  shift: TimeShift,
): RecordOf[S] {
  const moved = { ...record, eventTime: record.eventTime + shift.micros }
  return { ...moved, ...furtherTimes(stream, record, shift) }
}

function furtherTimes(stream: InputStream, record: unknown, shift: TimeShift): object {
  switch (stream) {
    case 'cash-movement':
      return { valueDate: (record as CashMovement).valueDate + shift.days }
    case 'expected-flow':
      return { expectedAt: (record as ExpectedFlow).expectedAt + shift.micros }
    case 'calendar':
      return shiftCalendar(record as Calendar, shift)
    default:
      return {}
  }
}

function shiftCalendar(calendar: Calendar, { micros, days, restSeconds }: TimeShift): Partial<Calendar> {
  const validFrom = calendar.validFrom + days
  return {
    validFrom,
    validUntil: calendar.validUntil + days,
    weekendDays: calendar.weekendDays.map((day) => ((((day - 1 + days) % 7) + 7) % 7) + 1),
    holidays: calendar.holidays.map((date) => date + days),
    offsets: calendar.offsets.map(({ fromTime, offsetSeconds }, index) => ({
      // The first one has to hold from the first date on.
      fromTime: index === 0 ? Math.min(fromTime + micros, validFrom * DAY_MICROS) : fromTime + micros,
      offsetSeconds: offsetSeconds - restSeconds,
    })),
  }
}
