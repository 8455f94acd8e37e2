/**
 * Ratio tests of the primal simplex: how far the entering variable may go and who leaves.
 * Depends on iterate.ts, memory.ts, access.ts, tolerances.ts.
 *
 * The entering variable q moves by `direction` * step; a basic variable at position p then moves at
 * rate -direction * alpha[p].
 */
import { f64At, i32At, setF64, setI32, u8At } from './access'
import { aboveUpper, belowLower, boundTolerance } from './iterate'
import { alpha, breakCode, breakSlope, breakStep, head, rows, workLower, workUpper, x } from './memory'
import { PIVOT_TOLERANCE, TABLEAU_ZERO } from './tolerances'

/** Position that leaves; FLIP when the entering variable reaches its own other bound first; NONE when nothing blocks. */
export const FLIP: i32 = -1
export const NONE: i32 = -2

/** Result beside the returned position: length of the step, and whether the leaving variable stops at its upper bound. */
export let step: f64 = 0
export let leavesAtUpper: bool = false

// @ts-ignore: decorator
@inline function rateAt(p: i32, direction: f64): f64 { return -direction * f64At(alpha, p) }

/** Distance of the variable at p to the bound it moves to; Infinity when there is none. */
// @ts-ignore: decorator
@inline function distance(v: i32, rate: f64): f64 {
  return rate < 0 ? f64At(x, v) - f64At(workLower, v) : f64At(workUpper, v) - f64At(x, v)
}

/**
 * Phase 2, Harris: the first pass finds the longest step that violates no bound by more than its tolerance, the second
 * takes the largest pivot among those that block within it.
 */
export function phase2Ratio(direction: f64, ownRange: f64): i32 {
  let longest: f64 = Infinity
  for (let p = 0; p < rows; p++) {
    const rate = rateAt(p, direction)
    if (Math.abs(rate) <= TABLEAU_ZERO) continue
    const v = i32At(head, p)
    const gap = distance(v, rate)
    if (gap == Infinity) continue
    const bound = rate < 0 ? f64At(workLower, v) : f64At(workUpper, v)
    longest = min(longest, (gap + boundTolerance(bound)) / Math.abs(rate))
  }
  if (ownRange <= longest) {
    step = ownRange
    return ownRange == Infinity ? NONE : FLIP
  }
  let leaving = NONE
  let largest: f64 = 0
  for (let p = 0; p < rows; p++) {
    const rate = rateAt(p, direction)
    const size = Math.abs(rate)
    if (size <= TABLEAU_ZERO || size < largest) continue
    const gap = distance(i32At(head, p), rate)
    if (gap / size > longest) continue
    if (size == largest && i32At(head, leaving) < i32At(head, p)) continue
    largest = size
    leaving = p
    step = max(0, gap / size)
    leavesAtUpper = rate > 0
  }
  return leaving
}

/** Phase 2 under Bland's rule: smallest exact ratio, ties to the lowest variable. */
export function blandRatio(direction: f64, ownRange: f64): i32 {
  let leaving = ownRange == Infinity ? NONE : FLIP
  step = ownRange
  for (let p = 0; p < rows; p++) {
    const rate = rateAt(p, direction)
    if (Math.abs(rate) <= PIVOT_TOLERANCE) continue
    const v = i32At(head, p)
    const gap = distance(v, rate)
    if (gap == Infinity) continue
    const ratio = max(0, gap) / Math.abs(rate)
    if (ratio > step || (ratio == step && (leaving < 0 || i32At(head, leaving) < v))) continue
    leaving = p
    step = ratio
    leavesAtUpper = rate > 0
  }
  return leaving
}

let breaks: i32 = 0

function addBreak(at: f64, slope: f64, p: i32, atUpper: bool): void {
  setF64(breakStep, breaks, max(0, at))
  setF64(breakSlope, breaks, slope)
  setI32(breakCode, breaks, (p << 1) | (atUpper ? 1 : 0))
  breaks++
}

/**
 * Points where the sum of infeasibilities changes its slope along the step: an infeasible variable reaches its violated
 * bound, or a variable inside its bounds reaches one.
 */
function listBreaks(direction: f64): void {
  breaks = 0
  for (let p = 0; p < rows; p++) {
    const rate = rateAt(p, direction)
    const size = Math.abs(rate)
    if (size <= TABLEAU_ZERO) continue
    const v = i32At(head, p)
    const toLower = (f64At(workLower, v) - f64At(x, v)) / rate
    const toUpper = (f64At(workUpper, v) - f64At(x, v)) / rate
    const isBelow = belowLower(v)
    const isAbove = aboveUpper(v)
    if (rate > 0) {
      if (isBelow) addBreak(toLower, size, p, false)
      if (!isAbove && toUpper < Infinity) addBreak(toUpper, size, p, true)
    } else {
      if (isAbove) addBreak(toUpper, size, p, true)
      if (!isBelow && toLower < Infinity) addBreak(toLower, size, p, false)
    }
  }
}

/**
 * Phase 1: goes past breakpoints while the sum of infeasibilities (slope -|reduced cost| at the start) keeps falling.
 * Takes the last one; an earlier one when its pivot is ten times larger. With `bland`, stops at the first.
 */
export function phase1Ratio(direction: f64, ownRange: f64, reducedCost: f64, bland: bool): i32 {
  listBreaks(direction)
  let slope = -Math.abs(reducedCost)
  let chosen = -1
  let chosenSize: f64 = 0
  let left = breaks
  while (left > 0) {
    let next = 0
    for (let k = 1; k < left; k++) {
      const gap = f64At(breakStep, k) - f64At(breakStep, next)
      if (gap < 0 || (gap == 0 && precedes(k, next, bland))) next = k
    }
    if (f64At(breakStep, next) > ownRange) break
    left--
    swapBreaks(next, left)
    const size = f64At(breakSlope, left)
    slope += size
    if (chosen < 0 || size >= 0.1 * chosenSize) {
      chosen = left
      chosenSize = max(size, chosenSize)
    }
    if (slope >= 0 || (bland && size > PIVOT_TOLERANCE)) break
  }
  if (slope < 0 && !(bland && chosen >= 0) && ownRange < Infinity) {
    step = ownRange
    return FLIP
  }
  if (chosen < 0) return NONE
  step = f64At(breakStep, chosen)
  const code = i32At(breakCode, chosen)
  leavesAtUpper = (code & 1) == 1
  return code >> 1
}

/** Order of equal steps: the larger pivot first, or the lower variable under Bland's rule. */
function precedes(a: i32, b: i32, bland: bool): bool {
  const variableA = i32At(head, i32At(breakCode, a) >> 1)
  const variableB = i32At(head, i32At(breakCode, b) >> 1)
  const gap = f64At(breakSlope, a) - f64At(breakSlope, b)
  return bland || gap == 0 ? variableA < variableB : gap > 0
}

function swapBreaks(a: i32, b: i32): void {
  const at = f64At(breakStep, a)
  const slope = f64At(breakSlope, a)
  const code = i32At(breakCode, a)
  setF64(breakStep, a, f64At(breakStep, b))
  setF64(breakSlope, a, f64At(breakSlope, b))
  setI32(breakCode, a, i32At(breakCode, b))
  setF64(breakStep, b, at)
  setF64(breakSlope, b, slope)
  setI32(breakCode, b, code)
}
