/**
 * Pricing of the primal simplex: who enters. Depends on bounds-and-costs.ts, point.ts, tableau.ts, memory.ts.
 *
 * Phase 2: largest d^2 / primalWeight, where Devex weights approximate the steepest edge in a reference framework that begins
 * with all weights 1. Phase 1: the same over fixed weights, because its reduced costs are computed anew each time.
 * Source: Harris, Pivot selection methods of the Devex LP code (1973); Forrest and Goldfarb (1992), section 4.
 */
import { f64At, i32At, setF64, u8At } from './access'
import { aboveUpper, belowLower, dualTolerance, MOVE_BOTH, NO_MOVE } from './bounds-and-costs'
import { UNLISTED } from './listed-vector'
import { alphaRow, banned, head, move, priceWeight, primalWeight, reduced, rows, touched, variables, y, yList } from './memory'
import { priceOut } from './point'
import { touchedCount } from './tableau'
import { DUAL_TOLERANCE } from './tolerances'
import { btran, FOR_CHANGES } from './triangular-solve'

/** Reduced cost of the variable chosen. */
export let enteringCost: f64 = 0
/** Reduced costs up to this (phase 1 costs are 1) count as zero. */
export let phase1Tolerance: f64 = DUAL_TOLERANCE
export const LAST_PHASE1_TOLERANCE: f64 = 1e-13
export function setPhase1Tolerance(tolerance: f64): void { phase1Tolerance = tolerance }

export function beginDevex(): void {
  for (let v = 0; v < variables; v++) setF64(primalWeight, v, 1)
}

/** Weights after q takes the place of `leaving`, whose tableau row is in alphaRow. */
export function updateDevex(q: i32, leaving: i32, pivot: f64): void {
  const weight = f64At(primalWeight, q)
  const inverse = 1 / pivot
  for (let t = 0; t < touchedCount; t++) {
    const v = i32At(touched, t)
    const ratio = f64At(alphaRow, v) * inverse
    setF64(primalWeight, v, max(f64At(primalWeight, v), ratio * ratio * weight))
  }
  setF64(primalWeight, leaving, max(weight * inverse * inverse, 1))
}

/** -1 when a reduced cost says no improvement; otherwise how much of one, squared. */
// @ts-ignore: decorator
@inline function attraction(way: f64, d: f64, tolerance: f64): f64 {
  const isAttractive = way == MOVE_BOTH ? Math.abs(d) > tolerance : way * d < -tolerance
  return isAttractive ? d * d : -1
}

/** The variable to enter, its reduced cost in `enteringCost`; -1 when none improves. Phase 1 needs `setPhase1Duals` before. */
export function chooseEntering(phase1: bool, bland: bool): i32 {
  const tolerance = phase1 ? phase1Tolerance * min(1, largestOf(y)) : dualTolerance
  const weights = phase1 ? priceWeight : primalWeight
  let best = -1
  let bestScore: f64 = 0
  for (let v = 0; v < variables; v++) {
    const way = f64At(move, v)
    if (way == NO_MOVE) continue
    const d = phase1 ? priceOut(v, 0) : f64At(reduced, v)
    const gain = attraction(way, d, tolerance)
    if (gain <= bestScore * f64At(weights, v) || u8At(banned, v) != 0) continue
    best = v
    bestScore = gain / f64At(weights, v)
    enteringCost = d
    if (bland) return v
  }
  return best
}

/** Dual values for phase 1 (costs -1 below, +1 above, 0 inside the bounds) into y; false when nothing is outside. */
export function setPhase1Duals(): bool {
  let phase1 = false
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    const price: f64 = belowLower(v) ? -1 : aboveUpper(v) ? 1 : 0
    if (price != 0) phase1 = true
    setF64(y, p, price)
  }
  if (phase1) btran(y, yList, UNLISTED, FOR_CHANGES)
  return phase1
}

/** Largest magnitude in a vector of `rows` elements. */
function largestOf(vector: usize): f64 {
  let largest: f64 = 0
  for (let i = 0; i < rows; i++) largest = max(largest, Math.abs(f64At(vector, i)))
  return largest
}
