/**
 * By how much an exact point breaks its bounds, and exact prices the signs that optimality asks for. Depends on exact-model.ts,
 * linear-system.ts, dyadic.ts, rational.ts.
 */
import {
  absolute,
  add,
  compare,
  type Dyadic,
  fromDouble,
  multiply,
  ONE,
  signOf,
  subtract,
  times,
  ZERO,
} from './dyadic.js'
import type { ExactModel } from './exact-model.js'
import type { CommonVector } from './linear-system.js'
import { fromDyadic, RATIONAL_ZERO, type Rational } from './rational.js'

/** The worst of all variables. */
export interface Violation {
  readonly amount: Rational
  /** Columns, then rows; undefined when nothing is violated. */
  readonly variable: number | undefined
  /** Whether each one is within tolerance, by the measure of its kind. */
  readonly isTolerable: boolean
}

/** How far a variable is beyond its bounds, times the denominator of the point: 0 within. */
export function excess(model: ExactModel, point: CommonVector, variable: number): Dyadic {
  const [lower, upper] = [model.lower[variable], model.upper[variable]]
  const value = point.values[variable]
  const below = lower === undefined ? ZERO : subtract(times(lower, point.denominator), value)
  if (signOf(below) > 0) return below
  const above = upper === undefined ? ZERO : subtract(value, times(upper, point.denominator))
  return signOf(above) > 0 ? above : ZERO
}

/** Violations of bounds and sides b, tolerable up to `tolerance` times 1 + |b|. */
export function primalViolation(model: ExactModel, point: CommonVector, tolerance: number): Violation {
  const allowed = fromDouble(tolerance)
  return worst(model.variables, point.denominator, (v) => {
    const amount = excess(model, point, v)
    if (signOf(amount) === 0) return undefined
    const { lower, upper } = model
    const isBelow = lower[v] !== undefined && compare(point.values[v], times(lower[v], point.denominator)) < 0
    const bound = absolute((isBelow ? lower[v] : upper[v]) as Dyadic)
    const limit = times(multiply(allowed, add(ONE, bound)), point.denominator)
    return { amount, isTolerable: compare(amount, limit) <= 0 }
  })
}

/**
 * A reduced cost above 0 asks for a variable at its lower bound, one below 0 for the upper one. Tolerable up to `tolerance` times the
 * larger of 1 and the largest cost.
 */
export function dualViolation(
  model: ExactModel,
  point: CommonVector,
  reduced: CommonVector,
  tolerance: number,
): Violation {
  const largest = model.cost.reduce((most, cost) => {
    const size = absolute(cost)
    return compare(size, most) > 0 ? size : most
  }, ONE)
  const limit = times(multiply(fromDouble(tolerance), largest), reduced.denominator)
  return worst(model.variables, reduced.denominator, (v) => {
    const cost = reduced.values[v]
    if (signOf(cost) === 0) return undefined
    const bound = signOf(cost) > 0 ? model.lower[v] : model.upper[v]
    if (bound !== undefined && compare(times(bound, point.denominator), point.values[v]) === 0)
      return undefined
    const amount = absolute(cost)
    return { amount, isTolerable: compare(amount, limit) <= 0 }
  })
}

function worst(
  variables: number,
  denominator: bigint,
  judge: (variable: number) => { readonly amount: Dyadic; readonly isTolerable: boolean } | undefined,
): Violation {
  let most = ZERO
  let variable: number | undefined
  let isTolerable = true
  for (let v = 0; v < variables; v++) {
    const found = judge(v)
    if (found === undefined) continue
    isTolerable &&= found.isTolerable
    if (compare(found.amount, most) > 0) [most, variable] = [found.amount, v]
  }
  return {
    amount: variable === undefined ? RATIONAL_ZERO : fromDyadic(most, denominator),
    variable,
    isTolerable,
  }
}
