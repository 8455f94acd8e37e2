/**
 * Rows and columns of the simplex tableau, which both methods use to choose who enters or leaves and to follow up.
 * Depends on linear-systems.ts, triangular-solve.ts, listed-vector.ts, memory.ts, access.ts, tolerances.ts.
 *
 *   rho       row p of B^-1, by row            rhoCount nonzeros in rhoList
 *   alphaRow  rho' [A | -I] over nonbasics     touchedCount variables in touched
 *   alpha     B^-1 a_q, by position            alphaCount nonzeros in alphaList
 *   tau       B^-1 rho, by position            tauCount nonzeros in tauList
 *
 * Each is +0 outside its list, also between calls; but for alphaRow while isRowStale.
 * Source: Koberstein, The dual simplex method, techniques for a fast and stable implementation (2005), chapter 6 (row-wise pricing).
 */
import { clearF64, f64At, i32At, setF64, setI32, u8At } from './access'
import { BASIC, freeCount } from './bounds-and-costs'
import { addColumn, listColumn } from './linear-systems'
import { clearListed } from './listed-vector'
import {
  alpha, alphaList, alphaRow, columnStart, columns, longColumns, pairRow, pairValue, rho, rhoList, rowColumn, rowIndex, rows, rowStart,
  rowValue, scaledValue, status, tau, tauList, touched, variables,
} from './memory'
import { longCount } from './model'
import { CANCELLED } from './tolerances'
import { btran, FOR_CHANGES, FOR_COLUMN, FOR_ROW, FOR_WEIGHTS, ftran } from './triangular-solve'

export let rhoCount: i32 = 0
export let alphaCount: i32 = 0
export let tauCount: i32 = 0
/** Whether alphaRow was computed for all variables, `touched` unused; until it is cleared. */
export let isRowDense: bool = false
/** Whether alphaRow still holds a dense row, which nobody reads: the next dense one overwrites it, a listed one clears it first. */
export let isRowStale: bool = false
/** A row is computed for all variables where rho has more than LEAST / PARTS nonzeros (measured at 76 to 1036 rows). */
const DENSE_ROW_LEAST: i32 = 3
const DENSE_ROW_PARTS: i32 = 10
/** Variables in `touched`: all that may have a nonzero entry. */
export let touchedCount: i32 = 0

/** To be called when a model is loaded, which has used some of the vectors as scratch. */
export function beginTableau(): void {
  clearF64(alpha, rows)
  clearF64(rho, rows)
  rhoCount = 0
  alphaCount = 0
  tauCount = 0
  touchedCount = 0
  isRowDense = false
  isRowStale = false
}

/** rho := row p of the basis inverse. */
export function computeRho(p: i32): void {
  clearListed(rho, rhoList, rhoCount)
  setF64(rho, p, 1)
  setI32(rhoList, 0, p)
  rhoCount = btran(rho, rhoList, 1, FOR_ROW)
}

/** rho := B^-T of what `rho` holds by position: the caller has cleared it by `clearRho` and listed its entries. */
export function solveRho(count: i32): void { rhoCount = btran(rho, rhoList, count, FOR_CHANGES) }

export function clearRho(): void {
  clearListed(rho, rhoList, rhoCount)
  rhoCount = 0
}

/** |rho|^2, the steepest-edge weight of its row. */
export function squareOfRho(): f64 {
  let square: f64 = 0
  for (let k = 0; k < rhoCount; k++) {
    const entry = f64At(rho, i32At(rhoList, k))
    square += entry * entry
  }
  return square
}

/** The tableau row that belongs to rho; `clearRow` must follow before the next one. Addresses stand in locals: a global is loaded anew each time. */
export function computeRow(): void {
  const row = alphaRow
  const list = touched
  const kinds = status
  const starts = rowStart
  const entryColumn = rowColumn
  const entryValue = rowValue
  const n = columns
  if (isRowStale) {
    clearF64(row, variables)
    isRowStale = false
  }
  let count = 0
  for (let k = 0, end = rhoCount; k < end; k++) {
    const i = i32At(rhoList, k)
    const factor = f64At(rho, i)
    const logical = n + i
    if (u8At(kinds, logical) != BASIC) {
      setF64(row, logical, -factor)
      setI32(list, count++, logical)
    }
    for (let e = i32At(starts, i), last = i32At(starts, i + 1); e < last; e++) {
      const j = i32At(entryColumn, e)
      const before = f64At(row, j)
      if (before == 0) {
        if (u8At(kinds, j) == BASIC) continue
        setI32(list, count++, j)
      }
      const after = before + factor * f64At(entryValue, e)
      setF64(row, j, after == 0 ? CANCELLED : after)
    }
  }
  touchedCount = count
}

/**
 * The same for a rho of many nonzeros: every column's product with it, without lists and without a branch, its first two entries from
 * a table, the rest of longer ones behind. Cost: all entries of A. Only where no nonbasic variable may go both ways.
 */
export function computeDualRow(): void {
  isRowDense = freeCount == 0 && rhoCount * DENSE_ROW_PARTS > rows * DENSE_ROW_LEAST
  if (!isRowDense) {
    computeRow()
    return
  }
  const row = alphaRow
  const vector = rho
  const first = pairRow
  const entries = pairValue
  for (let j = 0, end = columns; j < end; j++) {
    const one = f64At(entries, 2 * j) * f64At(vector, i32At(first, 2 * j))
    setF64(row, j, one + f64At(entries, 2 * j + 1) * f64At(vector, i32At(first, 2 * j + 1)))
  }
  for (let k = 0; k < longCount; k++) {
    const j = i32At(longColumns, k)
    let sum = f64At(row, j)
    for (let e = i32At(columnStart, j) + 2, end = i32At(columnStart, j + 1); e < end; e++) {
      sum += f64At(scaledValue, e) * f64At(vector, i32At(rowIndex, e))
    }
    setF64(row, j, sum)
  }
  const logicals = row + (<usize>columns << 3)
  for (let i = 0, end = rows; i < end; i++) setF64(logicals, i, -f64At(vector, i))
}

export function clearRow(): void {
  if (isRowDense) {
    isRowDense = false
    isRowStale = true
    return
  }
  for (let t = 0; t < touchedCount; t++) setF64(alphaRow, i32At(touched, t), 0)
  touchedCount = 0
}

/** To be called when alphaRow was cleared on the way. */
export function forgetRow(): void { touchedCount = 0 }

/** alpha := tableau column of q. */
export function computeColumn(q: i32): void {
  clearListed(alpha, alphaList, alphaCount)
  addColumn(alpha, q, 1)
  alphaCount = ftran(alpha, alphaList, listColumn(alphaList, q), FOR_COLUMN)
}

/** tau := B^-1 rho. */
export function computeTau(): void {
  clearListed(tau, tauList, tauCount)
  for (let k = 0; k < rhoCount; k++) {
    const i = i32At(rhoList, k)
    setF64(tau, i, f64At(rho, i))
    setI32(tauList, k, i)
  }
  tauCount = ftran(tau, tauList, rhoCount, FOR_WEIGHTS)
}
