/**
 * The one point and the one set of prices that a basis stands for, exactly. Depends on basis-system.ts, exact-model.ts, basis.ts.
 */
import { AT_LOWER, AT_UPPER, BASIC, FREE } from '../basis.js'
import { BasisSystem } from './basis-system.js'
import { add, type Dyadic, multiply, ZERO } from './dyadic.js'
import type { ExactModel } from './exact-model.js'
import type { WorkMeter } from './limits.js'
import type { CommonVector } from './linear-system.js'
import { fromDyadic, type Rational } from './rational.js'

export interface Vertex {
  readonly system: BasisSystem
  /** By variable: columns, then activities of rows. */
  readonly point: CommonVector
  /** By variable: reduced costs of columns, then prices of rows. */
  readonly reduced: CommonVector
  readonly objective: Rational
}

/** Why a basis stands for no vertex: it is singular, which is proven, or a variable stands where `restingValues` says that it cannot. */
export type NoVertex = 'singular-basis' | 'misplaced-variable'

/** `basis` is one that `checkBasis` accepts. Throws `WEIR_SOLVER` at a limit. */
export function vertexOf(model: ExactModel, basis: Uint8Array, meter: WorkMeter): Vertex | NoVertex {
  const resting = restingValues(model, basis)
  if (resting === undefined) return 'misplaced-variable'
  const system = BasisSystem.of(model, basis, meter)
  if (system === undefined) return 'singular-basis'
  const point = system.valuesOf(resting)
  const reduced = system.reducedCostsOf(costsOf(model))
  return { system, point, reduced, objective: objectiveOf(model, point) }
}

/** By variable: the bound that it stands on; 0 for basic and free ones. Undefined where one stands on a bound that is not there, or has bounds and stands on none. */
export function restingValues(model: ExactModel, basis: Uint8Array): Dyadic[] | undefined {
  const values: Dyadic[] = []
  for (let v = 0; v < model.variables; v++) {
    const code = basis[v]
    const value = code === AT_LOWER ? model.lower[v] : code === AT_UPPER ? model.upper[v] : ZERO
    if (value === undefined) return undefined
    if (code === FREE && (model.lower[v] !== undefined || model.upper[v] !== undefined)) return undefined
    values.push(code === BASIC ? ZERO : value)
  }
  return values
}

/** By variable: activities cost nothing. */
export function costsOf(model: ExactModel): Dyadic[] {
  return [...model.cost, ...new Array<Dyadic>(model.rows).fill(ZERO)]
}

export function objectiveOf(model: ExactModel, { values, denominator }: CommonVector): Rational {
  return fromDyadic(
    model.cost.reduce((sum, cost, j) => add(sum, multiply(cost, values[j])), ZERO),
    denominator,
  )
}
