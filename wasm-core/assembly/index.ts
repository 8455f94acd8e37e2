/**
 * What the optimizer exports. Only numbers and addresses cross; memory.ts draws where things lie. The typed
 * face of these functions is wasm-core/host/linear-program.ts; nothing else calls them.
 *
 * Order of calls: reserve, host writes the matrix, bounds and costs, prepare; then any number of: host changes bounds
 * and costs in place, resolve, host reads the answer. Memory grows in `reserve` only.
 */
import { dualResidual, objective, primalResidual } from './answer'
import { repairs } from './factor'
import { checkInvariants } from './invariants'
import { offender, setSlackBasis } from './iterate'
import { directory, reserve as reserveMemory } from './memory'
import { prepareModel } from './model'
import { iterations } from './progress'
import { rangeHigh as highEnd, rangeLow as lowEnd, rangeOfBound as rangeBound, rangeOfCost as rangeCost } from './ranging'
import { chooseMethod, failures, fallbacks, solve } from './resolve'
import { forgetFactorization, refactorize } from './linear-systems'

/** 0, 1 (too large), or 2 (no memory). All addresses change. */
export function reserve(rows: i32, columns: i32, nonzeros: i32): i32 { return reserveMemory(rows, columns, nonzeros) }

/** Scales and copies the matrix the host has written, and starts from the slack basis. */
export function prepare(): void {
  prepareModel()
  setSlackBasis()
}

export function resolve(iterationLimit: i32): i32 {
  const outcome = solve(iterationLimit)
  // Known when compiling: the release build has nothing of it.
  if (!ASC_NO_ASSERT) checkInvariants(outcome)
  return outcome
}

export function resetBasis(): void { setSlackBasis() }

/** The host has written `status` (exactly `rows` basic variables); a singular set is repaired by the next resolve. */
export function basisImported(): void { forgetFactorization() }

/** The host has written `status` with too few basic variables: logicals of the rows without a pivot fill up, by the rule for singular sets. */
export function completeBasis(): void {
  forgetFactorization()
  if (!refactorize()) setSlackBasis()
}

export function directoryAddress(): usize { return directory }
export function objectiveValue(): f64 { return objective }
export function iterationCount(): i32 { return iterations }
export function primalResidualValue(): f64 { return primalResidual }
export function dualResidualValue(): f64 { return dualResidual }
/** The variable that made `resolve` answer INVALID_DATA, or whose bounds cross. */
export function offendingVariable(): i32 { return offender }
export function fallbackCount(): i32 { return fallbacks }
export function failureCount(): i32 { return failures }
export function repairCount(): i32 { return repairs }
/** 0 automatic, 1 primal only, 2 Bland's rule only: other ways to the same optimum, for tests and cross-checks. */
export function setMethod(code: i32): void { chooseMethod(code) }
/** After an optimum: 0 and the interval is in `rangeLow`, `rangeHigh`; 1 no bound of the variable binds; 2 the model or basis changed. */
export function rangeOfBound(variable: i32): i32 { return rangeBound(variable) }
export function rangeOfCost(column: i32): i32 { return rangeCost(column) }
export function rangeLow(): f64 { return lowEnd }
export function rangeHigh(): f64 { return highEnd }
