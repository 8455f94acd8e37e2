/**
 * Business days and settlement windows from `calendar` records: no time zone database, no locale, no clock.
 *
 * A window opens `openSeconds` and ends `cutoffSeconds` after local midnight of a business day; a negative
 * opening is the evening before (Fedwire's business day opens at 21:00 the day before). Depends on nothing.
 */
import type { Calendar } from '../../schemas/generated/types.js'

const SECONDS_PER_DAY = 86_400
const MICROS = 1_000_000

export interface SettlementWindow {
  readonly open: boolean
  /** Business day of the window, days since 1970-01-01; -1 when it is not open. */
  readonly businessDate: number
  /** End of the window, microseconds since epoch; -1 when it is not open. */
  readonly cutoffMicros: number
}

const CLOSED: SettlementWindow = { open: false, businessDate: -1, cutoffMicros: -1 }

/** Local time minus UTC at `atMicros`, seconds; undefined before the first offset. */
export function offsetSecondsAt(calendar: Calendar, atMicros: number): number | undefined {
  let found: number | undefined
  for (const offset of calendar.offsets) {
    if (offset.fromTime > atMicros) break
    found = offset.offsetSeconds
  }
  return found
}

/** True for a date that the calendar covers and on which payments settle. */
export function isBusinessDay(calendar: Calendar, date: number): boolean {
  if (date < calendar.validFrom || date > calendar.validUntil) return false
  // 1970-01-01 was a Thursday, ISO day 4.
  const isoDay = ((((date + 3) % 7) + 7) % 7) + 1
  return !calendar.weekendDays.includes(isoDay) && !calendar.holidays.includes(date)
}

/** The window that contains `atMicros`, if any: today's, or tomorrow's that opened this evening. */
export function windowAt(
  calendar: Calendar,
  openSeconds: number,
  cutoffSeconds: number,
  atMicros: number,
): SettlementWindow {
  const offsetSeconds = offsetSecondsAt(calendar, atMicros)
  if (offsetSeconds === undefined) return CLOSED
  const localSeconds = Math.floor(atMicros / MICROS) + offsetSeconds
  const today = Math.floor(localSeconds / SECONDS_PER_DAY)
  for (const date of [today, today + 1]) {
    const midnight = date * SECONDS_PER_DAY
    const inside = localSeconds >= midnight + openSeconds && localSeconds < midnight + cutoffSeconds
    if (inside && isBusinessDay(calendar, date)) {
      const cutoffMicros = (midnight + cutoffSeconds - offsetSeconds) * MICROS
      return { open: true, businessDate: date, cutoffMicros }
    }
  }
  return CLOSED
}
