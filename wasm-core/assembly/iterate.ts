/**
 * The current point of the simplex method: scaled bounds and costs, nonbasic statuses, primal values and
 * reduced costs, all computed from the resident basis. Depends on linear-systems.ts, factor.ts, memory.ts.
 *
 * Invariant (path independence): everything here is recomputed at the start of a solve from the model's data and
 * `status`; nothing survives from an earlier solve.
 */
import { addF64, clearF64, f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import { AT_LOWER, AT_UPPER, BASIC, FREE } from './factor'
import {
  columnStart, columns, cost, head, lower, reduced, rhs, rowIndex, rows, scale, scaledValue, status, upper, variables, workCost,
  workLower, workUpper, x, y,
} from './memory'
import { etaCount } from './forrest-tomlin'
import { addColumn, forgetFactorization, isFresh, refactorize } from './linear-systems'
import { btran, ftran } from './triangular-solve'
import { DUAL_TOLERANCE, PRIMAL_TOLERANCE } from './tolerances'

/** What `loadWorkingData` returns; `offender` is the variable concerned. */
const DATA_GOOD: i32 = 0
export const DATA_INVALID: i32 = 1
export const DATA_CROSSED: i32 = 2
export let offender: i32 = -1

/** Wrong signs of reduced costs up to this count as zero. */
export let dualTolerance: f64 = DUAL_TOLERANCE
/** True when `x` was changed step by step since it was last computed from the statuses. */
export let drifted: bool = true

export function markDrifted(): void { drifted = true }

/** Copies bounds and costs, scaled, and checks them: NaN, lower = +inf, upper = -inf and infinite costs are invalid. */
export function loadWorkingData(): i32 {
  let result = DATA_GOOD
  let largestCost: f64 = 0
  for (let v = 0; v < variables; v++) {
    const low = f64At(lower, v)
    const high = f64At(upper, v)
    const price = v < columns ? f64At(cost, v) : 0
    const factor = f64At(scale, v)
    // Written so that NaN fails, too.
    if (!(low < Infinity) || !(high > -Infinity) || !(Math.abs(price) < Infinity)) {
      offender = v
      return DATA_INVALID
    }
    if (low > high && result == DATA_GOOD) {
      offender = v
      result = DATA_CROSSED
    }
    scaleBounds(v)
    setF64(workCost, v, price * factor)
    largestCost = max(largestCost, Math.abs(price * factor))
  }
  dualTolerance = DUAL_TOLERANCE * costUnit(largestCost)
  costsChanged = false
  return result
}

/** Factors are powers of two: the reciprocal is exact, and one division instead of two. */
// @ts-ignore: decorator
@inline function scaleBounds(v: i32): void {
  const inverse = 1 / f64At(scale, v)
  setF64(workLower, v, f64At(lower, v) * inverse)
  setF64(workUpper, v, f64At(upper, v) * inverse)
}

/** Brings back the bounds that phase 1 of the dual method had replaced. */
export function restoreBounds(): void {
  for (let v = 0; v < variables; v++) scaleBounds(v)
  normalizeStatuses()
  drifted = true
}

/** Unit that makes tolerances of reduced costs fit both tiny costs and large penalties: rounding grows with the largest cost. */
export function costUnit(largestCost: f64): f64 {
  if (largestCost == 0) return 1
  return max(min(1, largestCost), 1e-5 * largestCost)
}

/** Whether some working cost differs from the model's by more than the tolerance. While none does, a point that is feasible for the dual method is an optimum. */
export let costsChanged: bool = false

/** Changes a working cost, for as long as `restoreCosts` is not called. */
// @ts-ignore: decorator
@inline export function changeCost(v: i32, change: f64): void {
  addF64(workCost, v, change)
  if (Math.abs(change) > dualTolerance) costsChanged = true
}

/** Drops all changes of the costs. */
export function restoreCosts(): void {
  costsChanged = false
  for (let v = 0; v < columns; v++) setF64(workCost, v, f64At(cost, v) * f64At(scale, v))
  clearF64(workCost + (<usize>columns << 3), rows)
}

/** A violation of a bound below this counts as none. */
// @ts-ignore: decorator
@inline export function boundTolerance(bound: f64): f64 { return PRIMAL_TOLERANCE * (1 + Math.abs(bound)) }

// @ts-ignore: decorator
@inline export function belowLower(v: i32): bool {
  const bound = f64At(workLower, v)
  return f64At(x, v) < bound - boundTolerance(bound)
}

// @ts-ignore: decorator
@inline export function aboveUpper(v: i32): bool {
  const bound = f64At(workUpper, v)
  return f64At(x, v) > bound + boundTolerance(bound)
}

// @ts-ignore: decorator
@inline export function isFixed(v: i32): bool { return f64At(workLower, v) == f64At(workUpper, v) }

/** Makes all statuses fit the bounds as they are now: a fixed variable is at its lower bound, a missing bound gives way to the other. */
function normalizeStatuses(): void {
  for (let v = 0; v < variables; v++) {
    const code = u8At(status, v)
    if (code == BASIC) continue
    const hasLower = f64At(workLower, v) > -Infinity
    const hasUpper = f64At(workUpper, v) < Infinity
    let fitting = code
    if (!hasLower && !hasUpper) fitting = FREE
    else if (!hasUpper || isFixed(v)) fitting = AT_LOWER
    else if (!hasLower) fitting = AT_UPPER
    else if (code == FREE) fitting = AT_LOWER
    if (fitting != code) setU8(status, v, fitting)
  }
}

/** Value of a nonbasic variable. */
function nonbasicValue(v: i32): f64 {
  const code = u8At(status, v)
  return code == AT_LOWER ? f64At(workLower, v) : code == AT_UPPER ? f64At(workUpper, v) : 0
}

/** x from the statuses: nonbasics on their bounds, basics from B x_B = -N x_N. */
export function computePrimal(): void {
  clearF64(rhs, rows)
  for (let v = 0; v < variables; v++) {
    if (u8At(status, v) == BASIC) continue
    const at = nonbasicValue(v)
    setF64(x, v, at)
    if (at != 0) addColumn(rhs, v, -at)
  }
  ftran(rhs)
  for (let p = 0; p < rows; p++) setF64(x, i32At(head, p), f64At(rhs, p))
  if (etaCount > 0) return
  refinePrimal()
  drifted = false
}

/** One step of iterative refinement: solves for what A x - r = 0 is off by. Ill-conditioned bases gain several digits. */
function refinePrimal(): void {
  clearF64(rhs, rows)
  for (let v = 0; v < variables; v++) {
    const at = f64At(x, v)
    if (at != 0) addColumn(rhs, v, -at)
  }
  ftran(rhs)
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    setF64(x, v, f64At(x, v) + f64At(rhs, p))
  }
}

