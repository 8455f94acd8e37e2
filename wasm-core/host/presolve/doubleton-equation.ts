/**
 * An equation with two columns makes one of them a function of the other: its bounds become bounds of the other, then it is
 * substituted. Bradley, Brown & Graves (1983); Andersen & Andersen (1995) section 3.5. The number of entries always falls.
 * Depends on substitution.ts, interval.ts, pivot.ts, working-model.ts, postsolve-stack.ts, restoration.ts, basis.ts.
 */
import { AT_LOWER, AT_UPPER, BASIC } from '../basis.js'
import { isTooLarge, LOWER_IS_NEW, meet, UPPER_IS_NEW } from './interval.js'
import { isSafePivot } from './pivot.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import { isNew, type Restoration, throughFactor } from './restoration.js'
import type { Substitution } from './substitution.js'
import type { WorkingModel } from './working-model.js'

/** False when the row has to stay. */
export function aggregateDoubleton(work: WorkingModel, substitution: Substitution, i: number): boolean {
  const { matrix } = work
  const first = matrix.rowHead[i]
  const second = matrix.nextInRow[first]
  if (!isSafePivot(work, first) || !isSafePivot(work, second)) return false
  // The column with fewer entries goes: they are the ones that have to be written into the other.
  const isFirst = matrix.columnCount[matrix.column[first]] <= matrix.columnCount[matrix.column[second]]
  const leaving = isFirst ? first : second
  if (!moveBounds(work, leaving, isFirst ? second : first)) return false
  if (work.verdict === undefined) substitution.apply('doubleton-equation', leaving)
  return true
}

/** Record: row, column that leaves, column that stays, their entries, bits. */
function moveBounds(work: WorkingModel, leaving: number, staying: number): boolean {
  const { matrix, stack } = work
  const i = matrix.row[leaving]
  const j = matrix.column[leaving]
  const k = matrix.column[staying]
  const a = matrix.value[leaving]
  const b = matrix.value[staying]
  const side = work.rowLower[i]
  const fromLower = (side - a * work.columnLower[j]) / b
  const fromUpper = (side - a * work.columnUpper[j]) / b
  const isTurned = a / b > 0
  const newLower = isTurned ? fromUpper : fromLower
  const newUpper = isTurned ? fromLower : fromUpper
  if (isTooLarge(newLower) || isTooLarge(newUpper)) return false
  const met = meet(work.columnLower[k], work.columnUpper[k], newLower, newUpper, b)
  if (met === undefined) {
    const isFromBelow = newLower > work.columnUpper[k]
    work.declareInfeasible('doubleton-equation', [i], [isFromBelow === b > 0 ? 1 : -1])
    return true
  }
  if ((met.flags & (LOWER_IS_NEW | UPPER_IS_NEW)) === 0) return true
  stack.begin(recordKind.movedBounds)
  for (const number of [i, j, k, a, b, met.flags]) stack.put(number)
  work.setBounds(k, met.lower, met.upper)
  return true
}

/**
 * The substitution is undone already: the column that left is basic. Where the answer leans on a bound that was moved, it leans on the
 * bound of that column, and the two change places.
 */
export function undoMovedBounds(record: RecordReader, point: Restoration): void {
  const i = record.next()
  const j = record.next()
  const k = record.next()
  const a = record.next()
  const b = record.next()
  const flags = record.next()
  const side = point.columnSide(k, flags)
  if (side !== AT_LOWER && side !== AT_UPPER) return
  if (!isNew(side, flags)) {
    point.columnStatus[k] = side
    return
  }
  const share = point.reducedCost[k] / b
  point.dual[i] += share
  point.reducedCost[j] = -a * share
  point.reducedCost[k] = 0
  point.columnStatus[k] = BASIC
  point.columnStatus[j] = throughFactor(side, -a * b)
}
