/**
 * Rows without entries, and rows judged by the interval of their activity: redundant, forcing, impossible.
 * Brearley, Mitra & Williams (1975); Andersen & Andersen (1995) section 3.1 and 3.3. Depends on activity.ts, working-model.ts,
 * postsolve-stack.ts, restoration.ts, basis.ts, limits.ts.
 */
import { AT_LOWER, AT_UPPER, BASIC } from '../basis.js'
import type { Activities } from './activity.js'
import { FEASIBILITY, FORCING, INFEASIBILITY } from './limits.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import type { Restoration } from './restoration.js'
import type { WorkingModel } from './working-model.js'

/** False when the row is gone or the model is infeasible. */
export function judgeRow(work: WorkingModel, activities: Activities, i: number): boolean {
  const low = work.rowLower[i]
  const high = work.rowUpper[i]
  activities.update(i)
  const least = activities.leastOpen[i] === 0 ? activities.least[i] : -Infinity
  const most = activities.mostOpen[i] === 0 ? activities.most[i] : Infinity
  const rounding = activities.rounding[i]
  const lowSize = 1 + Math.abs(low)
  const highSize = 1 + Math.abs(high)
  if (most < low - INFEASIBILITY * lowSize - rounding) return refuse(work, i, 1)
  if (least > high + INFEASIBILITY * highSize + rounding) return refuse(work, i, -1)
  if (work.matrix.rowCount[i] === 0) {
    // What its sides still ask for is rounding of what has left the row; the check of the restored answer judges it with all terms.
    work.beginRule('empty-row')
    work.dropLooseRow(i)
    return false
  }
  // Sums too coarse to tell: they proved no contradiction, and may not take away a side.
  const isLowTold = rounding <= FEASIBILITY * lowSize
  const isHighTold = rounding <= FEASIBILITY * highSize
  const isLowIdle = low === -Infinity || (isLowTold && least >= low - FEASIBILITY * lowSize)
  const isHighIdle = high === Infinity || (isHighTold && most <= high + FEASIBILITY * highSize)
  if (isLowIdle && isHighIdle) {
    work.beginRule('redundant-row')
    work.dropLooseRow(i)
    return false
  }
  if (low > -Infinity && isLowTold && most - low <= FORCING * lowSize) return force(work, i, AT_LOWER)
  if (high < Infinity && isHighTold && high - least <= FORCING * highSize) return force(work, i, AT_UPPER)
  // A side that cannot bind says nothing about x, but its absence says the sign of the row's dual.
  if (isLowIdle && low > -Infinity) work.setSides(i, -Infinity, high)
  else if (isHighIdle && high < Infinity) work.setSides(i, low, Infinity)
  return true
}

function refuse(work: WorkingModel, i: number, multiplier: number): boolean {
  const rule = work.matrix.rowCount[i] === 0 ? 'empty-row' : 'redundant-row'
  work.declareInfeasible(rule, [i], [multiplier])
  return false
}

/**
 * The row reaches its side only with every column at the bound that brings it there, so the columns are fixed there.
 * Record: row, side, then the row's entries.
 */
function force(work: WorkingModel, i: number, side: typeof AT_LOWER | typeof AT_UPPER): boolean {
  const { matrix, stack } = work
  if (takeOutFixed(work, i)) return true
  const members: number[] = []
  for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) {
    // The bound at which the activity is most (lower side reached) or least.
    members.push(matrix.value[e] > 0 === (side === AT_LOWER) ? AT_UPPER : AT_LOWER, matrix.column[e])
  }
  work.beginRule('forcing-row')
  stack.begin(recordKind.forcingRow)
  stack.put(i)
  stack.put(side)
  stack.putRow(matrix, i)
  work.dropRow(i)
  for (let k = 0; k < members.length; k += 2) {
    const j = members[k + 1]
    const resting = members[k] as typeof AT_LOWER | typeof AT_UPPER
    work.fixColumn(j, resting === AT_LOWER ? work.columnLower[j] : work.columnUpper[j], resting)
  }
  return false
}

/** A fixed column accepts any reduced cost, so it must not take part in the ratio test of `undoForcingRow`. The row is looked at again. */
function takeOutFixed(work: WorkingModel, i: number): boolean {
  const { matrix } = work
  let isAny = false
  for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) {
    const j = matrix.column[e]
    if (!work.isFixed(j)) continue
    work.beginRule('fixed-column')
    work.fixColumn(j, work.columnLower[j], AT_LOWER)
    isAny = true
  }
  return isAny
}

/** Record: row. Nothing leans on it. */
export function undoRemovedRow(record: RecordReader, point: Restoration): void {
  const i = record.next()
  point.dual[i] = 0
  point.rowStatus[i] = BASIC
}

/**
 * The dual is the smallest in size that gives every column of the row the right sign for its bound. The column that needs the most becomes
 * basic with reduced cost 0. In the basis it is the only one with an entry in this row: all the others were fixed.
 */
export function undoForcingRow(record: RecordReader, point: Restoration): void {
  const i = record.next()
  const side = record.next()
  const count = record.next()
  const entries: number[] = []
  let dual = 0
  let deciding = -1
  for (let k = 0; k < count; k++) {
    const j = record.next()
    const a = record.next()
    entries.push(j, a)
    const needed = point.reducedCost[j] / a
    if (side === AT_LOWER ? needed > dual : needed < dual) {
      dual = needed
      deciding = j
    }
  }
  point.dual[i] = dual
  point.rowStatus[i] = deciding < 0 ? BASIC : side
  if (deciding < 0) return
  for (let k = 0; k < entries.length; k += 2) point.reducedCost[entries[k]] -= dual * entries[k + 1]
  point.reducedCost[deciding] = 0
  point.columnStatus[deciding] = BASIC
}
