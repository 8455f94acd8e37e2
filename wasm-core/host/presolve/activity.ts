/**
 * The interval in which a row's activity can lie, from the bounds of its columns. Computed when asked for, kept until
 * the row changes: running updates would pile up rounding. Depends on working-model.ts, limits.ts.
 *
 *   least + (-Infinity if leastOpen > 0)  <=  sum_j a_ij x_j  <=  most + (Infinity if mostOpen > 0)
 */
import { HUGE_BOUND, SUM_ROUNDING } from './limits.js'
import type { WorkingModel } from './working-model.js'

export class Activities {
  /** Sum of the finite terms, and number of the infinite ones. */
  readonly least: Float64Array
  readonly most: Float64Array
  readonly leastOpen: Int32Array
  readonly mostOpen: Int32Array
  /** Bound of the rounding in `least` and `most`. */
  readonly rounding: Float64Array
  readonly #work: WorkingModel

  constructor(work: WorkingModel) {
    const rows = work.rowLower.length
    this.#work = work
    this.least = new Float64Array(rows)
    this.most = new Float64Array(rows)
    this.leastOpen = new Int32Array(rows)
    this.mostOpen = new Int32Array(rows)
    this.rounding = new Float64Array(rows)
  }

  /** Makes the fields above hold for row i. */
  update(i: number): void {
    const work = this.#work
    if (work.isActivityCurrent[i] !== 0) return
    const { matrix, columnLower, columnUpper } = work
    work.work += matrix.rowCount[i]
    let least = 0
    let most = 0
    let leastOpen = 0
    let mostOpen = 0
    let size = 0
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) {
      const a = matrix.value[e]
      const j = matrix.column[e]
      const atLeast = a > 0 ? columnLower[j] : columnUpper[j]
      const atMost = a > 0 ? columnUpper[j] : columnLower[j]
      if (Math.abs(atLeast) < HUGE_BOUND) {
        least += a * atLeast
        size += Math.abs(a * atLeast)
      } else leastOpen++
      if (Math.abs(atMost) < HUGE_BOUND) {
        most += a * atMost
        size += Math.abs(a * atMost)
      } else mostOpen++
    }
    this.least[i] = least
    this.most[i] = most
    this.leastOpen[i] = leastOpen
    this.mostOpen[i] = mostOpen
    this.rounding[i] = SUM_ROUNDING * size
    work.isActivityCurrent[i] = 1
  }

  /** Least activity of row i without its entry e; -Infinity where it is open. */
  leastWithout(i: number, e: number): number {
    const { matrix, columnLower, columnUpper } = this.#work
    const a = matrix.value[e]
    const bound = a > 0 ? columnLower[matrix.column[e]] : columnUpper[matrix.column[e]]
    if (Math.abs(bound) < HUGE_BOUND) return this.leastOpen[i] === 0 ? this.least[i] - a * bound : -Infinity
    return this.leastOpen[i] === 1 ? this.least[i] : -Infinity
  }

  /** Most activity of row i without its entry e; Infinity where it is open. */
  mostWithout(i: number, e: number): number {
    const { matrix, columnLower, columnUpper } = this.#work
    const a = matrix.value[e]
    const bound = a > 0 ? columnUpper[matrix.column[e]] : columnLower[matrix.column[e]]
    if (Math.abs(bound) < HUGE_BOUND) return this.mostOpen[i] === 0 ? this.most[i] - a * bound : Infinity
    return this.mostOpen[i] === 1 ? this.most[i] : Infinity
  }
}
