/**
 * How far an answer in doubles is from the exact one. Depends on linear-system.ts, dyadic.ts, rational.ts.
 */
import { absolute, compare, fromDouble, subtract, times, ZERO } from './dyadic.js'
import type { CommonVector } from './linear-system.js'
import { difference, fromDyadic, magnitude, type Rational, toDoubleUp } from './rational.js'

export interface Distance {
  readonly exact: Rational
  /** The least double that is not below it. */
  readonly atMost: number
}

/** The largest |value - exact|; `exact` may have more elements behind those of `doubles`, which are finite. */
export function distanceOf(doubles: Float64Array, exact: CommonVector, first = 0): Distance {
  let most = ZERO
  for (let k = 0; k < doubles.length; k++) {
    const value = times(fromDouble(doubles[k]), exact.denominator)
    const size = absolute(subtract(value, exact.values[first + k]))
    if (compare(size, most) > 0) most = size
  }
  return asDistance(fromDyadic(most, exact.denominator))
}

export function distanceOfOne(double: number, exact: Rational): Distance {
  return asDistance(magnitude(difference(fromDyadic(fromDouble(double)), exact)))
}

const asDistance = (exact: Rational): Distance => ({ exact, atMost: toDoubleUp(exact) })
