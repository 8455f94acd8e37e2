/**
 * What must hold between two solves, checked after each one in the debug build and in no other (wasm-core/build.mjs).
 * Depends on bounds-and-costs.ts, linear-systems.ts, tableau.ts, factor-store.ts, forrest-tomlin.ts, memory.ts, access.ts, progress.ts.
 *
 * Each kind of invariant is a function of its own, because a trap tells the function and nothing else. Only vectors of the
 * ratio test are written to, which no solve expects to find as it left them: so both builds give the same answers.
 */
import { addF64, clearF64, f64At, i32At, setF64, setI32, u8At } from './access'
import { AT_LOWER, AT_UPPER, BASIC, FREE, isFixed, MOVE_BOTH, MOVE_DOWN, MOVE_UP, NO_MOVE } from './bounds-and-costs'
import { byRowCount, lowerCount } from './factor-store'
import { etaCount, orderEnd } from './forrest-tomlin'
import { addColumn, isFactorized } from './linear-systems'
import { UNLISTED } from './listed-vector'
import {
  alpha, alphaList, alphaRow, basis, breakCode, breakSlope, breakStep, byRowStart, candidate, columnStart, columns, etaPosition, etaSize,
  etaStart, head, kernelWork, lower, lowerStart, marked, move, order, poolSize, positionOf, rho, rhoList, rhs, rowIndex, rowPoolIndex, rows,
  scaledValue, slotOf, spike, status, tau, tauList, unscale, updateWork, upper, upperColumnLength, upperColumnStart, upperInverse, upperPivot,
  upperRowLength, upperRowRoom, upperRowStart, variables, workLower, workUpper, x,
} from './memory'
import { INVALID_DATA, NUMERICAL_FAILURE, OPTIMAL } from './progress'
import { ETA_LIMIT } from './tolerances'
import { isRowStale, alphaCount, rhoCount, tauCount } from './tableau'
import { btran, FOR_QUESTIONS, ftran } from './triangular-solve'

/** Rest of an equation relative to the terms it is the sum of: rounding of long sums, far below any error of a formula. */
const EQUATION_REST: f64 = 1e-9
/** The same for a solve with the factors, whose error grows with the condition of the basis. */
const SOLVE_REST: f64 = 1e-6
/** Columns and rows of the inverse that are checked; all of them would make a solve of 1,000 rows take a second. */
const SAMPLES: i32 = 4

/** Traps when something is broken; to be called with the outcome of `solve`. */
export function checkInvariants(outcome: i32): void {
  checkWorkVectors()
  checkLists()
  if (outcome == INVALID_DATA) return
  checkBounds()
  checkStatuses()
  if (outcome == NUMERICAL_FAILURE || !isFactorized()) return
  checkHead()
  checkNonbasics()
  checkOrder()
  checkUpper()
  checkLower()
  checkEtas()
  checkFtran()
  checkBtran()
  if (outcome == OPTIMAL) checkEquations()
}

function isPositiveZero(vector: usize, length: i32): bool {
  for (let k = 0; k < length; k++) if (reinterpret<u64>(f64At(vector, k)) != 0) return false
  return true
}

function checkWorkVectors(): void {
  assert(isRowStale || isPositiveZero(alphaRow, variables))
  assert(isPositiveZero(spike, rows))
  assert(isPositiveZero(updateWork, rows))
  assert(isPositiveZero(kernelWork, rows))
  assert(isPositiveZero(rhs, rows))
  for (let i = 0; i < rows; i++) assert(u8At(marked, i) == 0)
}

/** The vectors of the tableau are zero where their lists do not say otherwise. */
function checkLists(): void {
  assert(isZeroOutside(alpha, alphaList, alphaCount))
  assert(isZeroOutside(rho, rhoList, rhoCount))
  assert(isZeroOutside(tau, tauList, tauCount))
}

function isZeroOutside(vector: usize, list: usize, count: i32): bool {
  memory.fill(candidate, 0, <usize>rows << 2)
  for (let k = 0; k < count; k++) setI32(candidate, i32At(list, k), 1)
  for (let i = 0; i < rows; i++) if (i32At(candidate, i) == 0 && f64At(vector, i) != 0) return false
  return true
}

/** What a method has widened, or replaced by boxes, stands as in the model again. */
function checkBounds(): void {
  for (let v = 0; v < variables; v++) {
    assert(f64At(workLower, v) == f64At(lower, v) * f64At(unscale, v))
    assert(f64At(workUpper, v) == f64At(upper, v) * f64At(unscale, v))
  }
}

/** As many basics as rows, and the answer's basis is the resident one. */
function checkStatuses(): void {
  let basics = 0
  for (let v = 0; v < variables; v++) {
    const code = u8At(status, v)
    assert(code <= FREE)
    assert(code == u8At(basis, v))
    if (code == BASIC) basics++
  }
  assert(basics == rows)
}

/** `head` lists the basic variables, none twice: as there are as many of them as positions, it lists all. */
function checkHead(): void {
  memory.fill(candidate, 0, <usize>variables << 2)
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    assert(<u32>v < <u32>variables && u8At(status, v) == BASIC && i32At(candidate, v) == 0)
    setI32(candidate, v, 1)
    assert(i32At(positionOf, v) == p)
  }
}

