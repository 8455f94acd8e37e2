/**
 * The canonical optimal basis: of all optimal bases the one that a fixed rule, part of the model, picks. With it the same model has the
 * same answer whatever was solved before. Depends on canonical-values.ts, basis-change.ts, tableau.ts, dual.ts (a fresh point), progress.ts.
 *
 * The rule: let every bound be wider by an infinitesimal amount and every cost be changed by a much smaller one, both generic (hash of
 * the variable's index). Of that model the optimal basis is unique. It is looked for from an optimal basis of the model itself, in pairs
 * of numbers (value, infinitesimal part) that are compared one after the other:
 *
 *   1. dual steps    a basic variable on a bound whose second value is beyond that bound leaves
 *   2. primal steps  a nonbasic variable with reduced cost zero whose second reduced cost has the wrong sign enters
 *   3. redundancy    of fixed variables that are linearly dependent, those with the lowest indices are basic
 *
 * A point without ties needs none of them: the cost is a look at every variable. What the rule does not reach, and `isCanonical` is false
 * then: a limit met on the way. What nobody sees: values that are neither clearly zero nor clearly not, so that rounding decides; optimal
 * faces that contain a line (free columns have no second cost), of which any vertex may come out.
 *
 * Source: Dantzig, Orden and Wolfe, The generalized simplex method (1955), lexicographic order against ties.
 */
import { f64At, i32At, setF64 } from './access'
import { exchange, moveNonbasic, settleBasics, updateReducedCosts } from './basis-change'
import { AT_LOWER, AT_UPPER, boundTolerance, dualTolerance, isFixed, MOVE_BOTH, NO_MOVE, setStatus } from './bounds-and-costs'
import { beginSecondDuals, beginSecondValues, secondReducedCost, secondValue, secondWidth } from './canonical-values'
import { recomputePoint } from './dual'
import { updateSteepest } from './dual-weights'
import { etaCount } from './forrest-tomlin'
import { alpha, alphaList, alphaRow, head, move, reduced, rows, touched, variables, workLower, workUpper, x } from './memory'
import { countIteration, etaLimit, reasonToStop } from './progress'
import { alphaCount, clearRow, computeColumn, computeRho, computeRow, touchedCount } from './tableau'
import { PIVOT_AGREEMENT, PRIMAL_TOLERANCE } from './tolerances'

/** False when the basis of the last canonical answer is not certain to be the canonical one. */
export let isCanonical: bool = true
/** Canonical answers for which that was so, since the module was instantiated. */
export let notCanonical: i32 = 0

/** To be called when the basis that canonicalize found does not hold. */
export function giveUpCanonical(): void {
  if (isCanonical) notCanonical++
  isCanonical = false
}

/** Second values and reduced costs are of order 1: below this they are rounding of a zero. */
const SECOND_ZERO: f64 = 1e-7
/** Entries of a tableau row or column below this make no pivot here. */
const LEAST_PIVOT: f64 = 1e-6
/** Steps: PER_ROW * rows + LEAST. Each settles a tie; real models have few. */
const STEPS_PER_ROW: i32 = 4
const LEAST_STEPS: i32 = 100

let stepsLeft: i32 = 0

/** From an optimal basis to the canonical one; the point stays optimal all the way. */
export function canonicalize(): void {
  stepsLeft = STEPS_PER_ROW * rows + LEAST_STEPS
  isCanonical = true
  let before = 0
  // Rounding in one kind of steps may undo what the other has settled: until neither has anything to do.
  do {
    before = stepsLeft
    isCanonical = leaveBeyond() && enterTied()
  } while (isCanonical && stepsLeft < before)
  isCanonical = isCanonical && orderRedundant()
  if (!isCanonical) notCanonical++
}

/** One step less; false when there are no more, or the host wants to stop. */
function mayStep(): bool { return stepsLeft-- > 0 && reasonToStop() < 0 }

/** Room for the update that a step makes. A fresh factorization gives variables other positions: so before one is chosen. */
function hasRoom(): bool { return etaCount < etaLimit || recomputePoint() }

