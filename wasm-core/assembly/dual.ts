/**
 * Bounded dual simplex: the way back to feasibility after bounds and sides have changed, in few steps, because
 * the basis of the last solve is still (nearly) dual feasible; and the first method of a cold solve.
 * Depends on dual-ratio.ts, dual-weights.ts, tableau.ts, basis-change.ts, changes.ts, perturbation.ts, point.ts, bounds-and-costs.ts, ray.ts.
 *
 * A wrong reduced cost is first made right by flipping a boxed variable, otherwise by shifting its cost; the
 * same when the ratio test lets one slip through zero. Shifts and perturbations are dropped by the caller, who finishes with
 * the primal method on the true costs: an answer never contains a shift, and a proof of infeasibility knows no costs.
 *
 * Pricing: largest infeasibility^2 / dualWeight (dual-weights.ts).
 * Source: Koberstein, The dual simplex method, techniques for a fast and stable implementation (2005).
 */
import { f64At, i32At, setF64, u8At } from './access'
import { exchange, moveNonbasic, settleBasics, updateReducedCosts } from './basis-change'
import { AT_LOWER, AT_UPPER, BASIC, costsChanged, restoreCosts, setStatus } from './bounds-and-costs'
import { isWrong, standRight } from './changes'
import { chooseDualEntering, flips } from './dual-ratio'
import { correctWeight, resetWeights, updateDevex, updateSteepest } from './dual-weights'
import { etaCount } from './forrest-tomlin'
import {
  alpha, alphaRow, answerDual, candidate, columns, dualWeight, excessSquare, head, infeasible, reduced, rho, rows, status, variables,
  workLower, workUpper, x,
} from './memory'
import { perturbCosts } from './perturbation'
import { computeReducedCosts, drifted, infeasibleCount, measureAllExcesses, refresh, unlistInfeasible } from './point'
import { countIteration, etaLimit, FEASIBLE, INFEASIBLE, reasonToStop, STUCK } from './progress'
import { farkasRay } from './ray'
import { clearRow, computeColumn, computeDualRow, computeRho } from './tableau'
import { PERTURB_AFTER, PERTURB_ROWS, PIVOT_AGREEMENT, PIVOT_TOLERANCE, STALL_LIMIT, STEEPEST_EDGE_ROWS } from './tolerances'

/** Where the dual method starts from: the slack basis; the basis and weights that phase 1 has reached; any other basis; the resident point. */
export const FROM_SLACK: i32 = 0
export const FROM_PHASE_1: i32 = 1
export const FROM_BASIS: i32 = 2
export const FROM_POINT: i32 = 3

/** Runs to FEASIBLE (costs may be shifted), INFEASIBLE (ray written and checked), a limit, or STUCK. */
export function dualSimplex(start: i32): i32 {
  let perturbed = rows >= PERTURB_ROWS && start == FROM_SLACK
  if (start == FROM_SLACK || start == FROM_BASIS) resetWeights(start == FROM_SLACK)
  const isSteepest = start != FROM_POINT || rows >= STEEPEST_EDGE_ROWS
  if (perturbed) perturbCosts()
  if (start != FROM_POINT) restart()
  let stalled = 0
  let isRestarted = false
  while (true) {
    const reason = reasonToStop()
    if (reason >= 0) return reason
    if (etaCount >= etaLimit && !restartFresh()) return STUCK
    const p = chooseLeaving()
    if (p < 0) return FEASIBLE
    computeRho(p)
    if (correctWeight(p)) continue
    computeDualRow()
    const leaving = i32At(head, p)
    const isBelow = f64At(x, leaving) < f64At(workLower, leaving)
    const bound = isBelow ? f64At(workLower, leaving) : f64At(workUpper, leaving)
    const q = chooseDualEntering(Math.abs(f64At(x, leaving) - bound), isBelow ? -1 : 1)
    if (q < 0) {
      clearRow()
      // A proof counts only at a point computed from scratch: the excess may be what has drifted.
      if (etaCount == 0 && (!drifted || isRestarted)) return farkasRay(rho, isBelow ? 1 : -1) ? INFEASIBLE : STUCK
      if (!restartFresh()) return STUCK
      isRestarted = true
      continue
    }
    computeColumn(q)
    if (!agrees(q, p)) {
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
    isRestarted = false
    if (flips > 0) flipCandidates()
    updateReducedCosts(q, leaving, true)
    if (isSteepest) updateSteepest(p)
    else updateDevex(p)
    exchange(p, q, (f64At(x, leaving) - bound) / f64At(alpha, p), bound, isBelow ? AT_LOWER : AT_UPPER)
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

/** Values and reduced costs from a factorization from scratch; nobody is moved, whatever signs rounding has left. False when there is none. */
export function recomputePoint(): bool {
  if (!refreshKeepingWeights()) return false
  computeReducedCosts()
  measureAllExcesses()
  return true
}

/** Goes on from a factorization from scratch; false when there is none. */
export function restartFresh(): bool {
  if (!refreshKeepingWeights()) return false
  // Shifts within the tolerance are only there so that no sign is wrong: they do not add up beyond a factorization.
  if (!costsChanged) restoreCosts()
  restart()
  return true
}

/** Reduced costs from scratch, all on their right side of zero, and x to match. */
function restart(): void {
  computeReducedCosts()
  measureAllExcesses()
  for (let v = 0; v < variables; v++) if (u8At(status, v) != BASIC && isWrong(v)) standRight(v)
  settleBasics()
}

/** Position of the basic variable that is worst outside its bounds; -1 when all are inside. */
function chooseLeaving(): i32 {
  let best = -1
  let bestScore: f64 = 0
  for (let k = infeasibleCount - 1; k >= 0; k--) {
    const p = i32At(infeasible, k)
    const excess = f64At(excessSquare, p)
    if (excess == 0) {
      unlistInfeasible(k)
      continue
    }
    if (excess <= bestScore * f64At(dualWeight, p)) continue
    best = p
    bestScore = excess / f64At(dualWeight, p)
  }
  return best
}

/** Whether the tableau column of q agrees with the row computed before; otherwise the factorization is worn out. */
function agrees(q: i32, p: i32): bool {
  const fromColumn = f64At(alpha, p)
  if (Math.abs(fromColumn) < PIVOT_TOLERANCE) return false
  return Math.abs(fromColumn - f64At(alphaRow, q)) <= PIVOT_AGREEMENT * (1 + Math.abs(fromColumn))
}

/** Moves the passed candidates to their other bounds and the basics with them. */
function flipCandidates(): void {
  for (let k = 0; k < flips; k++) {
    const v = i32At(candidate, k)
    const toUpper = u8At(status, v) == AT_LOWER
    setStatus(v, toUpper ? AT_UPPER : AT_LOWER)
    moveNonbasic(v, toUpper ? f64At(workUpper, v) : f64At(workLower, v))
  }
  settleBasics()
}
