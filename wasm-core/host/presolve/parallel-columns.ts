/**
 * Columns that are multiples of each other: with costs in the same proportion they become one, otherwise the dearer one may rest.
 * Andersen & Andersen (1995) section 4 (duplicate and dominated columns).
 * Depends on parallel-finder.ts, interval.ts, working-model.ts, postsolve-stack.ts, restoration.ts, basis.ts, limits.ts.
 *
 *   a_j = f a_k      x' = x_k + f x_j      l' = l_k + [f l_j or f u_j],  u' = u_k + [f u_j or f l_j]
 */
import { AT_LOWER, AT_UPPER, BASIC, FREE } from '../basis.js'
import { isTooLarge } from './interval.js'
import { PARALLEL, PIVOT_RATIO } from './limits.js'
import { findParallel } from './parallel-finder.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import { type Resting, type Restoration, throughFactor } from './restoration.js'
import { difference, type WorkingModel } from './working-model.js'

export function mergeParallelColumns(work: WorkingModel): void {
  const { matrix } = work
  work.work += findParallel(
    {
      head: matrix.columnHead,
      next: matrix.nextInColumn,
      index: matrix.row,
      value: matrix.value,
      count: matrix.columnCount,
      isThere: work.hasColumn,
      width: work.rowLower.length,
    },
    (j, kept, factor) => treat(work, j, kept, factor),
  )
}

function treat(work: WorkingModel, j: number, k: number, factor: number): boolean {
  if (work.verdict !== undefined) return false
  const { cost } = work
  // Reduced costs: d_j = factor d_k + dearer.
  const dearer = difference(cost[j], factor * cost[k])
  if (Math.abs(dearer) <= PARALLEL * (Math.abs(cost[j]) + Math.abs(factor * cost[k])))
    return merge(work, j, k, factor)
  const isGone = restIfDominated(work, j, k, factor, dearer)
  if (!isGone && work.verdict === undefined) restIfDominated(work, k, j, 1 / factor, -dearer / factor)
  return isGone
}

/** Column j rests where its reduced cost must have the sign of `dearer`, because that of k cannot have the other one. */
function restIfDominated(work: WorkingModel, j: number, k: number, factor: number, dearer: number): boolean {
  const isDown = dearer > 0
  // The bound of k that must be missing for factor * d_k to have the sign of `dearer` or be 0.
  const isOpen = isDown === factor > 0 ? work.columnUpper[k] === Infinity : work.columnLower[k] === -Infinity
  if (!isOpen) return false
  const bound = isDown ? work.columnLower[j] : work.columnUpper[j]
  if (Math.abs(bound) === Infinity) return false
  work.beginRule('parallel-columns')
  work.fixColumn(j, bound, isDown ? AT_LOWER : AT_UPPER)
  return true
}

/** Where column j rests when nothing pulls it: see `natural`. */
function restOf({ columnLower, columnUpper }: WorkingModel, j: number): number {
  return columnLower[j] > -Infinity ? columnLower[j] : columnUpper[j] < Infinity ? columnUpper[j] : 0
}

/** Record: column, column kept, factor, bounds of both. */
function merge(work: WorkingModel, j: number, k: number, factor: number): boolean {
  const size = Math.abs(factor)
  if (size < PIVOT_RATIO || size > 1 / PIVOT_RATIO) return false
  const { columnLower, columnUpper, stack } = work
  const atLower = factor * columnLower[j]
  const atUpper = factor * columnUpper[j]
  const lower = columnLower[k] + Math.min(atLower, atUpper)
  const upper = columnUpper[k] + Math.max(atLower, atUpper)
  if (isTooLarge(lower) || isTooLarge(upper)) return false
  // A free sum may end nonbasic at 0, which both columns must then be able to make up while they rest.
  if (lower === -Infinity && upper === Infinity && restOf(work, k) + factor * restOf(work, j) !== 0)
    return false
  work.beginRule('parallel-columns')
  stack.begin(recordKind.parallelColumn)
  for (const number of [j, k, factor, columnLower[j], columnUpper[j], columnLower[k], columnUpper[k]])
    stack.put(number)
  work.dropColumn(j)
  work.setBounds(k, lower, upper)
  return true
}

interface Bounded {
  readonly column: number
  readonly lower: number
  readonly upper: number
}

/** The sum's value is shared out so that one of the two rests and the other has the sum's status. */
export function undoParallelColumn(record: RecordReader, point: Restoration): void {
  const j = record.next()
  const k = record.next()
  const factor = record.next()
  const left: Bounded = { column: j, lower: record.next(), upper: record.next() }
  const kept: Bounded = { column: k, lower: record.next(), upper: record.next() }
  point.reducedCost[j] = factor * point.reducedCost[k]
  const status = point.columnStatus[k]
  const sum = point.primal[k]
  if (status === AT_LOWER || status === AT_UPPER) {
    restAt(point, kept, status)
    restAt(point, left, throughFactor(status, factor))
  } else if (status === FREE) {
    restAt(point, left, natural(left))
    restAt(point, kept, natural(kept))
  } else shareBasic(point, left, kept, factor, sum)
}

function restAt(point: Restoration, { column, lower, upper }: Bounded, resting: Resting): void {
  point.rest(column, resting, resting === AT_LOWER ? lower : resting === AT_UPPER ? upper : 0)
}

/** Where a nonbasic variable rests when nothing pulls it. */
function natural({ lower, upper }: Bounded): Resting {
  return lower > -Infinity ? AT_LOWER : upper < Infinity ? AT_UPPER : FREE
}

function shareBasic(point: Restoration, left: Bounded, kept: Bounded, factor: number, sum: number): void {
  restAt(point, left, natural(left))
  const value = sum - factor * point.primal[left.column]
  if (value >= kept.lower && value <= kept.upper) {
    point.primal[kept.column] = value
    point.columnStatus[kept.column] = BASIC
    return
  }
  // Then the kept column stands at the bound it would have crossed, and the other one takes the rest.
  restAt(point, kept, value < kept.lower ? AT_LOWER : AT_UPPER)
  point.primal[left.column] = (sum - point.primal[kept.column]) / factor
  point.columnStatus[left.column] = BASIC
}
