/**
 * Sparse elimination of the kernel: what remains of a basis after its singletons (factor.ts).
 * Depends on factor-store.ts, memory.ts, access.ts, tolerances.ts.
 *
 * A pivot is chosen for few new entries, (entries of its row - 1) * (entries of its column - 1), among those that are not
 * small in their column (threshold stability). Rows and columns are found by their number of entries in linked lists; the
 * search ends after SEARCH_LIMIT lines with a pivot.
 *
 *   active columns  kernelColumnStart[k], Length, Room  -> kernelColumnIndex (row), kernelColumnValue      k: slot in basicList
 *   active rows     kernelRowStart[i], Length, Room     -> kernelRowIndex (slot); no values
 *
 * Source: Markowitz (1957); Suhl and Suhl (1990). Cost: about the entries of L and U times the mean length of a line.
 */
import { f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import { appendLower, appendUpper, placeKernelEntries, sealLower } from './factor-store'
import { rankOfKernel, STAGE_KERNEL } from './factor'
import {
  activeCount, basicList, columnByCount, columnLargest, columnNext, columnPrevious, columnStart, columns, factorHead, kernelColumnIndex,
  kernelColumnLength, kernelColumnRoom, kernelColumnStart, kernelColumnValue, kernelPoolSize, kernelRowIndex, kernelRowLength,
  kernelRowRoom, kernelRowStart, kernelWork, order, queue, rowByCount, rowIndex, rowNext, rowPrevious, rows, rowStage,
  scaledValue, upperPivot,
} from './memory'
import { pivotThreshold } from './progress'
import { FILL_ZERO, SEARCH_LIMIT, SINGULAR_PIVOT } from './tolerances'

let columnPoolEnd: i32 = 0
let rowPoolEnd: i32 = 0
let bestRow: i32 = -1
let bestColumn: i32 = -1
let bestMerit: f64 = Infinity
let searched: i32 = 0

/** Pivots as many columns as are independent and writes them to L, U and `order`. False when memory does not suffice. */
export function eliminateKernel(basicCount: i32): bool {
  if (!load(basicCount)) return false
  let rank = rankOfKernel()
  while (findPivot()) {
    setI32(order, rank++, bestRow)
    setI32(factorHead, bestRow, i32At(basicList, bestColumn))
    setI32(queue, bestColumn, bestRow)
    setI32(activeCount, bestColumn, -1)
    if (!eliminate(bestRow, bestColumn)) return false
  }
  for (; rank < rows; rank++) setI32(order, rank, -1)
  placeKernelEntries(queue)
  return true
}

function load(basicCount: i32): bool {
  memory.fill(columnByCount, 0xff, <usize>(rows + 1) << 2)
  memory.fill(rowByCount, 0xff, <usize>(rows + 1) << 2)
  for (let i = 0; i < rows; i++) setI32(kernelRowLength, i, 0)
  columnPoolEnd = 0
  for (let k = 0; k < basicCount; k++) {
    if (i32At(activeCount, k) < 0) continue
    const v = i32At(basicList, k)
    setI32(kernelColumnStart, k, columnPoolEnd)
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (u8At(rowStage, i) != STAGE_KERNEL) continue
      const entry = f64At(scaledValue, e)
      if (entry == 0) continue
      if (columnPoolEnd == kernelPoolSize) return false
      setI32(kernelColumnIndex, columnPoolEnd, i)
      setF64(kernelColumnValue, columnPoolEnd++, entry)
      setI32(kernelRowLength, i, i32At(kernelRowLength, i) + 1)
    }
    const length = columnPoolEnd - i32At(kernelColumnStart, k)
    setI32(kernelColumnLength, k, length)
    setI32(kernelColumnRoom, k, length)
    measureColumn(k)
    linkColumn(k)
  }
  rowPoolEnd = 0
  for (let i = 0; i < rows; i++) {
    if (u8At(rowStage, i) != STAGE_KERNEL) continue
    const length = i32At(kernelRowLength, i)
    setI32(kernelRowStart, i, rowPoolEnd)
    setI32(kernelRowRoom, i, length)
    rowPoolEnd += length
    linkRow(i)
    setI32(kernelRowLength, i, 0)
  }
  for (let k = 0; k < basicCount; k++) {
    if (i32At(activeCount, k) < 0) continue
    for (let e = i32At(kernelColumnStart, k), end = e + i32At(kernelColumnLength, k); e < end; e++) {
      const i = i32At(kernelColumnIndex, e)
      const length = i32At(kernelRowLength, i)
      setI32(kernelRowIndex, i32At(kernelRowStart, i) + length, k)
      setI32(kernelRowLength, i, length + 1)
    }
  }
  return true
}

