/**
 * Systems with the basis matrix: B = L R^-1 U, with L and U of factor.ts and R the row etas of Forrest-Tomlin updates.
 * Depends on factor.ts, factor-store.ts, memory.ts, access.ts, tolerances.ts.
 *
 * `order` lists the positions of U from first to last pivot; an update takes its position out (-1) and puts it at the end, so
 * U stays triangular in that order.
 *
 *   row eta t: etaStart[t] .. etaStart[t+1] in etaIndex, etaValue; it changes row etaPosition[t]
 *
 * Source: Forrest and Tomlin, Updated triangular factors of the basis (1972); Koberstein (2005), chapter 5.
 */
import { f64At, i32At, setF64, setI32 } from './access'
import { factorizeBasis } from './factor'
import {
  appendToLastColumn, byRowCount, columnPoolHas, lowerCount, openColumn, removeEntry,
} from './factor-store'
import {
  byRow, byRowIndex, byRowStart, byRowValue, columnPoolIndex, columnPoolValue, columnStart, columns, etaIndex, etaPosition, etaSize,
  etaStart, etaValue, head, lowerIndex, lowerRow, lowerStart, lowerValue, order, rowIndex, rowPoolIndex, rowPoolValue, rows,
  scaledValue, slotOf, spike, updateWork, upperColumnLength, upperColumnStart, upperPivot, upperRowLength, upperRowStart,
} from './memory'
import { ETA_LIMIT, SOLVE_ZERO, SPIKE_ZERO } from './tolerances'

/** Basis changes since the factorization from scratch; at ETA_LIMIT the factorization must be made anew. */
export let etaCount: i32 = 0
/** False until the resident factorization belongs to the current basis. */
let factorized: bool = false
/** Length of `order` now. */
let orderEnd: i32 = 0

/** True when the resident factorization is the from-scratch one of exactly the current basis. */
export function isFresh(): bool { return factorized && etaCount == 0 }

/** To be called when the set of basic variables changed otherwise than through `replaceInBasis`. */
export function forgetFactorization(): void { factorized = false }

/** Factorizes the current basis from scratch, unless that is what is resident. False when the basis cannot be repaired. */
export function refactorize(): bool {
  if (isFresh()) return true
  etaCount = 0
  setI32(etaStart, 0, 0)
  factorized = factorizeBasis()
  orderEnd = rows
  return factorized
}

/** Writes the column of a variable in [A | -I] into a cleared vector over rows, times `factor`. */
export function addColumn(vector: usize, v: i32, factor: f64): void {
  if (v >= columns) {
    const i = v - columns
    setF64(vector, i, f64At(vector, i) - factor)
    return
  }
  for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
    const i = i32At(rowIndex, e)
    setF64(vector, i, f64At(vector, i) + f64At(scaledValue, e) * factor)
  }
}

/** w := B^-1 w; right-hand side by row, result by position (a position is a row). */
export function ftran(w: usize): void {
  solveLower(w)
  for (let slot = orderEnd - 1; slot >= 0; slot--) {
    const p = i32At(order, slot)
    if (p >= 0 && f64At(w, p) != 0) solveUpperAt(w, p)
  }
}

/** The same, and lists the positions of the nonzeros; gives their number. */
export function listedFtran(w: usize, list: usize): i32 {
  solveLower(w)
  let count = 0
  for (let slot = orderEnd - 1; slot >= 0; slot--) {
    const p = i32At(order, slot)
    if (p < 0 || f64At(w, p) == 0) continue
    if (solveUpperAt(w, p)) setI32(list, count++, p)
  }
  return count
}

function solveLower(w: usize): void {
  for (let k = 0; k < lowerCount; k++) {
    const entry = f64At(w, i32At(lowerRow, k))
    if (entry == 0) continue
    for (let e = i32At(lowerStart, k), end = i32At(lowerStart, k + 1); e < end; e++) {
      const i = i32At(lowerIndex, e)
      setF64(w, i, f64At(w, i) - f64At(lowerValue, e) * entry)
    }
  }
  for (let t = 0; t < etaCount; t++) {
    const p = i32At(etaPosition, t)
    let sum = f64At(w, p)
    for (let e = i32At(etaStart, t), end = i32At(etaStart, t + 1); e < end; e++) {
      sum -= f64At(etaValue, e) * f64At(w, i32At(etaIndex, e))
    }
    setF64(w, p, sum)
  }
}

/** One nonzero of a solve with U, taken out of the rows above it; false when it is rounding of a zero. */
// @ts-ignore: decorator
@inline function solveUpperAt(w: usize, p: i32): bool {
  const sum = f64At(w, p)
  if (Math.abs(sum) < SOLVE_ZERO) {
    setF64(w, p, 0)
    return false
  }
  const entry = sum / f64At(upperPivot, p)
  setF64(w, p, entry)
  for (let e = i32At(upperColumnStart, p), end = e + i32At(upperColumnLength, p); e < end; e++) {
    const i = i32At(columnPoolIndex, e)
    setF64(w, i, f64At(w, i) - f64At(columnPoolValue, e) * entry)
  }
  return true
}

