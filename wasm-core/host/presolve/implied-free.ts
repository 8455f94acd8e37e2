/**
 * Whether the rows of a column keep it within its bounds by themselves, so that the bounds may be dropped.
 * Andersen & Andersen (1995) section 3.2, implied free columns. Depends on activity.ts, working-model.ts, limits.ts.
 *
 * A row implies a bound in one step, from the columns' own bounds. So when the column is substituted by an equation, what it implied
 * is still implied by rows and bounds that stay.
 */
import type { Activities } from './activity.js'
import { FEASIBILITY, SMALLEST_PIVOT } from './limits.js'
import type { WorkingModel } from './working-model.js'

export function isImpliedFree(work: WorkingModel, activities: Activities, j: number): boolean {
  const { matrix, columnLower, columnUpper } = work
  let needsLower = columnLower[j] > -Infinity
  let needsUpper = columnUpper[j] < Infinity
  for (let e = matrix.columnHead[j]; e >= 0 && (needsLower || needsUpper); e = matrix.nextInColumn[e]) {
    if (needsLower && impliesBound(work, activities, e, false)) needsLower = false
    if (needsUpper && impliesBound(work, activities, e, true)) needsUpper = false
  }
  return !needsLower && !needsUpper
}

/** Whether the row of entry e keeps its column at or below its upper bound (at or above its lower one). */
export function impliesBound(
  work: WorkingModel,
  activities: Activities,
  e: number,
  isUpper: boolean,
): boolean {
  const { matrix, columnLower, columnUpper, rowLower, rowUpper } = work
  const i = matrix.row[e]
  const a = matrix.value[e]
  const bound = isUpper ? columnUpper[matrix.column[e]] : columnLower[matrix.column[e]]
  const allowed = FEASIBILITY * (1 + Math.abs(bound))
  const isFromHigh = isUpper === a > 0
  const side = isFromHigh ? rowUpper[i] : rowLower[i]
  if (Math.abs(side) === Infinity || Math.abs(a) < SMALLEST_PIVOT) return false
  activities.update(i)
  if (activities.rounding[i] > allowed * Math.abs(a)) return false
  const rest = isFromHigh ? activities.leastWithout(i, e) : activities.mostWithout(i, e)
  const implied = (side - rest) / a
  return isUpper ? implied <= bound + allowed : implied >= bound - allowed
}
