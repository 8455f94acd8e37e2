/**
 * Where L and U lie, how they are filled, and how U is kept by columns and by rows.
 * Depends on memory.ts, access.ts, factor.ts (stages).
 *
 *   L   eta k: pivot row lowerRow[k], multipliers lowerStart[k] .. lowerStart[k+1] in lowerIndex, lowerValue
 *       the same by rows, for solves with the transpose: row byRow[t], byRowStart[t] .. byRowStart[t+1]
 *   U   position p: pivot upperPivot[p]; above it upperColumnStart[p], upperColumnLength[p] in columnPool*;
 *       right of it upperRowStart[p], upperRowLength[p] of upperRowRoom[p] in rowPool*
 *
 * Columns of U are packed and new ones go to the end; rows have room to grow and move to the end when it is used up.
 * Every pool has `poolSize` places; what does not fit makes the factorization fail or end early, never overwrite.
 */
import { f64At, i32At, setF64, setI32, u8At } from './access'
import { STAGE_1 } from './factor'
import {
  byRow, byRowIndex, byRowLengthOf, byRowStart, byRowStartOf, byRowValue, columnPoolIndex, columnPoolValue, columnStart, columns, factorHead, lowerIndex, lowerLengthOf, lowerRow, lowerStartOf,
  lowerStart, lowerValue, order, poolSize, rowIndex, rowPoolIndex, rowPoolValue, rows, rowStage, scaledValue, slotOf,
  upperColumnLength, upperColumnStart, upperInverse, upperPivot, upperRowLength, upperRowRoom, upperRowStart,
} from './memory'
import { HYPER_SPARSE_ROWS } from './tolerances'

/** Etas of L. */
export let lowerCount: i32 = 0
/** Rows of L with entries. */
export let byRowCount: i32 = 0
let lowerEnd: i32 = 0
let columnPoolEnd: i32 = 0
let rowPoolEnd: i32 = 0
let overflow: bool = false

/** Entries that a row of U may get by updates before it has to move. */
const ROW_ROOM: i32 = 4

export function beginStore(): void {
  lowerCount = 0
  lowerEnd = 0
  setI32(lowerStart, 0, 0)
  overflow = false
  // The kernel writes its rows of U here first, as (position, row, value): see appendUpper.
  rowPoolEnd = 0
}

// @ts-ignore: decorator
@inline export function appendLower(row: i32, multiplier: f64): void {
  if (lowerEnd == poolSize) { overflow = true; return }
  setI32(lowerIndex, lowerEnd, row)
  setF64(lowerValue, lowerEnd, multiplier)
  lowerEnd++
}

/** Ends the eta of a pivot row; one without entries is not kept. */
export function sealLower(row: i32): void {
  if (lowerEnd == i32At(lowerStart, lowerCount)) return
  setI32(lowerRow, lowerCount++, row)
  setI32(lowerStart, lowerCount, lowerEnd)
}

/** An entry of U in `row`, in the column of the `slot`-th basic variable; slots become positions in `finishStore`. */
// @ts-ignore: decorator
@inline export function appendUpper(row: i32, slot: i32, entry: f64): void {
  if (rowPoolEnd == poolSize) { overflow = true; return }
  setI32(rowPoolIndex, rowPoolEnd, slot)
  setF64(rowPoolValue, rowPoolEnd, entry)
  setI32(columnPoolIndex, rowPoolEnd, row)
  rowPoolEnd++
}

/** Marks the kernel's entries with the position of their column: `positionOf` gives it by slot. */
export function placeKernelEntries(positionOf: usize): void {
  for (let e = 0; e < rowPoolEnd; e++) setI32(rowPoolIndex, e, i32At(positionOf, i32At(rowPoolIndex, e)))
}

/** Puts U into its two forms and L into its second. False when something does not fit. */
export function finishStore(): bool {
  if (overflow) return false
  if (!buildColumns(rowPoolEnd) || !buildRows()) return false
  transposeLower()
  if (rows >= HYPER_SPARSE_ROWS) indexLower()
  for (let p = 0; p < rows; p++) setF64(upperInverse, p, 1 / f64At(upperPivot, p))
  return true
}

