/**
 * Outcomes of the two simplex methods, and the limits both obey. Depends on tolerances.ts and the host's stop word.
 */
import { ETA_LIMIT, PIVOT_THRESHOLD, STALL_LIMIT } from './tolerances'

/** Codes returned by `resolve`; the host knows the same. */
export const OPTIMAL: i32 = 0
export const INFEASIBLE: i32 = 1
export const UNBOUNDED: i32 = 2
export const ITERATION_LIMIT: i32 = 3
export const DEADLINE: i32 = 4
export const NUMERICAL_FAILURE: i32 = 5
/** A bound or cost is not a number or infinite on the wrong side; `resolve` did nothing. */
export const INVALID_DATA: i32 = 6
/** Inside the module only: the method cannot go on from here, another one may. */
export const STUCK: i32 = 7
/** Inside the module only: the dual method reached a primal feasible point. */
export const FEASIBLE: i32 = 8

/** Iterations (pivots and bound flips) of this solve. */
export let iterations: i32 = 0
let iterationLimit: i32 = 0
let rungEnd: i32 = 0

/** Rules of the rung of the ladder that is being tried. */
export let etaLimit: i32 = ETA_LIMIT
/** Steps of length zero after which Bland's rule chooses. */
export let stallLimit: i32 = STALL_LIMIT
/** Least size of a pivot of the factorization, relative to its column. */
export let pivotThreshold: f64 = PIVOT_THRESHOLD

export function beginSolve(limit: i32): void {
  iterations = 0
  iterationLimit = limit
}

export function beginRung(iterationsAllowed: i32, updates: i32, stall: i32, threshold: f64): void {
  pivotThreshold = threshold
  rungEnd = iterations + iterationsAllowed
  etaLimit = updates
  stallLimit = stall
}

/** Factorizations from now on follow the ordinary rule, whatever the rung; true when they did not. */
export function pivotOrdinarily(): bool {
  if (pivotThreshold == PIVOT_THRESHOLD) return false
  pivotThreshold = PIVOT_THRESHOLD
  return true
}

export function countIteration(): void { iterations++ }

/** Asks the host whether to stop: a word of shared memory, or a deadline. The only import of the module. */
// @ts-ignore: decorator
@external("host", "stopRequested")
declare function stopRequested(): i32

/** -1 to go on, otherwise the reason to stop. */
export function reasonToStop(): i32 {
  if (stopRequested() != 0) return DEADLINE
  if (iterations >= iterationLimit) return ITERATION_LIMIT
  if (iterations >= rungEnd) return STUCK
  return -1
}
