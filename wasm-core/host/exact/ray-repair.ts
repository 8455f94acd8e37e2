/**
 * Makes an exact combination of a ray in doubles: the terms of columns that nothing holds must be 0, which the last digits miss. As many
 * weights of rows as there are independent such columns are solved for exactly; the others stay what they are.
 * Depends on farkas.ts, linear-system.ts, modular-factors.ts, exact-model.ts.
 */
import { add, type Dyadic, fromDouble, multiply, negate, times, ZERO } from './dyadic.js'
import type { ExactModel } from './exact-model.js'
import { combinationOf, isProof } from './farkas.js'
import type { WorkMeter } from './limits.js'
import { type CommonVector, type DyadicMatrix, LinearSystem, scaledMatrix } from './linear-system.js'
import { ModularFactors } from './modular-factors.js'
import { PRIMES } from './residue.js'

/** Weights this much smaller than the largest are rounding, and so are terms this much smaller than what they are the sum of. */
const NOISE = 1e-9

/** Columns turn out to be unheld when others are put right; each round settles at least one, and rays of doubles need one or two. */
const ROUNDS = 6

/** Weights by row; undefined when no repair was found. */
export function repairedWeights(
  model: ExactModel,
  ray: Float64Array,
  meter: WorkMeter,
): CommonVector | undefined {
  const weights = withoutNoise(ray.subarray(model.columns))
  const vanishing = new Set(vanishingColumns(model, weights))
  for (let round = 0; round < ROUNDS; round++) {
    const solved = withVanishing(
      model,
      weights,
      [...vanishing].sort((a, b) => a - b),
      meter,
    )
    if (solved === undefined) return undefined
    const combination = combinationOf(model, solved)
    if (isProof(combination)) return solved
    const before = vanishing.size
    for (const column of combination.unheld) vanishing.add(column)
    // What was solved for got a sign that its row does not have: it leaves the combination.
    let dropped = 0
    solved.values.forEach((value, i) => {
      if (value.mantissa === 0n || combination.multipliers[model.columns + i].mantissa !== 0n) return
      weights[i] = 0
      dropped++
    })
    if (vanishing.size === before && dropped === 0) return undefined
  }
  return undefined
}

function withoutNoise(weights: Float64Array): Float64Array {
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0)
  return weights.map((weight) => (Math.abs(weight) <= NOISE * largest ? 0 : weight))
}

/** Columns without some bound whose term is rounding. */
function vanishingColumns(model: ExactModel, weights: Float64Array): number[] {
  const found: number[] = []
  model.entries.forEach(({ row, value }, j) => {
    if (model.lower[j] !== undefined && model.upper[j] !== undefined) return
    let term = 0
    let size = 0
    row.forEach((i, k) => {
      const part = Number(value[k].mantissa) * 2 ** value[k].exponent * weights[i]
      term += part
      size += Math.abs(part)
    })
    if (size > 0 && Math.abs(term) <= NOISE * size) found.push(j)
  })
  return found
}

/** Weights with which the terms of all of `columns` are 0, but for those that depend on others. */
function withVanishing(
  model: ExactModel,
  weights: Float64Array,
  columns: readonly number[],
  meter: WorkMeter,
): CommonVector | undefined {
  const start = Array.from(weights, fromDouble)
  const support = start.flatMap(({ mantissa }, i) => (mantissa === 0n ? [] : [i]))
  const equations = equationsOf(model, columns, support)
  const { pivotRow, pivotColumn, rank } = ModularFactors.of(scaledMatrix(equations).matrix, PRIMES[0], meter)
  if (rank === 0) return { values: start, denominator: 1n }
  const solvedFor = new Set(pivotColumn)
  const placeOf = new Map(pivotRow.map((equation, place) => [equation, place]))
  const sides = new Array<Dyadic>(rank).fill(ZERO)
  equations.columns.forEach(({ row, value }, s) => {
    if (solvedFor.has(s)) return
    row.forEach((equation, k) => {
      const place = placeOf.get(equation)
      if (place !== undefined) sides[place] = add(sides[place], negate(multiply(value[k], start[support[s]])))
    })
  })
  const square = pivotColumn.map((s) => {
    const { row, value } = equations.columns[s]
    const isKept = (_: unknown, k: number) => placeOf.has(row[k])
    return { row: row.filter(isKept).map((e) => placeOf.get(e) as number), value: value.filter(isKept) }
  })
  const solution = LinearSystem.of({ rows: rank, columns: square }, meter)?.solve(sides)
  if (solution === undefined) return undefined
  const values = start.map((weight) => times(weight, solution.denominator))
  pivotColumn.forEach((s, k) => {
    values[support[s]] = solution.values[k]
  })
  return { values, denominator: solution.denominator }
}

/** One equation a column, one unknown a row of the support. */
function equationsOf(
  model: ExactModel,
  columns: readonly number[],
  support: readonly number[],
): DyadicMatrix {
  const placeOf = new Map(support.map((i, s) => [i, s]))
  const unknowns = support.map(() => ({ row: [] as number[], value: [] as Dyadic[] }))
  columns.forEach((j, equation) => {
    const { row, value } = model.entries[j]
    row.forEach((i, k) => {
      const s = placeOf.get(i)
      if (s === undefined) return
      unknowns[s].row.push(equation)
      unknowns[s].value.push(value[k])
    })
  })
  return { rows: columns.length, columns: unknowns }
}
