/**
 * Two intervals of the same variable met, and which of them each end came from. Singleton rows, doubleton equations and parallel rows
 * all bring a second interval. Depends on limits.ts.
 */
import { CANCELLATION, INFEASIBILITY, LARGEST_QUOTIENT } from './limits.js'

/** Bits that a record keeps of a meeting. */
export const LOWER_IS_NEW = 1
export const UPPER_IS_NEW = 2
/** Both ends are equal now, so that a status does not tell which of them binds. */
export const IS_FIXED = 4

export interface Meeting {
  readonly lower: number
  readonly upper: number
  readonly flags: number
}

/**
 * Undefined when the intervals have no point in common. Ends that cross, or differ, by rounding become equal; new ones that were divided by an
 * entry below 1 carry the row's tolerance divided by it. Only the absolute part of the tolerance grows so: the relative one is
 * the same in units of the row and of the column.
 */
export function meet(
  lower: number,
  upper: number,
  newLower: number,
  newUpper: number,
  divisor: number,
): Meeting | undefined {
  let flags = 0
  let low = lower
  let high = upper
  if (newLower > lower) {
    low = newLower
    flags |= LOWER_IS_NEW
  }
  if (newUpper < upper) {
    high = newUpper
    flags |= UPPER_IS_NEW
  }
  const allowed = INFEASIBILITY * (1 / Math.min(1, Math.abs(divisor)) + Math.abs(low))
  if (low > high + allowed) return undefined
  const width = high - low
  if (width <= 0 || (width < Infinity && width <= CANCELLATION * (Math.abs(low) + Math.abs(high)))) {
    // The end that was there stays exactly as it was.
    if ((flags & LOWER_IS_NEW) !== 0) low = high
    else high = low
    flags |= IS_FIXED
  }
  return { lower: low, upper: high, flags }
}

/** Whether a finite end is so large that it would hide the digits of others in later sums. */
export function isTooLarge(end: number): boolean {
  const size = Math.abs(end)
  return size > LARGEST_QUOTIENT && size < Infinity
}
