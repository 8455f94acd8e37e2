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
import { f64At, i32At, setF64, u8At } from './access'
import { BASIC, modelCostUnit } from './bounds-and-costs'
import {
  answerDual, answerPrimal, basis, columnStart, columns, cost, lower, reduced, rowColumn, rowIndex, rowStart, rowValue, scale, status,
  unscale, upper, value, variables, x,
} from './memory'
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

/** Lower bound of the optimum from the duals of the answer, whatever the basis; -Infinity where they push against no bound. */
export let dualBound: f64 = -Infinity

let dualObjective: f64 = 0
let isBounded: bool = true
let primalExcess: f64 = 0
let dualExcess: f64 = 0

/** Writes the answer for the point: x of all columns, reduced costs of all logicals for the true costs. */
export function writeAnswer(): void {
  memory.copy(basis, status, <usize>variables)
  for (let i = columns; i < variables; i++) {
    // Those of basic variables are 0, whatever stands there.
    setF64(answerDual, i, select<f64>(0, f64At(reduced, i) * f64At(unscale, i), u8At(status, i) == BASIC))
    setF64(answerPrimal, i, 0)
  }
  beginCheck()
  const rowPrimal = answerPrimal + (<usize>columns << 3)
  const rowDual = answerDual + (<usize>columns << 3)
  let sum: f64 = 0
  let e = 0
  for (let j = 0; j < columns; j++) {
    const at = f64At(x, j) * f64At(scale, j)
    const price = f64At(cost, j)
    setF64(answerPrimal, j, at)
    let d = price
    const end = i32At(columnStart, j + 1)
    if (at == 0) {
      for (; e < end; e++) d -= f64At(rowDual, i32At(rowIndex, e)) * f64At(value, e)
    } else {
      sum += price * at
      for (; e < end; e++) {
        const i = i32At(rowIndex, e)
        const entry = f64At(value, e)
        d -= f64At(rowDual, i) * entry
        setF64(rowPrimal, i, f64At(rowPrimal, i) + entry * at)
      }
    }
    setF64(answerDual, j, d)
    check(j, at, d)
  }
  for (let v = columns; v < variables; v++) check(v, f64At(answerPrimal, v), f64At(answerDual, v))
  objective = sum
  endCheck()
}

function beginCheck(): void {
  primalExcess = 0
  dualExcess = 0
  dualObjective = 0
  isBounded = true
}

/** Measures one variable. Few are outside, so that few divisions are made. */
// @ts-ignore: decorator
@inline function check(v: i32, at: f64, d: f64): void {
  const low = f64At(lower, v)
  const high = f64At(upper, v)
  // Written so that NaN is found, too.
  if (!(at >= low && at <= high)) primalExcess = max(primalExcess, excessOf(v, at, low, high))
  if (d == 0) return
  const bound = d > 0 ? low : high
  const isFinite = Math.abs(bound) < Infinity
  if (isFinite) dualObjective += d * bound
  else if (Math.abs(d) > ANSWER_TOLERANCE * modelCostUnit) isBounded = false
  if (!isFinite || !(Math.abs(at - bound) <= ANSWER_TOLERANCE * (1 + Math.abs(bound)))) dualExcess = max(dualExcess, wrongnessOf(v, d))
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

function endCheck(): void {
  primalResidual = primalExcess
  dualResidual = dualExcess
  dualBound = isBounded ? dualObjective : -Infinity
  gap = Math.abs(objective - dualObjective) / (1 + Math.abs(objective))
}

export function isAnswerFeasible(): bool { return primalResidual <= ANSWER_TOLERANCE }

/** An objective that left the range of doubles is no answer, whatever its residuals. */
export function isAnswerOptimal(): bool {
  return isAnswerFeasible() && dualResidual <= ANSWER_TOLERANCE && Math.abs(objective) < Infinity
}
