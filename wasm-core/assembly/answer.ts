/**
 * The answer for the unscaled model and its residuals, from the point reached and the model's data.
 * Depends on bounds-and-costs.ts, memory.ts, access.ts, tolerances.ts.
 *
 * reduced cost  d_j = cost_j - sum_i y_i a_ij        dual y_i = change of the optimal objective for one unit of row i's side
 * At an optimum (minimization): d_j >= 0 or the column is at its upper bound; d_j <= 0 or it is at its lower one; the same for y_i and the row's sides.
 *
 * Of the point only the columns' values and the rows' duals are used: row activities and reduced costs are computed from the matrix,
 * and everything is measured against the model. A wrong factorization, or a point that has drifted, cannot hide. Cost: O(nonzeros).
 */
import { clearF64, f64At, i32At, setF64, u8At } from './access'
import { BASIC, modelCostUnit } from './bounds-and-costs'
import {
  answerDual, answerPrimal, basis, columnStart, columns, cost, longColumns, lower, pairRow, plainPairValue, reduced, rowColumn, rowIndex,
  rows, rowStart, rowValue, scale, status, unscale, upper, value, variables, x,
} from './memory'
import { longCount } from './model'
import { ANSWER_TOLERANCE } from './tolerances'

export let objective: f64 = 0
/** Largest violation of a bound or side b, divided by 1 + |b|, or by ROUNDING * (sum of the sizes of the terms) where that is more. */
export let primalResidual: f64 = Infinity
/** Largest reduced cost or dual of the wrong sign for where its variable stands, divided by the cost unit, or by the same of its terms. */
export let dualResidual: f64 = Infinity
/** |objective - dual objective| / (1 + |objective|): what complementarity lacks. */
export let gap: f64 = Infinity

/** A sum of doubles may be off by some 2e-15 of the sizes of its terms: ANSWER_TOLERANCE times this. */
const ROUNDING: f64 = 2e-8

/** Writes the answer for the point: x of all columns, reduced costs of all logicals for the true costs. */
export function writeAnswer(): void {
  memory.copy(basis, status, <usize>variables)
  for (let i = columns; i < variables; i++) {
    // Those of basic variables are 0, whatever stands there.
    setF64(answerDual, i, u8At(status, i) == BASIC ? 0 : f64At(reduced, i) * f64At(unscale, i))
  }
  writeReducedCosts()
  objective = writeActivities()
  measure()
}

/** Reduced costs of columns: products without a branch for the first two entries of each, a loop for the rest of the longer ones. */
function writeReducedCosts(): void {
  const rowDual = answerDual + (<usize>columns << 3)
  const duals = answerDual
  const costs = cost
  const first = pairRow
  const entries = plainPairValue
  for (let j = 0, end = columns; j < end; j++) {
    const one = f64At(costs, j) - f64At(entries, 2 * j) * f64At(rowDual, i32At(first, 2 * j))
    setF64(duals, j, one - f64At(entries, 2 * j + 1) * f64At(rowDual, i32At(first, 2 * j + 1)))
  }
  for (let k = 0; k < longCount; k++) {
    const j = i32At(longColumns, k)
    let d = f64At(duals, j)
    for (let e = i32At(columnStart, j) + 2, end = i32At(columnStart, j + 1); e < end; e++) {
      d -= f64At(value, e) * f64At(rowDual, i32At(rowIndex, e))
    }
    setF64(duals, j, d)
  }
}

/** Values of columns, and A x from them; gives the objective. */
function writeActivities(): f64 {
  const rowPrimal = answerPrimal + (<usize>columns << 3)
  clearF64(rowPrimal, rows)
  const starts = columnStart
  let sum: f64 = 0
  for (let j = 0, end = columns; j < end; j++) {
    const at = f64At(x, j) * f64At(scale, j)
    setF64(answerPrimal, j, at)
    if (at == 0) continue
    sum += f64At(cost, j) * at
    for (let e = i32At(starts, j), last = i32At(starts, j + 1); e < last; e++) {
      const i = i32At(rowIndex, e)
      setF64(rowPrimal, i, f64At(rowPrimal, i) + f64At(value, e) * at)
    }
  }
  return sum
}

/** All residuals in one pass; what is worth a second look is rare, so that the loop has no branch to mispredict. */
function measure(): void {
  const primals = answerPrimal
  const duals = answerDual
  const lows = lower
  const highs = upper
  let dualObjective: f64 = 0
  let primal: f64 = 0
  let dual: f64 = 0
  for (let v = 0, end = variables; v < end; v++) {
    const at = f64At(primals, v)
    const d = f64At(duals, v)
    const low = f64At(lows, v)
    const high = f64At(highs, v)
    // Written so that NaN is found, too.
    if (!(at >= low && at <= high)) primal = max(primal, excessOf(v, at, low, high))
    const bound = select<f64>(low, high, d > 0)
    const size = Math.abs(bound)
    dualObjective += select<f64>(d * bound, 0, size < Infinity)
    const isOff = !(Math.abs(at - bound) <= ANSWER_TOLERANCE * (1 + size)) || size == Infinity
    const wrong = select<f64>(Math.abs(d), 0, isOff)
    if (!(wrong <= dual * modelCostUnit)) dual = max(dual, wrongnessOf(v, d))
  }
  primalResidual = primal
  dualResidual = dual
  gap = Math.abs(objective - dualObjective) / (1 + Math.abs(objective))
}

function excessOf(v: i32, at: f64, low: f64, high: f64): f64 {
  if (at != at) return Infinity
  const bound = at < low ? low : high
  const excess = Math.abs(at - bound)
  const unit = 1 + Math.abs(bound)
  return excess <= ANSWER_TOLERANCE * unit || v < columns ? excess / unit : excess / max(unit, ROUNDING * sizeOfActivity(v - columns))
}

/** In units of the largest cost, as the residual. */
function wrongnessOf(v: i32, d: f64): f64 {
  if (d != d) return Infinity
  const size = Math.abs(d) / modelCostUnit
  if (size <= ANSWER_TOLERANCE || v >= columns) return size
  return Math.abs(d) / max(modelCostUnit, ROUNDING * sizeOfReducedCost(v))
}

/** Sum of |a_ij x_j| over the row, of the values as answered. */
function sizeOfActivity(i: i32): f64 {
  let sum: f64 = 0
  for (let e = i32At(rowStart, i), end = i32At(rowStart, i + 1); e < end; e++) {
    sum += Math.abs(f64At(rowValue, e) * f64At(x, i32At(rowColumn, e)))
  }
  return sum * f64At(scale, columns + i)
}

/** |cost_j| + sum of |y_i a_ij| over the column. */
function sizeOfReducedCost(j: i32): f64 {
  let sum = Math.abs(f64At(cost, j))
  for (let e = i32At(columnStart, j), end = i32At(columnStart, j + 1); e < end; e++) {
    sum += Math.abs(f64At(answerDual, columns + i32At(rowIndex, e)) * f64At(value, e))
  }
  return sum
}

export function isAnswerFeasible(): bool { return primalResidual <= ANSWER_TOLERANCE }

/** An objective that left the range of doubles is no answer, whatever its residuals. */
export function isAnswerOptimal(): bool {
  return isAnswerFeasible() && dualResidual <= ANSWER_TOLERANCE && Math.abs(objective) < Infinity
}
