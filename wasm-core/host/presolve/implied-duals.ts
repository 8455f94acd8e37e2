/**
 * What columns without a bound say about the duals of their rows, in one pass over all entries: rows that must bind become equations,
 * columns whose reduced cost has one sign rest. The dual of implied-redundancy.ts; dual-interval.ts does the same for columns with one
 * entry as soon as they change. Andersen & Andersen (1995) section 3.2. Depends on implied-bounds.ts, dominated-column.ts, working-model.ts,
 * restoration.ts, limits.ts.
 *
 *   no upper bound:  sum_i a_ij y_i <= c_j        no lower bound:  sum_i a_ij y_i >= c_j
 *
 * Invariant, as there: bounds follow in one step from the signs that the rows' sides give, and count only while the column that implies
 * them and those signs are there.
 */
import { restDominated } from './dominated-column.js'
import { ImpliedBounds } from './implied-bounds.js'
import { CANCELLATION, DUAL_MARGIN, LARGEST_QUOTIENT, SMALLEST_PIVOT } from './limits.js'
import { AT_LOWER, AT_UPPER } from './restoration.js'
import type { WorkingModel } from './working-model.js'

export class ImpliedDuals {
  readonly #work: WorkingModel
  readonly #low: ImpliedBounds
  readonly #high: ImpliedBounds
  /** Columns that left, or that lost the sign of one of their rows. */
  readonly #isVoid: Uint8Array

  constructor(work: WorkingModel) {
    const { rowLower } = work
    this.#work = work
    this.#isVoid = new Uint8Array(work.cost.length)
    const low = new Float64Array(rowLower.length)
    const high = new Float64Array(rowLower.length)
    for (let i = 0; i < rowLower.length; i++) {
      low[i] = this.#signLow(i)
      high[i] = this.#signHigh(i)
    }
    this.#low = new ImpliedBounds(low, 1, this.#isVoid)
    this.#high = new ImpliedBounds(high, -1, this.#isVoid)
  }

  #signLow(i: number): number {
    return this.#work.rowUpper[i] === Infinity ? 0 : -Infinity
  }

  #signHigh(i: number): number {
    return this.#work.rowLower[i] === -Infinity ? 0 : Infinity
  }

  run(): void {
    const { hasColumn, hasRow, columnLower, columnUpper } = this.#work
    for (let j = 0; j < hasColumn.length; j++) {
      if (hasColumn[j] === 0) continue
      if (columnUpper[j] === Infinity) this.#offer(j, 1)
      if (columnLower[j] === -Infinity) this.#offer(j, -1)
    }
    for (let i = 0; i < hasRow.length; i++) if (hasRow[i] !== 0) this.#bind(i)
    for (let j = 0; j < hasColumn.length; j++) if (hasColumn[j] !== 0) this.#judge(j)
  }

  /**
   * Side 1: sum a y <= c; side -1: sum (-a) y <= -c. Signs bound a term by 0 or not at all, so the rest of the sum is bounded by 0
   * where no other term is open.
   */
  #offer(j: number, side: 1 | -1): void {
    const { matrix, cost } = this.#work
    this.#work.work += 2 * matrix.columnCount[j]
    let open = -1
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
      if (!this.#isOpen(e, side)) continue
      if (open >= 0) return
      open = e
    }
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
      if (open >= 0 && e !== open) continue
      const a = matrix.value[e]
      const bound = cost[j] / a
      if (Math.abs(a) < SMALLEST_PIVOT || Math.abs(bound) > LARGEST_QUOTIENT) continue
      if (a * side > 0) this.#high.offer(matrix.row[e], bound, j)
      else this.#low.offer(matrix.row[e], bound, j)
    }
  }

  /** Whether side * a * y may be as small as it likes. */
  #isOpen(e: number, side: number): boolean {
    const { matrix } = this.#work
    const i = matrix.row[e]
    return matrix.value[e] * side > 0 ? this.#signLow(i) < 0 : this.#signHigh(i) > 0
  }

  /** A dual that cannot be 0 makes its side bind. The columns of the row lose the row's sign as a premise. */
  #bind(i: number): void {
    const work = this.#work
    if (work.isEquation(i)) return
    const margin = DUAL_MARGIN * work.costUnit
    const isLow = this.#low.without(-1, i, this.#signLow(i)) > margin
    const isHigh = this.#high.without(-1, i, this.#signHigh(i)) < -margin
    const side = isLow ? work.rowLower[i] : work.rowUpper[i]
    // Both, or a side that is missing: the duals are infeasible, which the optimizer may prove.
    if (isLow === isHigh || Math.abs(side) === Infinity) return
    const { matrix } = work
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) this.#isVoid[matrix.column[e]] = 1
    work.bindRow(i, isLow ? AT_LOWER : AT_UPPER)
  }

  #judge(j: number): void {
    const work = this.#work
    const { matrix } = work
    work.work += matrix.columnCount[j]
    let least = work.cost[j]
    let most = least
    let size = Math.abs(least)
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
      const i = matrix.row[e]
      const a = matrix.value[e]
      const low = a * this.#low.without(j, i, this.#signLow(i))
      const high = a * this.#high.without(j, i, this.#signHigh(i))
      least -= a > 0 ? high : low
      most -= a > 0 ? low : high
      if (least === -Infinity && most === Infinity) return
      size += Math.min(Math.abs(low), LARGEST_QUOTIENT) + Math.min(Math.abs(high), LARGEST_QUOTIENT)
    }
    if (restDominated(work, j, least, most, CANCELLATION * size)) this.#isVoid[j] = 1
  }
}
