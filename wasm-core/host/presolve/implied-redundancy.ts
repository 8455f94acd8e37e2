/**
 * Rows that cannot bind because of what other rows allow. One pass over all entries finds the bounds that each row implies for its
 * columns, a second one judges every row by the bounds that the others imply. Andersen & Andersen (1995) section 3.3; that implied
 * bounds come from explicit ones in one step, with the row that implies them, is Galabova's (2023) section 3.2.
 * Depends on activity.ts, implied-bounds.ts, working-model.ts, limits.ts.
 *
 * Invariant: a row is judged by bounds that rows still in the model imply from the columns' own bounds. So no chain of
 * removals can be circular: each of them leaves an equivalent model by itself.
 */
import type { Activities } from './activity.js'
import { ImpliedBounds } from './implied-bounds.js'
import { FEASIBILITY, HUGE_BOUND, LARGEST_QUOTIENT, SMALLEST_PIVOT, SUM_ROUNDING } from './limits.js'
import type { WorkingModel } from './working-model.js'

/** Takes out the rows, and the sides of rows, that the other rows make idle. */
export function dropImpliedRows(work: WorkingModel, activities: Activities): void {
  const { hasRow, columnLower, columnUpper } = work
  const isVoid = new Uint8Array(hasRow.length)
  const lower = new ImpliedBounds(columnLower.slice(), 1, isVoid)
  const upper = new ImpliedBounds(columnUpper.slice(), -1, isVoid)
  for (let i = 0; i < hasRow.length; i++) {
    if (hasRow[i] !== 0) offerBounds(work, activities, i, lower, upper)
  }
  for (let i = 0; i < hasRow.length; i++) {
    // An equation binds on both sides; only a contradiction could make one of them idle.
    if (hasRow[i] !== 0 && !work.isEquation(i)) judge(work, i, lower, upper, isVoid)
  }
}

function offerBounds(
  work: WorkingModel,
  activities: Activities,
  i: number,
  lower: ImpliedBounds,
  upper: ImpliedBounds,
): void {
  const { matrix } = work
  activities.update(i)
  work.work += matrix.rowCount[i]
  const low = activities.mostOpen[i] <= 1 ? work.rowLower[i] : -Infinity
  const high = activities.leastOpen[i] <= 1 ? work.rowUpper[i] : Infinity
  if (low === -Infinity && high === Infinity) return
  for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) {
    const a = matrix.value[e]
    const j = matrix.column[e]
    if (Math.abs(a) < SMALLEST_PIVOT || activities.rounding[i] > FEASIBILITY * Math.abs(a)) continue
    const fromLow = (low - activities.mostWithout(i, e)) / a
    const fromHigh = (high - activities.leastWithout(i, e)) / a
    const newLower = a > 0 ? fromLow : fromHigh
    const newUpper = a > 0 ? fromHigh : fromLow
    if (Math.abs(newLower) <= LARGEST_QUOTIENT) lower.offer(j, newLower, i)
    if (Math.abs(newUpper) <= LARGEST_QUOTIENT) upper.offer(j, newUpper, i)
  }
}

function judge(
  work: WorkingModel,
  i: number,
  lower: ImpliedBounds,
  upper: ImpliedBounds,
  isVoid: Uint8Array,
): void {
  const { matrix, columnLower, columnUpper } = work
  work.work += matrix.rowCount[i]
  let least = 0
  let most = 0
  let size = 0
  for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) {
    const a = matrix.value[e]
    const j = matrix.column[e]
    const low = a * lower.without(i, j, columnLower[j])
    const high = a * upper.without(i, j, columnUpper[j])
    least += a > 0 ? low : high
    most += a > 0 ? high : low
    size += Math.min(Math.abs(low), HUGE_BOUND) + Math.min(Math.abs(high), HUGE_BOUND)
  }
  const low = work.rowLower[i]
  const high = work.rowUpper[i]
  const isLowIdle = low === -Infinity || isIdle(least - low, low, size)
  const isHighIdle = high === Infinity || isIdle(high - most, high, size)
  if (isLowIdle && isHighIdle) {
    isVoid[i] = 1
    work.beginRule('redundant-row')
    work.dropLooseRow(i)
  } else if (isLowIdle && low > -Infinity) {
    isVoid[i] = 1
    work.setSides(i, -Infinity, high)
  } else if (isHighIdle && high < Infinity) {
    isVoid[i] = 1
    work.setSides(i, low, Infinity)
  }
}

/** `gap` is how far the activity stays from the side. */
function isIdle(gap: number, side: number, size: number): boolean {
  const allowed = FEASIBILITY * (1 + Math.abs(side))
  return gap >= -allowed && SUM_ROUNDING * size <= allowed
}
