/**
 * Business days and UTC offsets of the payment systems in 2026, as `calendar` records.
 *
 * Holidays are data below. Offsets come from the time zone database of the machine that generates the day and
 * are written into the records, so that whoever reads the day needs no such database. Depends on `Intl`.
 */
import type { Calendar } from '../../schemas/generated/types.js'

/** The year that the holiday lists cover. */
export const CALENDAR_YEAR = 2026

const DAY_MS = 86_400_000

interface CalendarPlan {
  readonly calendarId: string
  readonly timeZone: string
  /** `MM-DD` of weekdays without settlement. */
  readonly holidays: string
}

const PLANS: readonly CalendarPlan[] = [
  { calendarId: 'T2', timeZone: 'Europe/Berlin', holidays: '01-01 04-03 04-06 05-01 12-25' },
  {
    calendarId: 'CHAPS',
    timeZone: 'Europe/London',
    holidays: '01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28',
  },
  {
    calendarId: 'SIC',
    timeZone: 'Europe/Zurich',
    holidays: '01-01 01-02 04-03 04-06 05-01 05-14 05-25 12-25',
  },
  {
    calendarId: 'FEDWIRE',
    timeZone: 'America/New_York',
    holidays: '01-01 01-19 02-16 05-25 06-19 09-07 10-12 11-11 11-26 12-25',
  },
  {
    calendarId: 'LYNX',
    timeZone: 'America/Toronto',
    holidays: '01-01 04-03 05-18 07-01 09-07 09-30 10-12 11-11 12-25 12-28',
  },
  {
    calendarId: 'BOJ-NET',
    timeZone: 'Asia/Tokyo',
    holidays:
      '01-01 01-02 01-12 02-11 02-23 03-20 04-29 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23 12-31',
  },
  {
    calendarId: 'MEPS+',
    timeZone: 'Asia/Singapore',
    holidays: '01-01 02-17 02-18 04-03 05-01 05-27 06-01 08-10 11-09 12-25',
  },
  { calendarId: 'RITS', timeZone: 'Australia/Sydney', holidays: '01-01 01-26 04-03 04-06 06-08 12-25 12-28' },
]

/** Calendar records of all systems, for every group. `eventTime` is in microseconds. */
export function calendarRecords(eventTime: number): Calendar[] {
  return PLANS.map(({ calendarId, timeZone, holidays }) => ({
    groupId: '*',
    sourceId: 'reference-data',
    sourceSequence: -1,
    eventTime,
    calendarId,
    timeZone,
    validFrom: daysOf(`${CALENDAR_YEAR}-01-01`),
    validUntil: daysOf(`${CALENDAR_YEAR}-12-31`),
    weekendDays: [6, 7],
    holidays: holidays.split(' ').map((date) => daysOf(`${CALENDAR_YEAR}-${date}`)),
    offsets: offsetsOfYear(timeZone),
  }))
}

/** Days since 1970-01-01 of an ISO date. */
export function daysOf(isoDate: string): number {
  return Date.parse(`${isoDate}T00:00:00Z`) / DAY_MS
}

/** Whether the calendar settles on a day since 1970-01-01. */
export function isBusinessDay(calendar: Calendar, day: number): boolean {
  // 1970-01-01 was a Thursday: ISO day 4.
  const weekday = ((((day + 3) % 7) + 7) % 7) + 1
  return !calendar.weekendDays.includes(weekday) && !calendar.holidays.includes(day)
}

/** The first business day of the calendar at or after the local date at `timeMicros`. */
export function valueDateAt(calendar: Calendar, timeMicros: number): number {
  let day = Math.floor((timeMicros / 1e6 + offsetAt(calendar, timeMicros)) / 86_400)
  // No holiday run is longer than ten days.
  for (let tries = 0; tries < 10 && !isBusinessDay(calendar, day); tries++) day++
  return day
}

/** Local time minus UTC at a point in time, seconds. */
export function offsetAt(calendar: Calendar, timeMicros: number): number {
  let offsetSeconds = calendar.offsets[0].offsetSeconds
  for (const offset of calendar.offsets)
    if (offset.fromTime <= timeMicros) offsetSeconds = offset.offsetSeconds
  return offsetSeconds
}

/** Microseconds UTC of a local time of day, seconds after local midnight of `day`. */
export function utcOfLocal(calendar: Calendar, day: number, seconds: number): number {
  const local = (day * 86_400 + seconds) * 1e6
  const guess = local - offsetAt(calendar, local) * 1e6
  return local - offsetAt(calendar, guess) * 1e6
}

function offsetsOfYear(timeZone: string): Calendar['offsets'] {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  const offsetSecondsAt = (timeMs: number): number => {
    const name = format.formatToParts(timeMs).find((part) => part.type === 'timeZoneName')?.value ?? ''
    const match = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name)
    if (match === null) throw new RangeError(`cannot read the offset '${name}' of ${timeZone}`)
    const magnitude = Number(match[2] ?? 0) * 3600 + Number(match[3] ?? 0) * 60
    return match[1] === '-' ? -magnitude : magnitude
  }
  // From a day before to a day after the year, since local dates reach over its ends in UTC.
  const start = daysOf(`${CALENDAR_YEAR}-01-01`) * DAY_MS - DAY_MS
  const end = daysOf(`${CALENDAR_YEAR}-12-31`) * DAY_MS + 2 * DAY_MS
  const offsets = [{ fromTime: start * 1000, offsetSeconds: offsetSecondsAt(start) }]
  for (let day = start; day < end; day += DAY_MS) {
    const next = offsetSecondsAt(day + DAY_MS)
    if (next === offsetSecondsAt(day)) continue
    offsets.push({
      fromTime: transitionBetween(day, day + DAY_MS, next, offsetSecondsAt) * 1000,
      offsetSeconds: next,
    })
  }
  return offsets
}

/** First millisecond in (low, high] at which the offset is `next`, by bisection. */
function transitionBetween(
  low: number,
  high: number,
  next: number,
  offsetAtMs: (timeMs: number) => number,
): number {
  let before = low
  let after = high
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (offsetAtMs(middle) === next) after = middle
    else before = middle
  }
  return after
}
