/**
 * Solves with the factors of the basis: B = L R^-1 U, with L and U of factor.ts and R the row etas of forrest-tomlin.ts.
 * Depends on hyper-sparse.ts, listed-vector.ts, factor-store.ts, forrest-tomlin.ts, memory.ts, access.ts.
 *
 * A position is a row, so that a solve works in place in one vector over rows. Each of L, R and U is gone through in one of two ways:
 *
 *   few nonzeros   (in, and expected to come out) a search says which pivots will be met; cost: the entries of these pivots
 *   otherwise      all pivots in their order, those whose entry is zero passed over; cost: a look at each, and the entries of those met
 *
 * A vector comes with the list of its nonzeros, or with UNLISTED, and goes with the list of its nonzeros.
 */
import { f64At, i32At, setF64, setI32 } from './access'
import { byRowCount, lowerCount } from './factor-store'
import { etaCount, orderEnd } from './forrest-tomlin'
import { search } from './hyper-sparse'
import { listNonzeros, noteEntry, UNLISTED } from './listed-vector'
import {
  byRow, byRowIndex, byRowLengthOf, byRowStart, byRowStartOf, byRowValue, columnPoolIndex, columnPoolValue, etaIndex, etaPosition,
  etaStart, etaValue, lowerIndex, lowerLengthOf, lowerRow, lowerStart, lowerStartOf, lowerValue, order, reach, rowPoolIndex,
  rowPoolValue, rows, slotOf, upperColumnLength, upperColumnStart, upperInverse, upperRowLength, upperRowStart,
} from './memory'
import { HYPER_SPARSE_RESULT, HYPER_SPARSE_ROWS, HYPER_SPARSE_SHARE, SOLVE_ZERO } from './tolerances'

/** What is solved for: each kind has its own expectation of how many nonzeros come out. */
export const FOR_CHANGES: i32 = 0
export const FOR_COLUMN: i32 = 1
export const FOR_ROW: i32 = 2
export const FOR_WEIGHTS: i32 = 3
/** Questions between solves, which must not change what a later solve does. */
export const FOR_QUESTIONS: i32 = 4
const KINDS: i32 = 5

/** Nonzeros that come out of a solve and of its first half, by kind: a running mean of those seen. */
const expected: usize = memory.data(80, 8)
const MEMORY: f64 = 0.9

/** To be called where the outcome must not depend on what was solved before. */
export function forgetExpectations(): void {
  for (let k = 0; k < 2 * KINDS; k++) setF64(expected, k, 0)
}

/** Whether a search is worth its while: few nonzeros go in, and few are expected to come out. */
// @ts-ignore: decorator
@inline function isHyperSparse(count: i32, place: i32): bool {
  return count >= 0 && rows >= HYPER_SPARSE_ROWS && count * HYPER_SPARSE_SHARE < rows && f64At(expected, place) * HYPER_SPARSE_RESULT < rows
}

// @ts-ignore: decorator
@inline function learn(place: i32, count: i32): void {
  setF64(expected, place, MEMORY * f64At(expected, place) + (1 - MEMORY) * <f64>count)
}

/** w := B^-1 w; right-hand side by row, result by position (a position is a row). Gives the number of nonzeros, listed in `list`. */
export function ftran(w: usize, list: usize, count: i32, kind: i32): i32 {
  let known = count
  if (lowerCount > 0) {
    if (isHyperSparse(known, KINDS + kind)) {
      known = reachThroughLower(w, list, known, lowerStartOf, lowerLengthOf, lowerIndex, lowerValue)
      learn(KINDS + kind, known)
    } else known = solveLower(w)
  }
  if (etaCount > 0) known = solveEtas(w, list, known)
  known = isHyperSparse(known, kind)
    ? reachThroughUpper(w, list, known, upperColumnStart, upperColumnLength, columnPoolIndex, columnPoolValue)
    : solveUpper(w, list)
  learn(kind, known)
  return known
}

/** w := B^-T w; right-hand side by position, result by row. Gives the number of nonzeros, listed in `list`. */
export function btran(w: usize, list: usize, count: i32, kind: i32): i32 {
  let known = isHyperSparse(count, KINDS + kind)
    ? reachThroughUpper(w, list, count, upperRowStart, upperRowLength, rowPoolIndex, rowPoolValue)
    : solveUpperTransposed(w, list, count)
  learn(KINDS + kind, known)
  if (byRowCount == 0 && etaCount == 0) return known
  if (etaCount > 0) known = solveEtasTransposed(w, list, known)
  // Also without L: an entry that the row etas made twice is listed twice, and the search lists it once.
  if (isHyperSparse(known, kind)) known = reachThroughLower(w, list, known, byRowStartOf, byRowLengthOf, byRowIndex, byRowValue)
  else {
    solveLowerTransposed(w)
    known = listNonzeros(w, list)
  }
  learn(kind, known)
  return known
}

