/**
 * Factorization of the basis matrix from scratch: B = L U with the rows and columns permuted.
 * Depends on markowitz.ts, factor-store.ts, bounds-and-costs.ts (statuses), memory.ts, access.ts, tolerances.ts.
 *
 * Each pivot joins a row and a basic variable; the row becomes the variable's *position*. Pivots are taken in this order:
 *
 *   1. logicals, then columns with one entry left (column singletons): no elimination, nothing enters L
 *   2. rows with one entry left (row singletons): their columns go into L, still no fill
 *   3. the kernel, what remains: sparse elimination (markowitz.ts)
 *
 *   factorHead[row]  variable pivoted on that row       order[rank]  row of the rank-th pivot
 *   rowStage[row]    STAGE_1, STAGE_2 or STAGE_KERNEL   slotOf[row]  its rank
 *
 * Invariant (path independence): the outcome is a function of the set of basic variables and of the matrix
 * alone. Variables are taken in ascending order, queues are first in first out, ties go to the lower index.
 * Cost: the entries of the basic columns, and the arithmetic of the kernel.
 * Source: Suhl and Suhl, Computing sparse LU factorizations for large-scale linear programming bases (1990).
 */
import { f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import { AT_LOWER, BASIC, forgetStatuses } from './bounds-and-costs'
import { appendLower, beginStore, finishStore, sealLower } from './factor-store'
import { eliminateKernel } from './markowitz'
import {
  activeCount, basicList, basisRowEntry, basisRowStart, columnStart, columns, factorHead, head, order, queue, rowCount, rowIndex,
  rows, rowStage, scaledValue, slotOf, status, upperPivot, variables,
} from './memory'
import { REPAIR_LIMIT, SINGULAR_PIVOT } from './tolerances'

export const STAGE_NONE: i32 = 0
export const STAGE_1: i32 = 1
export const STAGE_2: i32 = 2
export const STAGE_KERNEL: i32 = 3

/** Columns of dependent basic variables exchanged since the module was instantiated. */
export let repairs: i32 = 0

/** Factorizations since the module was instantiated. */
export let factorizations: i32 = 0

let basicCount: i32 = 0
let queueEnd: i32 = 0
let ranked: i32 = 0

/**
 * Factorizes the set of variables whose status is BASIC and fills `head`. A singular set is repaired: dependent
 * variables become nonbasic at their lower bound, logicals of the rows without a pivot take their place. False if that
 * fails, or the factors do not fit into their memory.
 */
export function factorizeBasis(): bool {
  factorizations++
  for (let attempt = 0; attempt < REPAIR_LIMIT; attempt++) {
    listBasics()
    beginStore()
    pivotLogicals()
    listRows()
    pivotColumnSingletons()
    pivotRowSingletons()
    if (ranked < rows || basicCount < rows) {
      markKernel()
      if (!eliminateKernel(basicCount)) return false
      rankKernel()
    }
    if (ranked == rows && basicCount == rows) {
      if (!finishStore()) return false
      memory.copy(head, factorHead, <usize>rows << 2)
      return true
    }
    repair()
  }
  return false
}

/**
 * In ascending order, sixteen statuses at a time. Surplus variables (only after a broken import) fall out from the end: a later repair
 * fills up missing ones.
 */
function listBasics(): void {
  let count = 0
  const last = variables & ~15
  for (let v = 0; v < last; v += 16) {
    // BASIC is 0.
    let which = i8x16.bitmask(i8x16.eq(v128.load(status + v), i8x16.splat(0)))
    for (; which != 0; which &= which - 1) count = listBasic(v + ctz(which), count)
  }
  for (let v = last; v < variables; v++) if (u8At(status, v) == BASIC) count = listBasic(v, count)
  basicCount = count
}

// @ts-ignore: decorator
@inline function listBasic(v: i32, count: i32): i32 {
  if (count < rows) {
    setI32(basicList, count, v)
    return count + 1
  }
  setU8(status, v, AT_LOWER)
  forgetStatuses()
  return count
}

function pivotLogicals(): void {
  ranked = 0
  memory.fill(rowStage, 0, <usize>rows)
  for (let i = 0; i < rows; i++) setI32(factorHead, i, -1)
  for (let k = 0; k < basicCount; k++) {
    const v = i32At(basicList, k)
    setI32(activeCount, k, 0)
    if (v >= columns) pivot(v - columns, k, -1, STAGE_1)
  }
}

/** Joins a row and the k-th basic variable; activeCount -1 marks the variable as done. */
function pivot(row: i32, k: i32, entry: f64, stage: i32): void {
  setI32(order, ranked, row)
  setI32(slotOf, row, ranked++)
  setI32(factorHead, row, i32At(basicList, k))
  setF64(upperPivot, row, entry)
  setU8(rowStage, row, stage)
  setI32(activeCount, k, -1)
}

/** Counts the entries of each structural basic column in rows still active, and lists the columns of each such row. */
function listRows(): void {
  memory.fill(basisRowStart, 0, <usize>(rows + 1) << 2)
  for (let k = 0; k < basicCount; k++) {
    const v = i32At(basicList, k)
    // Ascending: only logicals follow.
    if (v >= columns) break
    let count = 0
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (u8At(rowStage, i) != STAGE_NONE) continue
      count++
      setI32(basisRowStart, i + 1, i32At(basisRowStart, i + 1) + 1)
    }
    setI32(activeCount, k, count)
  }
  for (let i = 0; i < rows; i++) {
    const count = i32At(basisRowStart, i + 1)
    setI32(rowCount, i, count)
    setI32(basisRowStart, i + 1, count + i32At(basisRowStart, i))
  }
  for (let k = 0; k < basicCount; k++) {
    const v = i32At(basicList, k)
    if (v >= columns) break
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (u8At(rowStage, i) != STAGE_NONE) continue
      const at = i32At(basisRowStart, i)
      setI32(basisRowEntry, at, k)
      setI32(basisRowStart, i, at + 1)
    }
  }
  for (let i = rows; i > 0; i--) setI32(basisRowStart, i, i32At(basisRowStart, i - 1))
  setI32(basisRowStart, 0, 0)
}

