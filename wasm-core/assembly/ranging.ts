/**
 * How far a number of the model may move before the optimal basis must change: a binding bound or side, or a cost.
 * Depends on answer.ts, bounds-and-costs.ts, linear-systems.ts, triangular-solve.ts, memory.ts, access.ts, tolerances.ts.
 *
 * A bound that moves by t takes its nonbasic variable along, and the basics by -t B^-1 a: the interval ends where one of them
 * meets a bound. A cost that moves by t moves the reduced costs: those of a basic variable by -t times its tableau row, and
 * the interval ends where one of them would change its sign. All in the model's own units; the scaling is by powers of two,
 * so that going between the two is exact. Source: Chvatal, Linear Programming (1983), chapter 10.
 */
import { clearF64, f64At, i32At, setF64, u8At } from './access'
import { isAnswerOptimal } from './answer'
import { AT_LOWER, AT_UPPER, BASIC, FREE } from './bounds-and-costs'
import { addColumn, isFactorized, refactorize } from './linear-systems'
import { UNLISTED } from './listed-vector'
import {
  answerDual, answerPrimal, basis, breakCode, breakStep, columnStart, columns, cost, head, lower, positionOf, rowIndex, rows, scale,
  scaledValue, status, upper, value, variables,
} from './memory'
import { ANSWER_TOLERANCE, TABLEAU_ZERO } from './tolerances'
import { btran, FOR_QUESTIONS, ftran } from './triangular-solve'

/** Results of the functions below; with RANGE_FOUND the ends are in `rangeLow` and `rangeHigh`. */
export const RANGE_FOUND: i32 = 0
/** The variable is basic or free: no bound of it binds. */
export const RANGE_NONE: i32 = 1
/** The last answer is no optimum of the model and basis as they are now. */
export const RANGE_STALE: i32 = 2

export let rangeLow: f64 = 0
export let rangeHigh: f64 = 0

/** Ends of the interval as steps from where the number stands; both may be 0. */
let down: f64 = 0
let up: f64 = 0

/** Interval of the value of the bound that variable v stands on; both bounds move if v is fixed. */
export function rangeOfBound(v: i32): i32 {
  const code = u8At(status, v)
  if (!isCurrent()) return RANGE_STALE
  if (code == BASIC || code == FREE) return RANGE_NONE
  const low = f64At(lower, v)
  const high = f64At(upper, v)
  down = -Infinity
  up = Infinity
  if (low < high) {
    // A bound cannot pass the other one.
    if (code == AT_LOWER) up = high - low
    else down = low - high
  }
  // Scratch of the ratio test: the vectors of the tableau stay as the last solve left them.
  clearF64(breakStep, rows)
  addColumn(breakStep, v, 1)
  ftran(breakStep, breakCode, UNLISTED, FOR_QUESTIONS)
  const unit = f64At(scale, v)
  for (let p = 0; p < rows; p++) {
    const entry = f64At(breakStep, p)
    if (Math.abs(entry) <= TABLEAU_ZERO) continue
    const basic = i32At(head, p)
    const at = f64At(answerPrimal, basic)
    limit(-entry * (f64At(scale, basic) / unit), at - f64At(lower, basic), f64At(upper, basic) - at)
  }
  const bound = code == AT_LOWER ? low : high
  rangeLow = bound + down
  rangeHigh = bound + up
  return RANGE_FOUND
}

/** Interval of the cost of column j. */
export function rangeOfCost(j: i32): i32 {
  if (!isCurrent()) return RANGE_STALE
  down = -Infinity
  up = Infinity
  if (u8At(status, j) == BASIC) limitByRow(j)
  else limitReducedCost(j, 1)
  rangeLow = f64At(cost, j) + down
  rangeHigh = f64At(cost, j) + up
  return RANGE_FOUND
}

function limitByRow(j: i32): void {
  clearF64(breakStep, rows)
  setF64(breakStep, i32At(positionOf, j), 1)
  btran(breakStep, breakCode, UNLISTED, FOR_QUESTIONS)
  const unit = f64At(scale, j)
  for (let v = 0; v < variables; v++) {
    if (u8At(status, v) == BASIC) continue
    const entry = rowEntry(v)
    if (Math.abs(entry) > TABLEAU_ZERO) limitReducedCost(v, -entry * (unit / f64At(scale, v)))
  }
}

/** Entry of v in the tableau row whose row of the basis inverse is in breakStep. */
function rowEntry(v: i32): f64 {
  if (v >= columns) return -f64At(breakStep, v - columns)
  let sum: f64 = 0
  for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
    sum += f64At(breakStep, i32At(rowIndex, e)) * f64At(scaledValue, e)
  }
  return sum
}

/** Keeps the sign of the reduced cost (of a logical: the dual) of nonbasic v, which changes by `rate` for each unit. */
function limitReducedCost(v: i32, rate: f64): void {
  const code = u8At(status, v)
  if (code == FREE) limit(rate, 0, 0)
  else if (f64At(lower, v) == f64At(upper, v)) return
  else if (code == AT_LOWER) limit(rate, f64At(answerDual, v), Infinity)
  else limit(rate, Infinity, -f64At(answerDual, v))
}

/** Narrows the interval to steps t where rate * t stays within [-below, above]; what is outside by rounding has no room. */
function limit(rate: f64, below: f64, above: f64): void {
  const size = Math.abs(rate)
  const toBelow = max(0, below) / size
  const toAbove = max(0, above) / size
  up = min(up, rate > 0 ? toAbove : toBelow)
  down = max(down, -(rate > 0 ? toBelow : toAbove))
}

/** Whether bounds, costs and statuses are those of the answer, and the factors those of the basis; they are made anew where they are missing. */
function isCurrent(): bool {
  if (!isAnswerOptimal()) return false
  for (let v = 0; v < variables; v++) {
    const code = u8At(status, v)
    if (code != u8At(basis, v)) return false
    const at = f64At(answerPrimal, v)
    const low = f64At(lower, v)
    const high = f64At(upper, v)
    if (at < low - ANSWER_TOLERANCE * (1 + Math.abs(low)) || at > high + ANSWER_TOLERANCE * (1 + Math.abs(high))) return false
    if (code == BASIC || code == FREE) continue
    const bound = code == AT_UPPER ? high : low
    if (!(Math.abs(at - bound) <= ANSWER_TOLERANCE * (1 + Math.abs(bound)))) return false
  }
  return hasCurrentCosts() && (isFactorized() || refactorize())
}

function hasCurrentCosts(): bool {
  for (let j = 0; j < columns; j++) {
    let rest = f64At(cost, j) - f64At(answerDual, j)
    let size: f64 = 1 + Math.abs(f64At(cost, j))
    for (let e = i32At(columnStart, j), end = i32At(columnStart, j + 1); e < end; e++) {
      const term = f64At(answerDual, columns + i32At(rowIndex, e)) * f64At(value, e)
      rest -= term
      size += Math.abs(term)
    }
    if (!(Math.abs(rest) <= ANSWER_TOLERANCE * size)) return false
  }
  return true
}