/** The etas of L by the row they stand for, in both forms: hyper-sparse solves go from row to row. */
function indexLower(): void {
  memory.fill(lowerLengthOf, 0, <usize>rows << 2)
  for (let k = 0; k < lowerCount; k++) {
    const row = i32At(lowerRow, k)
    setI32(lowerStartOf, row, i32At(lowerStart, k))
    setI32(lowerLengthOf, row, i32At(lowerStart, k + 1) - i32At(lowerStart, k))
  }
  memory.fill(byRowLengthOf, 0, <usize>rows << 2)
  for (let t = 0; t < byRowCount; t++) {
    const row = i32At(byRow, t)
    setI32(byRowStartOf, row, i32At(byRowStart, t))
    setI32(byRowLengthOf, row, i32At(byRowStart, t + 1) - i32At(byRowStart, t))
  }
}

/** Whether an entry of a basic column, in `row`, belongs to U at position p (the kernel's own rows are listed apart). */
// @ts-ignore: decorator
@inline function isAbove(row: i32, p: i32): bool {
  return u8At(rowStage, row) == STAGE_1 && i32At(slotOf, row) < i32At(slotOf, p)
}

function buildColumns(kernelEntries: i32): bool {
  // How many entries of the kernel each column waits for; its own from the rows of stage 1 come before them.
  memory.fill(upperColumnLength, 0, <usize>rows << 2)
  for (let e = 0; e < kernelEntries; e++) {
    const p = i32At(rowPoolIndex, e)
    setI32(upperColumnLength, p, i32At(upperColumnLength, p) + 1)
  }
  // Columns are laid out behind the kernel's row marks, which stand at the start of columnPoolIndex.
  let end = kernelEntries
  for (let p = 0; p < rows; p++) {
    const v = i32At(factorHead, p)
    const waiting = i32At(upperColumnLength, p)
    const first = end
    if (v < columns) {
      const start = i32At(columnStart, v)
      const last = i32At(columnStart, v + 1)
      if (end + last - start + waiting > poolSize) return false
      for (let e = start; e < last; e++) {
        const row = i32At(rowIndex, e)
        if (!isAbove(row, p)) continue
        setI32(columnPoolIndex, end, row)
        setF64(columnPoolValue, end++, f64At(scaledValue, e))
      }
    }
    setI32(upperColumnStart, p, first)
    setI32(upperColumnLength, p, end - first)
    end += waiting
  }
  if (end > poolSize) return false
  columnPoolEnd = end
  for (let e = 0; e < kernelEntries; e++) addToColumn(i32At(rowPoolIndex, e), i32At(columnPoolIndex, e), f64At(rowPoolValue, e))
  return true
}

// @ts-ignore: decorator
@inline function addToColumn(p: i32, row: i32, entry: f64): void {
  const at = i32At(upperColumnStart, p) + i32At(upperColumnLength, p)
  setI32(columnPoolIndex, at, row)
  setF64(columnPoolValue, at, entry)
  setI32(upperColumnLength, p, i32At(upperColumnLength, p) + 1)
}

function buildRows(): bool {
  memory.fill(upperRowRoom, 0, <usize>rows << 2)
  for (let p = 0; p < rows; p++) {
    for (let e = i32At(upperColumnStart, p), end = e + i32At(upperColumnLength, p); e < end; e++) {
      const i = i32At(columnPoolIndex, e)
      setI32(upperRowRoom, i, i32At(upperRowRoom, i) + 1)
    }
  }
  let end = 0
  for (let i = 0; i < rows; i++) {
    setI32(upperRowStart, i, end)
    setI32(upperRowLength, i, 0)
    const room = i32At(upperRowRoom, i) + ROW_ROOM
    setI32(upperRowRoom, i, room)
    end += room
  }
  if (end > poolSize) return false
  rowPoolEnd = end
  // By rank, so that the entries of a row stand in the order of their columns' pivots.
  for (let rank = 0; rank < rows; rank++) {
    const p = i32At(order, rank)
    for (let e = i32At(upperColumnStart, p), last = e + i32At(upperColumnLength, p); e < last; e++) {
      const i = i32At(columnPoolIndex, e)
      const at = i32At(upperRowStart, i) + i32At(upperRowLength, i)
      setI32(rowPoolIndex, at, p)
      setF64(rowPoolValue, at, f64At(columnPoolValue, e))
      setI32(upperRowLength, i, i32At(upperRowLength, i) + 1)
    }
  }
  return true
}

