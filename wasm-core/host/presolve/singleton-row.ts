/**
 * A row with one entry is a bound of its column. Brearley, Mitra & Williams (1975); Andersen & Andersen (1995) section 3.1.
 * Depends on interval.ts, working-model.ts, postsolve-stack.ts, restoration.ts, basis.ts, limits.ts.
 */
import { AT_LOWER, AT_UPPER, BASIC } from '../basis.js'
import { isTooLarge, LOWER_IS_NEW, meet, UPPER_IS_NEW } from './interval.js'
import { SMALLEST_PIVOT } from './limits.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import { isNew, type Restoration, throughFactor } from './restoration.js'
import type { WorkingModel } from './working-model.js'

/** False when the row has to stay: dividing by its entry would lose digits. Record: row, column, entry, bits. */
export function absorbSingletonRow(work: WorkingModel, i: number): boolean {
  const { matrix, stack } = work
  const e = matrix.rowHead[i]
  const j = matrix.column[e]
  const a = matrix.value[e]
  const atLow = work.rowLower[i] / a
  const atHigh = work.rowUpper[i] / a
  const newLower = a > 0 ? atLow : atHigh
  const newUpper = a > 0 ? atHigh : atLow
  if (Math.abs(a) < SMALLEST_PIVOT || isTooLarge(newLower) || isTooLarge(newUpper)) return false
  const met = meet(work.columnLower[j], work.columnUpper[j], newLower, newUpper, a)
  if (met === undefined) {
    const isFromBelow = newLower > work.columnUpper[j]
    work.declareInfeasible('singleton-row', [i], [isFromBelow === a > 0 ? 1 : -1])
    return true
  }
  work.beginRule('singleton-row')
  stack.begin(recordKind.singletonRow)
  stack.put(i)
  stack.put(j)
  stack.put(a)
  stack.put(met.flags)
  work.dropRow(i)
  if ((met.flags & (LOWER_IS_NEW | UPPER_IS_NEW)) !== 0) work.setBounds(j, met.lower, met.upper)
  return true
}

/** Where the answer leans on the bound that the row brought, it leans on the row, and the column is basic. */
export function undoSingletonRow(record: RecordReader, point: Restoration): void {
  const i = record.next()
  const j = record.next()
  const a = record.next()
  const flags = record.next()
  const side = point.columnSide(j, flags)
  point.dual[i] = 0
  point.rowStatus[i] = BASIC
  if (side !== AT_LOWER && side !== AT_UPPER) return
  if (!isNew(side, flags)) {
    point.columnStatus[j] = side
    return
  }
  point.dual[i] = point.reducedCost[j] / a
  point.rowStatus[i] = throughFactor(side, a)
  point.reducedCost[j] = 0
  point.columnStatus[j] = BASIC
}
