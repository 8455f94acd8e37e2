/**
 * Ratio test of the dual simplex: which nonbasic variable enters for a leaving row, and which boxed ones
 * flip to their other bound on the way (long-step rule). Depends on bounds-and-costs.ts, tableau.ts, memory.ts, access.ts.
 *
 * The leaving variable must move by `excess` towards its violated bound. A candidate's reduced cost reaches zero at ratio
 * |d| / |alpha|. Beyond that point a boxed candidate can stand on its other bound, which takes |alpha| * range off the
 * excess; the dual objective still rises as long as some excess is left.
 *
 * After the call candidate[0 .. flips) are the variables to flip.
 */
import { f64At, i32At, setF64, setI32, swapF64, swapI32 } from './access'
import { dualTolerance, MOVE_BOTH } from './bounds-and-costs'
import { alphaRow, candidate, candidateCost, candidateSize, move, reduced, touched, variables, workLower, workUpper } from './memory'
import { isRowDense, touchedCount } from './tableau'
import { PRIMAL_TOLERANCE, TABLEAU_ZERO } from './tolerances'

export let flips: i32 = 0

let count: i32 = 0
/** Ratio at which the first of the candidates left passes zero by more than the tolerance. */
let longest: f64 = Infinity
let groupBest: i32 = -1
let groupBestSize: f64 = 0
let groupEnd: i32 = 0

/** -1 when nothing can enter: the row alone proves that the model is infeasible. `sign` is +1 when the leaving variable must fall. */
export function chooseDualEntering(excess: f64, sign: f64): i32 {
  if (isRowDense) listAll(sign)
  else listTouched(sign)
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

/**
 * A reduced cost on the wrong side of zero, within the tolerance, counts as zero. Whether an entry qualifies is close to a coin toss, so
 * every one is written and the count decides whether it stays: no branch to mispredict.
 */
function listTouched(sign: f64): void {
  const row = alphaRow
  const list = touched
  const ways = move
  const costs = reduced
  const names = candidate
  const sizes = candidateSize
  const distances = candidateCost
  let listed = 0
  for (let t = 0, end = touchedCount; t < end; t++) {
    const v = i32At(list, t)
    const way = f64At(ways, v)
    let size = sign * way * f64At(row, v)
    let distance = way * f64At(costs, v)
    if (way == MOVE_BOTH) {
      size = 0.5 * Math.abs(size)
      distance = 0.5 * Math.abs(distance)
    }
    setI32(names, listed, v)
    setF64(sizes, listed, size)
    setF64(distances, listed, max(distance, 0))
    listed += i32(size > TABLEAU_ZERO)
  }
  count = listed
}

/** The same for a dense row, in which no variable may go both ways: two at a time. */
function listAll(sign: f64): void {
  const row = alphaRow
  const ways = move
  const costs = reduced
  const names = candidate
  const sizes = candidateSize
  const distances = candidateCost
  const signs = f64x2.splat(sign)
  const least = f64x2.splat(TABLEAU_ZERO)
  const zero = f64x2.splat(0)
  let listed = 0
  // Of an odd number the last lane is padding: alphaRow is 0 there, so that it never counts.
  for (let v = 0, end = variables; v < end; v += 2) {
    const at = <usize>v << 3
    const way = v128.load(ways + at)
    const size = f64x2.mul(f64x2.mul(v128.load(row + at), way), signs)
    const distance = f64x2.pmax(zero, f64x2.mul(v128.load(costs + at), way))
    const counts = i64x2.bitmask(f64x2.gt(size, least))
    setI32(names, listed, v)
    v128.store_lane<f64>(sizes + (<usize>listed << 3), size, 0)
    v128.store_lane<f64>(distances + (<usize>listed << 3), distance, 0)
    listed += counts & 1
    setI32(names, listed, v + 1)
    v128.store_lane<f64>(sizes + (<usize>listed << 3), size, 1)
    v128.store_lane<f64>(distances + (<usize>listed << 3), distance, 1)
    listed += counts >> 1
  }
  count = listed
}

/** The ratio up to which no candidate from `start` on passes zero by more than the tolerance. */
function findLongest(start: i32): void {
  const sizes = candidateSize
  const distances = candidateCost
  const tolerance = dualTolerance
  let found: f64 = Infinity
  for (let k = start, end = count; k < end; k++) {
    const size = f64At(sizes, k)
    const reach = f64At(distances, k) + tolerance
    if (reach < found * size) found = reach / size
  }
  // So that whoever set it is within it, too, when the product with its size is rounded down.
  longest = found * (1 + 1e-15)
}

/**
 * Harris for the dual: the group is all candidates from `start` whose reduced cost reaches zero before any of them passes
 * zero by more than the tolerance. Moves it to the front and returns what its flips would take off the excess.
 */
function takeGroup(start: i32): f64 {
  findLongest(start)
  let taken: f64 = 0
  groupEnd = start
  groupBest = -1
  groupBestSize = 0
  for (let k = start; k < count; k++) {
    const size = f64At(candidateSize, k)
    if (f64At(candidateCost, k) > longest * size) continue
    const v = i32At(candidate, k)
    taken += size * (f64At(workUpper, v) - f64At(workLower, v))
    if (size > groupBestSize || (size == groupBestSize && v < groupBest)) {
      groupBest = v
      groupBestSize = size
    }
    swapCandidates(k, groupEnd)
    groupEnd++
  }
  return taken
}

function swapCandidates(a: i32, b: i32): void {
  if (a == b) return
  swapI32(candidate, a, b)
  swapF64(candidateSize, a, b)
  swapF64(candidateCost, a, b)
}
