/**
 * The interval in which the dual of a row can lie: from the sides it has, and from its columns with one entry, whose reduced
 * costs have one sign where a bound is missing. Andersen & Andersen (1995) section 3.2. Computed when asked for, kept until the row or such
 * a column changes. Depends on working-model.ts.
 *
 * Only bounds that are really missing count, not those that rows imply: the duals of the reduced model then obey the interval too,
 * so what follows from it is still right after postsolve.
 */
import type { WorkingModel } from './working-model.js'

export class DualIntervals {
  readonly low: Float64Array
  readonly high: Float64Array
  /** The column that gave the bound, -1 if it came from the sides. A column must not be judged by its own bound. */
  readonly #lowOwner: Int32Array
  readonly #highOwner: Int32Array
  readonly #work: WorkingModel

  constructor(work: WorkingModel) {
    const rows = work.rowLower.length
    this.#work = work
    this.low = new Float64Array(rows)
    this.high = new Float64Array(rows)
    this.#lowOwner = new Int32Array(rows)
    this.#highOwner = new Int32Array(rows)
  }

  #signLow(i: number): number {
    return this.#work.rowUpper[i] === Infinity ? 0 : -Infinity
  }

  #signHigh(i: number): number {
    return this.#work.rowLower[i] === -Infinity ? 0 : Infinity
  }

  lowWithout(i: number, j: number): number {
    return this.#lowOwner[i] === j ? this.#signLow(i) : this.low[i]
  }

  highWithout(i: number, j: number): number {
    return this.#highOwner[i] === j ? this.#signHigh(i) : this.high[i]
  }

  /** Makes the interval of row i hold; true when it is now narrower than it was. */
  update(i: number): boolean {
    const work = this.#work
    if (work.isDualCurrent[i] !== 0) return false
    const { matrix, cost, columnLower, columnUpper } = work
    work.work += matrix.rowCount[i]
    const lowBefore = this.low[i]
    const highBefore = this.high[i]
    let low = this.#signLow(i)
    let high = this.#signHigh(i)
    let lowOwner = -1
    let highOwner = -1
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) {
      const j = matrix.column[e]
      if (matrix.columnCount[j] !== 1) continue
      const ratio = cost[j] / matrix.value[e]
      const isPositive = matrix.value[e] > 0
      // No upper bound: cost - a y >= 0. No lower bound: cost - a y <= 0.
      if (columnUpper[j] === Infinity ? isPositive : columnLower[j] === -Infinity && !isPositive) {
        if (ratio < high) {
          high = ratio
          highOwner = j
        }
      }
      if (columnLower[j] === -Infinity ? isPositive : columnUpper[j] === Infinity && !isPositive) {
        if (ratio > low) {
          low = ratio
          lowOwner = j
        }
      }
    }
    this.low[i] = low
    this.high[i] = high
    this.#lowOwner[i] = lowOwner
    this.#highOwner[i] = highOwner
    work.isDualCurrent[i] = 1
    return low > lowBefore || high < highBefore
  }
}
