/**
 * What the host has changed since the last solve, and how a resident point follows: only what a change touches is computed.
 * Depends on bounds-and-costs.ts, basis-change.ts, tableau.ts, point.ts, memory.ts.
 *
 *   bound or side of a nonbasic variable   it moves; all moves together cost one solve with the basis
 *   bound or side of a basic variable      its excess is measured anew
 *   cost of a nonbasic variable            its reduced cost moves by as much
 *   costs of basic variables               one solve with the transpose and one tableau row, for all together
 */
import { addF64, f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import { moveNonbasic, settleBasics } from './basis-change'
import {
  AT_LOWER, AT_UPPER, BASIC, changeCost, checkData, DATA_CROSSED, DATA_GOOD, DATA_INVALID, dualTolerance, fitTolerance, fittingStatus,
  forgetShifts, loadWorkingData, MOVE_BOTH, MOVE_DOWN, MOVE_UP, NO_MOVE, nonbasicValue, scaleBounds, setStatus, shiftedCount, trueCost,
} from './bounds-and-costs'
import {
  alphaRow, changed, changeKind, cost, lower, move, positionOf, reduced, rho, rhoList, shifted, status, touched, upper, variables, workCost,
  workLower, workUpper,
} from './memory'
import { measureExcess } from './point'
import { clearRho, clearRow, computeRow, solveRho, touchedCount } from './tableau'

const BOUNDS: i32 = 1
const COST: i32 = 2

/** Length of `changed`. */
let changedCount: i32 = 0

/** All data as the host has written it, whatever was changed since; what it is worth as `checkData` says. */
export function loadAll(): i32 {
  changedCount = 0
  return loadWorkingData()
}

function note(v: i32, kind: i32): void {
  const before = u8At(changeKind, v)
  setU8(changeKind, v, before | kind)
  if (before == 0) setI32(changed, changedCount++, v)
}

/** New bounds of a column or sides of a row, for the next solve. */
export function changeBounds(v: i32, low: f64, high: f64): void {
  if (f64At(lower, v) == low && f64At(upper, v) == high) return
  setF64(lower, v, low)
  setF64(upper, v, high)
  note(v, BOUNDS)
}

export function changeModelCost(j: i32, price: f64): void {
  if (f64At(cost, j) == price) return
  setF64(cost, j, price)
  note(j, COST)
}

/**
 * Brings a resident point up to date. DATA_INVALID leaves everything as it was, changes included; so does DATA_CROSSED, after which the
 * point counts as lost.
 */
export function applyChanges(): i32 {
  let result = DATA_GOOD
  for (let k = 0; k < changedCount; k++) {
    const found = checkData(i32At(changed, k))
    if (found == DATA_INVALID) return DATA_INVALID
    if (found == DATA_CROSSED) result = DATA_CROSSED
  }
  if (result == DATA_CROSSED) return DATA_CROSSED
  let costs = false
  for (let k = 0; k < changedCount; k++) {
    const v = i32At(changed, k)
    const kind = u8At(changeKind, v)
    if ((kind & BOUNDS) != 0) scaleBounds(v)
    if ((kind & COST) != 0) costs = true
  }
  if (costs) applyCosts()
  for (let k = 0; k < changedCount; k++) {
    const v = i32At(changed, k)
    setU8(changeKind, v, 0)
    if (u8At(status, v) == BASIC) measureExcess(i32At(positionOf, v))
    else standRight(v)
  }
  changedCount = 0
  settleBasics()
  return DATA_GOOD
}

function applyCosts(): void {
  fitTolerance()
  let basics = 0
  clearRho()
  for (let k = 0; k < changedCount; k++) {
    const v = i32At(changed, k)
    if ((u8At(changeKind, v) & COST) != 0) basics = moveCost(v, basics)
  }
  followCosts(basics, true)
}

/** Brings the working costs back to those of the model, reduced costs included; nonbasics stay where they are. */
export function dropShifts(): void {
  let basics = 0
  clearRho()
  for (let k = 0; k < shiftedCount; k++) basics = moveCost(i32At(shifted, k), basics)
  forgetShifts()
  followCosts(basics, false)
}

/** Gives a variable its true cost; that of a basic one is left in rho, by position. Gives how many are. */
function moveCost(v: i32, basics: i32): i32 {
  const to = trueCost(v)
  const change = to - f64At(workCost, v)
  if (change == 0) return basics
  setF64(workCost, v, to)
  if (u8At(status, v) != BASIC) {
    addF64(reduced, v, change)
    return basics
  }
  const p = i32At(positionOf, v)
  setF64(rho, p, change)
  setI32(rhoList, basics, p)
  return basics + 1
}

/** Reduced costs of all nonbasics follow the costs of basics that `moveCost` has left in rho; with `stand` they are put right where they are wrong. */
function followCosts(basics: i32, stand: bool): void {
  if (basics == 0) return
  solveRho(basics)
  computeRow()
  for (let t = 0; t < touchedCount; t++) {
    const v = i32At(touched, t)
    addF64(reduced, v, -f64At(alphaRow, v))
    if (stand && isWrong(v)) standRight(v)
  }
  clearRow()
}

/** Whether a reduced cost has the wrong sign for where its variable stands. */
// @ts-ignore: decorator
@inline export function isWrong(v: i32): bool {
  const way = f64At(move, v)
  const d = f64At(reduced, v)
  return way != NO_MOVE && (way == MOVE_BOTH ? d != 0 : way * d < 0)
}

/** Makes a nonbasic variable stand where its bounds and its reduced cost want it: at the other bound, or with a shifted cost. */
export function standRight(v: i32): void {
  setStatus(v, fittingStatus(v))
  if (isWrong(v)) {
    const d = f64At(reduced, v)
    if (f64At(move, v) == MOVE_UP && d < -dualTolerance && f64At(workUpper, v) < Infinity) setStatus(v, AT_UPPER)
    else if (f64At(move, v) == MOVE_DOWN && d > dualTolerance && f64At(workLower, v) > -Infinity) setStatus(v, AT_LOWER)
    else {
      changeCost(v, -d)
      setF64(reduced, v, 0)
    }
  }
  moveNonbasic(v, nonbasicValue(v))
}

/** True when a reduced cost has the wrong sign by more than the tolerance. */
export function isDualInfeasible(): bool {
  for (let v = 0; v < variables; v++) if (isWrong(v) && Math.abs(f64At(reduced, v)) > dualTolerance) return true
  return false
}
