/**
 * Columns whose reduced cost has the same sign, or is zero, for every dual the rows allow: they rest on the bound that the sign
 * names. Andersen & Andersen (1995) section 3.2, dominated and weakly dominated columns. Empty columns are the simplest of them.
 * Depends on dual-interval.ts, loose-column.ts, working-model.ts, restoration.ts, postsolve-stack.ts, limits.ts.
 *
 * Weakly dominated columns may be fixed because an optimum of the rest stays one when they are added at that bound: its duals lie in the
 * intervals, so their reduced costs have the right sign. The same holds for a Farkas ray, whose multipliers lie in the
 * recession cone of the intervals.
 */
import type { DualIntervals } from './dual-interval.js'
import { CANCELLATION, DUAL_MARGIN } from './limits.js'
import { freeRowsOf } from './loose-column.js'
import type { RecordReader } from './postsolve-stack.js'
import { AT_LOWER, AT_UPPER, FREE_AT_ZERO, type Resting, type Restoration } from './restoration.js'
import type { WorkingModel } from './working-model.js'

interface ReducedCostInterval {
  readonly least: number
  readonly most: number
  /** Bound of the rounding in both. */
  readonly noise: number
}

function reducedCostInterval(work: WorkingModel, duals: DualIntervals, j: number): ReducedCostInterval {
  const { matrix } = work
  work.work += matrix.columnCount[j]
  let least = work.cost[j]
  let most = least
  let size = Math.abs(least)
  for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
    const i = matrix.row[e]
    const a = matrix.value[e]
    duals.update(i)
    const low = duals.lowWithout(i, j)
    const high = duals.highWithout(i, j)
    // An infinite dual times an entry is infinite, never NaN: entries are not 0.
    least -= a > 0 ? a * high : a * low
    most -= a > 0 ? a * low : a * high
    size += Math.max(finite(a * low), finite(a * high))
    if (least === -Infinity && most === Infinity) break
  }
  return { least, most, noise: CANCELLATION * size }
}

function finite(term: number): number {
  const size = Math.abs(term)
  return size < Infinity ? size : 0
}

/** False when column j is gone or decides that there is no optimum. */
export function judgeColumn(work: WorkingModel, duals: DualIntervals, j: number): boolean {
  const lower = work.columnLower[j]
  const upper = work.columnUpper[j]
  if (lower === upper) {
    work.beginRule('fixed-column')
    work.fixColumn(j, lower, AT_LOWER)
    return false
  }
  const { least, most, noise } = reducedCostInterval(work, duals, j)
  if (restDominated(work, j, least, most, noise)) return false
  const margin = DUAL_MARGIN * work.costUnit + noise
  const isDown = least >= -noise
  const isUp = most <= noise
  if ((isDown && least > margin) || (isUp && most < -margin)) {
    work.declareUnbounded(work.matrix.columnCount[j] === 0 ? 'empty-column' : 'dominated-column', j)
    return false
  }
  if (!isDown && !isUp) return true
  if (work.matrix.columnCount[j] === 0) {
    rest(work, j, 0, FREE_AT_ZERO, false)
    return false
  }
  return !freeRowsOf(work, j, isDown ? -1 : 1)
}

/** Fixes column j, whose reduced cost lies between `least` and `most` up to `noise`, at the bound that says; false when there is none. */
export function restDominated(
  work: WorkingModel,
  j: number,
  least: number,
  most: number,
  noise: number,
): boolean {
  const lower = work.columnLower[j]
  const upper = work.columnUpper[j]
  if (least >= -noise && lower > -Infinity) rest(work, j, lower, AT_LOWER, least > noise)
  else if (most <= noise && upper < Infinity) rest(work, j, upper, AT_UPPER, most < -noise)
  else return false
  return true
}

function rest(work: WorkingModel, j: number, value: number, resting: Resting, isStrict: boolean): void {
  const isEmpty = work.matrix.columnCount[j] === 0
  work.beginRule(isEmpty ? 'empty-column' : isStrict ? 'dominated-column' : 'weakly-dominated-column')
  work.fixColumn(j, value, resting)
}

/** Record: column, value, status, cost, the column's entries. */
export function undoFixedColumn(record: RecordReader, point: Restoration): void {
  const j = record.next()
  point.primal[j] = record.next()
  point.columnStatus[j] = record.next()
  const cost = record.next()
  point.reducedCost[j] = cost * point.costWeight - record.product(point.dual)
}
