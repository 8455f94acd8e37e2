/**
 * How far an answer is from being one, measured from the model and the answer alone, in the optimizer's own terms (assembly/answer.ts):
 * no basis, no factorization and no rule of presolve takes part. Depends on sparse-model.ts.
 */
import type { SparseModel } from '../sparse-model.js'

/** A variable this far inside a bound b, times 1 + |b|, does not stand at it; as ANSWER_TOLERANCE in assembly/tolerances.ts. */
const AWAY = 1e-7

export interface Residuals {
  /** As `LinearProgram.primalResidual`. */
  readonly primal: number
  /** As `LinearProgram.dualResidual`. */
  readonly dual: number
}

/** Values and multipliers of one model; `LinearProgram` is one. */
export interface Point {
  readonly primal: Float64Array
  readonly rowActivity: Float64Array
  readonly reducedCost: Float64Array
  readonly dual: Float64Array
}

/** What reduced costs are measured in: max(min(1, c), 1e-5 c), c the largest |cost|. As in the optimizer. */
export function costUnit(cost: Float64Array): number {
  let largest = 0
  for (let j = 0; j < cost.length; j++) largest = Math.max(largest, Math.abs(cost[j]))
  return Math.max(Math.min(1, largest), 1e-5 * largest)
}

/** The caller has computed activities and reduced costs from the model; Infinity where a number is none. */
export function residualsOf(model: SparseModel, point: Point): Residuals {
  const columns = worst(point.primal, point.reducedCost, model.columnLower, model.columnUpper)
  const rows = worst(point.rowActivity, point.dual, model.rowLower, model.rowUpper)
  const dual = Math.max(columns.dual, rows.dual)
  // A model without costs has duals of 0, or it has no unit to measure them in.
  return {
    primal: Math.max(columns.primal, rows.primal),
    dual: dual === 0 ? 0 : dual / costUnit(model.cost),
  }
}

function worst(
  values: Float64Array,
  multipliers: Float64Array,
  lower: Float64Array,
  upper: Float64Array,
): Residuals {
  let primal = 0
  let dual = 0
  for (let v = 0; v < values.length; v++) {
    const at = values[v]
    const d = multipliers[v]
    if (!Number.isFinite(at) || !Number.isFinite(d)) return { primal: Infinity, dual: Infinity }
    const low = lower[v]
    const high = upper[v]
    if (at < low) primal = Math.max(primal, (low - at) / (1 + Math.abs(low)))
    if (at > high) primal = Math.max(primal, (at - high) / (1 + Math.abs(high)))
    // Whoever pays for a bound stands at it.
    if (d > dual && (low === -Infinity || at - low > AWAY * (1 + Math.abs(low)))) dual = d
    if (-d > dual && (high === Infinity || high - at > AWAY * (1 + Math.abs(high)))) dual = -d
  }
  return { primal, dual }
}
