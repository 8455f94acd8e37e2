/**
 * A dual feasible basis for a cold solve: phase 1 of the dual method as a problem with artificial boxes.
 * Depends on dual.ts, point.ts, bounds-and-costs.ts, memory.ts, progress.ts.
 *
 * Every variable gets a box for phase 1: free ones [-1000, 1000], those with one finite bound [0, 1] or [-1, 0], boxed and
 * fixed ones [0, 0]. In it any basis is dual feasible after flips, so the dual method itself solves it; where its optimum is
 * 0 the basis is dual feasible for the model. What stays infeasible is left to cost shifts and the primal method.
 * Source: Koberstein and Suhl, Progress in the dual simplex method for large scale LP problems (2007), section 4.
 */
import { f64At, setF64, u8At } from './access'
import { AT_LOWER, AT_UPPER, BASIC, dualTolerance, FREE, isFixed, restoreBounds, setStatus } from './bounds-and-costs'
import { dualSimplex, FROM_SLACK, refreshKeepingWeights } from './dual'
import { reduced, status, variables, workLower, workUpper } from './memory'
import { computePrimal, computeReducedCosts, markDrifted } from './point'
import { STUCK } from './progress'

const FREE_BOX: f64 = 1000

/** Whether the slack basis needs phase 1. */
export function needsPhase1(): bool {
  computeReducedCosts()
  return hasWrongSign()
}

/** Runs phase 1 from the slack basis, behind `needsPhase1`: FEASIBLE at its optimum, a limit, or STUCK. */
export function phase1(): i32 {
  for (let v = 0; v < variables; v++) {
    const hasLower = f64At(workLower, v) > -Infinity
    const hasUpper = f64At(workUpper, v) < Infinity
    setF64(workLower, v, hasLower ? 0 : hasUpper ? -1 : -FREE_BOX)
    setF64(workUpper, v, hasUpper ? 0 : hasLower ? 1 : FREE_BOX)
    if (u8At(status, v) != BASIC) setStatus(v, f64At(reduced, v) < 0 && !hasUpper ? AT_UPPER : AT_LOWER)
  }
  computePrimal()
  const outcome = dualSimplex(FROM_SLACK)
  restoreBounds()
  markDrifted()
  return refreshKeepingWeights() ? outcome : STUCK
}

/** A reduced cost of the wrong sign that no flip to the other bound mends. */
function hasWrongSign(): bool {
  for (let v = 0; v < variables; v++) {
    const code = u8At(status, v)
    if (code == BASIC || isFixed(v)) continue
    const d = f64At(reduced, v)
    if (code == FREE ? Math.abs(d) > dualTolerance : d < -dualTolerance && f64At(workUpper, v) == Infinity) return true
    if (code != FREE && d > dualTolerance && f64At(workLower, v) == -Infinity) return true
  }
  return false
}
