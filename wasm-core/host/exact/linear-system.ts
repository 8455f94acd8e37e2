/**
 * Exact solutions with a square matrix of doubles and with its transpose, and the exact proof where it is singular. Rows and
 * columns are scaled by powers of two to whole numbers. Depends on lifting.ts, modular-factors.ts, dyadic.ts, limits.ts.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { commonExponent, type Dyadic, shifted, ZERO } from './dyadic.js'
import { type IntegerMatrix, product, transposed } from './integer-matrix.js'
import { solveByLifting } from './lifting.js'
import type { WorkMeter } from './limits.js'
import { ModularFactors } from './modular-factors.js'
import { PRIMES } from './residue.js'

/** Sparse columns of exact numbers; no entry is 0, no place comes twice. */
export interface DyadicMatrix {
  readonly rows: number
  readonly columns: readonly { readonly row: readonly number[]; readonly value: readonly Dyadic[] }[]
}

/** values[k] / denominator; the denominator is above 0. */
export interface CommonVector {
  readonly values: readonly Dyadic[]
  readonly denominator: bigint
}

export class LinearSystem {
  readonly #matrix: IntegerMatrix
  /** The integer matrix is 2^rowShift A 2^columnShift. */
  readonly #rowShift: readonly number[]
  readonly #columnShift: readonly number[]
  readonly #factors: ModularFactors
  readonly #meter: WorkMeter
  #transposed: { readonly matrix: IntegerMatrix; readonly factors: ModularFactors } | undefined

  private constructor(scaled: ScaledMatrix, factors: ModularFactors, meter: WorkMeter) {
    this.#matrix = scaled.matrix
    this.#rowShift = scaled.rowShift
    this.#columnShift = scaled.columnShift
    this.#factors = factors
    this.#meter = meter
  }

  /** Undefined when the matrix is singular, which is proven. Throws `WEIR_SOLVER` at a limit. */
  static of(matrix: DyadicMatrix, meter: WorkMeter): LinearSystem | undefined {
    const scaled = scaledMatrix(matrix)
    for (const prime of PRIMES) {
      const factors = ModularFactors.of(scaled.matrix, prime, meter)
      if (factors.rank === matrix.rows) return new LinearSystem(scaled, factors, meter)
      if (isSingular(scaled.matrix, factors, meter)) return undefined
    }
    throw new WeirError('WEIR_SOLVER', `all of ${PRIMES.length} primes divide a determinant that is not 0`, {
      place: 'exact certificate',
      remedy: 'change any coefficient of the basis by its last bit',
    })
  }

  /** x with A x = b. */
  solve(b: readonly Dyadic[]): CommonVector {
    return solveScaled(this.#matrix, this.#factors, b, this.#rowShift, this.#columnShift, this.#meter)
  }

  /** y with A' y = c. */
  solveTransposed(c: readonly Dyadic[]): CommonVector {
    this.#transposed ??= this.#transpose()
    const { matrix, factors } = this.#transposed
    return solveScaled(matrix, factors, c, this.#columnShift, this.#rowShift, this.#meter)
  }

  // Regular modulo the same prime, so that its factors are found without another attempt.
  #transpose() {
    const matrix = transposed(this.#matrix)
    return { matrix, factors: ModularFactors.of(matrix, this.#factors.prime, this.#meter) }
  }
}

function solveScaled(
  matrix: IntegerMatrix,
  factors: ModularFactors,
  b: readonly Dyadic[],
  shiftBefore: readonly number[],
  shiftAfter: readonly number[],
  meter: WorkMeter,
): CommonVector {
  const sides = b.map((side, i) => scaledBy(side, shiftBefore[i]))
  const exponent = commonExponent(sides)
  const whole = sides.map((side) => shifted(side, exponent))
  const { numerators, denominator } = solveByLifting(matrix, factors, whole, meter)
  const values = numerators.map((mantissa, j) =>
    mantissa === 0n ? ZERO : { mantissa, exponent: exponent + shiftAfter[j] },
  )
  return { values, denominator }
}

const scaledBy = ({ mantissa, exponent }: Dyadic, shift: number): Dyadic =>
  mantissa === 0n ? ZERO : { mantissa, exponent: exponent + shift }

interface ScaledMatrix {
  readonly matrix: IntegerMatrix
  readonly rowShift: readonly number[]
  readonly columnShift: readonly number[]
}

/** Rows first, to whole numbers; then columns, by the powers of two that all of their entries share. */
export function scaledMatrix({ rows, columns }: DyadicMatrix): ScaledMatrix {
  const least = new Array<number>(rows).fill(Number.POSITIVE_INFINITY)
  for (const { row, value } of columns) {
    row.forEach((i, k) => {
      least[i] = Math.min(least[i], value[k].exponent)
    })
  }
  const rowShift = least.map((exponent) => (Number.isFinite(exponent) ? -exponent : 0))
  const start = [0]
  const index: number[] = []
  const whole: bigint[] = []
  const columnShift = columns.map(({ row, value }) => {
    const entries = value.map((entry, k) => scaledBy(entry, rowShift[row[k]]))
    const exponent = commonExponent(entries)
    for (const i of row) index.push(i)
    for (const entry of entries) whole.push(shifted(entry, exponent))
    start.push(index.length)
    return -exponent
  })
  const places = { columnStart: Int32Array.from(start), rowIndex: Int32Array.from(index) }
  return { matrix: { rows, columns: columns.length, ...places, value: whole }, rowShift, columnShift }
}

/**
 * Whether a matrix that is singular modulo a prime is so in truth: a column without a pivot is combined exactly from the pivot columns
 * on the pivot rows. If the combination holds on all rows it is the proof; otherwise the prime was an unlucky one.
 */
function isSingular(matrix: IntegerMatrix, factors: ModularFactors, meter: WorkMeter): boolean {
  const { rank, pivotRow, pivotColumn, prime } = factors
  const rowAt = new Map(pivotRow.map((i, k) => [i, k]))
  const pivots = new Set(pivotColumn)
  const spare = Array.from({ length: matrix.columns }, (_, j) => j).find((j) => !pivots.has(j))
  if (spare === undefined) return false
  const part = pivotPart(matrix, pivotColumn, rowAt)
  const side = new Array<bigint>(rank).fill(0n)
  const target = new Array<bigint>(matrix.rows).fill(0n)
  for (let k = matrix.columnStart[spare]; k < matrix.columnStart[spare + 1]; k++) {
    const at = rowAt.get(matrix.rowIndex[k])
    if (at !== undefined) side[at] = matrix.value[k]
    target[matrix.rowIndex[k]] = matrix.value[k]
  }
  const combination = solveByLifting(part, ModularFactors.of(part, prime, meter), side, meter)
  const full = new Array<bigint>(matrix.columns).fill(0n)
  pivotColumn.forEach((j, k) => {
    full[j] = combination.numerators[k]
  })
  return product(matrix, full).every((sum, i) => sum === target[i] * combination.denominator)
}

function pivotPart(matrix: IntegerMatrix, columns: readonly number[], rowAt: ReadonlyMap<number, number>) {
  const start = [0]
  const index: number[] = []
  const value: bigint[] = []
  for (const j of columns) {
    for (let k = matrix.columnStart[j]; k < matrix.columnStart[j + 1]; k++) {
      const at = rowAt.get(matrix.rowIndex[k])
      if (at === undefined) continue
      index.push(at)
      value.push(matrix.value[k])
    }
    start.push(index.length)
  }
  const places = { columnStart: Int32Array.from(start), rowIndex: Int32Array.from(index) }
  return { rows: columns.length, columns: columns.length, ...places, value }
}
