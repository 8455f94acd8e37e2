/**
 * Bounded dual simplex: the way back to feasibility after bounds and sides have changed, in few steps, because
 * the basis of the last solve is still (nearly) dual feasible; and the first method of a cold solve.
 * Depends on dual-ratio.ts, pricing.ts, perturbation.ts, iterate.ts, linear-systems.ts, ray.ts.
 *
 * A wrong reduced cost is first made right by flipping a boxed variable, otherwise by shifting its cost; the
 * same when the ratio test lets one slip through zero. Shifts and perturbations are dropped by the caller, who finishes with
 * the primal method on the true costs: an answer never contains a shift, and a proof of infeasibility knows no costs.
 *
 * Pricing: largest infeasibility^2 / dualWeight. Weights are those of dual steepest edge, |row p of B^-1|^2: exact from the
 * slack basis (all 1), and from another start basis a reference framework that begins at 1. The weight of a row that is
 * chosen is known exactly; where weights are exact but for rounding, one that was taken for far too small is put right and
 * the choice made again.
 *
 * Sources: Forrest and Goldfarb, Steepest-edge simplex algorithms for linear programming (1992); Koberstein (2005).
 */
import { clearF64, f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import { chooseDualEntering, flips } from './dual-ratio'
import { AT_LOWER, AT_UPPER, BASIC } from './factor'
import {
  boundTolerance, changeCost, computePrimal, computeReducedCosts, drifted, dualTolerance, isFixed, markDrifted, refresh,
} from './iterate'
import {
  alpha, alphaRow, answerDual, candidate, columns, dualWeight, excessSquare, head, reduced, rho, rhs, rows, solveList, status, touched,
  variables, workLower, workUpper, x, y,
} from './memory'
import { perturbCosts } from './perturbation'
import { clearRow, computeRho, computeRow, touchedCount } from './pricing'
import { countIteration, etaLimit, FEASIBLE, INFEASIBLE, reasonToStop, STUCK } from './progress'
import { farkasRay } from './ray'
import { etaCount } from './forrest-tomlin'
import { addColumn, replaceInBasis } from './linear-systems'
import { ftran, listedFtran } from './triangular-solve'
import { PERTURB_AFTER, PERTURB_ROWS, PIVOT_AGREEMENT, PIVOT_TOLERANCE, STALL_LIMIT } from './tolerances'

/** A weight that turns out to be this much larger than was thought makes the choice of the row void. */
const WEIGHT_MISJUDGED: f64 = 4
/** Weights do not fall below this: rounding could make them negative. */
const LEAST_WEIGHT: f64 = 1e-4

let alphaCount: i32 = 0

/** Where the dual method starts from: the slack basis; the basis and the weights that phase 1 has reached; any other basis. */
export const FROM_SLACK: i32 = 0
export const FROM_PHASE_1: i32 = 1
export const FROM_BASIS: i32 = 2

/** Runs to FEASIBLE (costs may be shifted), INFEASIBLE (ray written and checked), a limit, or STUCK. */
export function dualSimplex(start: i32): i32 {
  const isExact = start != FROM_BASIS
  if (start != FROM_PHASE_1) for (let p = 0; p < rows; p++) setF64(dualWeight, p, 1)
  let perturbed = rows >= PERTURB_ROWS && start == FROM_SLACK
  if (perturbed) perturbCosts()
  restart()
  let stalled = 0
  while (true) {
    const reason = reasonToStop()
    if (reason >= 0) return reason
    if (etaCount >= etaLimit && !restartFresh()) return STUCK
    const p = chooseLeaving()
    if (p < 0) {
      if (etaCount == 0 && !drifted) return FEASIBLE
      if (!restartFresh()) return STUCK
      if (chooseLeaving() < 0) return FEASIBLE
      continue
    }
    computeRho(p)
    if (isMisjudged(p) && isExact) continue
    computeRow()
    const leaving = i32At(head, p)
    const isBelow = f64At(x, leaving) < f64At(workLower, leaving)
    const bound = isBelow ? f64At(workLower, leaving) : f64At(workUpper, leaving)
    const q = chooseDualEntering(Math.abs(f64At(x, leaving) - bound), isBelow ? -1 : 1, touchedCount)
    if (q < 0) {
      clearRow()
      if (etaCount == 0 && !drifted) return farkasRay(rho, isBelow ? 1 : -1) ? INFEASIBLE : STUCK
      if (!restartFresh()) return STUCK
      continue
    }
    if (!computeColumn(q, p)) {
      clearRow()
      if (etaCount == 0 || !restartFresh()) return STUCK
      continue
    }
    stalled = f64At(reduced, q) == 0 ? stalled + 1 : 0
    if (stalled > PERTURB_AFTER && !perturbed) {
      clearRow()
      perturbed = true
      perturbCosts()
      restart()
      continue
    }
    if (stalled > STALL_LIMIT) {
      clearRow()
      return STUCK
    }
    if (flips > 0) flipCandidates()
    updateReducedCosts(q, leaving)
    updateWeights(p)
    exchange(p, q, bound, isBelow)
    clearRow()
    countIteration()
  }
}

/** A factorization from scratch gives the variables new positions: their weights go with them. */
export function refreshKeepingWeights(): bool {
  // By variable, in the answer's memory, which is free until the answer is written. What a repair brings in begins at 1.
  for (let v = columns; v < variables; v++) setF64(answerDual, v, 1)
  for (let p = 0; p < rows; p++) setF64(answerDual, i32At(head, p), f64At(dualWeight, p))
  const isDone = refresh()
  for (let p = 0; p < rows; p++) setF64(dualWeight, p, f64At(answerDual, i32At(head, p)))
  return isDone
}

/** Goes on from a factorization from scratch; false when there is none. */
function restartFresh(): bool {
  if (!refreshKeepingWeights()) return false
  restart()
  return true
}

/** Reduced costs from scratch, all on their right side of zero, and x to match. */
function restart(): void {
  computeReducedCosts()
  let flipped = false
  for (let v = 0; v < variables; v++) {
    const code = u8At(status, v)
    if (code == BASIC || isFixed(v)) continue
    const d = f64At(reduced, v)
    if (code == AT_LOWER && d < -dualTolerance && f64At(workUpper, v) < Infinity) {
      setU8(status, v, AT_UPPER)
      flipped = true
    } else if (code == AT_UPPER && d > dualTolerance && f64At(workLower, v) > -Infinity) {
      setU8(status, v, AT_LOWER)
      flipped = true
    } else if (code == AT_LOWER ? d < 0 : code == AT_UPPER ? d > 0 : d != 0) {
      shiftToZero(v)
    }
  }
  if (flipped) computePrimal()
  for (let p = 0; p < rows; p++) measureExcess(p)
}

// @ts-ignore: decorator
@inline function shiftToZero(v: i32): void {
  changeCost(v, -f64At(reduced, v))
  setF64(reduced, v, 0)
}

/** Notes by how much the variable at a position is outside its bounds: the square, 0 inside. */
// @ts-ignore: decorator
@inline function measureExcess(p: i32): void {
  const v = i32At(head, p)
  const low = f64At(workLower, v)
  const high = f64At(workUpper, v)
  const at = f64At(x, v)
  const excess = max(low - at, at - high)
  setF64(excessSquare, p, excess > 0 && excess > boundTolerance(at < low ? low : high) ? excess * excess : 0)
}

/** Position of the basic variable that is worst outside its bounds; -1 when all are inside. */
function chooseLeaving(): i32 {
  let best = -1
  let bestScore: f64 = 0
  for (let p = 0; p < rows; p++) {
    const excess = f64At(excessSquare, p)
    if (excess <= bestScore * f64At(dualWeight, p)) continue
    best = p
    bestScore = excess / f64At(dualWeight, p)
  }
  return best
}

/** Puts the weight of the chosen row right, now that the row is known. */
function isMisjudged(p: i32): bool {
  let square: f64 = 0
  for (let i = 0; i < rows; i++) {
    const entry = f64At(rho, i)
    square += entry * entry
  }
  const held = f64At(dualWeight, p)
  setF64(dualWeight, p, max(square, LEAST_WEIGHT))
  return square > WEIGHT_MISJUDGED * held
}

/** Tableau column of q into alpha; false when it does not agree with the row computed before (worn out factorization). */
function computeColumn(q: i32, p: i32): bool {
  clearF64(alpha, rows)
  addColumn(alpha, q, 1)
  alphaCount = listedFtran(alpha, solveList)
  const fromColumn = f64At(alpha, p)
  const fromRow = f64At(alphaRow, q)
  if (Math.abs(fromColumn) < PIVOT_TOLERANCE) return false
  return Math.abs(fromColumn - fromRow) <= PIVOT_AGREEMENT * (1 + Math.abs(fromColumn))
}

/** Moves the passed candidates to their other bounds and the basics with them. */
function flipCandidates(): void {
  clearF64(rhs, rows)
  for (let k = 0; k < flips; k++) {
    const v = i32At(candidate, k)
    const toUpper = u8At(status, v) == AT_LOWER
    const to = toUpper ? f64At(workUpper, v) : f64At(workLower, v)
    addColumn(rhs, v, to - f64At(x, v))
    setU8(status, v, toUpper ? AT_UPPER : AT_LOWER)
    setF64(x, v, to)
  }
  ftran(rhs)
  for (let i = 0; i < rows; i++) {
    const change = f64At(rhs, i)
    if (change == 0) continue
    const v = i32At(head, i)
    setF64(x, v, f64At(x, v) - change)
    measureExcess(i)
  }
  markDrifted()
}

function updateReducedCosts(q: i32, leaving: i32): void {
  const theta = f64At(reduced, q) / f64At(alphaRow, q)
  for (let t = 0; t < touchedCount; t++) {
    const v = i32At(touched, t)
    const code = u8At(status, v)
    const d = f64At(reduced, v) - theta * f64At(alphaRow, v)
    setF64(reduced, v, d)
    if (isFixed(v) || v == q) continue
    if (code == AT_LOWER ? d < 0 : code == AT_UPPER ? d > 0 : d != 0) shiftToZero(v)
  }
  setF64(reduced, q, 0)
  setF64(reduced, leaving, -theta)
}

/** Steepest edge: needs B^-1 rho beside the tableau column. */
function updateWeights(p: i32): void {
  const pivot = f64At(alpha, p)
  const weight = f64At(dualWeight, p)
  memory.copy(y, rho, <usize>rows << 3)
  ftran(y)
  for (let k = 0; k < alphaCount; k++) {
    const i = i32At(solveList, k)
    if (i == p) continue
    const ratio = f64At(alpha, i) / pivot
    const updated = f64At(dualWeight, i) + ratio * (ratio * weight - 2 * f64At(y, i))
    setF64(dualWeight, i, max(updated, LEAST_WEIGHT))
  }
  setF64(dualWeight, p, max(weight / (pivot * pivot), LEAST_WEIGHT))
}

/** The leaving variable goes to its violated bound, q takes its position. */
function exchange(p: i32, q: i32, bound: f64, isBelow: bool): void {
  const leaving = i32At(head, p)
  const change = (f64At(x, leaving) - bound) / f64At(alpha, p)
  for (let k = 0; k < alphaCount; k++) {
    const i = i32At(solveList, k)
    const v = i32At(head, i)
    setF64(x, v, f64At(x, v) - change * f64At(alpha, i))
    if (i != p) measureExcess(i)
  }
  setF64(x, leaving, bound)
  setU8(status, leaving, isBelow ? AT_LOWER : AT_UPPER)
  setF64(x, q, f64At(x, q) + change)
  setU8(status, q, BASIC)
  replaceInBasis(p, q, alpha)
  measureExcess(p)
  markDrifted()
}
