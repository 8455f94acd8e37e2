/**
 * What no feasible point is below, from any prices at all: exact arithmetic makes a lower bound of prices that are wrong in their
 * last digits. Depends on exact-model.ts, dyadic.ts, rational.ts.
 *
 *   c'x = y'(Ax) + (c - A'y)'x  >=  sum of y_i times the side that it pushes against + sum of d_j times the bound that it pushes against
 *
 * Source: Neumaier and Shcherbina, *Safe bounds in linear and mixed-integer linear programming* (2004), without their rounding modes.
 */
import { add, type Dyadic, fromDouble, multiply, signOf, subtract, times, ZERO } from './dyadic.js'
import type { ExactModel } from './exact-model.js'
import type { CommonVector } from './linear-system.js'
import { fromDyadic, type Rational } from './rational.js'

/**
 * `prices` by row. A price that pushes against a side which is not there is taken as 0. Undefined when a reduced cost then pushes
 * against a bound that is not there: these prices bound nothing.
 */
export function safeBound(model: ExactModel, prices: CommonVector): Rational | undefined {
  const { denominator } = prices
  const { lower, upper, columns } = model
  const against = (multiplier: Dyadic, v: number) => (signOf(multiplier) > 0 ? lower[v] : upper[v])
  const usable = prices.values.map((price, i) => (against(price, columns + i) === undefined ? ZERO : price))
  let bound = ZERO
  usable.forEach((price, i) => {
    if (signOf(price) !== 0) bound = add(bound, multiply(price, against(price, columns + i) as Dyadic))
  })
  for (let j = 0; j < columns; j++) {
    const { row, value } = model.entries[j]
    const reduced = row.reduce(
      (rest, i, k) => subtract(rest, multiply(value[k], usable[i])),
      times(model.cost[j], denominator),
    )
    if (signOf(reduced) === 0) continue
    const side = against(reduced, j)
    if (side === undefined) return undefined
    bound = add(bound, multiply(reduced, side))
  }
  return fromDyadic(bound, denominator)
}

/** Finite doubles as prices. */
export function pricesOf(dual: Float64Array): CommonVector {
  return { values: Array.from(dual, fromDouble), denominator: 1n }
}
