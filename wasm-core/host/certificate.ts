/**
 * What an answer proves, computed from the model and the answer alone, in one pass over the entries: the gap between the
 * primal and the dual objective, and the rays of infeasible and unbounded models. Depends on sparse-model.ts.
 *
 * It shares nothing with the module, so that a mistake there cannot confirm itself.
 */
import type { SparseModel } from './sparse-model.js'

/** The parts of an answer that a certificate is made from; `LinearProgram` has them all. */
export interface Answer {
  readonly primal: Float64Array
  readonly dual: Float64Array
  readonly reducedCost: Float64Array
  readonly rowActivity: Float64Array
}

/**
 * Distance of the two objectives, relative to the larger of 1 and the primal one.
 *
 * A multiplier pays for the bound it pushes against. One that pushes towards no bound is an infeasibility of the dual, which
 * the dual residual measures; here it pays for the value itself, because an infinite gap would say less.
 */
export function dualityGap(model: SparseModel, answer: Answer): number {
  let primal = 0
  let dual = 0
  for (let j = 0; j < model.columns; j++) {
    const value = answer.primal[j] as number
    primal += (model.cost[j] as number) * value
    dual += paid(
      answer.reducedCost[j] as number,
      value,
      model.columnLower[j] as number,
      model.columnUpper[j] as number,
    )
  }
  for (let i = 0; i < model.rows; i++) {
    const activity = answer.rowActivity[i] as number
    dual += paid(answer.dual[i] as number, activity, model.rowLower[i] as number, model.rowUpper[i] as number)
  }
  return Math.abs(primal - dual) / Math.max(1, Math.abs(primal))
}

function paid(multiplier: number, value: number, lower: number, upper: number): number {
  if (multiplier === 0) return 0
  const bound = multiplier > 0 ? lower : upper
  return multiplier * (Number.isFinite(bound) ? bound : value)
}

export interface RayProof {
  /**
   * 'crossed': the bounds of one column or the sides of one row exclude each other. 'farkas': a combination of rows and columns
   * that no value can meet. 'recession': a direction without end along which the objective improves.
   */
  readonly kind: 'crossed' | 'farkas' | 'recession'
  /** How far the contradiction, or the improvement, is from none; above 0. */
  readonly margin: number
  /** Largest rest where the proof needs 0, relative to the terms it is the sum of. */
  readonly residual: number
}

/** Multipliers of columns, then rows: see `LinearProgram.ray` after 'infeasible'. */
export function infeasibilityProof(model: SparseModel, ray: Float64Array): RayProof {
  let margin = 0
  for (let v = 0; v < ray.length; v++) {
    const multiplier = ray[v] as number
    if (multiplier === 0) continue
    const [low, high] = boundsOf(model, v)
    if (low > high) return { kind: 'crossed', margin: low - high, residual: 0 }
    margin += multiplier * (multiplier > 0 ? low : high)
  }
  let residual = 0
  for (let j = 0; j < model.columns; j++) {
    let sum = ray[j] as number
    let size = 1 + Math.abs(sum)
    for (let k = model.columnStart[j] as number; k < (model.columnStart[j + 1] as number); k++) {
      const term = (model.value[k] as number) * (ray[model.columns + (model.rowIndex[k] as number)] as number)
      sum += term
      size += Math.abs(term)
    }
    residual = Math.max(residual, Math.abs(sum) / size)
  }
  return { kind: 'farkas', margin, residual }
}

/** Direction of the columns, then its row activities: see `LinearProgram.ray` after 'unbounded'. */
export function unboundednessProof(model: SparseModel, ray: Float64Array): RayProof {
  const activity = new Float64Array(model.rows)
  let slope = 0
  let residual = 0
  for (let j = 0; j < model.columns; j++) {
    const step = ray[j] as number
    slope += (model.cost[j] as number) * step
    residual = Math.max(
      residual,
      blocked(step, model.columnLower[j] as number, model.columnUpper[j] as number),
    )
    for (let k = model.columnStart[j] as number; k < (model.columnStart[j + 1] as number); k++) {
      const i = model.rowIndex[k] as number
      activity[i] = (activity[i] as number) + (model.value[k] as number) * step
    }
  }
  for (let i = 0; i < model.rows; i++) {
    const rate = activity[i] as number
    residual = Math.max(residual, blocked(rate, model.rowLower[i] as number, model.rowUpper[i] as number))
  }
  return { kind: 'recession', margin: -slope, residual }
}

/** How fast a direction runs into a bound; 0 when it never does. */
function blocked(rate: number, lower: number, upper: number): number {
  if (rate > 0) return upper < Number.POSITIVE_INFINITY ? rate : 0
  return lower > Number.NEGATIVE_INFINITY ? -rate : 0
}

function boundsOf(model: SparseModel, variable: number): readonly [lower: number, upper: number] {
  const i = variable - model.columns
  if (i >= 0) return [model.rowLower[i] as number, model.rowUpper[i] as number]
  return [model.columnLower[variable] as number, model.columnUpper[variable] as number]
}
