/**
 * Bounded primal simplex. Phase 1 minimizes the sum of infeasibilities over the model's own variables (no
 * artificial ones); phase 2 the cost. Which phase an iteration belongs to is seen from the point alone.
 * Depends on primal-ratio.ts, primal-pricing.ts, basis-change.ts, dual-weights.ts, tableau.ts, point.ts, bounds-and-costs.ts, ray.ts, progress.ts.
 *
 * Phase 2 keeps reduced costs, Devex weights and the weights of the dual method up to date from the tableau row of each pivot, so that
 * the point stays resident; phase 1 computes its duals anew, because its costs change with each step.
 *
 * Against degeneracy: after PERTURB_AFTER_PRIMAL steps of length zero the bounds of basic variables are widened a little (once; the caller
 * restores them and goes on with the dual method); after `stallLimit` of them Bland's rule chooses both entering and leaving
 * variable until a step makes progress again.
 */
import { f64At, i32At, setF64, setU8 } from './access'
import { exchange, moveBasics, updateReducedCosts } from './basis-change'
import { AT_LOWER, AT_UPPER, dualTolerance, setStatus } from './bounds-and-costs'
import { correctWeight, loseWeights, updateSteepest, weightsLost } from './dual-weights'
import { etaCount } from './forrest-tomlin'
import { alpha, alphaList, banned, head, reduced, variables, workCost, workLower, workUpper, x, y } from './memory'
import { widenBounds } from './perturbation'
import { computeReducedCosts, drifted, infeasibleCount, markDrifted, measureAllExcesses, refresh } from './point'
import { FLIP, leavesAtUpper, NONE, phase1Ratio, phase2Ratio, step } from './primal-ratio'
import {
  beginDevex, chooseEntering, enteringCost, LAST_PHASE1_TOLERANCE, phase1Tolerance, setPhase1Duals,
  setPhase1Tolerance, updateDevex,
} from './primal-pricing'
import { countIteration, etaLimit, INFEASIBLE, OPTIMAL, reasonToStop, stallLimit, STUCK, UNBOUNDED } from './progress'
import { farkasRay, recessionRay } from './ray'
import { alphaCount, computeColumn, computeRho, computeRow } from './tableau'
import { DUAL_TOLERANCE, PERTURB_AFTER_PRIMAL, PIVOT_RELATIVE, PIVOT_TOLERANCE, STALL_STEP } from './tolerances'

const GO_ON: i32 = -1

/** Consecutive steps of length zero. */
let stalled: i32 = 0
let anyBanned: bool = false
/** Factor on the pivot tolerances. */
let leastPivot: f64 = 1
const LAST_RESORT: f64 = 1e-3
/** Whether `reduced` holds the reduced costs of phase 2. */
let isPriced: bool = false
/** Whether bounds stand widened. */
export let boundsWidened: bool = false
export function forgetWidenedBounds(): void { boundsWidened = false }
/** Pivots of this run; a short run from a resident point needs no fresh point for its verdict. */
let pivots: i32 = 0
const SHORT_RUN: i32 = 50

/** Where the primal method starts from: the resident point, reduced costs included; or a basis of which only x is known. */
export const FROM_RESIDENT: i32 = 0
export const FROM_VALUES: i32 = 1

/** Whether this run may widen bounds. */
let mayWiden: bool = false

/**
 * Runs to a verdict: OPTIMAL, INFEASIBLE or UNBOUNDED (their rays written and checked), or to a limit, or STUCK.
 */
export function primalSimplex(start: i32, widen: bool): i32 {
  mayWiden = widen
  stalled = 0
  leastPivot = 1
  pivots = start == FROM_RESIDENT ? 0 : SHORT_RUN
  isPriced = start == FROM_RESIDENT
  if (!isPriced) loseWeights()
  setPhase1Tolerance(DUAL_TOLERANCE)
  clearBans()
  measureAllExcesses()
  beginDevex()
  while (true) {
    const reason = reasonToStop()
    if (reason >= 0) return reason
    if (etaCount >= etaLimit && !refreshPoint()) return STUCK
    const phase1 = infeasibleCount > 0 && setPhase1Duals()
    if (!phase1 && !isPriced) price()
    const bland = stalled > stallLimit
    const q = chooseEntering(phase1, bland)
    const outcome = q < 0 ? concludeFrom(phase1) : enter(q, phase1, bland)
    if (outcome != GO_ON) return outcome
  }
}