/** Whether a basic variable stands on a bound: 1 lower, 2 upper, 3 both (fixed), 0 none. */
function boundOf(v: i32): i32 {
  const low = f64At(workLower, v)
  const high = f64At(workUpper, v)
  const at = f64At(x, v)
  return (at <= low + boundTolerance(low) ? 1 : 0) | (at >= high - boundTolerance(high) ? 2 : 0)
}

function hasDegenerate(): bool {
  for (let p = 0; p < rows; p++) if (boundOf(i32At(head, p)) != 0) return true
  return false
}

/** Dual steps, until no basic variable on a bound is beyond it in second value. */
function leaveBeyond(): bool {
  while (hasDegenerate()) {
    if (!hasRoom()) return false
    beginSecondValues()
    let worst = -1
    let worstBy = SECOND_ZERO
    let falls = false
    for (let p = 0; p < rows; p++) {
      const v = i32At(head, p)
      const stands = boundOf(v)
      if (stands == 0) continue
      const below = (stands & 1) != 0 ? -secondWidth(v) - secondValue(v) : -Infinity
      const above = (stands & 2) != 0 ? secondValue(v) - secondWidth(v) : -Infinity
      if (max(below, above) <= worstBy) continue
      worst = p
      worstBy = max(below, above)
      falls = above > below
    }
    if (worst < 0) return true
    if (!mayStep() || !dualStep(worst, falls)) return false
  }
  return true
}

/** The variable at p leaves for the bound it stands on. False when nothing can take its place: rounding was taken for a second value. */
function dualStep(p: i32, falls: bool): bool {
  const leaving = i32At(head, p)
  computeRho(p)
  computeRow()
  beginSecondDuals()
  const q = smallestRatio(falls ? 1 : -1)
  if (q < 0) {
    clearRow()
    return false
  }
  computeColumn(q)
  return pivot(p, q, 0, falls)
}

/** The candidate whose pair (reduced cost, second reduced cost) over its entry is smallest. */
function smallestRatio(sign: f64): i32 {
  let best = -1
  let bestFirst: f64 = Infinity
  let bestSecond: f64 = Infinity
  for (let t = 0; t < touchedCount; t++) {
    const v = i32At(touched, t)
    const way = f64At(move, v)
    if (way == NO_MOVE) continue
    const entry = sign * f64At(alphaRow, v)
    const size = way == MOVE_BOTH ? Math.abs(entry) : way * entry
    if (size < LEAST_PIVOT) continue
    const d = Math.abs(f64At(reduced, v))
    const first = d <= dualTolerance ? 0 : d / size
    if (first > bestFirst + dualTolerance) continue
    const second = max(0, way == MOVE_BOTH ? 0 : way * secondReducedCost(v)) / size
    if (first >= bestFirst - dualTolerance && (second > bestSecond || (second == bestSecond && v > best))) continue
    best = v
    bestFirst = first
    bestSecond = second
  }
  return best
}

/** Primal steps, until no reduced cost of zero has a second one of the wrong sign. */
function enterTied(): bool {
  while (hasTied()) {
    if (!hasRoom()) return false
    beginSecondDuals()
    let best = -1
    let bestBy = SECOND_ZERO
    let up = false
    for (let v = 0; v < variables; v++) {
      if (!isTied(v)) continue
      const way = f64At(move, v)
      const d = secondReducedCost(v)
      const by = way == MOVE_BOTH ? Math.abs(d) : -way * d
      if (by <= bestBy) continue
      best = v
      bestBy = by
      up = d < 0
    }
    if (best < 0) return true
    if (!mayStep() || !primalStep(best, up)) return false
  }
  return true
}

// @ts-ignore: decorator
@inline function isTied(v: i32): bool {
  return f64At(move, v) != NO_MOVE && Math.abs(f64At(reduced, v)) <= dualTolerance
}

