/**
 * Columns whose reduced cost has the same sign, or is zero, for every dual the rows allow: they rest on the bound that the sign
 * names. Andersen & Andersen (1995) section 3.2, dominated and weakly dominated columns. Empty columns are the simplest of them.
 * Depends on dual-interval.ts, working-model.ts, restoration.ts, basis.ts, postsolve-stack.ts, limits.ts.
 *
 * Weakly dominated columns may be fixed because an optimum of the rest stays one when they are added at that bound: its duals lie in the
 * intervals, so their reduced costs have the right sign. The same holds for a Farkas ray, whose multipliers lie in the
 * recession cone of the intervals.
 */
import { AT_LOWER, AT_UPPER, FREE } from '../basis.js'
import type { DualIntervals } from './dual-interval.js'
import { CANCELLATION, DUAL_MARGIN } from './limits.js'
import type { RecordReader } from './postsolve-stack.js'
import type { Resting, Restoration } from './restoration.js'
import type { WorkingModel } from './working-model.js'

/** The result of `computeInterval`, in a place of its own: it is asked for more often than anything else here. */
const interval = {
  least: 0,
  most: 0,
  /** Bound of the rounding in both. */
  noise: 0,
}

/** The interval in which the reduced cost of column j can lie, into `interval`. */
function computeInterval(work: WorkingModel, duals: DualIntervals, j: number): void {
  const { columnHead, nextInColumn, row, value, columnCount } = work.matrix
  work.work += columnCount[j]
  let least = work.cost[j]
  let most = least
  let size = Math.abs(least)
  for (let e = columnHead[j]; e >= 0; e = nextInColumn[e]) {
    const i = row[e]
    const a = value[e]
    duals.update(i)
    // An infinite dual times an entry is infinite, never NaN: entries are not 0.
    const low = a * duals.lowWithout(i, j)
    const high = a * duals.highWithout(i, j)
    least -= a > 0 ? high : low
    most -= a > 0 ? low : high
    if (least === -Infinity && most === Infinity) break
    size += Math.max(finite(low), finite(high))
  }
  interval.least = least
  interval.most = most
  interval.noise = CANCELLATION * size
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
  computeInterval(work, duals, j)
  const { least, most, noise } = interval
  if (restDominated(work, j, least, most, noise)) return false
  const margin = DUAL_MARGIN * work.costUnit + noise
  if (least > margin || most < -margin) {
    work.declareUnbounded(work.matrix.columnCount[j] === 0 ? 'empty-column' : 'dominated-column', j)
    return false
  }
  if (work.matrix.columnCount[j] > 0) return true
  // Empty, and free or with a cost too small to lead anywhere.
  if (lower > -Infinity) rest(work, j, lower, AT_LOWER, false)
  else if (upper < Infinity) rest(work, j, upper, AT_UPPER, false)
  else rest(work, j, 0, FREE, false)
  return false
}

/** Fixes column j, whose reduced cost lies between `least` and `most` up to `noise`, at the bound that says; false when there is none. */
function restDominated(work: WorkingModel, j: number, least: number, most: number, noise: number): boolean {
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
