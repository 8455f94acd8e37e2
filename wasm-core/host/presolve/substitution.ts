/**
 * A column that nothing but its equation restrains is expressed by the others of that equation, in the other rows and in the cost.
 * Andersen & Andersen (1995) section 3.2 and 3.5; Gould & Toint (2004) section 4.3; the bound on fill as in Achterberg et al. (2020) section 4.5.
 * Depends on activity.ts, dual-interval.ts, implied-free.ts, pivot.ts, working-model.ts, postsolve-stack.ts, restoration.ts, basis.ts, limits.ts.
 *
 *   a x_j + sum_k a_k x_k = r      gives      x_j = (r - sum_k a_k x_k) / a
 *
 * The equation leaves with the column: this is one step of Gaussian elimination, and undoing it makes the column basic.
 */
import { AT_LOWER, AT_UPPER, BASIC } from '../basis.js'
import type { Activities } from './activity.js'
import type { DualIntervals } from './dual-interval.js'
import { isImpliedFree } from './implied-free.js'
import { SUBSTITUTION_FILL, SUBSTITUTION_ROW } from './limits.js'
import { isSafePivot } from './pivot.js'
import { type RecordReader, recordKind } from './postsolve-stack.js'
import type { Restoration } from './restoration.js'
import type { RuleName } from './statistics.js'
import { difference, type WorkingModel } from './working-model.js'

export class Substitution {
  readonly #work: WorkingModel
  readonly #activities: Activities
  readonly #duals: DualIntervals
  /** Slot of the column's entry in the row that is being changed; -1 elsewhere and between two rows. */
  readonly #slotOf: Int32Array

  constructor(work: WorkingModel, activities: Activities, duals: DualIntervals) {
    this.#work = work
    this.#activities = activities
    this.#duals = duals
    this.#slotOf = new Int32Array(work.cost.length).fill(-1)
  }

