/**
 * Bounded primal simplex. Phase 1 minimizes the sum of infeasibilities over the model's own variables (no
 * artificial ones); phase 2 the cost. Which phase an iteration belongs to is seen from the point alone.
 * Depends on primal-ratio.ts, iterate.ts, linear-systems.ts, ray.ts, progress.ts.
 *
 * Pricing: largest d^2 / priceWeight (fixed weights). After `stallLimit` steps of length zero Bland's rule chooses both
 * entering and leaving variable until a step makes progress again. Nothing is perturbed.
 */
import { clearF64, f64At, i32At, setF64, setU8, u8At } from './access'
import { AT_LOWER, AT_UPPER, BASIC } from './factor'
import { aboveUpper, belowLower, computeDuals, dualTolerance, isFixed, markDrifted, drifted, priceOut, refresh } from './iterate'
import { alpha, banned, head, priceWeight, rows, status, variables, workCost, workLower, workUpper, x, y } from './memory'
import { FLIP, leavesAtUpper, NONE, phase1Ratio, phase2Ratio, step } from './primal-ratio'
import { countIteration, etaLimit, INFEASIBLE, OPTIMAL, reasonToStop, stallLimit, STUCK, UNBOUNDED } from './progress'
import { farkasRay, recessionRay } from './ray'
import { etaCount } from './forrest-tomlin'
import { addColumn, replaceInBasis } from './linear-systems'
import { btran, ftran } from './triangular-solve'
import { DUAL_TOLERANCE, PIVOT_RELATIVE, PIVOT_TOLERANCE, STALL_STEP } from './tolerances'

const GO_ON: i32 = -1

let enteringCost: f64 = 0
/** Consecutive steps of length zero. */
let stalled: i32 = 0
let anyBanned: bool = false
/** Factor on the pivot tolerances. */
let leastPivot: f64 = 1
const LAST_RESORT: f64 = 1e-3
/** Reduced costs up to this (phase 1 costs are 1) count as zero. */
let phase1Tolerance: f64 = DUAL_TOLERANCE
const LAST_PHASE1_TOLERANCE: f64 = 1e-13

/**
 * Runs to a verdict on a fresh factorization: OPTIMAL, INFEASIBLE or UNBOUNDED (their rays written and checked), or to a
 * limit, or STUCK.
 */
export function primalSimplex(): i32 {
  stalled = 0
  leastPivot = 1
  phase1Tolerance = DUAL_TOLERANCE
  clearBans()
  while (true) {
    const reason = reasonToStop()
    if (reason >= 0) return reason
    if (etaCount >= etaLimit && !refresh()) return STUCK
    const phase1 = setDuals()
    const bland = stalled > stallLimit
    const q = chooseEntering(phase1, bland)
    const outcome = q < 0 ? concludeFrom(phase1) : enter(q, phase1, bland)
    if (outcome != GO_ON) return outcome
  }
}

/** Nothing wants to enter: the verdict, or GO_ON when it does not hold yet. */
function concludeFrom(phase1: bool): i32 {
  // A verdict counts only at a point computed from scratch.
  if (etaCount > 0 || drifted) {
    if (!refresh()) return STUCK
    clearBans()
    return GO_ON
  }
  if (anyBanned) {
    if (leastPivot < 1) return STUCK
    // Nothing but small pivots is left, and the factorization is fresh: one of them may be genuine.
    leastPivot = LAST_RESORT
    clearBans()
    return GO_ON
  }
  if (!phase1) return OPTIMAL
  // The duals of phase 1 at its optimum are the proof: see ray.ts for the sign.
  if (farkasRay(y, -1)) return INFEASIBLE
  if (phase1Tolerance == LAST_PHASE1_TOLERANCE) return STUCK
  // Reduced costs below the tolerance stand against an infinite bound: follow them, too.
  phase1Tolerance = LAST_PHASE1_TOLERANCE
  return GO_ON
}

