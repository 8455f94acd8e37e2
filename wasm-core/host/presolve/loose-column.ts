/**
 * A column without cost that can run to infinity to the benefit of all its rows satisfies them whatever the others do:
 * column and rows leave together. Andersen & Andersen (1995) section 3.2 (dominated columns with an infinite bound).
 * Depends on pivot.ts, working-model.ts, postsolve-stack.ts, restoration.ts.
 */
import { isSafePivot } from './pivot.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import { AT_LOWER, AT_UPPER, BASIC, FREE_AT_ZERO, type Restoration } from './restoration.js'
import type { WorkingModel } from './working-model.js'

/**
 * `direction` is the one in which column j has no bound (-1 down, 1 up). False when a row stands in the way.
 * Record: column, direction, the bound behind it, count of rows, for each: row, a, its side, its other entries.
 */
export function freeRowsOf(work: WorkingModel, j: number, direction: -1 | 1): boolean {
  const { matrix, stack } = work
  if (work.cost[j] !== 0) return false
  for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
    if (!isServed(work, e, direction)) return false
  }
  const rows: number[] = []
  work.beginRule('loose-column')
  stack.begin(recordKind.looseColumn)
  stack.put(j)
  stack.put(direction)
  stack.put(direction < 0 ? work.columnUpper[j] : work.columnLower[j])
  stack.put(matrix.columnCount[j])
  for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
    const i = matrix.row[e]
    const a = matrix.value[e]
    stack.put(i)
    stack.put(a)
    stack.put(a * direction > 0 ? work.rowLower[i] : work.rowUpper[i])
    stack.putRow(matrix, i, j)
    rows.push(i)
  }
  for (const i of rows) work.dropRow(i)
  work.dropColumn(j)
  return true
}

/** The row has no side in the direction in which the column takes it, and an entry worth dividing by. */
function isServed(work: WorkingModel, e: number, direction: number): boolean {
  const { matrix } = work
  const i = matrix.row[e]
  const a = matrix.value[e]
  if (a * direction > 0 ? work.rowUpper[i] < Infinity : work.rowLower[i] > -Infinity) return false
  return isSafePivot(work, e)
}

/** The column goes as far as its most demanding row asks, where it becomes basic and that row rests; if none asks, it stays at its bound. */
export function undoLooseColumn(record: RecordReader, point: Restoration): void {
  const j = record.next()
  const direction = record.next()
  const bound = record.next()
  let value = Math.abs(bound) < Infinity ? bound : 0
  let deciding = -1
  let decidingSide: typeof AT_LOWER | typeof AT_UPPER = AT_LOWER
  for (let left = record.next(); left > 0; left--) {
    const i = record.next()
    const a = record.next()
    const side = record.next()
    const needed = (side - record.product(point.primal)) / a
    point.dual[i] = 0
    point.rowStatus[i] = BASIC
    if ((needed - value) * direction > 0) {
      value = needed
      deciding = i
      decidingSide = a * direction > 0 ? AT_LOWER : AT_UPPER
    }
  }
  point.reducedCost[j] = 0
  if (deciding < 0) {
    const resting = direction < 0 ? AT_UPPER : AT_LOWER
    point.rest(j, Math.abs(bound) < Infinity ? resting : FREE_AT_ZERO, value)
    return
  }
  point.primal[j] = value
  point.columnStatus[j] = BASIC
  point.rowStatus[deciding] = decidingSide
}