  /** Takes out column j along the first of its rows that allows it; false when none does. */
  tryColumn(j: number): boolean {
    const work = this.#work
    const { matrix } = work
    if (!isImpliedFree(work, this.#activities, j)) return false
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
      const i = matrix.row[e]
      if (matrix.rowCount[i] > SUBSTITUTION_ROW) continue
      const side = work.isEquation(i) ? AT_LOWER : this.#sideByDual(e)
      if (side === BASIC || !isSafePivot(work, e) || this.#fill(i, j) > SUBSTITUTION_FILL) continue
      if (!work.isEquation(i)) work.bindRow(i, side)
      this.apply('column-substitution', e)
      return true
    }
    return false
  }

  /**
   * The side at which an inequality may be taken for an equation: the reduced cost of a free column is 0, and where that and the signs of the other
   * rows already give the row's dual its sign, the sign need not be asked for by leaving the row an inequality. BASIC for none.
   */
  #sideByDual(e: number): typeof AT_LOWER | typeof AT_UPPER | typeof BASIC {
    const { matrix, cost, rowLower, rowUpper } = this.#work
    const duals = this.#duals
    const j = matrix.column[e]
    // a y_i = cost - sum of the others: its interval.
    let least = cost[j]
    let most = least
    for (let f = matrix.columnHead[j]; f >= 0; f = matrix.nextInColumn[f]) {
      if (f === e) continue
      const t = matrix.row[f]
      const a = matrix.value[f]
      duals.update(t)
      least -= a > 0 ? a * duals.highWithout(t, j) : a * duals.lowWithout(t, j)
      most -= a > 0 ? a * duals.lowWithout(t, j) : a * duals.highWithout(t, j)
      if (!(least >= 0 || most <= 0)) return BASIC
    }
    const isPositive = least >= 0 === matrix.value[e] > 0
    const side = isPositive ? rowLower[matrix.row[e]] : rowUpper[matrix.row[e]]
    if (Math.abs(side) === Infinity) return BASIC
    return isPositive ? AT_LOWER : AT_UPPER
  }

  /** Entries that substituting column j along row i would add, less those it takes away. */
  #fill(i: number, j: number): number {
    const { matrix } = this.#work
    const others = matrix.rowCount[i] - 1
    const taken = matrix.rowCount[i] + matrix.columnCount[j] - 1
    if ((matrix.columnCount[j] - 1) * others <= taken + SUBSTITUTION_FILL) return SUBSTITUTION_FILL
    let added = 0
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) this.#slotOf[matrix.column[e]] = e
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
      const t = matrix.row[e]
      if (t === i) continue
      // Column j itself is in both rows; it is counted out on both sides.
      let shared = -1
      this.#work.work += matrix.rowCount[t]
      for (let f = matrix.rowHead[t]; f >= 0; f = matrix.nextInRow[f]) {
        if (this.#slotOf[matrix.column[f]] >= 0) shared++
      }
      added += others - shared
    }
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) this.#slotOf[matrix.column[e]] = -1
    return added - taken
  }

  /**
   * Takes out the row and the column of entry e. The row is an equation, the pivot safe, and the column's bounds are not needed.
   * Record: row, column, pivot, right-hand side, cost, the row's other entries, the column's other entries.
   */
  apply(rule: RuleName, e: number): void {
    const work = this.#work
    const { matrix, stack } = work
    const i = matrix.row[e]
    const j = matrix.column[e]
    const pivot = matrix.value[e]
    const side = work.rowLower[i]
    const price = work.cost[j] / pivot
    work.beginRule(rule)
    stack.begin(recordKind.substitution)
    for (const number of [i, j, pivot, side, work.cost[j]]) stack.put(number)
    stack.putRow(matrix, i, j)
    stack.putColumn(matrix, j, i)
    const equation: number[] = []
    for (let f = matrix.rowHead[i]; f >= 0; f = matrix.nextInRow[f]) {
      const k = matrix.column[f]
      if (k === j) continue
      equation.push(k, matrix.value[f])
      if (price !== 0) work.addCost(k, -price * matrix.value[f])
    }
    const rows: number[] = []
    for (let f = matrix.columnHead[j]; f >= 0; f = matrix.nextInColumn[f]) {
      if (matrix.row[f] !== i) rows.push(matrix.row[f], matrix.value[f] / pivot)
    }
    work.dropRow(i)
    work.dropColumn(j)
    for (let k = 0; k < rows.length; k += 2) this.#subtract(rows[k], rows[k + 1], equation, side)
  }

  /** Row t less `factor` times the equation. */
  #subtract(t: number, factor: number, equation: readonly number[], side: number): void {
    const work = this.#work
    const { matrix } = work
    const slotOf = this.#slotOf
    work.work += matrix.rowCount[t] + equation.length
    for (let f = matrix.rowHead[t]; f >= 0; f = matrix.nextInRow[f]) slotOf[matrix.column[f]] = f
    const rowEnd = matrix.rowHead[t]
    for (let k = 0; k < equation.length; k += 2) {
      const column = equation[k]
      const term = factor * equation[k + 1]
      const f = slotOf[column]
      if (f < 0) {
        work.addEntry(t, column, -term)
        continue
      }
      const value = difference(matrix.value[f], term)
      matrix.value[f] = value
      work.changedColumns.add(column)
    }
    // Entries that came in stand before `rowEnd` and were never marked.
    for (let f = rowEnd; f >= 0; f = matrix.nextInRow[f]) {
      slotOf[matrix.column[f]] = -1
      if (matrix.value[f] === 0) work.dropEntry(f)
    }
    work.shiftSides(t, factor * side)
  }
}

export function undoSubstitution(record: RecordReader, point: Restoration): void {
  const i = record.next()
  const j = record.next()
  const pivot = record.next()
  const side = record.next()
  const cost = record.next()
  point.primal[j] = (side - record.product(point.primal)) / pivot
  point.dual[i] = (cost * point.costWeight - record.product(point.dual)) / pivot
  point.reducedCost[j] = 0
  point.columnStatus[j] = BASIC
  point.rowStatus[i] = AT_LOWER
}