function pivotColumnSingletons(): void {
  queueEnd = 0
  for (let k = 0; k < basicCount; k++) if (i32At(activeCount, k) == 1) setI32(queue, queueEnd++, k)
  for (let front = 0; front < queueEnd; front++) {
    const k = i32At(queue, front)
    if (i32At(activeCount, k) != 1) continue
    const e = onlyActiveEntry(i32At(basicList, k))
    const entry = f64At(scaledValue, e)
    if (!(Math.abs(entry) > SINGULAR_PIVOT)) continue
    const row = i32At(rowIndex, e)
    pivot(row, k, entry, STAGE_1)
    for (let t = i32At(basisRowStart, row), end = i32At(basisRowStart, row + 1); t < end; t++) {
      const other = i32At(basisRowEntry, t)
      const count = i32At(activeCount, other)
      if (count < 0) continue
      setI32(activeCount, other, count - 1)
      // A count passes 1 once on its way down, so the queue never holds more than `rows` elements.
      if (count == 2) setI32(queue, queueEnd++, other)
    }
  }
}

function onlyActiveEntry(v: i32): i32 {
  let e = i32At(columnStart, v)
  while (u8At(rowStage, i32At(rowIndex, e)) != STAGE_NONE) e++
  return e
}

function pivotRowSingletons(): void {
  queueEnd = 0
  for (let i = 0; i < rows; i++) {
    if (u8At(rowStage, i) != STAGE_NONE) continue
    let count = 0
    for (let t = i32At(basisRowStart, i), end = i32At(basisRowStart, i + 1); t < end; t++) {
      if (i32At(activeCount, i32At(basisRowEntry, t)) >= 0) count++
    }
    setI32(rowCount, i, count)
    if (count == 1) setI32(queue, queueEnd++, i)
  }
  for (let front = 0; front < queueEnd; front++) {
    const row = i32At(queue, front)
    if (i32At(rowCount, row) != 1 || u8At(rowStage, row) != STAGE_NONE) continue
    let t = i32At(basisRowStart, row)
    while (i32At(activeCount, i32At(basisRowEntry, t)) < 0) t++
    const k = i32At(basisRowEntry, t)
    const v = i32At(basicList, k)
    let e = i32At(columnStart, v)
    while (i32At(rowIndex, e) != row) e++
    const entry = f64At(scaledValue, e)
    if (!(Math.abs(entry) > SINGULAR_PIVOT)) continue
    pivot(row, k, entry, STAGE_2)
    for (let f = i32At(columnStart, v), end = i32At(columnStart, v + 1); f < end; f++) {
      const i = i32At(rowIndex, f)
      if (u8At(rowStage, i) != STAGE_NONE) continue
      appendLower(i, f64At(scaledValue, f) / entry)
      const count = i32At(rowCount, i) - 1
      setI32(rowCount, i, count)
      if (count == 1) setI32(queue, queueEnd++, i)
    }
    sealLower(row)
  }
}

function markKernel(): void {
  for (let i = 0; i < rows; i++) if (u8At(rowStage, i) == STAGE_NONE) setU8(rowStage, i, STAGE_KERNEL)
}

/** The kernel has written `order` from `ranked` on, one row a pivot. */
function rankKernel(): void {
  while (ranked < rows) {
    const row = i32At(order, ranked)
    if (row < 0) return
    setI32(slotOf, row, ranked++)
  }
}

/** Where the kernel's first pivot goes in `order`. */
export function rankOfKernel(): i32 { return ranked }

/** Exchanges the variables without a pivot for logicals of the rows without one. */
function repair(): void {
  forgetStatuses()
  for (let k = 0; k < basicCount; k++) {
    if (i32At(activeCount, k) >= 0) setU8(status, i32At(basicList, k), AT_LOWER)
  }
  for (let i = 0; i < rows; i++) {
    if (i32At(factorHead, i) >= 0) continue
    setU8(status, columns + i, BASIC)
    repairs++
  }
}