/** One step with q entering; GO_ON, UNBOUNDED or STUCK. A column that cannot be used is banned until the next step. */
function enter(q: i32, phase1: bool, bland: bool): i32 {
  const direction: f64 = enteringCost < 0 ? 1 : -1
  clearF64(alpha, rows)
  addColumn(alpha, q, 1)
  ftran(alpha)
  const range = f64At(workUpper, q) - f64At(workLower, q)
  const p = phase1 ? phase1Ratio(direction, range, enteringCost, bland) : phase2Ratio(direction, range, bland)
  if (p == NONE) {
    if (etaCount > 0 || drifted) return refresh() ? GO_ON : STUCK
    if (!phase1 && recessionRay(q, direction)) return UNBOUNDED
    ban(q)
    return GO_ON
  }
  if (p != FLIP && Math.abs(f64At(alpha, p)) < leastPivot * (PIVOT_TOLERANCE + PIVOT_RELATIVE * largestOf(alpha))) {
    ban(q)
    return etaCount == 0 || refresh() ? GO_ON : STUCK
  }
  stalled = step > STALL_STEP ? 0 : stalled + 1
  move(q, p, direction)
  if (anyBanned) clearBans()
  leastPivot = 1
  countIteration()
  return GO_ON
}

/** Dual values for the costs of the current phase; true in phase 1 (costs -1 below, +1 above, 0 inside the bounds). */
function setDuals(): bool {
  let phase1 = false
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    const price: f64 = belowLower(v) ? -1 : aboveUpper(v) ? 1 : 0
    if (price != 0) phase1 = true
    setF64(y, p, price)
  }
  if (phase1) btran(y)
  else computeDuals()
  return phase1
}

/** The variable to enter, its reduced cost in `enteringCost`; -1 when none improves. */
function chooseEntering(phase1: bool, bland: bool): i32 {
  const tolerance = phase1 ? phase1Tolerance * min(1, largestOf(y)) : dualTolerance
  let best = -1
  let bestScore: f64 = 0
  for (let v = 0; v < variables; v++) {
    const code = u8At(status, v)
    if (code == BASIC || isFixed(v)) continue
    const d = priceOut(v, phase1 ? 0 : f64At(workCost, v))
    if (code == AT_LOWER ? d >= -tolerance : code == AT_UPPER ? d <= tolerance : Math.abs(d) <= tolerance) continue
    if (u8At(banned, v) != 0) continue
    const score = (d * d) / f64At(priceWeight, v)
    if (score <= bestScore) continue
    best = v
    bestScore = score
    enteringCost = d
    if (bland) return v
  }
  return best
}

/** Largest magnitude in a vector of `rows` elements. */
function largestOf(vector: usize): f64 {
  let largest: f64 = 0
  for (let i = 0; i < rows; i++) largest = max(largest, Math.abs(f64At(vector, i)))
  return largest
}

/** Moves the entering variable by the step and, unless it only flips its bound, changes the basis at position p. */
function move(q: i32, p: i32, direction: f64): void {
  const change = direction * step
  if (change != 0) {
    for (let i = 0; i < rows; i++) {
      const v = i32At(head, i)
      setF64(x, v, f64At(x, v) - change * f64At(alpha, i))
    }
  }
  markDrifted()
  if (p == FLIP) {
    const toUpper = direction > 0
    setU8(status, q, toUpper ? AT_UPPER : AT_LOWER)
    setF64(x, q, toUpper ? f64At(workUpper, q) : f64At(workLower, q))
    return
  }
  const leaving = i32At(head, p)
  setF64(x, leaving, leavesAtUpper ? f64At(workUpper, leaving) : f64At(workLower, leaving))
  setU8(status, leaving, leavesAtUpper ? AT_UPPER : AT_LOWER)
  setF64(x, q, f64At(x, q) + change)
  setU8(status, q, BASIC)
  replaceInBasis(p, q, alpha)
}

function ban(v: i32): void {
  setU8(banned, v, 1)
  anyBanned = true
}

function clearBans(): void {
  memory.fill(banned, 0, <usize>variables)
  anyBanned = false
}