/** y from B' y = c_B for the working costs. */
export function computeDuals(): void {
  for (let p = 0; p < rows; p++) setF64(y, p, f64At(workCost, i32At(head, p)))
  btran(y)
}

/** c_v - y' a_v for the cost given. */
// @ts-ignore: decorator
@inline export function priceOut(v: i32, price: f64): f64 {
  if (v >= columns) return price + f64At(y, v - columns)
  let sum = price
  for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
    sum -= f64At(y, i32At(rowIndex, e)) * f64At(scaledValue, e)
  }
  return sum
}

/** Reduced costs of all variables for the working costs; basics get exactly 0. */
export function computeReducedCosts(): void {
  computeDuals()
  for (let v = 0; v < variables; v++) {
    setF64(reduced, v, u8At(status, v) == BASIC ? 0 : priceOut(v, f64At(workCost, v)))
  }
}

/** Brings factorization and x back to what a fresh start from this basis would have. False when the basis is beyond repair. */
export function refresh(): bool {
  if (isFresh() && !drifted) return true
  if (!refactorize()) return false
  normalizeStatuses()
  computePrimal()
  return true
}

/** True when some basic variable violates a bound. */
export function isPrimalInfeasible(): bool {
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    if (belowLower(v) || aboveUpper(v)) return true
  }
  return false
}

/** True when the basis holds nothing but logicals: its steepest-edge weights are all 1. */
export function startsFromSlack(): bool {
  for (let i = 0; i < rows; i++) if (u8At(status, columns + i) != BASIC) return false
  return true
}

/** Puts every logical into the basis, columns at a bound. */
export function setSlackBasis(): void {
  for (let v = 0; v < variables; v++) setU8(status, v, v < columns ? AT_LOWER : BASIC)
  for (let i = 0; i < rows; i++) setI32(head, i, columns + i)
  forgetFactorization()
  drifted = true
}
