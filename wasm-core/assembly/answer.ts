/**
 * The answer for the unscaled model, computed from the final basis and the model's data alone, and its
 * residuals. Depends on iterate.ts, memory.ts, access.ts, progress.ts, tolerances.ts.
 *
 * reduced cost  d_j = cost_j - sum_i y_i a_ij        dual y_i = change of the optimal objective for one unit of row i's side
 * At an optimum (minimization): d_j >= 0 or the column is at its upper bound; d_j <= 0 or it is at its lower one; the same for y_i and the row's sides.
 */
import { f64At, i32At, setF64 } from './access'
import { computeDuals, costUnit } from './iterate'
import {
  answerDual, answerPrimal, basis, columnStart, columns, cost, lower, rowIndex, rows, scale, status, upper, value, variables, x, y,
} from './memory'
import { ANSWER_TOLERANCE } from './tolerances'

export let objective: f64 = 0
/** Largest violation of a bound or side b, divided by 1 + |b|. */
export let primalResidual: f64 = Infinity
/** Largest reduced cost or dual of the wrong sign for where its variable stands, divided by the cost unit. */
export let dualResidual: f64 = Infinity

/** Writes the answer from a fresh factorization and true costs. */
export function writeAnswer(): void {
  computeDuals()
  memory.copy(basis, status, <usize>variables)
  for (let v = 0; v < variables; v++) setF64(answerPrimal, v, 0)
  for (let i = 0; i < rows; i++) setF64(answerDual, columns + i, f64At(y, i) / f64At(scale, columns + i))
  objective = 0
  for (let j = 0; j < columns; j++) {
    const at = f64At(x, j) * f64At(scale, j)
    setF64(answerPrimal, j, at)
    objective += f64At(cost, j) * at
    let d = f64At(cost, j)
    for (let e = i32At(columnStart, j), end = i32At(columnStart, j + 1); e < end; e++) {
      const i = columns + i32At(rowIndex, e)
      const entry = f64At(value, e)
      d -= f64At(answerDual, i) * entry
      setF64(answerPrimal, i, f64At(answerPrimal, i) + entry * at)
    }
    setF64(answerDual, j, d)
  }
  computeResiduals()
}

/** Measures the answer without using the basis: a wrong factorization cannot hide here. */
function computeResiduals(): void {
  let largestCost: f64 = 0
  for (let j = 0; j < columns; j++) largestCost = max(largestCost, Math.abs(f64At(cost, j)))
  const unit = costUnit(largestCost)
  let primal: f64 = 0
  let dual: f64 = 0
  for (let v = 0; v < variables; v++) {
    const at = f64At(answerPrimal, v)
    const low = f64At(lower, v)
    const high = f64At(upper, v)
    const below = low - at
    const above = at - high
    // Few are outside, so that few divisions are made. A NaN in the answer itself is caught below.
    if (below > 0) primal = max(primal, below / (1 + Math.abs(low)))
    if (above > 0) primal = max(primal, above / (1 + Math.abs(high)))
    if (at != at) primal = Infinity
    const d = f64At(answerDual, v)
    if (d > 0) {
      if (d > dual && (low == -Infinity || below < -ANSWER_TOLERANCE * (1 + Math.abs(low)))) dual = d
    } else if (d < 0) {
      if (-d > dual && (high == Infinity || above < -ANSWER_TOLERANCE * (1 + Math.abs(high)))) dual = -d
    } else if (d != d) dual = Infinity
  }
  primalResidual = primal
  dualResidual = dual / unit
}

export function isAnswerFeasible(): bool { return primalResidual <= ANSWER_TOLERANCE }

/** An objective that left the range of doubles is no answer, whatever its residuals. */
export function isAnswerOptimal(): bool {
  return isAnswerFeasible() && dualResidual <= ANSWER_TOLERANCE && Math.abs(objective) < Infinity
}
