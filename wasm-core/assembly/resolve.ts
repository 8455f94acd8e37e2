/**
 * One solve: the order of the two methods, the final answer, and the ladder of fallbacks.
 * Depends on primal.ts, dual.ts, changes.ts, answer.ts, ray.ts, point.ts, linear-systems.ts, progress.ts.
 *
 *   rung 0  from the resident point, or else from the resident basis: dual while bounds are violated, then primal on the true costs
 *   rung 1  go on from the basis reached, primal only, factorizing often and with larger pivots
 *   rung 2  from the slack basis, both methods, costs perturbed, factorizing as in rung 1
 *   rung 3  from the slack basis, primal, Bland's rule from the first step of length zero
 *   then    NUMERICAL_FAILURE
 *
 * A rung's answer is taken only when its check against the unscaled model holds (answer.ts, ray.ts).
 */
import { f64At, setF64 } from './access'
import { dualResidual, gap, isAnswerFeasible, isAnswerOptimal, primalResidual, writeAnswer } from './answer'
import { costsChanged, DATA_CROSSED, DATA_INVALID, offender, restoreBounds, restoreCosts } from './bounds-and-costs'
import { applyChanges, dropShifts, isDualInfeasible, loadAll } from './changes'
import { canonicalize, giveUpCanonical, isCanonical } from './canonical'
import {
  dualSimplex, FROM_BASIS, FROM_PHASE_1, FROM_POINT, FROM_SLACK, recomputePoint, refreshKeepingWeights, restartFresh,
} from './dual'
import { resetWeights, weightsLost } from './dual-weights'
import { needsPhase1, phase1 } from './dual-start'
import { etaCount } from './forrest-tomlin'
import { forgetFactorization } from './linear-systems'
import { answerDual, columns, reduced, rows, scale, status, statusBefore, variables, y } from './memory'
import {
  computeDuals, drifted, isPrimalInfeasible, markDrifted, measureAllExcesses, refinePrimal, refresh, setSlackBasis, startsFromSlack,
} from './point'
import { boundsWidened, forgetWidenedBounds, FROM_RESIDENT, FROM_VALUES, primalSimplex } from './primal'
import {
  beginRung, beginSolve, DEADLINE, FEASIBLE, INFEASIBLE, INVALID_DATA, ITERATION_LIMIT, iterations, NUMERICAL_FAILURE, OPTIMAL,
  pivotOrdinarily, STUCK, UNBOUNDED,
} from './progress'
import { crossedRay } from './ray'
import { forgetExpectations } from './triangular-solve'
import {
  ANSWER_TOLERANCE, CANONICAL_TOLERANCE, CAREFUL_ETA_LIMIT, CAREFUL_PIVOT_THRESHOLD, ETA_LIMIT, PIVOT_THRESHOLD, REFINE_TOLERANCE,
  RESIDENT_TOLERANCE, RUNG_ITERATION_BASE, RUNG_ITERATION_FACTOR, STALL_LIMIT,
} from './tolerances'

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
/** Turns of the two methods within one rung; each cleans up after the other, three are seldom needed. */
const TURNS: i32 = 6

/** Whether point, reduced costs, weights and factors of the last solve belong to the working data: the next solve goes on from them. */
let isResident: bool = false

/** Whether a limit ended the solve at a point that had been resident, and is one of the model: no bound stands widened. */
let isStoppedAtPoint: bool = false

/** To be called when a basis comes from elsewhere. */
export function forgetPoint(): void {
  isResident = false
  forgetExpectations()
}

/** Whether the answer is to come from the canonical basis (canonical.ts). */
let canonical: bool = false

