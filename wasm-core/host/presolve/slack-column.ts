/**
 * A column with one entry is a slack of its row: it leaves the model and widens the row's sides.
 * Andersen & Andersen (1995) section 3.2 (free and implied free column singletons); Gould & Toint (2004) section 4.4 (implied slacks).
 * Depends on activity.ts, implied-free.ts, interval.ts, pivot.ts, working-model.ts, postsolve-stack.ts, restoration.ts, basis.ts, limits.ts.
 *
 *   L <= a x + rest <= U,  l <= x <= u      becomes      L - a [u or l]  <=  rest  <=  U - a [l or u]
 *
 * Without a cost this holds for every row. With a cost the row must be an equation: then x = (L - rest) / a, and the cost of x moves
 * to the others. An inequality is one in effect when nothing but the row stops x from running where its cost drives it.
 * A free column is the case in which the sides become infinite, so that the row goes too.
 */
import { AT_LOWER, AT_UPPER, BASIC, FREE } from '../basis.js'
import type { Activities } from './activity.js'
import { impliesBound } from './implied-free.js'
import { isTooLarge } from './interval.js'
import { DUAL_MARGIN } from './limits.js'
import { isSafePivot } from './pivot.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import { type Restoration, throughFactor } from './restoration.js'
import { difference, type WorkingModel } from './working-model.js'

/** False when column j, which has one entry, has to stay. */
export function absorbSlackColumn(work: WorkingModel, activities: Activities, j: number): boolean {
  const { matrix } = work
  const e = matrix.columnHead[j]
  const i = matrix.row[e]
  const a = matrix.value[e]
  if (isTooLarge(a * work.columnLower[j]) || isTooLarge(a * work.columnUpper[j])) return false
  if (!isSafePivot(work, e)) return false
  if (work.cost[j] !== 0 && !work.isEquation(i)) {
    if (!bindRow(work, activities, e)) return false
    if (work.verdict !== undefined) return true
  }
  absorb(work, i, j, a)
  return true
}

/**
 * Makes the inequality of the column's only entry an equation at the side that the column runs into. In terms of the dual: with the bound
 * there gone, the column's reduced cost has one sign, so the row's dual is at least (at most) cost / a, which is on that side of 0.
 */
function bindRow(work: WorkingModel, activities: Activities, e: number): boolean {
  const { matrix } = work
  const i = matrix.row[e]
  const j = matrix.column[e]
  const a = matrix.value[e]
  const cost = work.cost[j]
  const isLowerSide = cost / a > 0
  const side = isLowerSide ? work.rowLower[i] : work.rowUpper[i]
  const bound = cost > 0 ? work.columnLower[j] : work.columnUpper[j]
  if (Math.abs(bound) < Infinity) {
    if (!impliesBound(work, activities, e, cost < 0)) return false
  } else if (Math.abs(side) === Infinity) {
    if (Math.abs(cost) <= DUAL_MARGIN * work.costUnit) return false
    work.declareUnbounded('slack-column', j)
    return true
  }
  if (cost > 0) work.setBounds(j, -Infinity, work.columnUpper[j])
  else work.setBounds(j, work.columnLower[j], Infinity)
  work.bindRow(i, isLowerSide ? AT_LOWER : AT_UPPER)
  return true
}

/** Record: row, column, a, cost / a, bounds of the column, sides of the row, the row's other entries. */
function absorb(work: WorkingModel, i: number, j: number, a: number): void {
  const { matrix, stack } = work
  const low = work.rowLower[i]
  const high = work.rowUpper[i]
  const price = work.cost[j] / a
  const atLower = a * work.columnLower[j]
  const atUpper = a * work.columnUpper[j]
  work.beginRule('slack-column')
  stack.begin(recordKind.slackColumn)
  for (const number of [i, j, a, price, work.columnLower[j], work.columnUpper[j], low, high])
    stack.put(number)
  stack.putRow(matrix, i, j)
  work.dropColumn(j)
  if (price !== 0) {
    work.work += matrix.rowCount[i]
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e])
      work.addCost(matrix.column[e], -price * matrix.value[e])
  }
  work.setSides(i, difference(low, a > 0 ? atUpper : atLower), difference(high, a > 0 ? atLower : atUpper))
}

/** The row stands on the side that binds it, whatever side of an equation the reduced model saw. */
export function undoBindingRow(record: RecordReader, point: Restoration): void {
  const i = record.next()
  const side = record.next()
  if (point.rowStatus[i] !== BASIC) point.rowStatus[i] = side
}

/**
 * Row and column share what was the row's status: on a side of the narrower row both rest, otherwise one of the two is basic.
 * The basis stays nonsingular: the column's only entry is in this row.
 */
export function undoSlackColumn(record: RecordReader, point: Restoration): void {
  const i = record.next()
  const j = record.next()
  const a = record.next()
  const price = record.next()
  const lower = record.next()
  const upper = record.next()
  const low = record.next()
  const high = record.next()
  const rest = record.product(point.primal)
  point.reducedCost[j] = -a * point.dual[i]
  point.dual[i] += price * point.costWeight
  const status = point.rowStatus[i]
  if (status === AT_LOWER || status === AT_UPPER) {
    // The row's side is reached with the column at the bound that helps it most.
    const resting = throughFactor(status === AT_LOWER ? AT_UPPER : AT_LOWER, a)
    point.rest(j, resting, resting === AT_LOWER ? lower : upper)
    return
  }
  // An equation is never slack. In an inequality the column rests where it can, and the row's logical is basic.
  const fits = (value: number) => low < high && rest + a * value >= low && rest + a * value <= high
  if (lower > -Infinity && fits(lower)) point.rest(j, AT_LOWER, lower)
  else if (upper < Infinity && fits(upper)) point.rest(j, AT_UPPER, upper)
  else if (lower === -Infinity && upper === Infinity && fits(0)) point.rest(j, FREE, 0)
  else {
    // The column is basic and takes the row to one of its sides, the one that leaves it inside its bounds.
    const atLow = (low - rest) / a
    const atHigh = (high - rest) / a
    const violation = (value: number) => Math.max(lower - value, value - upper, 0)
    const isLow = low > -Infinity && (high === Infinity || violation(atLow) <= violation(atHigh))
    point.primal[j] = isLow ? atLow : atHigh
    point.columnStatus[j] = BASIC
    point.rowStatus[i] = isLow ? AT_LOWER : AT_UPPER
  }
}
