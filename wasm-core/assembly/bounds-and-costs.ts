/**
 * The working copy of bounds and costs: scaled, and changed by the methods for as long as they need it (cost shifts,
 * perturbations, artificial boxes); and the statuses of nonbasic variables that go with them.
 * Depends on memory.ts, access.ts, tolerances.ts.
 */
import { addF64, f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import {
  changeKind, cost, isShifted, columns, lower, move, scale, shifted, status, unscale, upper, variables, workCost, workLower, workUpper, x,
} from './memory'
import { DUAL_TOLERANCE, PRIMAL_TOLERANCE } from './tolerances'

/** Codes of `status`; the host uses the same. */
export const BASIC: i32 = 0
export const AT_LOWER: i32 = 1
export const AT_UPPER: i32 = 2
export const FREE: i32 = 3

/** Codes of `move`. */
export const NO_MOVE: f64 = 0
export const MOVE_UP: f64 = 1
export const MOVE_DOWN: f64 = -1
export const MOVE_BOTH: f64 = 2

/** What loading or changing data comes to; `offender` is the variable concerned. */
export const DATA_GOOD: i32 = 0
export const DATA_INVALID: i32 = 1
export const DATA_CROSSED: i32 = 2
export let offender: i32 = -1

/** Wrong signs of reduced costs up to this count as zero. */
export let dualTolerance: f64 = DUAL_TOLERANCE
/** The same unit for the unscaled model, without the tolerance. */
export let modelCostUnit: f64 = 1
/** Length of `shifted`. */
export let shiftedCount: i32 = 0
/**
 * Whether some working cost differs from the model's by more than the tolerance. While none does, a point that is feasible
 * for the dual method is an optimum.
 */
export let costsChanged: bool = false

/** Checks a variable's data: NaN, lower = +inf, upper = -inf and infinite costs are invalid. */
export function checkData(v: i32): i32 {
  const low = f64At(lower, v)
  const high = f64At(upper, v)
  // Written so that NaN fails, too.
  if (!(low < Infinity) || !(high > -Infinity) || (v < columns && !(Math.abs(f64At(cost, v)) < Infinity))) {
    offender = v
    return DATA_INVALID
  }
  if (low <= high) return DATA_GOOD
  offender = v
  return DATA_CROSSED
}

/** Copies all bounds and costs, scaled, and checks them. */
export function loadWorkingData(): i32 {
  let result = DATA_GOOD
  let crossed = -1
  for (let v = 0; v < variables; v++) {
    const found = checkData(v)
    if (found == DATA_INVALID) return DATA_INVALID
    if (found == DATA_CROSSED && result == DATA_GOOD) {
      crossed = v
      result = DATA_CROSSED
    }
    scaleBounds(v)
    setF64(workCost, v, trueCost(v))
  }
  offender = crossed
  forgetShifts()
  fitTolerance()
  memory.fill(changeKind, 0, <usize>variables)
  statusesFit = false
  return result
}

// @ts-ignore: decorator
@inline export function scaleBounds(v: i32): void {
  const inverse = f64At(unscale, v)
  setF64(workLower, v, f64At(lower, v) * inverse)
  setF64(workUpper, v, f64At(upper, v) * inverse)
}

/** Cost of the model, scaled; a row's activity has none. */
// @ts-ignore: decorator
@inline export function trueCost(v: i32): f64 { return v < columns ? f64At(cost, v) * f64At(scale, v) : 0 }

/** Sets the units of reduced costs by the costs of the model. */
export function fitTolerance(): void {
  let largest: f64 = 0
  let largestScaled: f64 = 0
  for (let j = 0; j < columns; j++) {
    const price = Math.abs(f64At(cost, j))
    largest = max(largest, price)
    largestScaled = max(largestScaled, price * f64At(scale, j))
  }
  dualTolerance = DUAL_TOLERANCE * costUnit(largestScaled)
  modelCostUnit = costUnit(largest)
}

/** Unit that makes tolerances of reduced costs fit both tiny costs and large penalties: rounding grows with the largest cost. */
export function costUnit(largestCost: f64): f64 {
  if (largestCost == 0) return 1
  return max(min(1, largestCost), 1e-5 * largestCost)
}

/** Changes a working cost, for as long as the costs of the model are not restored. */
// @ts-ignore: decorator
@inline export function changeCost(v: i32, change: f64): void {
  addF64(workCost, v, change)
  if (Math.abs(change) > dualTolerance) costsChanged = true
  if (u8At(isShifted, v) != 0) return
  setU8(isShifted, v, 1)
  setI32(shifted, shiftedCount++, v)
}

/** Drops all changes of the costs. */
export function restoreCosts(): void {
  for (let k = 0; k < shiftedCount; k++) {
    const v = i32At(shifted, k)
    setF64(workCost, v, trueCost(v))
  }
  forgetShifts()
}

/** To be called when the working costs are those of the model again. */
export function forgetShifts(): void {
  for (let k = 0; k < shiftedCount; k++) setU8(isShifted, i32At(shifted, k), 0)
  shiftedCount = 0
  costsChanged = false
}

/** Brings back the bounds that a method had replaced. */
export function restoreBounds(): void {
  for (let v = 0; v < variables; v++) scaleBounds(v)
  statusesFit = false
}

/** Whether every nonbasic status is one that its bounds allow. */
let statusesFit: bool = false

/** To be called when statuses or bounds come from elsewhere. */
export function forgetStatuses(): void { statusesFit = false }

/** A violation of a bound below this counts as none. */
// @ts-ignore: decorator
@inline export function boundTolerance(bound: f64): f64 { return PRIMAL_TOLERANCE * (1 + Math.abs(bound)) }

// @ts-ignore: decorator
@inline export function belowLower(v: i32): bool {
  const bound = f64At(workLower, v)
  return f64At(x, v) < bound - boundTolerance(bound)
}

// @ts-ignore: decorator
@inline export function aboveUpper(v: i32): bool {
  const bound = f64At(workUpper, v)
  return f64At(x, v) > bound + boundTolerance(bound)
}

// @ts-ignore: decorator
@inline export function isFixed(v: i32): bool { return f64At(workLower, v) == f64At(workUpper, v) }

/** Nonbasic variables that may go both ways. */
export let freeCount: i32 = 0

/** To be called when a model is loaded. */
export function beginStatuses(): void {
  freeCount = 0
  statusesFit = false
}

/** Makes v nonbasic at a bound, or basic. */
// @ts-ignore: decorator
@inline export function setStatus(v: i32, code: i32): void {
  setU8(status, v, code)
  const way = code == BASIC || isFixed(v) ? NO_MOVE : code == AT_LOWER ? MOVE_UP : code == AT_UPPER ? MOVE_DOWN : MOVE_BOTH
  if (way == MOVE_BOTH) freeCount++
  if (f64At(move, v) == MOVE_BOTH) freeCount--
  setF64(move, v, way)
}

/** The status of a nonbasic variable that fits its bounds: a fixed one is at its lower bound, a missing bound gives way to the other. */
export function fittingStatus(v: i32): i32 {
  const code = u8At(status, v)
  const hasLower = f64At(workLower, v) > -Infinity
  const hasUpper = f64At(workUpper, v) < Infinity
  if (!hasLower && !hasUpper) return FREE
  if (!hasUpper || isFixed(v)) return AT_LOWER
  if (!hasLower) return AT_UPPER
  return code == FREE ? AT_LOWER : code
}

/** Makes all statuses fit the bounds as they are now. */
export function normalizeStatuses(): void {
  if (statusesFit) return
  statusesFit = true
  for (let v = 0; v < variables; v++) setStatus(v, u8At(status, v) == BASIC ? BASIC : fittingStatus(v))
}

/** Value of a nonbasic variable. */
// @ts-ignore: decorator
@inline export function nonbasicValue(v: i32): f64 {
  const code = u8At(status, v)
  return code == AT_LOWER ? f64At(workLower, v) : code == AT_UPPER ? f64At(workUpper, v) : 0
}
