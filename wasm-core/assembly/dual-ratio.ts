/**
 * Ratio test of the dual simplex: which nonbasic variable enters for a leaving row, and which boxed ones
 * flip to their other bound on the way (long-step rule). Depends on iterate.ts, memory.ts, access.ts.
 *
 * The leaving variable must move by `excess` towards its violated bound. A candidate's reduced cost reaches zero at ratio
 * |d| / |alpha|. Beyond that point a boxed candidate can stand on its other bound, which takes |alpha| * range off the
 * excess; the dual objective still rises as long as some excess is left.
 *
 * After the call candidate[0 .. flips) are the variables to flip.
 */
import { f64At, i32At, setI32, u8At } from './access'
import { AT_LOWER, AT_UPPER } from './factor'
import { dualTolerance, isFixed } from './iterate'
import { alphaRow, candidate, reduced, status, touched, workLower, workUpper } from './memory'
import { PRIMAL_TOLERANCE, TABLEAU_ZERO } from './tolerances'

export let flips: i32 = 0

let count: i32 = 0
let groupBest: i32 = -1
let groupBestSize: f64 = 0
let groupEnd: i32 = 0

/** -1 when nothing can enter: the row alone proves that the model is infeasible. `sign` is +1 when the leaving variable must fall. */
export function chooseDualEntering(excess: f64, sign: f64, touchedCount: i32): i32 {
  listCandidates(sign, touchedCount)
  flips = 0
  let slope = excess
  let start = 0
  let safest = -1
  let safestSize: f64 = 0
  let safestStart = 0
  while (start < count) {
    const taken = takeGroup(start)
    if (groupBestSize > safestSize) {
      safest = groupBest
      safestSize = groupBestSize
      safestStart = start
    }
    // Nothing left of the excess ends the way, too: whole numbers use it up exactly, and a row whose flips suffice proves nothing.
    if (slope - taken <= PRIMAL_TOLERANCE) {
      // A much larger pivot on the way is worth a shorter dual step.
      if (groupBestSize >= 1e-4 * safestSize) {
        flips = start
        return groupBest
      }
      flips = safestStart
      return safest
    }
    slope -= taken
    start = groupEnd
  }
  return -1
}

function listCandidates(sign: f64, touchedCount: i32): void {
  count = 0
  for (let t = 0; t < touchedCount; t++) {
    const v = i32At(touched, t)
    const code = u8At(status, v)
    if (isFixed(v)) continue
    const entry = sign * f64At(alphaRow, v)
    if (code == AT_LOWER ? entry > TABLEAU_ZERO : code == AT_UPPER ? entry < -TABLEAU_ZERO : Math.abs(entry) > TABLEAU_ZERO) {
      setI32(candidate, count++, v)
    }
  }
}

/** Reduced cost on its right side of zero; wrong signs within the tolerance count as zero. */
// @ts-ignore: decorator
@inline function margin(v: i32): f64 {
  const code = u8At(status, v)
  const d = f64At(reduced, v)
  return code == AT_LOWER ? max(d, 0) : code == AT_UPPER ? max(-d, 0) : Math.abs(d)
}

/**
 * Harris for the dual: the group is all candidates from `start` whose reduced cost reaches zero before any of them passes
 * zero by more than the tolerance. Moves it to the front and returns what its flips would take off the excess.
 */
function takeGroup(start: i32): f64 {
  let longest: f64 = Infinity
  for (let k = start; k < count; k++) {
    const v = i32At(candidate, k)
    longest = min(longest, (margin(v) + dualTolerance) / Math.abs(f64At(alphaRow, v)))
  }
  let taken: f64 = 0
  groupEnd = start
  groupBest = -1
  groupBestSize = 0
  for (let k = start; k < count; k++) {
    const v = i32At(candidate, k)
    const size = Math.abs(f64At(alphaRow, v))
    if (margin(v) / size > longest) continue
    taken += size * (f64At(workUpper, v) - f64At(workLower, v))
    if (size > groupBestSize || (size == groupBestSize && v < groupBest)) {
      groupBest = v
      groupBestSize = size
    }
    setI32(candidate, k, i32At(candidate, groupEnd))
    setI32(candidate, groupEnd, v)
    groupEnd++
  }
  return taken
}