/** L by rows, in the order of their pivots, rows without entries left out. It has as many entries as L, so it fits. */
function transposeLower(): void {
  byRowCount = 0
  if (lowerEnd == 0) return
  // Until the last loop byRow counts entries by row, and byRowStart stands by rank.
  memory.fill(byRow, 0, <usize>rows << 2)
  for (let e = 0; e < lowerEnd; e++) {
    const i = i32At(lowerIndex, e)
    setI32(byRow, i, i32At(byRow, i) + 1)
  }
  let end = 0
  for (let rank = 0; rank < rows; rank++) {
    const i = i32At(order, rank)
    const count = i32At(byRow, i)
    setI32(byRowStart, rank, end)
    end += count
  }
  setI32(byRowStart, rows, end)
  memory.fill(byRow, 0, <usize>rows << 2)
  for (let k = 0; k < lowerCount; k++) {
    const r = i32At(lowerRow, k)
    for (let e = i32At(lowerStart, k), last = i32At(lowerStart, k + 1); e < last; e++) {
      const i = i32At(lowerIndex, e)
      const at = i32At(byRowStart, i32At(slotOf, i)) + i32At(byRow, i)
      setI32(byRow, i, i32At(byRow, i) + 1)
      setI32(byRowIndex, at, r)
      setF64(byRowValue, at, f64At(lowerValue, e))
    }
  }
  // Compacts to the rows that have entries.
  for (let rank = 0; rank < rows; rank++) {
    const start = i32At(byRowStart, rank)
    if (start == i32At(byRowStart, rank + 1)) continue
    setI32(byRowStart, byRowCount, start)
    setI32(byRow, byRowCount++, i32At(order, rank))
  }
  setI32(byRowStart, byRowCount, end)
}

/** Room for `count` more entries in the column pool. */
export function columnPoolHas(count: i32): bool { return columnPoolEnd + count <= poolSize }

/** Makes p the owner of an empty column at the end of the pool. */
export function openColumn(p: i32): void {
  setI32(upperColumnStart, p, columnPoolEnd)
  setI32(upperColumnLength, p, 0)
}

/** Adds an entry to the last column and to its row; false when the row pool is full. */
export function appendToLastColumn(p: i32, row: i32, entry: f64): bool {
  let start = i32At(upperRowStart, row)
  const length = i32At(upperRowLength, row)
  if (length == i32At(upperRowRoom, row)) {
    const room = 2 * length + ROW_ROOM
    if (rowPoolEnd + room > poolSize) return false
    memory.copy(rowPoolIndex + (<usize>rowPoolEnd << 2), rowPoolIndex + (<usize>start << 2), <usize>length << 2)
    memory.copy(rowPoolValue + (<usize>rowPoolEnd << 3), rowPoolValue + (<usize>start << 3), <usize>length << 3)
    start = rowPoolEnd
    setI32(upperRowStart, row, start)
    setI32(upperRowRoom, row, room)
    rowPoolEnd += room
  }
  setI32(rowPoolIndex, start + length, p)
  setF64(rowPoolValue, start + length, entry)
  setI32(upperRowLength, row, length + 1)
  addToColumn(p, row, entry)
  columnPoolEnd++
  return true
}

/** Removes position p from a list that holds it. */
// @ts-ignore: decorator
@inline export function removeEntry(index: usize, value: usize, start: i32, lengths: usize, owner: i32, p: i32): void {
  const last = i32At(lengths, owner) - 1
  let at = start
  while (i32At(index, at) != p) at++
  setI32(index, at, i32At(index, start + last))
  setF64(value, at, f64At(value, start + last))
  setI32(lengths, owner, last)
}
