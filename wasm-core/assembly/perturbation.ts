/**
 * Small changes of the costs against dual degeneracy, and of the bounds against primal degeneracy: they make ties rare, and are dropped
 * before an answer is given.
 * Depends on bounds-and-costs.ts, memory.ts, access.ts.
 *
 * Each cost moves so that a reduced cost of the right sign stays right, by BASE * (1 + |cost|) * (1 to 2); the factor is a
 * hash of the variable's index, so that it is the same on any machine.
 * Source: Huangfu and Hall, Parallelizing the dual revised simplex method (2018), section 5 (costs); Koberstein (2005), 6.
 */
import { f64At, i32At, setF64, u8At } from './access'
import { AT_LOWER, AT_UPPER, BASIC, changeCost } from './bounds-and-costs'
import { columns, head, rows, status, workCost, workLower, workUpper } from './memory'

const BASE: f64 = 5e-7

/** Uniform in [0, 1): Wellons' integer hash, whose bits avalanche well (public domain). */
export function unitOf(index: i32): f64 {
  let h = <u32>index + 1
  h ^= h >> 16
  h *= 0x21f0aaad
  h ^= h >> 15
  h *= 0xd35a2d97
  h ^= h >> 15
  return <f64>h / 4294967296
}

export function perturbCosts(): void {
  let largest: f64 = 0
  let boxed = 0
  for (let j = 0; j < columns; j++) {
    largest = max(largest, Math.abs(f64At(workCost, j)))
    if (f64At(workUpper, j) - f64At(workLower, j) < 1e30) boxed++
  }
  let unit = largest > 100 ? Math.sqrt(Math.sqrt(largest)) : largest
  if (<f64>boxed < 0.01 * <f64>columns) unit = min(unit, 1)
  for (let j = 0; j < columns; j++) {
    const low = f64At(workLower, j)
    const high = f64At(workUpper, j)
    if (low == high) continue
    const price = f64At(workCost, j)
    const change = (1 + Math.abs(price)) * BASE * unit * (1 + unitOf(j))
    const code = u8At(status, j)
    if (code == BASIC) {
      if (high == Infinity && low > -Infinity) changeCost(j, change)
      else if (low == -Infinity && high < Infinity) changeCost(j, -change)
      else if (low > -Infinity) changeCost(j, price >= 0 ? change : -change)
    } else if (code == AT_LOWER) changeCost(j, change)
    else if (code == AT_UPPER) changeCost(j, -change)
  }
}

const BOUND_BASE: f64 = 1e-7

/** Widens the bounds of basic variables by BOUND_BASE * (1 + |bound|) * (1 to 2); nothing moves. */
export function widenBounds(): void {
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    const change = BOUND_BASE * (1 + unitOf(v))
    const low = f64At(workLower, v)
    const high = f64At(workUpper, v)
    if (low > -Infinity) setF64(workLower, v, low - change * (1 + Math.abs(low)))
    if (high < Infinity) setF64(workUpper, v, high + change * (1 + Math.abs(high)))
  }
}
