/**
 * What the optimizer exports. Only numbers and addresses cross; memory.ts draws where things lie. The typed
 * face of these functions is wasm-core/host/linear-program.ts; nothing else calls them.
 *
 * Order of calls: reserve, host writes the matrix, bounds and costs, prepare; then any number of: changeBounds and
 * changeCost, resolve, host reads the answer. Memory grows in `reserve` only.
 */
import { dualBound, dualResidual, gap, objective, primalResidual } from './answer'
import { beginStatuses, offender } from './bounds-and-costs'
import { isCanonical, notCanonical } from './canonical'
import { changeBounds as changeModelBounds, changeModelCost } from './changes'
import { factorizations, repairs } from './factor'
import { checkInvariants } from './invariants'
import { directory, reserve as reserveMemory } from './memory'
import { prepareModel } from './model'
import { setSlackBasis } from './point'
import { iterations } from './progress'
import { rangeHigh as highEnd, rangeLow as lowEnd, rangeOfBound as rangeBound, rangeOfCost as rangeCost } from './ranging'
import { chooseMethod, failures, fallbacks, forgetPoint, solve } from './resolve'
import { beginTableau } from './tableau'
import { forgetFactorization, refactorize } from './linear-systems'

/** 0, 1 (too large), or 2 (no memory). All addresses change. */
export function reserve(rows: i32, columns: i32, nonzeros: i32): i32 { return reserveMemory(rows, columns, nonzeros) }

/** Scales and copies the matrix the host has written, and starts from the slack basis. */
export function prepare(): void {
  prepareModel()
  beginTableau()
  beginStatuses()
  resetBasis()
}

/** New bounds of a column (0..columns-1) or sides of a row (columns + row). */
export function changeBounds(variable: i32, lower: f64, upper: f64): void { changeModelBounds(variable, lower, upper) }
export function changeCost(column: i32, cost: f64): void { changeModelCost(column, cost) }

export function resolve(iterationLimit: i32, canonical: i32): i32 {
  const outcome = solve(iterationLimit, canonical != 0)
  // Known when compiling: the release build has nothing of it.
  if (!ASC_NO_ASSERT) checkInvariants(outcome)
  return outcome
}

export function resetBasis(): void {
  setSlackBasis()
  forgetPoint()
}

/** The host has written `status` (exactly `rows` basic variables); a singular set is repaired by the next resolve. */
export function basisImported(): void {
  forgetFactorization()
  forgetPoint()
}

/** The host has written `status` with too few basic variables: logicals of the rows without a pivot fill up, by the rule for singular sets. */
export function completeBasis(): void {
  basisImported()
  if (!refactorize()) setSlackBasis()
}

export function directoryAddress(): usize { return directory }
export function objectiveValue(): f64 { return objective }
export function notCanonicalCount(): i32 { return notCanonical }
/** 1 when the last canonical answer came from the canonical basis. */
export function canonicalReached(): i32 { return isCanonical ? 1 : 0 }
/** |objective - dual objective| / (1 + |objective|) */
export function gapValue(): f64 { return gap }
export function iterationCount(): i32 { return iterations }
export function primalResidualValue(): f64 { return primalResidual }
export function dualResidualValue(): f64 { return dualResidual }
/** The variable that made `resolve` answer INVALID_DATA, or whose bounds cross. */
export function offendingVariable(): i32 { return offender }
export function fallbackCount(): i32 { return fallbacks }
export function failureCount(): i32 { return failures }
export function dualBoundValue(): f64 { return dualBound }
export function factorizationCount(): i32 { return factorizations }
export function repairCount(): i32 { return repairs }
/** 0 automatic, 1 primal only, 2 Bland's rule only: other ways to the same optimum, for tests and cross-checks. */
export function setMethod(code: i32): void { chooseMethod(code) }
/** After an optimum: 0 and the interval is in `rangeLow`, `rangeHigh`; 1 no bound of the variable binds; 2 the model or basis changed. */
export function rangeOfBound(variable: i32): i32 { return rangeBound(variable) }
export function rangeOfCost(column: i32): i32 { return rangeCost(column) }
export function rangeLow(): f64 { return lowEnd }
export function rangeHigh(): f64 { return highEnd }