export function solve(iterationLimit: i32, wantsCanonical: bool): i32 {
  canonical = wantsCanonical
  beginSolve(iterationLimit)
  const data = isResident ? applyChanges() : loadData()
  if (data == DATA_INVALID) return INVALID_DATA
  if (data == DATA_CROSSED) return refuseCrossed()
  const firstRung = method == METHOD_BLAND ? RUNGS - 1 : 0
  for (let rung = firstRung; rung < RUNGS; rung++) {
    const outcome = climb(rung)
    if (outcome != STUCK) {
      if (rung > firstRung) fallbacks++
      return outcome
    }
    isResident = false
  }
  fallbacks++
  isResident = false
  // The last rung may have ended at an optimum without knowing: then all its residuals say so.
  if (finishFresh() && isAnswerOptimal() && gap <= ANSWER_TOLERANCE) return OPTIMAL
  failures++
  return NUMERICAL_FAILURE
}

/** Bounds that cross are their own proof; the point given is that of the basis. */
function refuseCrossed(): i32 {
  isResident = false
  loadData()
  const proof = offender
  markDrifted()
  finishFresh()
  isResident = false
  crossedRay(proof)
  return INFEASIBLE
}

function climb(rung: i32): i32 {
  const allowed = RUNG_ITERATION_FACTOR * (rows + columns) + RUNG_ITERATION_BASE
  const isCareful = rung > 0
  beginRung(
    allowed, isCareful ? CAREFUL_ETA_LIMIT : ETA_LIMIT, rung == RUNGS - 1 ? 0 : STALL_LIMIT,
    isCareful ? CAREFUL_PIVOT_THRESHOLD : PIVOT_THRESHOLD,
  )
  // The factors at hand were made by the rules of the rung before.
  if (isCareful) forgetFactorization()
  if (rung >= 2) setSlackBasis()
  isStoppedAtPoint = false
  let outcome = method == METHOD_AUTOMATIC && (rung == 0 || rung == 2) ? run() : runPrimal()
  if (outcome == STUCK) return STUCK
  if (isStoppedAtPoint) {
    // Nothing is computed anew: who asks for a stop has no time for that.
    writeAnswer()
    return outcome
  }
  if (isResident) {
    if (!canonical) writeAnswer()
    else if (!finishCanonical()) return STUCK
    if (primalResidual <= RESIDENT_TOLERANCE && dualResidual <= RESIDENT_TOLERANCE && isAnswerOptimal()) return outcome
    // Rounding has added up: once more from a factorization from scratch.
    isResident = false
    outcome = run()
    if (outcome == STUCK) return STUCK
  }
  if (!finishFresh()) return STUCK
  if (outcome == OPTIMAL && canonical && !finishCanonical()) return STUCK
  if (outcome == OPTIMAL && !isAnswerOptimal()) return STUCK
  if (outcome == UNBOUNDED && !isAnswerFeasible()) return STUCK
  isResident = outcome == OPTIMAL
  return outcome
}

/** All data as the host has written them; no bound stands widened then. */
function loadData(): i32 {
  forgetWidenedBounds()
  return loadAll()
}

/** Costs and bounds of the model again, whatever the methods have changed for their own ends. */
function restoreData(): void {
  restoreCosts()
  restoreWidenedBounds()
}

/** Takes back the widened bounds of the primal method, however it has ended. */
function restoreWidenedBounds(): void {
  if (!boundsWidened) return
  forgetWidenedBounds()
  restoreBounds()
  markDrifted()
}

/** Answer from a fresh factorization of the final basis and the true costs. */
function finishFresh(): bool {
  restoreData()
  if (weightsLost) resetWeights(false)
  if (!recomputePoint()) return false
  writeRefined()
  return true
}

/** The answer at a fresh factorization; refined where the first one leaves something to be desired. */
function writeRefined(): void {
  writeAnswer()
  if (primalResidual <= REFINE_TOLERANCE) return
  refinePrimal()
  measureAllExcesses()
  writeAnswer()
}

/**
 * Answer from the canonical basis: a function of the model and of that basis alone, as factors, values and duals are computed from scratch
 * in a fixed order. The point stays resident.
 */
