/**
 * Sparse elimination of an integer matrix modulo a prime. It finds a largest set of independent rows and columns, and solves with
 * them. What is independent modulo a prime is independent; the reverse must be proven elsewhere. Depends on pivot-order.ts, residue.ts, limits.ts.
 */
import type { IntegerMatrix } from './integer-matrix.js'
import type { WorkMeter } from './limits.js'
import { PivotOrder } from './pivot-order.js'
import { inverseModulo, residue } from './residue.js'

/** Steps of the elimination: step s pivots at (pivotRow[s], pivotColumn[s]). */
export class ModularFactors {
  readonly prime: number
  readonly pivotRow: number[] = []
  readonly pivotColumn: number[] = []
  /** Of step s: rows from which a multiple of the pivot row was taken, and the multiples. */
  readonly #lowerStart: number[] = [0]
  readonly #lowerIndex: number[] = []
  readonly #lowerValue: number[] = []
  /** Of step s: the pivot row behind its pivot, and the inverse of that. */
  readonly #upperStart: number[] = [0]
  readonly #upperIndex: number[] = []
  readonly #upperValue: number[] = []
  readonly #pivotInverse: number[] = []
  readonly #inverse: number

  private constructor(prime: number) {
    this.prime = prime
    this.#inverse = 1 / prime
  }

  get rank(): number {
    return this.pivotRow.length
  }

  /** Entries that one solve meets. */
  get entries(): number {
    return this.#lowerIndex.length + this.#upperIndex.length + this.rank
  }

  static of(matrix: IntegerMatrix, prime: number, meter: WorkMeter): ModularFactors {
    const factors = new ModularFactors(prime)
    const order = new PivotOrder(matrix, prime)
    for (let pivot = order.next(); pivot !== undefined; pivot = order.next()) {
      factors.#eliminate(order, pivot.row, pivot.column, meter)
    }
    return factors
  }

  #eliminate(order: PivotOrder, row: number, column: number, meter: WorkMeter): void {
    const { prime: p } = this
    const { index, value } = order.takeRow(row)
    let pivotInverse = 0
    const restIndex: number[] = []
    const restValue: number[] = []
    index.forEach((j, k) => {
      if (j === column) pivotInverse = inverseModulo(value[k], p)
      else {
        restIndex.push(j)
        restValue.push(value[k])
      }
    })
    const targets = order.takeColumn(column)
    targets.index.forEach((i, k) => {
      const multiple = residue(targets.value[k] * pivotInverse, p, this.#inverse)
      order.subtractRow(i, multiple, restIndex, restValue)
      this.#lowerIndex.push(i)
      this.#lowerValue.push(multiple)
    })
    meter.spend((targets.index.length + 1) * (restIndex.length + 1))
    for (const j of restIndex) this.#upperIndex.push(j)
    for (const v of restValue) this.#upperValue.push(v)
    this.#lowerStart.push(this.#lowerIndex.length)
    this.#upperStart.push(this.#upperIndex.length)
    this.#pivotInverse.push(pivotInverse)
    this.pivotRow.push(row)
    this.pivotColumn.push(column)
  }

  /** x with A x = b on pivot rows and columns, x = 0 on other columns. `b` by row, residues, is used up; `x` by column, of zeros. */
  solve(b: Float64Array, x: Float64Array): void {
    const { prime: p, pivotRow, pivotColumn } = this
    const inverse = this.#inverse
    for (let s = 0; s < this.rank; s++) {
      const pivot = b[pivotRow[s]]
      if (pivot === 0) continue
      for (let k = this.#lowerStart[s]; k < this.#lowerStart[s + 1]; k++) {
        const i = this.#lowerIndex[k]
        b[i] = residue(b[i] - this.#lowerValue[k] * pivot, p, inverse)
      }
    }
    for (let s = this.rank - 1; s >= 0; s--) {
      let rest = b[pivotRow[s]]
      for (let k = this.#upperStart[s]; k < this.#upperStart[s + 1]; k++) {
        const factor = x[this.#upperIndex[k]]
        if (factor !== 0) rest = residue(rest - this.#upperValue[k] * factor, p, inverse)
      }
      x[pivotColumn[s]] = residue(rest * this.#pivotInverse[s], p, inverse)
    }
  }
}
