/**
 * One solve: the order of the two methods, the final answer, and the ladder of fallbacks.
 * Depends on primal.ts, dual.ts, answer.ts, ray.ts, iterate.ts, linear-systems.ts, progress.ts.
 *
 *   rung 0  from the resident basis: dual while bounds are violated, then primal on the true costs
 *   rung 1  go on from the basis reached, primal only, factorizing often
 *   rung 2  from the slack basis, both methods, factorizing often
 *   rung 3  from the slack basis, primal, Bland's rule from the first step of length zero
 *   then    NUMERICAL_FAILURE
 *
 * A rung's answer is taken only when its check against the unscaled model holds (answer.ts, ray.ts).
 *
 * Invariant (path independence): given the model's data and the statuses at the start, every bit of the outcome
 * is fixed. The factorization that is resident is reused only when it is the from-scratch one of the start basis.
 */
import { isAnswerFeasible, isAnswerOptimal, writeAnswer } from './answer'
import { dualSimplex, FROM_BASIS, FROM_PHASE_1, FROM_SLACK } from './dual'
import { needsPhase1, phase1 } from './dual-start'
import {
  costsChanged, DATA_CROSSED, DATA_INVALID, isPrimalInfeasible, loadWorkingData, markDrifted, offender, refresh, restoreCosts,
  setSlackBasis, startsFromSlack,
} from './iterate'
import { isFresh } from './linear-systems'
import { columns, rows } from './memory'
import { primalSimplex } from './primal'
import {
  beginRung, beginSolve, DEADLINE, FEASIBLE, INFEASIBLE, INVALID_DATA, ITERATION_LIMIT, NUMERICAL_FAILURE, OPTIMAL, STUCK, UNBOUNDED,
} from './progress'
import { crossedRay } from './ray'
import { CAREFUL_ETA_LIMIT, ETA_LIMIT, RUNG_ITERATION_BASE, RUNG_ITERATION_FACTOR, STALL_LIMIT } from './tolerances'

/** The host may leave out the dual method, or go to Bland's rung at once: other ways to the same optimum, for cross-checks. */
export const METHOD_AUTOMATIC: i32 = 0
export const METHOD_PRIMAL: i32 = 1
export const METHOD_BLAND: i32 = 2
let method: i32 = METHOD_AUTOMATIC
export function chooseMethod(code: i32): void { method = code }

/** Solves that needed a rung above 0, and solves that no rung could answer, since the module was instantiated. */
export let fallbacks: i32 = 0
export let failures: i32 = 0

const RUNGS: i32 = 4
export function solve(iterationLimit: i32): i32 {
  beginSolve(iterationLimit)
  const data = loadWorkingData()
  if (data == DATA_INVALID) return INVALID_DATA
  if (data == DATA_CROSSED) {
    markDrifted()
    if (refresh()) writeAnswer()
    crossedRay(offender)
    return INFEASIBLE
  }
  const firstRung = method == METHOD_BLAND ? RUNGS - 1 : 0
  for (let rung = firstRung; rung < RUNGS; rung++) {
    const outcome = climb(rung)
    if (outcome != STUCK) {
      if (rung > firstRung) fallbacks++
      return outcome
    }
  }
  fallbacks++
  failures++
  finish()
  return NUMERICAL_FAILURE
}

function climb(rung: i32): i32 {
  const allowed = RUNG_ITERATION_FACTOR * (rows + columns) + RUNG_ITERATION_BASE
  beginRung(allowed, rung == 0 ? ETA_LIMIT : CAREFUL_ETA_LIMIT, rung == RUNGS - 1 ? 0 : STALL_LIMIT)
  if (rung >= 2) setSlackBasis()
  const outcome = run(method == METHOD_AUTOMATIC && (rung == 0 || rung == 2))
  if (outcome == STUCK) return STUCK
  if (!finish()) return STUCK
  if (outcome == OPTIMAL && !isAnswerOptimal()) return STUCK
  if (outcome == UNBOUNDED && !isAnswerFeasible()) return STUCK
  return outcome
}

/** Both methods in turn, to a verdict. Returns with the basis reached; costs may still be shifted. */
function run(useDual: bool): i32 {
  restoreCosts()
  markDrifted()
  if (!refresh()) return STUCK
  const isCold = useDual && startsFromSlack()
  if (isCold || (useDual && isPrimalInfeasible())) {
    let start = isCold ? FROM_SLACK : FROM_BASIS
    if (isCold && needsPhase1()) {
      const reached = phase1()
      if (reached == DEADLINE || reached == ITERATION_LIMIT) return reached
      start = reached == FEASIBLE ? FROM_PHASE_1 : FROM_BASIS
    }
    const outcome = dualSimplex(start)
    if (outcome == INFEASIBLE || outcome == DEADLINE || outcome == ITERATION_LIMIT) return outcome
    if (outcome == FEASIBLE && !costsChanged && isFresh()) return OPTIMAL
    restoreCosts()
    if (!refresh()) return STUCK
  }
  return primalSimplex()
}

/** Answer from a fresh factorization of the final basis and the true costs. */
function finish(): bool {
  restoreCosts()
  if (!refresh()) return false
  writeAnswer()
  return true
}