/** Reduced costs from scratch. */
function price(): void {
  computeReducedCosts()
  isPriced = true
}

function refreshPoint(): bool {
  isPriced = false
  loseWeights()
  const isDone = refresh()
  measureAllExcesses()
  return isDone
}

/** Nothing wants to enter: the verdict, or GO_ON when it does not hold yet. */
function concludeFrom(phase1: bool): i32 {
  const isShort = pivots < SHORT_RUN && !phase1 && !anyBanned
  // Otherwise a verdict counts only at a point computed from scratch.
  if ((etaCount > 0 || drifted) && !isShort) {
    if (!refreshPoint()) return STUCK
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
  setPhase1Tolerance(LAST_PHASE1_TOLERANCE)
  return GO_ON
}

/** One step with q entering; GO_ON, UNBOUNDED or STUCK. A column that cannot be used is banned until the next step. */
function enter(q: i32, phase1: bool, bland: bool): i32 {
  const direction: f64 = enteringCost < 0 ? 1 : -1
  computeColumn(q)
  if (!phase1 && !isStillAttractive(q, direction)) return GO_ON
  const range = f64At(workUpper, q) - f64At(workLower, q)
  const p = phase1 ? phase1Ratio(direction, range, enteringCost, bland) : phase2Ratio(direction, range, bland)
  if (p == NONE) {
    if (etaCount > 0 || drifted) return refreshPoint() ? GO_ON : STUCK
    if (!phase1 && recessionRay(q, direction)) return UNBOUNDED
    ban(q)
    return GO_ON
  }
  if (p != FLIP && Math.abs(f64At(alpha, p)) < leastPivot * (PIVOT_TOLERANCE + PIVOT_RELATIVE * largestOfColumn())) {
    ban(q)
    return etaCount == 0 || refreshPoint() ? GO_ON : STUCK
  }
  stalled = step > STALL_STEP ? 0 : stalled + 1
  if (stalled > PERTURB_AFTER_PRIMAL && !phase1 && mayWiden && !boundsWidened) {
    boundsWidened = true
    widenBounds()
    stalled = 0
    return GO_ON
  }
  advance(q, p, direction, phase1)
  if (anyBanned) clearBans()
  leastPivot = 1
  pivots++
  countIteration()
  return GO_ON
}

/** The reduced cost computed from the column, put in place of the updated one; false when it does not want q to enter, then q is settled. */
function isStillAttractive(q: i32, direction: f64): bool {
  let d = f64At(workCost, q)
  for (let k = 0; k < alphaCount; k++) {
    const p = i32At(alphaList, k)
    d -= f64At(workCost, i32At(head, p)) * f64At(alpha, p)
  }
  setF64(reduced, q, d)
  return d * direction < -0.5 * dualTolerance
}

function largestOfColumn(): f64 {
  let largest: f64 = 0
  for (let k = 0; k < alphaCount; k++) largest = max(largest, Math.abs(f64At(alpha, i32At(alphaList, k))))
  return largest
}

/** Moves the entering variable by the step and, unless it only flips its bound, changes the basis at position p. */
function advance(q: i32, p: i32, direction: f64, phase1: bool): void {
  const change = direction * step
  if (p == FLIP) {
    const toUpper = direction > 0
    moveBasics(change)
    setStatus(q, toUpper ? AT_UPPER : AT_LOWER)
    setF64(x, q, toUpper ? f64At(workUpper, q) : f64At(workLower, q))
    markDrifted()
    return
  }
  const leaving = i32At(head, p)
  if (phase1) {
    isPriced = false
    loseWeights()
  } else {
    computeRho(p)
    computeRow()
    updateDevex(q, leaving, f64At(alpha, p))
    updateReducedCosts(q, leaving, false)
    if (!weightsLost) {
      correctWeight(p)
      updateSteepest(p)
    }
  }
  const bound = leavesAtUpper ? f64At(workUpper, leaving) : f64At(workLower, leaving)
  exchange(p, q, change, bound, leavesAtUpper ? AT_UPPER : AT_LOWER)
}

function ban(v: i32): void {
  setU8(banned, v, 1)
  anyBanned = true
}

function clearBans(): void {
  memory.fill(banned, 0, <usize>variables)
  anyBanned = false
}