/** Puts a line (a row or a column) with `count` entries first in the list of its count; `previous` of the first is -2 - count. */
// @ts-ignore: decorator
@inline function link(byCount: usize, next: usize, previous: usize, line: i32, count: i32): void {
  const first = i32At(byCount, count)
  setI32(next, line, first)
  setI32(previous, line, -2 - count)
  if (first >= 0) setI32(previous, first, line)
  setI32(byCount, count, line)
}

// @ts-ignore: decorator
@inline function unlink(byCount: usize, next: usize, previous: usize, line: i32): void {
  const before = i32At(previous, line)
  const after = i32At(next, line)
  if (before < -1) setI32(byCount, -2 - before, after)
  else setI32(next, before, after)
  if (after >= 0) setI32(previous, after, before)
}

// @ts-ignore: decorator
@inline function linkColumn(k: i32): void { link(columnByCount, columnNext, columnPrevious, k, i32At(kernelColumnLength, k)) }
// @ts-ignore: decorator
@inline function unlinkColumn(k: i32): void { unlink(columnByCount, columnNext, columnPrevious, k) }
// @ts-ignore: decorator
@inline function linkRow(i: i32): void { link(rowByCount, rowNext, rowPrevious, i, i32At(kernelRowLength, i)) }
// @ts-ignore: decorator
@inline function unlinkRow(i: i32): void { unlink(rowByCount, rowNext, rowPrevious, i) }

function measureColumn(k: i32): void {
  let largest: f64 = 0
  for (let e = i32At(kernelColumnStart, k), end = e + i32At(kernelColumnLength, k); e < end; e++) {
    largest = max(largest, Math.abs(f64At(kernelColumnValue, e)))
  }
  setF64(columnLargest, k, largest)
}

/** The next pivot in bestRow, bestColumn; false when nothing is left but columns that depend on others. */
function findPivot(): bool {
  bestRow = -1
  bestMerit = Infinity
  searched = 0
  for (let count = 1; count <= rows; count++) {
    const least = <f64>(count - 1) * <f64>(count - 1)
    if (bestRow >= 0 && bestMerit <= least) return true
    for (let k = i32At(columnByCount, count); k >= 0; k = i32At(columnNext, k)) {
      searchColumn(k, count)
      if (bestRow >= 0 && (bestMerit <= least || ++searched >= SEARCH_LIMIT)) return true
    }
    for (let i = i32At(rowByCount, count); i >= 0; i = i32At(rowNext, i)) {
      searchRow(i, count)
      if (bestRow >= 0 && (bestMerit <= least || ++searched >= SEARCH_LIMIT)) return true
    }
  }
  return bestRow >= 0
}

function searchColumn(k: i32, count: i32): void {
  const largest = f64At(columnLargest, k)
  if (!(largest > SINGULAR_PIVOT)) return
  const least = pivotThreshold * largest
  for (let e = i32At(kernelColumnStart, k), end = e + count; e < end; e++) {
    if (Math.abs(f64At(kernelColumnValue, e)) < least) continue
    const i = i32At(kernelColumnIndex, e)
    consider(i, k, <f64>(count - 1) * <f64>(i32At(kernelRowLength, i) - 1))
  }
}

function searchRow(i: i32, count: i32): void {
  for (let t = i32At(kernelRowStart, i), end = t + count; t < end; t++) {
    const k = i32At(kernelRowIndex, t)
    const merit = <f64>(count - 1) * <f64>(i32At(kernelColumnLength, k) - 1)
    if (merit >= bestMerit) continue
    const largest = f64At(columnLargest, k)
    if (!(largest > SINGULAR_PIVOT)) continue
    let e = i32At(kernelColumnStart, k)
    while (i32At(kernelColumnIndex, e) != i) e++
    if (Math.abs(f64At(kernelColumnValue, e)) >= pivotThreshold * largest) consider(i, k, merit)
  }
}

// @ts-ignore: decorator
@inline function consider(i: i32, k: i32, merit: f64): void {
  if (merit >= bestMerit) return
  bestMerit = merit
  bestRow = i
  bestColumn = k
}

/** Removes the pivot's row and column from the active part, writes them to U and L, and updates what they meet. */
function eliminate(r: i32, c: i32): bool {
  unlinkColumn(c)
  unlinkRow(r)
  const start = i32At(kernelColumnStart, c)
  const end = start + i32At(kernelColumnLength, c)
  let at = start
  while (i32At(kernelColumnIndex, at) != r) at++
  const pivot = f64At(kernelColumnValue, at)
  setF64(upperPivot, r, pivot)
  for (let e = start; e < end; e++) {
    const i = i32At(kernelColumnIndex, e)
    if (i == r) continue
    const multiplier = f64At(kernelColumnValue, e) / pivot
    appendLower(i, multiplier)
    setF64(kernelWork, i, multiplier)
    unlinkRow(i)
    removeFromRow(i, c)
  }
  sealLower(r)
  let fits = true
  for (let t = i32At(kernelRowStart, r), last = t + i32At(kernelRowLength, r); t < last && fits; t++) {
    const k = i32At(kernelRowIndex, t)
    if (k != c) fits = updateColumn(k, r, start, end)
  }
  for (let e = start; e < end; e++) {
    const i = i32At(kernelColumnIndex, e)
    if (i == r) continue
    setF64(kernelWork, i, 0)
    linkRow(i)
  }
  return fits
}

