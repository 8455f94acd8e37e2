/**
 * What a basis makes of values and of costs, exactly. Depends on exact-model.ts, linear-system.ts, dyadic.ts, basis.ts.
 *
 * With r = A x, rows whose activity is basic can be read off once x is known, so that only the others need solving:
 *
 *                  basic columns   other columns          x_B from  K x_B = r_N - N x_N      on rows with nonbasic activity
 *   nonbasic row        K                N                y_N from  K' y_N = c_B - L' y_L    where y_L belongs to basic activities
 *   basic row           L                .
 */
import { BASIC } from '../basis.js'
import { add, type Dyadic, multiply, negate, subtract, times, ZERO } from './dyadic.js'
import type { ExactModel } from './exact-model.js'
import type { WorkMeter } from './limits.js'
import { type CommonVector, LinearSystem } from './linear-system.js'

export class BasisSystem {
  readonly #model: ExactModel
  readonly #basis: Uint8Array
  readonly #basicColumns: readonly number[]
  /** By row: its place among those with nonbasic activity, -1 for others. */
  readonly #placeOfRow: Int32Array
  readonly #system: LinearSystem

  private constructor(
    model: ExactModel,
    basis: Uint8Array,
    basicColumns: readonly number[],
    placeOfRow: Int32Array,
    system: LinearSystem,
  ) {
    this.#model = model
    this.#basis = basis
    this.#basicColumns = basicColumns
    this.#placeOfRow = placeOfRow
    this.#system = system
  }

  /** Undefined when the basis is singular, which is proven. `basis` is one that `checkBasis` accepts. */
  static of(model: ExactModel, basis: Uint8Array, meter: WorkMeter): BasisSystem | undefined {
    const basicColumns = model.entries.flatMap((_, j) => (basis[j] === BASIC ? [j] : []))
    const placeOfRow = new Int32Array(model.rows).fill(-1)
    let places = 0
    for (let i = 0; i < model.rows; i++) if (basis[model.columns + i] !== BASIC) placeOfRow[i] = places++
    const columns = basicColumns.map((j) => {
      const { row, value } = model.entries[j]
      const isSolved = (i: number) => placeOfRow[i] >= 0
      return {
        row: row.filter(isSolved).map((i) => placeOfRow[i]),
        value: value.filter((_, k) => isSolved(row[k])),
      }
    })
    const system = LinearSystem.of({ rows: places, columns }, meter)
    return system && new BasisSystem(model, basis, basicColumns, placeOfRow, system)
  }

  /** Values of all variables with A x = r, given those of the nonbasic ones; `nonbasic` is read for these only. */
  valuesOf(nonbasic: readonly Dyadic[]): CommonVector {
    const { rows, columns, variables } = this.#model
    const rest = nonbasic.slice(columns, variables)
    this.#eachEntry(
      (j) => this.#basis[j] !== BASIC && nonbasic[j].mantissa !== 0n,
      (j, i, value) => {
        if (this.#placeOfRow[i] >= 0) rest[i] = subtract(rest[i], multiply(value, nonbasic[j]))
      },
    )
    const sides = rest.filter((_, i) => this.#placeOfRow[i] >= 0)
    const solution = this.#system.solve(sides)
    const { denominator } = solution
    const values = nonbasic.map((value) => times(value, denominator))
    this.#basicColumns.forEach((j, k) => {
      values[j] = solution.values[k]
    })
    const activity = new Array<Dyadic>(rows).fill(ZERO)
    this.#eachEntry(
      (j) => values[j].mantissa !== 0n,
      (j, i, value) => {
        if (this.#placeOfRow[i] < 0) activity[i] = add(activity[i], multiply(value, values[j]))
      },
    )
    activity.forEach((value, i) => {
      if (this.#placeOfRow[i] < 0) values[columns + i] = value
    })
    return { values, denominator }
  }

  /**
   * Reduced costs of all variables, 0 for basic ones: c_j - y'a_j of columns, c_i + y_i of activities, which for activities without a
   * cost is the price y_i of the row.
   */
  reducedCostsOf(cost: readonly Dyadic[]): CommonVector {
    const { rows, columns } = this.#model
    // A basic activity has reduced cost 0, so that its price is -cost.
    const known = Array.from({ length: rows }, (_, i) =>
      this.#placeOfRow[i] < 0 ? negate(cost[columns + i]) : ZERO,
    )
    const sides = this.#basicColumns.map((j) => {
      const { row, value } = this.#model.entries[j]
      return row.reduce((rest, i, k) => subtract(rest, multiply(value[k], known[i])), cost[j])
    })
    const solution = this.#system.solveTransposed(sides)
    const { denominator } = solution
    const price = known.map((value, i) =>
      this.#placeOfRow[i] < 0 ? times(value, denominator) : solution.values[this.#placeOfRow[i]],
    )
    const reduced = cost.map((value) => times(value, denominator))
    this.#eachEntry(
      (j) => this.#basis[j] !== BASIC,
      (j, i, value) => {
        reduced[j] = subtract(reduced[j], multiply(value, price[i]))
      },
    )
    for (const j of this.#basicColumns) reduced[j] = ZERO
    price.forEach((value, i) => {
      reduced[columns + i] = this.#placeOfRow[i] < 0 ? ZERO : add(reduced[columns + i], value)
    })
    return { values: reduced, denominator }
  }

  #eachEntry(
    isMeant: (column: number) => boolean,
    visit: (column: number, row: number, value: Dyadic) => void,
  ) {
    this.#model.entries.forEach(({ row, value }, j) => {
      if (!isMeant(j)) return
      for (let k = 0; k < row.length; k++) visit(j, row[k], value[k])
    })
  }
}