function hasTied(): bool {
  const costs = reduced
  const ways = move
  const tolerance = dualTolerance
  for (let v = 0, end = variables; v < end; v++) if (Math.abs(f64At(costs, v)) <= tolerance && f64At(ways, v) != NO_MOVE) return true
  return false
}

/** q moves until, in pairs of values, somebody meets a bound. False when nobody does. */
function primalStep(q: i32, up: bool): bool {
  const direction: f64 = up ? 1 : -1
  computeColumn(q)
  beginSecondValues()
  let leaving = -1
  let toUpper = false
  let first = f64At(workUpper, q) - f64At(workLower, q)
  let second = 2 * secondWidth(q)
  for (let k = 0; k < alphaCount; k++) {
    const p = i32At(alphaList, k)
    const rate = -direction * f64At(alpha, p)
    if (Math.abs(rate) < LEAST_PIVOT) continue
    const v = i32At(head, p)
    const bound = rate > 0 ? f64At(workUpper, v) : f64At(workLower, v)
    if (Math.abs(bound) == Infinity) continue
    const distance = rate > 0 ? bound - f64At(x, v) : f64At(x, v) - bound
    const step = distance <= boundTolerance(bound) ? 0 : distance / Math.abs(rate)
    const tie = PRIMAL_TOLERANCE * (1 + step)
    if (step > first + tie) continue
    const secondDistance = rate > 0 ? secondWidth(v) - secondValue(v) : secondValue(v) + secondWidth(v)
    const secondStep = max(0, secondDistance) / Math.abs(rate)
    if (step >= first - tie && secondStep >= second) continue
    leaving = p
    toUpper = rate > 0
    first = step
    second = secondStep
  }
  if (first == Infinity) return false
  if (leaving < 0) {
    setStatus(q, up ? AT_UPPER : AT_LOWER)
    moveNonbasic(q, up ? f64At(workUpper, q) : f64At(workLower, q))
    settleBasics()
    return true
  }
  computeRho(leaving)
  computeRow()
  // What counts as a tie is one: nothing else changes its reduced cost by this pivot.
  setF64(reduced, q, 0)
  return pivot(leaving, q, direction * first, toUpper)
}

/** Of dependent fixed variables the lowest become basic. */
function orderRedundant(): bool {
  if (!hasRoom()) return false
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    if (!isFixed(v)) continue
    computeRho(p)
    computeRow()
    const lowest = lowestFixed(v)
    if (lowest < 0) {
      clearRow()
      continue
    }
    if (!mayStep()) {
      clearRow()
      return false
    }
    computeColumn(lowest)
    if (!pivot(p, lowest, 0, false) || !hasRoom()) return false
    // The exchange may have opened one for a position passed before; indices only fall, so this ends.
    p = -1
  }
  return true
}

/** A fixed variable below v with an entry in the row, -1 when there is none, or when something that is not fixed has one. */
function lowestFixed(v: i32): i32 {
  let lowest = v
  for (let t = 0; t < touchedCount; t++) {
    const w = i32At(touched, t)
    if (Math.abs(f64At(alphaRow, w)) < LEAST_PIVOT) continue
    if (f64At(move, w) != NO_MOVE) return -1
    if (w < lowest) lowest = w
  }
  return lowest == v ? -1 : lowest
}

/** q moves by `change` and takes position p, whose variable goes to a bound. False when row and column of the pivot do not agree. */
function pivot(p: i32, q: i32, change: f64, toUpper: bool): bool {
  const leaving = i32At(head, p)
  const entry = f64At(alpha, p)
  if (Math.abs(entry - f64At(alphaRow, q)) > PIVOT_AGREEMENT * (1 + Math.abs(entry))) {
    clearRow()
    return false
  }
  updateReducedCosts(q, leaving, false)
  updateSteepest(p)
  const bound = toUpper ? f64At(workUpper, leaving) : f64At(workLower, leaving)
  exchange(p, q, change, bound, toUpper ? AT_UPPER : AT_LOWER)
  countIteration()
  return true
}