/** w := B^-T w; right-hand side by position, result by row. */
export function btran(w: usize): void {
  for (let slot = 0; slot < orderEnd; slot++) {
    const p = i32At(order, slot)
    if (p < 0) continue
    const sum = f64At(w, p)
    if (sum == 0) continue
    if (Math.abs(sum) < SOLVE_ZERO) { setF64(w, p, 0); continue }
    const entry = sum / f64At(upperPivot, p)
    setF64(w, p, entry)
    for (let e = i32At(upperRowStart, p), end = e + i32At(upperRowLength, p); e < end; e++) {
      const j = i32At(rowPoolIndex, e)
      setF64(w, j, f64At(w, j) - f64At(rowPoolValue, e) * entry)
    }
  }
  for (let t = etaCount - 1; t >= 0; t--) {
    const entry = f64At(w, i32At(etaPosition, t))
    if (entry == 0) continue
    for (let e = i32At(etaStart, t), end = i32At(etaStart, t + 1); e < end; e++) {
      const i = i32At(etaIndex, e)
      setF64(w, i, f64At(w, i) - f64At(etaValue, e) * entry)
    }
  }
  for (let t = byRowCount - 1; t >= 0; t--) {
    const entry = f64At(w, i32At(byRow, t))
    if (entry == 0) continue
    for (let e = i32At(byRowStart, t), end = i32At(byRowStart, t + 1); e < end; e++) {
      const i = i32At(byRowIndex, e)
      setF64(w, i, f64At(w, i) - f64At(byRowValue, e) * entry)
    }
  }
}

/**
 * Puts `entering`, whose tableau column is `column`, into position p. The caller keeps etaCount below ETA_LIMIT; an update
 * that does not fit into memory sets it to ETA_LIMIT, and the next factorization takes the new basis.
 */
export function replaceInBasis(p: i32, entering: i32, column: usize): void {
  setI32(head, p, entering)
  if (etaCount >= ETA_LIMIT) return
  if (!update(p, column)) {
    factorized = false
    etaCount = ETA_LIMIT
    return
  }
  etaCount++
}

/** Forrest-Tomlin: row p of U is eliminated by a row eta, its column becomes the spike, and p the last pivot. */
function update(p: i32, column: usize): bool {
  const pivot = f64At(upperPivot, p) * f64At(column, p)
  const spikeEntries = multiplyUpper(column)
  const etaFirst = i32At(etaStart, etaCount)
  const etaEnd = eliminateRow(p, etaFirst)
  if (etaEnd < 0 || !columnPoolHas(spikeEntries) || orderEnd == rows + ETA_LIMIT) {
    memory.fill(spike, 0, <usize>rows << 3)
    return false
  }
  setI32(etaPosition, etaCount, p)
  setI32(etaStart, etaCount + 1, etaEnd)
  removeRow(p)
  removeColumn(p)
  const fits = insertSpike(p)
  setF64(upperPivot, p, pivot)
  setI32(order, i32At(slotOf, p), -1)
  setI32(slotOf, p, orderEnd)
  setI32(order, orderEnd++, p)
  return fits
}

/** spike := U * column, the entering column before the solve with U; gives a bound of its entries. */
function multiplyUpper(column: usize): i32 {
  let entries = 0
  for (let p = 0; p < rows; p++) {
    const factor = f64At(column, p)
    if (factor == 0) continue
    setF64(spike, p, f64At(spike, p) + f64At(upperPivot, p) * factor)
    entries++
    for (let e = i32At(upperColumnStart, p), end = e + i32At(upperColumnLength, p); e < end; e++) {
      const i = i32At(columnPoolIndex, e)
      setF64(spike, i, f64At(spike, i) + f64At(columnPoolValue, e) * factor)
    }
    entries += i32At(upperColumnLength, p)
  }
  return min(entries, rows)
}

/** The multipliers of later rows that take row p of U away; gives the end of the eta, -1 when it does not fit. */
function eliminateRow(p: i32, first: i32): i32 {
  let end = first
  let left = 0
  for (let e = i32At(upperRowStart, p), last = e + i32At(upperRowLength, p); e < last; e++) {
    setF64(updateWork, i32At(rowPoolIndex, e), f64At(rowPoolValue, e))
    left++
  }
  if (left == 0) return end
  for (let slot = i32At(slotOf, p) + 1; slot < orderEnd; slot++) {
    const j = i32At(order, slot)
    if (j < 0) continue
    const entry = f64At(updateWork, j)
    if (entry == 0) continue
    setF64(updateWork, j, 0)
    const multiplier = entry / f64At(upperPivot, j)
    if (Math.abs(multiplier) < SOLVE_ZERO) continue
    if (end == etaSize) {
      memory.fill(updateWork, 0, <usize>rows << 3)
      return -1
    }
    setI32(etaIndex, end, j)
    setF64(etaValue, end++, multiplier)
    for (let e = i32At(upperRowStart, j), last = e + i32At(upperRowLength, j); e < last; e++) {
      const k = i32At(rowPoolIndex, e)
      setF64(updateWork, k, f64At(updateWork, k) - f64At(rowPoolValue, e) * multiplier)
    }
  }
  return end
}

function removeRow(p: i32): void {
  for (let e = i32At(upperRowStart, p), end = e + i32At(upperRowLength, p); e < end; e++) {
    const j = i32At(rowPoolIndex, e)
    removeEntry(columnPoolIndex, columnPoolValue, i32At(upperColumnStart, j), upperColumnLength, j, p)
  }
  setI32(upperRowLength, p, 0)
}

function removeColumn(p: i32): void {
  for (let e = i32At(upperColumnStart, p), end = e + i32At(upperColumnLength, p); e < end; e++) {
    const i = i32At(columnPoolIndex, e)
    removeEntry(rowPoolIndex, rowPoolValue, i32At(upperRowStart, i), upperRowLength, i, p)
  }
}

/** The spike becomes column p; entries that are rounding of a cancelled sum are left out. */
function insertSpike(p: i32): bool {
  openColumn(p)
  let fits = true
  for (let i = 0; i < rows; i++) {
    const entry = f64At(spike, i)
    if (entry == 0) continue
    setF64(spike, i, 0)
    if (i != p && Math.abs(entry) > SPIKE_ZERO && fits) fits = appendToLastColumn(p, i, entry)
  }
  return fits
}
