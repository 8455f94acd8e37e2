/**
 * Independent checks of an answer: feasibility and optimality conditions, and the proofs behind 'infeasible'
 * and 'unbounded'. They use the model and the answer only, never the basis. Depends on linear-program.ts.
 */
import assert from 'node:assert/strict'
import type { LinearProgram } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import { multiply, multiplyTransposed } from './random-model.js'

/** What is verified; a `LinearProgram` has it, and so has an answer that presolve brought back. */
type Answer = Pick<
  LinearProgram,
  'primal' | 'rowActivity' | 'dual' | 'reducedCost' | 'ray' | 'objective' | 'primalResidual' | 'dualResidual'
>

const TOLERANCE = 1e-7
/** Rounding of a ray, whose largest entry is about 1, summed over a few hundred terms. */
const RAY_TOLERANCE = 1e-8

interface Interval {
  readonly low: number
  readonly high: number
}

function intervals(model: SparseModel): Interval[] {
  const columns = Array.from(model.columnLower, (low, j) => ({ low, high: model.columnUpper[j] as number }))
  const rows = Array.from(model.rowLower, (low, i) => ({ low, high: model.rowUpper[i] as number }))
  return [...columns, ...rows]
}

function close(actual: number, expected: number, scale: number, what: string): void {
  const allowed = TOLERANCE * (1 + Math.abs(scale))
  assert.ok(Math.abs(actual - expected) <= allowed, `${what}: ${actual}, expected ${expected}`)
}

/** Bounds and sides hold, and `rowActivity` is A x. */
export function assertFeasible(model: SparseModel, program: Answer): void {
  const activity = multiply(model, program.primal)
  for (let i = 0; i < model.rows; i++) {
    close(
      program.rowActivity[i] as number,
      activity[i] as number,
      activity[i] as number,
      `activity of row ${i}`,
    )
  }
  const values = [...program.primal, ...activity]
  intervals(model).forEach(({ low, high }, v) => {
    const at = values[v] as number
    assert.ok(at >= low - TOLERANCE * (1 + Math.abs(low)), `variable ${v}: ${at} below ${low}`)
    assert.ok(at <= high + TOLERANCE * (1 + Math.abs(high)), `variable ${v}: ${at} above ${high}`)
  })
  assert.ok(program.primalResidual <= TOLERANCE, `primal residual ${program.primalResidual}`)
}

/** Karush-Kuhn-Tucker: feasible, reduced costs as defined, of the right sign for where each variable stands; and no duality gap. */
export function assertOptimal(model: SparseModel, program: Answer): void {
  assertFeasible(model, program)
  const products = multiplyTransposed(model, program.dual)
  const largestDual = Math.max(1, ...program.dual.map(Math.abs))
  let dualObjective = 0
  let objective = 0
  const all = intervals(model)
  const values = [...program.primal, ...program.rowActivity]
  for (let v = 0; v < all.length; v++) {
    const { low, high } = all[v] as Interval
    const isColumn = v < model.columns
    const d = (isColumn ? program.reducedCost[v] : program.dual[v - model.columns]) as number
    const at = values[v] as number
    if (isColumn) {
      close(d, (model.cost[v] as number) - (products[v] as number), largestDual * 10, `reduced cost ${v}`)
      objective += (model.cost[v] as number) * at
    }
    const atLower = at <= low + TOLERANCE * (1 + Math.abs(low))
    const atUpper = at >= high - TOLERANCE * (1 + Math.abs(high))
    if (!atLower)
      assert.ok(d <= 1e-6 * largestDual, `variable ${v} above its lower bound with reduced cost ${d}`)
    if (!atUpper)
      assert.ok(d >= -1e-6 * largestDual, `variable ${v} below its upper bound with reduced cost ${d}`)
    const bound = atLower && (d > 0 || !atUpper) ? low : atUpper ? high : at
    dualObjective += d * bound
  }
  const size = values.reduce(
    (sum, at, v) => sum + Math.abs(at * ((v < model.columns ? model.cost[v] : 0) as number)),
    0,
  )
  close(program.objective, objective, size, 'objective')
  close(dualObjective, objective, 10 * size, 'dual objective')
}

/** The ray is a proof of infeasibility: see `LinearProgram.ray`. */
export function assertFarkas(model: SparseModel, ray: Float64Array): void {
  const all = intervals(model)
  const crossed = all.findIndex(({ low, high }, v) => low > high && ray[v] !== 0)
  if (crossed >= 0) {
    assert.equal(
      ray.reduce((sum, entry) => sum + Math.abs(entry), 0),
      1,
      'the ray names one crossed interval',
    )
    return
  }
  const multipliers = ray.subarray(model.columns)
  const products = multiplyTransposed(model, multipliers)
  const sizes = multiplyTransposed({ ...model, value: model.value.map(Math.abs) }, multipliers.map(Math.abs))
  products.forEach((product, j) => {
    const rest = Math.abs(product + (ray[j] as number))
    assert.ok(rest <= RAY_TOLERANCE * (1 + (sizes[j] as number)), `multipliers of column ${j} leave ${rest}`)
  })
  let sum = 0
  all.forEach(({ low, high }, v) => {
    const entry = ray[v] as number
    if (entry !== 0) sum += entry * (entry > 0 ? low : high)
  })
  assert.ok(sum > 0 && Number.isFinite(sum), `the bounds allow a sum of ${sum}`)
}

/** The point is feasible and the ray leads from it to -Infinity without meeting a bound. */
export function assertUnbounded(model: SparseModel, program: Answer): void {
  assertFeasible(model, program)
  const { ray } = program
  const activity = multiply(model, ray.subarray(0, model.columns))
  let slope = 0
  for (let j = 0; j < model.columns; j++) slope += (model.cost[j] as number) * (ray[j] as number)
  assert.ok(slope < 0, `the objective changes by ${slope}`)
  intervals(model).forEach(({ low, high }, v) => {
    const rate = (v < model.columns ? ray[v] : activity[v - model.columns]) as number
    if (low > -Infinity) assert.ok(rate >= -RAY_TOLERANCE, `variable ${v} falls to its bound at rate ${rate}`)
    if (high < Infinity) assert.ok(rate <= RAY_TOLERANCE, `variable ${v} rises to its bound at rate ${rate}`)
  })
}