function finishCanonical(): bool {
  // The factors of a careful rung are others than those of the first.
  if (pivotOrdinarily()) forgetFactorization()
  memory.copy(statusBefore, status, <usize>variables)
  canonicalize()
  if (isCanonical) {
    if (!writeFromScratch()) return false
    if (primalResidual <= CANONICAL_TOLERANCE && dualResidual <= CANONICAL_TOLERANCE && isAnswerOptimal()) return true
  }
  // Rounding has taken something for a tie that was none. The optimum found before stands; that it is not canonical is counted.
  giveUpCanonical()
  memory.copy(status, statusBefore, <usize>variables)
  forgetFactorization()
  return writeFromScratch()
}

/** The answer from scratch, for the basis as it is. */
function writeFromScratch(): bool {
  restoreData()
  // Also values that have just been computed: they may have been refined, once or more.
  markDrifted()
  if (!refreshKeepingWeights()) return false
  measureAllExcesses()
  computeDuals()
  memory.copy(reduced + (<usize>columns << 3), y, <usize>rows << 3)
  writeRefined()
  for (let j = 0; j < columns; j++) setF64(reduced, j, f64At(answerDual, j) * f64At(scale, j))
  return true
}

/** Values of the basis, for the data of the model; false when the basis is beyond repair. */
function enterBasis(): bool {
  restoreData()
  markDrifted()
  return refresh()
}

/** Primal method alone, from the basis. */
function runPrimal(): i32 { return enterBasis() ? primalSimplex(FROM_VALUES, false) : STUCK }

/**
 * Both methods in turn, to a verdict. When it is OPTIMAL and the way was short, isResident says that the point can be answered
 * from as it is; otherwise the answer wants a fresh one.
 */
function run(): i32 {
  const isShort = isResident
  isResident = false
  let outcome = isShort ? dualSimplex(FROM_POINT) : startFromBasis()
  // The next solve goes on from a point that the dual method has left, unless costs stand shifted.
  if (isShort && isLimit(outcome)) isResident = !costsChanged
  for (let turn = 0; turn < TURNS; turn++) {
    if (outcome == FEASIBLE) {
      if ((etaCount > 0 || drifted) && !(isShort && iterations <= ETA_LIMIT)) {
        // A long way's verdict counts only at a point computed from scratch.
        outcome = restartFresh() ? dualSimplex(FROM_POINT) : STUCK
        continue
      }
      outcome = dropShiftsAndFinish()
    } else if (outcome == STUCK && turn == 0) outcome = runPrimal()
    if (outcome == OPTIMAL && boundsWidened) {
      outcome = followRestoredBounds()
      continue
    }
    if (outcome == OPTIMAL) isResident = isShort && iterations <= ETA_LIMIT
    isStoppedAtPoint = isShort && isLimit(outcome) && !boundsWidened
    return outcome
  }
  return STUCK
}

function isLimit(outcome: i32): bool { return outcome == DEADLINE || outcome == ITERATION_LIMIT }

/** The first method from a basis of which nothing is known. */
function startFromBasis(): i32 {
  if (!enterBasis()) return STUCK
  const isCold = startsFromSlack()
  if (!isCold && !isPrimalInfeasible()) return primalSimplex(FROM_VALUES, true)
  let start = isCold ? FROM_SLACK : FROM_BASIS
  if (isCold && needsPhase1()) {
    const reached = phase1()
    if (isLimit(reached)) return reached
    start = reached == FEASIBLE ? FROM_PHASE_1 : FROM_BASIS
  }
  return dualSimplex(start)
}

/** From a point that is feasible to one that is optimal for the true costs. */
function dropShiftsAndFinish(): i32 {
  if (!costsChanged) return OPTIMAL
  dropShifts()
  return isDualInfeasible() ? primalSimplex(FROM_RESIDENT, true) : OPTIMAL
}

/** What is outside once widened bounds are taken back is the dual method's. */
function followRestoredBounds(): i32 {
  restoreWidenedBounds()
  if (weightsLost) resetWeights(false)
  return restartFresh() ? dualSimplex(FROM_POINT) : STUCK
}
