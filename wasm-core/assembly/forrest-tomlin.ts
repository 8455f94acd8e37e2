/**
 * A basis change without a new factorization: Forrest and Tomlin's update of U, whose other half are the row etas R.
 * Depends on factor-store.ts, memory.ts, access.ts, tolerances.ts.
 *
 * `order` lists the positions of U from first to last pivot; an update takes its position out (-1) and puts it at the end, so
 * U stays triangular in that order.
 *
 *   row eta t: etaStart[t] .. etaStart[t+1] in etaIndex, etaValue; it changes row etaPosition[t]
 *
 * The entering column before the solve with U, which the update puts into U, is made again as U times the tableau column: so
 * no solve has to leave anything behind. Source: Forrest and Tomlin, Updated triangular factors of the basis (1972).
 */
import { f64At, i32At, setF64, setI32 } from './access'
import { appendToLastColumn, columnPoolHas, openColumn, removeEntry } from './factor-store'
import {
  columnPoolIndex, columnPoolValue, etaIndex, etaPosition, etaSize, etaStart, etaValue, order, rowPoolIndex, rowPoolValue, rows,
  slotOf, spike, spikeList, updateWork, upperColumnLength, upperColumnStart, upperInverse, upperPivot, upperRowLength, upperRowStart,
} from './memory'
import { CANCELLED, ETA_LIMIT, SOLVE_ZERO, SPIKE_ZERO } from './tolerances'

/** Basis changes since the factorization from scratch; at ETA_LIMIT the factorization must be made anew. */
export let etaCount: i32 = 0
/** Length of `order` now. */
export let orderEnd: i32 = 0

/** To be called after a factorization from scratch. */
export function beginUpdates(): void {
  etaCount = 0
  orderEnd = rows
  setI32(etaStart, 0, 0)
}

/**
 * Puts the variable whose tableau column is `column` (nonzeros at the `count` positions of `list`) into position p. The caller
 * keeps etaCount below ETA_LIMIT. False when it does not fit into memory; etaCount is then ETA_LIMIT, and the factors belong to no basis.
 */
export function updateFactors(p: i32, column: usize, list: usize, count: i32): bool {
  if (etaCount < ETA_LIMIT && update(p, column, list, count)) {
    etaCount++
    return true
  }
  etaCount = ETA_LIMIT
  return false
}

/** Row p of U is eliminated by a row eta, its column becomes the spike, and p the last pivot. */
function update(p: i32, column: usize, list: usize, count: i32): bool {
  const pivot = f64At(upperPivot, p) * f64At(column, p)
  const spikeEntries = multiplyUpper(column, list, count)
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
  const fits = insertSpike(p, spikeEntries)
  setF64(upperPivot, p, pivot)
  setF64(upperInverse, p, 1 / pivot)
  setI32(order, i32At(slotOf, p), -1)
  setI32(slotOf, p, orderEnd)
  setI32(order, orderEnd++, p)
  return fits
}

/** spike := U * column, the entering column before the solve with U, its places in spikeList; gives their number. */
function multiplyUpper(column: usize, list: usize, count: i32): i32 {
  let entries = 0
  for (let k = 0; k < count; k++) {
    const p = i32At(list, k)
    const factor = f64At(column, p)
    entries = addToSpike(p, f64At(upperPivot, p) * factor, entries)
    for (let e = i32At(upperColumnStart, p), end = e + i32At(upperColumnLength, p); e < end; e++) {
      entries = addToSpike(i32At(columnPoolIndex, e), f64At(columnPoolValue, e) * factor, entries)
    }
  }
  return entries
}

// @ts-ignore: decorator
@inline function addToSpike(i: i32, product: f64, entries: i32): i32 {
  const before = f64At(spike, i)
  const after = before + product
  // Stands for a cancelled sum, so that zero means "not listed"; far below SPIKE_ZERO.
  setF64(spike, i, after == 0 ? CANCELLED : after)
  if (before != 0) return entries
  setI32(spikeList, entries, i)
  return entries + 1
}

/** The multipliers of later rows that take row p of U away; gives the end of the eta, -1 when it does not fit. */
function eliminateRow(p: i32, first: i32): i32 {
  let end = first
  let left = 0
  for (let e = i32At(upperRowStart, p), last = e + i32At(upperRowLength, p); e < last; e++) {
    const entry = f64At(rowPoolValue, e)
    // The matrix may hold zeros.
    if (entry == 0) continue
    setF64(updateWork, i32At(rowPoolIndex, e), entry)
    left++
  }
  for (let slot = i32At(slotOf, p) + 1; left > 0 && slot < orderEnd; slot++) {
    const j = i32At(order, slot)
    if (j < 0) continue
    const entry = f64At(updateWork, j)
    if (entry == 0) continue
    setF64(updateWork, j, 0)
    left--
    const multiplier = entry * f64At(upperInverse, j)
    if (Math.abs(multiplier) < SOLVE_ZERO) continue
    if (end == etaSize) {
      memory.fill(updateWork, 0, <usize>rows << 3)
      return -1
    }
    setI32(etaIndex, end, j)
    setF64(etaValue, end++, multiplier)
    for (let e = i32At(upperRowStart, j), last = e + i32At(upperRowLength, j); e < last; e++) {
      const k = i32At(rowPoolIndex, e)
      const before = f64At(updateWork, k)
      const after = before - f64At(rowPoolValue, e) * multiplier
      if (before == 0) left++
      setF64(updateWork, k, after == 0 ? CANCELLED : after)
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
function insertSpike(p: i32, entries: i32): bool {
  openColumn(p)
  let fits = true
  for (let k = 0; k < entries; k++) {
    const i = i32At(spikeList, k)
    const entry = f64At(spike, i)
    setF64(spike, i, 0)
    if (i != p && Math.abs(entry) > SPIKE_ZERO && fits) fits = appendToLastColumn(p, i, entry)
  }
  return fits
}
