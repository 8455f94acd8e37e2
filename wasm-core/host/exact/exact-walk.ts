/**
 * The simplex method in exact arithmetic, for the few steps from a basis that is optimal within tolerance to one that is optimal.
 * Depends on vertex.ts, violation.ts, basis-system.ts, exact-model.ts, basis.ts.
 *
 * First the dual method, with the costs of nonbasic variables shifted so that no sign is wrong: it ends at an exactly feasible point.
 * Then the primal method with the true costs. Both take the first candidate by number (Bland's rule), so that neither goes in circles.
 * There is no basis update: a step costs three exact solves, and the meter's limit on pivots keeps them few.
 */
import { invariant } from '../../../pipeline/errors.js'
import { AT_LOWER, AT_UPPER, BASIC, FREE } from '../basis.js'
import type { BasisSystem } from './basis-system.js'
import {
  absolute,
  compare,
  type Dyadic,
  multiply,
  negate,
  ONE,
  signOf,
  subtract,
  times,
  ZERO,
} from './dyadic.js'
import type { ExactModel } from './exact-model.js'
import type { WorkMeter } from './limits.js'
import type { CommonVector } from './linear-system.js'
import { costsOf, type Vertex, vertexOf } from './vertex.js'
import { excess } from './violation.js'

/**
 * `optimal`: `vertex` is, exactly. `feasible`: pivots ran out behind a feasible point, which is `vertex`. `infeasible`: the rows and bounds
 * exclude each other exactly, however little; `multipliers` prove it, by row. `unbounded`, `ended`: pivots ran out before.
 */
export type WalkOutcome =
  | {
      readonly kind: 'optimal' | 'feasible'
      readonly basis: Uint8Array
      readonly vertex: Vertex
      readonly pivots: number
    }
  | { readonly kind: 'infeasible'; readonly multipliers: CommonVector; readonly pivots: number }
  | { readonly kind: 'unbounded' | 'ended'; readonly pivots: number }

export function walkFrom(
  model: ExactModel,
  start: Uint8Array,
  vertex: Vertex,
  meter: WorkMeter,
): WalkOutcome {
  const walk = new Walk(model, start, vertex, meter)
  const first = walk.toFeasible()
  return first ?? walk.toOptimal()
}

class Walk {
  readonly #model: ExactModel
  readonly #meter: WorkMeter
  readonly #basis: Uint8Array
  #vertex: Vertex
  #pivots = 0

  constructor(model: ExactModel, start: Uint8Array, vertex: Vertex, meter: WorkMeter) {
    this.#model = model
    this.#meter = meter
    this.#basis = start.slice()
    this.#vertex = vertex
  }

