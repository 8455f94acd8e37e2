/**
 * Rows that are multiples of each other become one, with the intersection of their sides. Tomlin & Welch (1986); Andersen &
 * Andersen (1995) section 4. Depends on parallel-finder.ts, interval.ts, working-model.ts, postsolve-stack.ts, restoration.ts, basis.ts.
 */
import { AT_LOWER, AT_UPPER, BASIC } from '../basis.js'
import { isTooLarge, meet } from './interval.js'
import { findParallel } from './parallel-finder.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import { isNew, type Restoration, throughFactor } from './restoration.js'
import type { WorkingModel } from './working-model.js'

export function mergeParallelRows(work: WorkingModel): void {
  const { matrix } = work
  work.work += findParallel(
    {
      head: matrix.rowHead,
      next: matrix.nextInRow,
      index: matrix.column,
      value: matrix.value,
      count: matrix.rowCount,
      isThere: work.hasRow,
      width: work.cost.length,
    },
    (i, kept, factor) => merge(work, i, kept, factor),
  )
}

/** Row i is `factor` times row `kept`. Record: row, row kept, factor, bits. */
function merge(work: WorkingModel, i: number, kept: number, factor: number): boolean {
  if (work.verdict !== undefined) return false
  const atLow = work.rowLower[i] / factor
  const atHigh = work.rowUpper[i] / factor
  const newLower = factor > 0 ? atLow : atHigh
  const newUpper = factor > 0 ? atHigh : atLow
  if (isTooLarge(newLower) || isTooLarge(newUpper)) return false
  const met = meet(work.rowLower[kept], work.rowUpper[kept], newLower, newUpper, factor)
  if (met === undefined) {
    const isFromBelow = newLower > work.rowUpper[kept]
    const multiplier = isFromBelow === factor > 0 ? 1 : -1
    work.declareInfeasible('parallel-rows', [i, kept], [multiplier, -factor * multiplier])
    return false
  }
  work.beginRule('parallel-rows')
  work.stack.begin(recordKind.parallelRow)
  for (const number of [i, kept, factor, met.flags]) work.stack.put(number)
  work.dropRow(i)
  work.setSides(kept, met.lower, met.upper)
  return true
}

/** Where the answer leans on a side that the other row brought, it leans on that row. */
export function undoParallelRow(record: RecordReader, point: Restoration): void {
  const i = record.next()
  const kept = record.next()
  const factor = record.next()
  const flags = record.next()
  const side = point.rowSide(kept, flags)
  point.dual[i] = 0
  point.rowStatus[i] = BASIC
  if (side !== AT_LOWER && side !== AT_UPPER) return
  if (!isNew(side, flags)) {
    point.rowStatus[kept] = side
    return
  }
  point.dual[i] = point.dual[kept] / factor
  point.rowStatus[i] = throughFactor(side, factor)
  point.dual[kept] = 0
  point.rowStatus[kept] = BASIC
}
