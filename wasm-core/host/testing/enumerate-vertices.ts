/**
 * The slow and obvious way to an exact optimum, for tiny models: every basis and every choice of bounds, each solved by dense
 * elimination in fractions. Depends on exact/rational.ts and exact/dyadic.ts for single numbers only.
 */
import { AT_LOWER, AT_UPPER, BASIC, FREE } from '../basis.js'
import { fromDouble } from '../exact/dyadic.js'
import {
  compareRationals,
  difference,
  fromDyadic,
  RATIONAL_ZERO,
  type Rational,
  rational,
  sum,
} from '../exact/rational.js'
import type { SparseModel } from '../sparse-model.js'

export interface EnumeratedVertex {
  readonly basis: Uint8Array
  /** By variable: columns, then rows. */
  readonly x: readonly Rational[]
  readonly reduced: readonly Rational[]
  readonly objective: Rational
  readonly isFeasible: boolean
  readonly hasRightSigns: boolean
}

const product = (a: Rational, b: Rational) =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator)
const quotient = (a: Rational, b: Rational) =>
  rational(a.numerator * b.denominator, a.denominator * b.numerator)
export const exactly = (value: number): Rational => fromDyadic(fromDouble(value))
const ONE_NEGATIVE = exactly(-1)

/** By Gauss and Jordan, in fractions; undefined for a singular matrix. `matrix` by row. */
export function solveDense(matrix: readonly (readonly Rational[])[], side: readonly Rational[]) {
  const size = side.length
  const work = matrix.map((row, i) => [...row, side[i]])
  for (let k = 0; k < size; k++) {
    const pivot = work.findIndex((row, i) => i >= k && row[k].numerator !== 0n)
    if (pivot < 0) return undefined
    ;[work[k], work[pivot]] = [work[pivot], work[k]]
    work[k] = work[k].map((entry) => quotient(entry, work[k][k]))
    for (let i = 0; i < size; i++) {
      if (i === k) continue
      const factor = work[i][k]
      work[i] = work[i].map((entry, c) => difference(entry, product(factor, work[k][c])))
    }
  }
  return work.map((row) => row[size])
}

/** Every vertex, feasible or not, of a model with few variables: some 4^(rows + columns) of them at most. */
export function enumerateVertices(model: SparseModel): EnumeratedVertex[] {
  const { rows, columns } = model
  const variables = rows + columns
  const lower = [...model.columnLower, ...model.rowLower]
  const upper = [...model.columnUpper, ...model.rowUpper]
  const columnOf = denseColumns(model)
  const cost = Array.from({ length: variables }, (_, v) =>
    v < columns ? exactly(model.cost[v]) : RATIONAL_ZERO,
  )
  const found: EnumeratedVertex[] = []
  for (const basis of basesOf(variables, rows, (v) => codesOf(lower[v], upper[v]))) {
    const basics = [...basis.keys()].filter((v) => basis[v] === BASIC)
    const resting = Array.from(basis, (code, v) =>
      code === AT_LOWER ? exactly(lower[v]) : code === AT_UPPER ? exactly(upper[v]) : RATIONAL_ZERO,
    )
    const matrix = Array.from({ length: rows }, (_, i) => basics.map((v) => columnOf[v][i]))
    const side = matrix.map((_, i) =>
      resting.reduce((rest, value, v) => difference(rest, product(columnOf[v][i], value)), RATIONAL_ZERO),
    )
    const solution = solveDense(matrix, side)
    const prices = solveDense(
      basics.map((v) => columnOf[v]),
      basics.map((v) => cost[v]),
    )
    if (solution === undefined || prices === undefined) continue
    const x = [...resting]
    basics.forEach((v, k) => {
      x[v] = solution[k]
    })
    const reduced = columnOf.map((column, v) =>
      column.reduce((rest, entry, i) => difference(rest, product(entry, prices[i])), cost[v]),
    )
    const sides = { lower: lower.map(finite), upper: upper.map(finite) }
    found.push({ basis, x, reduced, objective: scalar(cost, x), ...judge(x, reduced, sides) })
  }
  return found
}

const scalar = (a: readonly Rational[], b: readonly Rational[]) =>
  a.reduce((total, entry, k) => sum(total, product(entry, b[k])), RATIONAL_ZERO)

const finite = (bound: number): Rational | undefined => (Number.isFinite(bound) ? exactly(bound) : undefined)

function judge(
  x: readonly Rational[],
  reduced: readonly Rational[],
  { lower, upper }: Readonly<Record<'lower' | 'upper', readonly (Rational | undefined)[]>>,
) {
  const isAt = (bound: Rational | undefined, v: number) =>
    bound !== undefined && compareRationals(bound, x[v]) === 0
  const isFeasible = x.every((value, v) => {
    const [low, high] = [lower[v], upper[v]]
    return (
      (low === undefined || compareRationals(low, value) <= 0) &&
      (high === undefined || compareRationals(value, high) <= 0)
    )
  })
  const hasRightSigns = reduced.every(
    ({ numerator }, v) => numerator === 0n || isAt(numerator > 0n ? lower[v] : upper[v], v),
  )
  return { isFeasible, hasRightSigns }
}

/** A x - r = 0: the columns of the model, then minus the unit columns of activities. */
function denseColumns({ rows, columns, columnStart, rowIndex, value }: SparseModel): Rational[][] {
  const dense = Array.from({ length: rows + columns }, () => new Array<Rational>(rows).fill(RATIONAL_ZERO))
  for (let j = 0; j < columns; j++)
    for (let k = columnStart[j]; k < columnStart[j + 1]; k++) dense[j][rowIndex[k]] = exactly(value[k])
  for (let i = 0; i < rows; i++) dense[columns + i][i] = ONE_NEGATIVE
  return dense
}

function codesOf(lower: number, upper: number): number[] {
  if (lower === -Infinity && upper === Infinity) return [FREE]
  return [
    ...(lower > -Infinity ? [AT_LOWER] : []),
    ...(upper < Infinity && upper !== lower ? [AT_UPPER] : []),
  ]
}

function* basesOf(variables: number, rows: number, codes: (v: number) => number[]): Generator<Uint8Array> {
  const basis = new Uint8Array(variables)
  function* place(v: number, basics: number): Generator<Uint8Array> {
    if (basics > rows || basics + variables - v < rows) return
    if (v === variables) {
      yield basis.slice()
      return
    }
    for (const code of [BASIC, ...codes(v)]) {
      basis[v] = code
      yield* place(v + 1, basics + (code === BASIC ? 1 : 0))
    }
  }
  yield* place(0, 0)
}