/** Rounding of a zero becomes zero, and is no part of the list. */
// @ts-ignore: decorator
@inline function isNothing(w: usize, i: i32): bool {
  const entry = f64At(w, i)
  if (Math.abs(entry) >= SOLVE_ZERO) return false
  setF64(w, i, 0)
  return true
}

/** Takes `entry` times one list of a factor off the vector. */
// @ts-ignore: decorator
@inline function subtract(w: usize, index: usize, value: usize, start: i32, end: i32, entry: f64): void {
  for (let e = start; e < end; e++) {
    const i = i32At(index, e)
    setF64(w, i, f64At(w, i) - f64At(value, e) * entry)
  }
}

function solveLower(w: usize): i32 {
  for (let k = 0; k < lowerCount; k++) {
    const entry = f64At(w, i32At(lowerRow, k))
    if (entry != 0) subtract(w, lowerIndex, lowerValue, i32At(lowerStart, k), i32At(lowerStart, k + 1), entry)
  }
  return UNLISTED
}

/** L in either form, by search. Its pivots are 1; reverse postorder meets each after all that change it. */
function reachThroughLower(w: usize, list: usize, count: i32, starts: usize, lengths: usize, index: usize, value: usize): i32 {
  let found = 0
  for (let k = search(starts, lengths, index, list, count); k < rows; k++) {
    const i = i32At(reach, k)
    if (isNothing(w, i)) continue
    setI32(list, found++, i)
    const start = i32At(starts, i)
    subtract(w, index, value, start, start + i32At(lengths, i), f64At(w, i))
  }
  return found
}

function solveEtas(w: usize, list: usize, count: i32): i32 {
  let found = count
  for (let t = 0; t < etaCount; t++) {
    const p = i32At(etaPosition, t)
    const before = f64At(w, p)
    let sum = before
    for (let e = i32At(etaStart, t), end = i32At(etaStart, t + 1); e < end; e++) {
      sum -= f64At(etaValue, e) * f64At(w, i32At(etaIndex, e))
    }
    if (sum == before) continue
    found = noteEntry(before, p, list, found)
    setF64(w, p, sum)
  }
  return found
}

function solveUpper(w: usize, list: usize): i32 {
  const sequence = order
  let found = 0
  for (let slot = orderEnd - 1; slot >= 0; slot--) {
    const p = i32At(sequence, slot)
    if (p < 0 || f64At(w, p) == 0) continue
    if (solvePivot(w, p, upperColumnStart, upperColumnLength, columnPoolIndex, columnPoolValue)) setI32(list, found++, p)
  }
  return found
}

/** U in either form, by search. */
function reachThroughUpper(w: usize, list: usize, count: i32, starts: usize, lengths: usize, index: usize, value: usize): i32 {
  let found = 0
  for (let k = search(starts, lengths, index, list, count); k < rows; k++) {
    const p = i32At(reach, k)
    if (solvePivot(w, p, starts, lengths, index, value)) setI32(list, found++, p)
  }
  return found
}

/** One entry of a solve with U, or with its transpose, taken out of the others of its column or row; false when it is rounding of a zero. */
// @ts-ignore: decorator
@inline function solvePivot(w: usize, p: i32, starts: usize, lengths: usize, index: usize, value: usize): bool {
  if (isNothing(w, p)) return false
  const entry = f64At(w, p) * f64At(upperInverse, p)
  setF64(w, p, entry)
  const start = i32At(starts, p)
  subtract(w, index, value, start, start + i32At(lengths, p), entry)
  return true
}

function solveUpperTransposed(w: usize, list: usize, count: i32): i32 {
  const sequence = order
  let found = 0
  for (let slot = firstSlot(list, count), end = orderEnd; slot < end; slot++) {
    const p = i32At(sequence, slot)
    if (p < 0 || f64At(w, p) == 0) continue
    if (solvePivot(w, p, upperRowStart, upperRowLength, rowPoolIndex, rowPoolValue)) setI32(list, found++, p)
  }
  return found
}

/** Pivots before the first nonzero are not met. */
function firstSlot(list: usize, count: i32): i32 {
  if (count == UNLISTED) return 0
  let first = orderEnd
  for (let k = 0; k < count; k++) first = min(first, i32At(slotOf, i32At(list, k)))
  return first
}

function solveEtasTransposed(w: usize, list: usize, count: i32): i32 {
  let found = count
  for (let t = etaCount - 1; t >= 0; t--) {
    const entry = f64At(w, i32At(etaPosition, t))
    if (entry == 0) continue
    for (let e = i32At(etaStart, t), end = i32At(etaStart, t + 1); e < end; e++) {
      const i = i32At(etaIndex, e)
      const before = f64At(w, i)
      found = noteEntry(before, i, list, found)
      setF64(w, i, before - f64At(etaValue, e) * entry)
    }
  }
  return found
}

function solveLowerTransposed(w: usize): void {
  for (let t = byRowCount - 1; t >= 0; t--) {
    const entry = f64At(w, i32At(byRow, t))
    if (entry != 0) subtract(w, byRowIndex, byRowValue, i32At(byRowStart, t), i32At(byRowStart, t + 1), entry)
  }
}
