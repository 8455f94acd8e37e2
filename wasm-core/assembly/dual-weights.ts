/**
 * Pricing weights of the dual method, by position: |row p of B^-1|^2, the squared length of the steepest edge. They stay resident with
 * the point. Depends on tableau.ts, memory.ts, access.ts.
 *
 * Exact from the slack basis, where all are 1, and kept so by updates; from another basis a reference framework that begins at 1. The few
 * steps of a warm solve of a small model (STEEPEST_EDGE_ROWS) follow the Devex rule: a step or so more, each without one of its solves.
 * Source: Forrest and Goldfarb, Steepest-edge simplex algorithms for linear programming (1992), sections 3 (steepest edge) and 4 (Devex).
 */
import { f64At, i32At, setF64 } from './access'
import { alpha, alphaList, dualWeight, rows, tau } from './memory'
import { alphaCount, computeTau, squareOfRho } from './tableau'

/** Weights do not fall below this: rounding could make them negative. */
const LEAST_WEIGHT: f64 = 1e-4
/** A weight that turns out to be this much larger than was thought makes the choice of the row void. */
const WEIGHT_MISJUDGED: f64 = 4

/** Whether the weights are exact but for rounding. */
let isExact: bool = false
/** Whether the basis has changed without them. */
export let weightsLost: bool = false

export function loseWeights(): void { weightsLost = true }

/** A reference framework begins; at the slack basis it is exact. */
export function resetWeights(isSlackBasis: bool): void {
  isExact = isSlackBasis
  weightsLost = false
  for (let p = 0; p < rows; p++) setF64(dualWeight, p, 1)
}

/**
 * Puts the weight of row p right, now that rho is known. True when it was taken for far too small, so that the row ought not to have been
 * chosen; never where the weights are a reference framework.
 */
export function correctWeight(p: i32): bool {
  const square = squareOfRho()
  const held = f64At(dualWeight, p)
  setF64(dualWeight, p, max(square, LEAST_WEIGHT))
  return isExact && square > WEIGHT_MISJUDGED * held
}

/** The weights after the pivot at position p, by steepest edge. */
export function updateSteepest(p: i32): void {
  const weight = f64At(dualWeight, p)
  const pivot = f64At(alpha, p)
  computeTau()
  for (let k = 0; k < alphaCount; k++) {
    const i = i32At(alphaList, k)
    const ratio = f64At(alpha, i) / pivot
    const updated = f64At(dualWeight, i) + ratio * (ratio * weight - 2 * f64At(tau, i))
    setF64(dualWeight, i, max(updated, LEAST_WEIGHT))
  }
  setF64(dualWeight, p, max(weight / (pivot * pivot), LEAST_WEIGHT))
}

/** The same by the Devex rule, from below: a weight grows to what the pivot row alone makes it. Spares the solve for tau. */
export function updateDevex(p: i32): void {
  const weight = f64At(dualWeight, p)
  isExact = false
  const inverse = 1 / f64At(alpha, p)
  for (let k = 0; k < alphaCount; k++) {
    const i = i32At(alphaList, k)
    const ratio = f64At(alpha, i) * inverse
    setF64(dualWeight, i, max(f64At(dualWeight, i), ratio * ratio * weight))
  }
  setF64(dualWeight, p, max(weight * inverse * inverse, LEAST_WEIGHT))
}