function checkNonbasics(): void {
  for (let v = 0; v < variables; v++) {
    const at = f64At(x, v)
    const code = u8At(status, v)
    if (code == AT_LOWER) assert(at == f64At(workLower, v))
    else if (code == AT_UPPER) assert(at == f64At(workUpper, v))
    else if (code == FREE) assert(at == 0 && f64At(workLower, v) == -Infinity && f64At(workUpper, v) == Infinity)
    const way = f64At(move, v)
    if (code == BASIC || isFixed(v)) assert(way == NO_MOVE)
    else assert(way == (code == AT_LOWER ? MOVE_UP : code == AT_UPPER ? MOVE_DOWN : MOVE_BOTH))
  }
}

/** `order` and `slotOf` undo each other. */
function checkOrder(): void {
  assert(orderEnd >= rows && orderEnd <= rows + ETA_LIMIT)
  let listed = 0
  for (let slot = 0; slot < orderEnd; slot++) {
    const p = i32At(order, slot)
    if (p < 0) continue
    assert(p < rows && i32At(slotOf, p) == slot)
    listed++
  }
  assert(listed == rows)
}

/** U lies within its pools, has no pivot of 0, and as many entries by columns as by rows; an entry right of its pivot comes later. */
function checkUpper(): void {
  let byColumns = 0
  let byRows = 0
  for (let p = 0; p < rows; p++) {
    const pivot = f64At(upperPivot, p)
    assert(pivot != 0 && Math.abs(pivot) < Infinity && f64At(upperInverse, p) == 1 / pivot)
    const start = i32At(upperColumnStart, p)
    const length = i32At(upperColumnLength, p)
    assert(start >= 0 && length >= 0 && start + length <= poolSize)
    byColumns += length
    const rowFrom = i32At(upperRowStart, p)
    const inRow = i32At(upperRowLength, p)
    const room = i32At(upperRowRoom, p)
    assert(rowFrom >= 0 && inRow >= 0 && inRow <= room && rowFrom + room <= poolSize)
    byRows += inRow
    for (let e = rowFrom; e < rowFrom + inRow; e++) assert(i32At(slotOf, i32At(rowPoolIndex, e)) > i32At(slotOf, p))
  }
  assert(byColumns == byRows)
}

function checkLower(): void {
  assert(lowerCount >= 0 && lowerCount <= rows && byRowCount <= rows)
  for (let k = 0; k < lowerCount; k++) assert(i32At(lowerStart, k) < i32At(lowerStart, k + 1))
  const entries = i32At(lowerStart, lowerCount)
  assert(entries <= poolSize)
  // Without etas the form by rows is not made.
  if (entries > 0) assert(i32At(byRowStart, byRowCount) == entries)
}

function checkEtas(): void {
  assert(etaCount >= 0 && etaCount <= ETA_LIMIT)
  for (let t = 0; t < etaCount; t++) {
    assert(i32At(etaStart, t) <= i32At(etaStart, t + 1))
    assert(<u32>i32At(etaPosition, t) < <u32>rows)
  }
  assert(i32At(etaStart, etaCount) <= etaSize)
}

/** B (B^-1 a) = a for columns spread over the model. */
function checkFtran(): void {
  const stride = max(1, variables / SAMPLES)
  for (let v = 0; v < variables; v += stride) {
    clearF64(breakStep, rows)
    addColumn(breakStep, v, 1)
    ftran(breakStep, breakCode, UNLISTED, FOR_QUESTIONS)
    clearF64(breakSlope, rows)
    addColumn(breakSlope, v, -1)
    let size: f64 = 1
    for (let p = 0; p < rows; p++) {
      const entry = f64At(breakStep, p)
      size = max(size, Math.abs(entry))
      if (entry != 0) addColumn(breakSlope, i32At(head, p), entry)
    }
    for (let i = 0; i < rows; i++) assert(Math.abs(f64At(breakSlope, i)) <= SOLVE_REST * size)
  }
}

/** Row p of B^-1 times the column of B at q is 1 where p = q, and 0 elsewhere. */
function checkBtran(): void {
  const stride = max(1, rows / SAMPLES)
  for (let p = 0; p < rows; p += stride) {
    clearF64(breakStep, rows)
    setF64(breakStep, p, 1)
    btran(breakStep, breakCode, UNLISTED, FOR_QUESTIONS)
    let size: f64 = 1
    for (let i = 0; i < rows; i++) size = max(size, Math.abs(f64At(breakStep, i)))
    for (let q = 0; q < rows; q++) {
      const rest = productWith(i32At(head, q)) - (p == q ? 1 : 0)
      assert(Math.abs(rest) <= SOLVE_REST * size)
    }
  }
}

/** breakStep' a_v. */
function productWith(v: i32): f64 {
  if (v >= columns) return -f64At(breakStep, v - columns)
  let sum: f64 = 0
  for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
    sum += f64At(breakStep, i32At(rowIndex, e)) * f64At(scaledValue, e)
  }
  return sum
}

/** A x - r = 0 in the scaled model. */
function checkEquations(): void {
  clearF64(breakStep, rows)
  clearF64(breakSlope, rows)
  for (let v = 0; v < variables; v++) {
    const at = f64At(x, v)
    if (at == 0) continue
    addColumn(breakStep, v, at)
    addSizes(v, Math.abs(at))
  }
  for (let i = 0; i < rows; i++) assert(Math.abs(f64At(breakStep, i)) <= EQUATION_REST * (1 + f64At(breakSlope, i)))
}

function addSizes(v: i32, size: f64): void {
  if (v >= columns) {
    addF64(breakSlope, v - columns, size)
    return
  }
  for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
    addF64(breakSlope, i32At(rowIndex, e), Math.abs(f64At(scaledValue, e)) * size)
  }
}
