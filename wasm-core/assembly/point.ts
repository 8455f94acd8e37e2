/**
 * The current point of the simplex method: primal values, reduced costs, and which basic variables are outside their bounds.
 * Depends on bounds-and-costs.ts, linear-systems.ts, memory.ts.
 *
 * A point stays resident from solve to solve: changes.ts and basis-change.ts bring it up to date, `refresh` computes it
 * anew, from the statuses and the working data alone.
 */
import { clearF64, f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import { aboveUpper, AT_LOWER, BASIC, belowLower, boundTolerance, nonbasicValue, normalizeStatuses } from './bounds-and-costs'
import { etaCount } from './forrest-tomlin'
import { addColumn, forgetFactorization, isFresh, refactorize } from './linear-systems'
import { UNLISTED } from './listed-vector'
import {
  columnStart, columns, excessSquare, head, infeasible, isListed, positionOf, reduced, rhs, rhsList, rowIndex, rows, scaledValue, status,
  variables, workCost, workLower, workUpper, x, y, yList,
} from './memory'
import { btran, FOR_CHANGES, ftran } from './triangular-solve'

/** True when `x` was changed step by step since it was last computed from the statuses. */
export let drifted: bool = true

export function markDrifted(): void { drifted = true }

/** x from the statuses: nonbasics on their bounds, basics from B x_B = -N x_N. */
export function computePrimal(): void {
  clearF64(rhs, rows)
  for (let v = 0; v < variables; v++) {
    if (u8At(status, v) == BASIC) continue
    const at = nonbasicValue(v)
    setF64(x, v, at)
    if (at != 0) addColumn(rhs, v, -at)
  }
  ftran(rhs, rhsList, UNLISTED, FOR_CHANGES)
  for (let p = 0; p < rows; p++) setF64(x, i32At(head, p), f64At(rhs, p))
  drifted = etaCount > 0
  clearF64(rhs, rows)
}

/** One step of iterative refinement: solves for what A x - r = 0 is off by. Ill-conditioned bases gain several digits. */
export function refinePrimal(): void {
  clearF64(rhs, rows)
  for (let v = 0; v < variables; v++) {
    const at = f64At(x, v)
    if (at != 0) addColumn(rhs, v, -at)
  }
  ftran(rhs, rhsList, UNLISTED, FOR_CHANGES)
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    setF64(x, v, f64At(x, v) + f64At(rhs, p))
  }
  clearF64(rhs, rows)
}

/** y from B' y = c_B for the working costs. */
export function computeDuals(): void {
  for (let p = 0; p < rows; p++) setF64(y, p, f64At(workCost, i32At(head, p)))
  btran(y, yList, UNLISTED, FOR_CHANGES)
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
  for (let p = 0; p < rows; p++) setI32(positionOf, i32At(head, p), p)
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

/** Length of `infeasible`. */
export let infeasibleCount: i32 = 0

/** Notes by how much the variable at a position is outside its bounds: the square, 0 inside. */
// @ts-ignore: decorator
@inline export function measureExcess(p: i32): void {
  const v = i32At(head, p)
  const low = f64At(workLower, v)
  const high = f64At(workUpper, v)
  const at = f64At(x, v)
  const excess = max(low - at, at - high)
  if (!(excess > 0 && excess > boundTolerance(at < low ? low : high))) {
    setF64(excessSquare, p, 0)
    return
  }
  setF64(excessSquare, p, excess * excess)
  if (u8At(isListed, p) != 0) return
  setU8(isListed, p, 1)
  setI32(infeasible, infeasibleCount++, p)
}

export function measureAllExcesses(): void {
  infeasibleCount = 0
  memory.fill(isListed, 0, <usize>rows)
  for (let p = 0; p < rows; p++) measureExcess(p)
}

/** Takes the k-th place out of `infeasible`. */
export function unlistInfeasible(k: i32): void {
  setU8(isListed, i32At(infeasible, k), 0)
  setI32(infeasible, k, i32At(infeasible, --infeasibleCount))
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
