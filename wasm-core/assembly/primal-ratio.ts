/**
 * Ratio tests of the primal simplex: how far the entering variable may go and who leaves.
 * Depends on bounds-and-costs.ts, tableau.ts, memory.ts, access.ts, tolerances.ts.
 *
 * The entering variable q moves by `direction` * step; a basic variable at position p then moves at
 * rate -direction * alpha[p].
 */
import { f64At, i32At, setF64, setI32, swapF64, swapI32 } from './access'
import { aboveUpper, belowLower, boundTolerance } from './bounds-and-costs'
import { alpha, alphaList, breakCode, breakSlope, breakStep, head, workLower, workUpper, x } from './memory'
import { alphaCount } from './tableau'
import { PRIMAL_TOLERANCE, TABLEAU_ZERO } from './tolerances'

/** Under Bland's rule a pivot this much smaller than the largest that blocks is passed over: termination is not worth a wrecked basis. */
const DECENT_PIVOT: f64 = 0.01

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
 * takes the largest pivot among those that block within it; with `bland`, the lowest variable among decent pivots.
 */
export function phase2Ratio(direction: f64, ownRange: f64, bland: bool): i32 {
  let longest: f64 = Infinity
  for (let k = 0; k < alphaCount; k++) {
    const p = i32At(alphaList, k)
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
  let leaving = largestBlocking(direction, longest)
  if (bland) leaving = lowestBlocking(direction, longest, DECENT_PIVOT * Math.abs(f64At(alpha, leaving)))
  const rate = rateAt(leaving, direction)
  step = max(0, distance(i32At(head, leaving), rate) / Math.abs(rate))
  leavesAtUpper = rate > 0
  return leaving
}

/** Largest pivot that blocks within `longest`, ties to the lowest variable. There is one: whoever set `longest`. */
function largestBlocking(direction: f64, longest: f64): i32 {
  let leaving = NONE
  let largest: f64 = 0
  for (let k = 0; k < alphaCount; k++) {
    const p = i32At(alphaList, k)
    const rate = rateAt(p, direction)
    const size = Math.abs(rate)
    if (size <= TABLEAU_ZERO || size < largest) continue
    if (distance(i32At(head, p), rate) / size > longest) continue
    if (size == largest && i32At(head, leaving) < i32At(head, p)) continue
    largest = size
    leaving = p
  }
  return leaving
}

function lowestBlocking(direction: f64, longest: f64, least: f64): i32 {
  let leaving = NONE
  for (let k = 0; k < alphaCount; k++) {
    const p = i32At(alphaList, k)
    const rate = rateAt(p, direction)
    const size = Math.abs(rate)
    if (size < least || distance(i32At(head, p), rate) / size > longest) continue
    if (leaving == NONE || i32At(head, p) < i32At(head, leaving)) leaving = p
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
  for (let k = 0; k < alphaCount; k++) {
    const p = i32At(alphaList, k)
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
  if (bland) return firstBreak(ownRange)
  let slope = -Math.abs(reducedCost)
  let chosen = -1
  let chosenSize: f64 = 0
  let left = breaks
  while (left > 0) {
    let next = 0
    for (let k = 1; k < left; k++) {
      const gap = f64At(breakStep, k) - f64At(breakStep, next)
      if (gap < 0 || (gap == 0 && precedes(k, next))) next = k
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
    if (slope >= 0) break
  }
  if (slope < 0 && ownRange < Infinity) {
    step = ownRange
    return FLIP
  }
  return takeBreak(chosen)
}

/** Order of equal steps: the larger pivot first, then the lower variable. */
function precedes(a: i32, b: i32): bool {
  const gap = f64At(breakSlope, a) - f64At(breakSlope, b)
  if (gap != 0) return gap > 0
  return i32At(head, i32At(breakCode, a) >> 1) < i32At(head, i32At(breakCode, b) >> 1)
}

/** The lowest variable among decent pivots that block first (up to rounding). */
function firstBreak(ownRange: f64): i32 {
  let first: f64 = Infinity
  for (let k = 0; k < breaks; k++) first = min(first, f64At(breakStep, k))
  if (ownRange <= first && ownRange < Infinity) {
    step = ownRange
    return FLIP
  }
  const last = first + PRIMAL_TOLERANCE * (1 + first)
  let largest: f64 = 0
  for (let k = 0; k < breaks; k++) if (f64At(breakStep, k) <= last) largest = max(largest, f64At(breakSlope, k))
  let chosen = -1
  for (let k = 0; k < breaks; k++) {
    if (f64At(breakStep, k) > last || f64At(breakSlope, k) < DECENT_PIVOT * largest) continue
    if (chosen < 0 || i32At(head, i32At(breakCode, k) >> 1) < i32At(head, i32At(breakCode, chosen) >> 1)) chosen = k
  }
  return takeBreak(chosen)
}

function takeBreak(chosen: i32): i32 {
  if (chosen < 0) return NONE
  step = f64At(breakStep, chosen)
  const code = i32At(breakCode, chosen)
  leavesAtUpper = (code & 1) == 1
  return code >> 1
}

function swapBreaks(a: i32, b: i32): void {
  swapF64(breakStep, a, b)
  swapF64(breakSlope, a, b)
  swapI32(breakCode, a, b)
}