// @ts-ignore: decorator
@inline function removeFromRow(i: i32, k: i32): void {
  const start = i32At(kernelRowStart, i)
  const last = start + i32At(kernelRowLength, i) - 1
  let t = start
  while (i32At(kernelRowIndex, t) != k) t++
  setI32(kernelRowIndex, t, i32At(kernelRowIndex, last))
  setI32(kernelRowLength, i, last - start)
}

/** Column k loses its entry in the pivot row to U and gets multiplier * entry subtracted where the pivot column has entries. */
function updateColumn(k: i32, r: i32, pivotStart: i32, pivotEnd: i32): bool {
  unlinkColumn(k)
  let start = i32At(kernelColumnStart, k)
  let length = i32At(kernelColumnLength, k)
  let at = start
  while (i32At(kernelColumnIndex, at) != r) at++
  const entry = f64At(kernelColumnValue, at)
  appendUpper(r, k, entry)
  length--
  setI32(kernelColumnIndex, at, i32At(kernelColumnIndex, start + length))
  setF64(kernelColumnValue, at, f64At(kernelColumnValue, start + length))
  let met = 0
  for (let e = start; e < start + length; e++) {
    const i = i32At(kernelColumnIndex, e)
    const multiplier = f64At(kernelWork, i)
    if (multiplier == 0) continue
    setU8(rowStage, i, MET)
    met++
    const after = f64At(kernelColumnValue, e) - multiplier * entry
    if (Math.abs(after) < FILL_ZERO) {
      removeFromRow(i, k)
      length--
      setI32(kernelColumnIndex, e, i32At(kernelColumnIndex, start + length))
      setF64(kernelColumnValue, e, f64At(kernelColumnValue, start + length))
      e--
    } else setF64(kernelColumnValue, e, after)
  }
  // The pivot column's other entries that were not met are new here.
  const needed = length + (pivotEnd - pivotStart) - 1 - met
  if (needed > i32At(kernelColumnRoom, k)) {
    setI32(kernelColumnLength, k, length)
    if (!moveColumn(k, needed + (needed >> 1) + 4)) return false
    start = i32At(kernelColumnStart, k)
  }
  for (let e = pivotStart; e < pivotEnd; e++) {
    const i = i32At(kernelColumnIndex, e)
    if (i == r) continue
    if (u8At(rowStage, i) == MET) { setU8(rowStage, i, STAGE_KERNEL); continue }
    const fill = -f64At(kernelWork, i) * entry
    if (Math.abs(fill) < FILL_ZERO) continue
    setI32(kernelColumnIndex, start + length, i)
    setF64(kernelColumnValue, start + length, fill)
    length++
    if (!addToRow(i, k)) return false
  }
  setI32(kernelColumnLength, k, length)
  measureColumn(k)
  linkColumn(k)
  return true
}

/** Mark of a row whose entry in the column at hand was updated in place. */
const MET: i32 = 4

function moveColumn(k: i32, room: i32): bool {
  if (columnPoolEnd + room > kernelPoolSize) return false
  const from = i32At(kernelColumnStart, k)
  const length = i32At(kernelColumnLength, k)
  memory.copy(kernelColumnIndex + (<usize>columnPoolEnd << 2), kernelColumnIndex + (<usize>from << 2), <usize>length << 2)
  memory.copy(kernelColumnValue + (<usize>columnPoolEnd << 3), kernelColumnValue + (<usize>from << 3), <usize>length << 3)
  setI32(kernelColumnStart, k, columnPoolEnd)
  setI32(kernelColumnRoom, k, room)
  columnPoolEnd += room
  return true
}

function addToRow(i: i32, k: i32): bool {
  const length = i32At(kernelRowLength, i)
  let start = i32At(kernelRowStart, i)
  if (length == i32At(kernelRowRoom, i)) {
    const room = length + (length >> 1) + 4
    if (rowPoolEnd + room > kernelPoolSize) return false
    memory.copy(kernelRowIndex + (<usize>rowPoolEnd << 2), kernelRowIndex + (<usize>start << 2), <usize>length << 2)
    start = rowPoolEnd
    setI32(kernelRowStart, i, start)
    setI32(kernelRowRoom, i, room)
    rowPoolEnd += room
  }
  setI32(kernelRowIndex, start + length, k)
  setI32(kernelRowLength, i, length + 1)
  return true
}