  /** Undefined when the vertex is feasible. */
  toFeasible(): WalkOutcome | undefined {
    const costs = this.#shiftedCosts()
    for (;;) {
      const { point, system } = this.#vertex
      const leaving = this.#firstWhere((v) => signOf(excess(this.#model, point, v)) > 0)
      if (leaving === undefined) return undefined
      if (this.#basis[leaving] !== BASIC) return crossedBounds(this.#model, leaving, this.#pivots)
      if (this.#pivots >= this.#meter.limits.pivots) return { kind: 'ended', pivots: this.#pivots }
      const { lower } = this.#model
      const isBelow =
        lower[leaving] !== undefined &&
        compare(point.values[leaving], times(lower[leaving], point.denominator)) < 0
      const row = tableauRow(this.#model, system, leaving)
      const entering = this.#dualRatio(row, system.reducedCostsOf(costs), isBelow ? 1 : -1)
      if (entering === undefined) {
        return { kind: 'infeasible', multipliers: this.#proof(row, leaving, isBelow), pivots: this.#pivots }
      }
      this.#exchange(entering, leaving, isBelow ? AT_LOWER : AT_UPPER)
    }
  }

  toOptimal(): WalkOutcome {
    for (;;) {
      const { reduced, system } = this.#vertex
      const entering = this.#firstWhere((v) => this.#isWrong(v, reduced.values[v]))
      const basis = this.#basis.slice()
      const state = { basis, vertex: this.#vertex, pivots: this.#pivots }
      if (entering === undefined) return { kind: 'optimal', ...state }
      if (this.#pivots >= this.#meter.limits.pivots) return { kind: 'feasible', ...state }
      const direction = -signOf(reduced.values[entering])
      const unit = new Array<Dyadic>(this.#model.variables).fill(ZERO)
      unit[entering] = ONE
      const column = system.valuesOf(unit)
      const leaving = this.#primalRatio(column, entering, direction)
      if (leaving === undefined) return { kind: 'unbounded', pivots: this.#pivots }
      this.#exchange(entering, leaving.variable, leaving.code)
    }
  }

  #firstWhere(holds: (variable: number) => boolean): number | undefined {
    for (let v = 0; v < this.#model.variables; v++) if (holds(v)) return v
    return undefined
  }

  /** Costs that make the reduced costs of the start right where they are wrong: the same but 0. */
  #shiftedCosts(): Dyadic[] {
    // Scaled by the denominator of the prices, so that all stay of the form m 2^e; a common factor changes no ratio.
    const { reduced } = this.#vertex
    return costsOf(this.#model).map((cost, v) => {
      const scaled = times(cost, reduced.denominator)
      return this.#isWrong(v, reduced.values[v]) ? subtract(scaled, reduced.values[v]) : scaled
    })
  }

  /** Whether the objective falls when a nonbasic variable leaves where it stands. */
  #isWrong(variable: number, reducedCost: Dyadic): boolean {
    const code = this.#basis[variable]
    if (code === BASIC || this.#isFixed(variable)) return false
    const sign = signOf(reducedCost)
    return code === FREE ? sign !== 0 : code === AT_LOWER ? sign < 0 : sign > 0
  }

  #isFixed(variable: number): boolean {
    const [lower, upper] = [this.#model.lower[variable], this.#model.upper[variable]]
    return lower !== undefined && upper !== undefined && compare(lower, upper) === 0
  }

  /**
   * Of nonbasic variables that move the leaving one into its bounds (`need` 1: up, -1: down), the one whose reduced cost is
   * the first to reach 0. `row` has x_leaving = constant - sum of row * x.
   */
  #dualRatio(row: CommonVector, reduced: CommonVector, need: number): number | undefined {
    let best: number | undefined
    for (let v = 0; v < this.#model.variables; v++) {
      const code = this.#basis[v]
      const slope = -signOf(row.values[v]) * need
      if (code === BASIC || slope === 0 || this.#isFixed(v)) continue
      if ((code === AT_LOWER && slope < 0) || (code === AT_UPPER && slope > 0)) continue
      if (best === undefined || isSmallerRatio(reduced, row, v, best)) best = v
    }
    return best
  }

  /** By row: x_leaving + sum of row * x = 0 for every x, while the bounds of the others keep x_leaving beyond its own. */
  #proof(row: CommonVector, leaving: number, isBelow: boolean): CommonVector {
    const { denominator } = row
    const { columns } = this.#model
    const values = row.values.map((value, v) =>
      v === leaving ? { mantissa: denominator, exponent: 0 } : value,
    )
    const signed = isBelow ? values : values.map(negate)
    return { values: signed.slice(columns), denominator }
  }

  /** The bound that is met first when the entering variable moves; undefined when none is. */
  #primalRatio(column: CommonVector, entering: number, direction: number) {
    const { lower, upper } = this.#model
    const { point } = this.#vertex
    let best: { variable: number; code: number; room: Dyadic; speed: Dyadic } | undefined
    for (let v = 0; v < this.#model.variables; v++) {
      const speed = v === entering ? { mantissa: column.denominator, exponent: 0 } : column.values[v]
      const sign = signOf(speed) * direction
      if (sign === 0 || (v !== entering && this.#basis[v] !== BASIC)) continue
      const bound = sign < 0 ? lower[v] : upper[v]
      if (bound === undefined) continue
      // Room and speed over common denominators, which are the same for all: the smallest quotient is met first.
      const room = absolute(subtract(times(bound, point.denominator), point.values[v]))
      const size = absolute(speed)
      if (best === undefined || compare(multiply(room, best.speed), multiply(best.room, size)) < 0)
        best = { variable: v, code: sign < 0 ? AT_LOWER : AT_UPPER, room, speed: size }
    }
    return best
  }

  #exchange(entering: number, leaving: number, code: number): void {
    if (entering !== leaving) this.#basis[entering] = BASIC
    this.#basis[leaving] = code
    this.#pivots++
    const vertex = vertexOf(this.#model, this.#basis, this.#meter)
    invariant(typeof vertex !== 'string', 'a basis stays regular when the pivot is not 0')
    this.#vertex = vertex
  }
}

/** |d_a / r_a| < |d_b / r_b|, exactly. */
function isSmallerRatio(reduced: CommonVector, row: CommonVector, a: number, b: number): boolean {
  const left = absolute(multiply(reduced.values[a], row.values[b]))
  const right = absolute(multiply(reduced.values[b], row.values[a]))
  return compare(left, right) < 0
}

/** By nonbasic variable: x_basic = constant - sum of row * x. What a cost of 1 on the basic variable makes of reduced costs, negated. */
function tableauRow(model: ExactModel, system: BasisSystem, basic: number): CommonVector {
  const unit = new Array<Dyadic>(model.variables).fill(ZERO)
  unit[basic] = ONE
  const { values, denominator } = system.reducedCostsOf(unit)
  return { values: values.map(negate), denominator }
}

/** A nonbasic variable beyond a bound has bounds that cross. */
function crossedBounds(model: ExactModel, variable: number, pivots: number): WalkOutcome {
  const values = new Array<Dyadic>(model.rows).fill(ZERO)
  if (variable >= model.columns) values[variable - model.columns] = ONE
  return { kind: 'infeasible', multipliers: { values, denominator: 1n }, pivots }
}
