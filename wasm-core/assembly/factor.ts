/**
 * Factorization of the basis matrix from scratch. Depends on kernel.ts, memory.ts, access.ts, tolerances.ts.
 *
 * The basis is permuted into three stages; only the third needs arithmetic, and there is no fill in the others:
 *
 *              S1 cols  S2 cols  kernel
 *   S1 rows  [   U1        *       *   ]   S1: columns with one entry left, pivoted one after the other
 *   S2 rows  [   0        L2       0   ]   S2: rows with one entry left
 *   kernel   [   0         *       K   ]   K: dense LU of what remains (kernel.ts)
 *
 * So U1, L2 and the starred blocks are entries of the model's own columns and are never copied. Each
 * pivot joins a row and a variable: the row becomes the variable's *position*.
 *
 *   factorHead[row]   variable pivoted on that row      rowStage[row]   STAGE_1, STAGE_2 or STAGE_KERNEL
 *   pivotValue[row]   its entry there (S1 and S2)       pivotOrder[t]   row of the t-th pivot: S1, then S2
 *
 * Invariant (path independence): the outcome is a function of the set of basic variables and of the matrix
 * alone. Variables are taken in ascending order, queues are first in first out, ties go to the lower index.
 */
import { f64At, i32At, setF64, setI32, setU8, u8At } from './access'
import { acceptKernelColumn, beginKernel, accepted as kernelAccepted, nextKernelColumn, size as kernelSize } from './kernel'
import {
  activeCount, basicList, basisRowEntry, basisRowStart, columnStart, columns, factorHead, head, kernelIndex, kernelRow, pivotOrder,
  pivotValue, queue, rowCount, rowIndex, rows, rowStage, scaledValue, status, variables,
} from './memory'
import { REPAIR_LIMIT, SINGULAR_PIVOT } from './tolerances'

/** Codes of `status`; the host uses the same. */
export const BASIC: i32 = 0
export const AT_LOWER: i32 = 1
export const AT_UPPER: i32 = 2
export const FREE: i32 = 3

export const STAGE_NONE: i32 = 0
export const STAGE_1: i32 = 1
export const STAGE_2: i32 = 2
export const STAGE_KERNEL: i32 = 3

export let stage1Count: i32 = 0
export let stage2Count: i32 = 0
/** Columns of dependent basic variables exchanged since the model was loaded. */
export let repairs: i32 = 0

let basicCount: i32 = 0
let queueEnd: i32 = 0

/**
 * Factorizes the set of variables whose status is BASIC and fills `head`. A singular set is repaired: dependent
 * variables become nonbasic at their lower bound, logicals of the rows without a pivot take their place. False if that fails.
 */
export function factorizeBasis(): bool {
  for (let attempt = 0; attempt < REPAIR_LIMIT; attempt++) {
    listBasics()
    pivotLogicals()
    listRows()
    pivotColumnSingletons()
    pivotRowSingletons()
    if (basicCount == rows && factorizeKernel()) {
      memory.copy(head, factorHead, <usize>rows << 2)
      return true
    }
    repair()
  }
  return false
}

/** Surplus variables (only after a broken import) fall out from the end: a later repair fills up missing ones. */
function listBasics(): void {
  basicCount = 0
  for (let v = variables - 1; v >= 0; v--) {
    if (u8At(status, v) != BASIC) continue
    if (basicCount == rows) setU8(status, v, AT_LOWER)
    else basicCount++
  }
  let k = 0
  for (let v = 0; v < variables; v++) if (u8At(status, v) == BASIC) setI32(basicList, k++, v)
}

function pivotLogicals(): void {
  stage1Count = 0
  stage2Count = 0
  for (let i = 0; i < rows; i++) {
    setU8(rowStage, i, STAGE_NONE)
    setI32(factorHead, i, -1)
  }
  for (let k = 0; k < basicCount; k++) {
    const v = i32At(basicList, k)
    setI32(activeCount, k, 0)
    if (v >= columns) pivot(v - columns, k, -1, STAGE_1)
  }
}

/** Joins a row and the k-th basic variable; activeCount -1 marks the variable as done. */
function pivot(row: i32, k: i32, entry: f64, stage: i32): void {
  setI32(pivotOrder, stage1Count + stage2Count, row)
  setI32(factorHead, row, i32At(basicList, k))
  setF64(pivotValue, row, entry)
  setU8(rowStage, row, stage)
  setI32(activeCount, k, -1)
  if (stage == STAGE_1) stage1Count++
  else stage2Count++
}

/** Counts the entries of each structural basic column in rows still active, and lists the columns of each such row. */
function listRows(): void {
  for (let i = 0; i <= rows; i++) setI32(basisRowStart, i, 0)
  for (let k = 0; k < basicCount; k++) {
    const v = i32At(basicList, k)
    if (v >= columns) continue
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (u8At(rowStage, i) != STAGE_NONE) continue
      setI32(activeCount, k, i32At(activeCount, k) + 1)
      setI32(basisRowStart, i + 1, i32At(basisRowStart, i + 1) + 1)
    }
  }
  for (let i = 0; i < rows; i++) {
    setI32(rowCount, i, i32At(basisRowStart, i + 1))
    setI32(basisRowStart, i + 1, i32At(basisRowStart, i + 1) + i32At(basisRowStart, i))
  }
  for (let k = 0; k < basicCount; k++) {
    const v = i32At(basicList, k)
    if (v >= columns) continue
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
      const count = i32At(rowCount, i) - 1
      setI32(rowCount, i, count)
      if (count == 1) setI32(queue, queueEnd++, i)
    }
  }
}

/** True when every remaining column found a pivot; columns that did not keep activeCount >= 0. */
function factorizeKernel(): bool {
  let count = 0
  for (let i = 0; i < rows; i++) {
    if (u8At(rowStage, i) != STAGE_NONE) continue
    setI32(kernelRow, count++, i)
    setU8(rowStage, i, STAGE_KERNEL)
  }
  beginKernel(count)
  for (let k = 0; k < basicCount; k++) {
    if (i32At(activeCount, k) < 0) continue
    const v = i32At(basicList, k)
    // Earlier columns swapped rows, so the place of a row is looked up anew.
    for (let i = 0; i < kernelSize; i++) setI32(kernelIndex, i32At(kernelRow, i), i)
    const column = nextKernelColumn()
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (u8At(rowStage, i) == STAGE_KERNEL) setF64(column, i32At(kernelIndex, i), f64At(scaledValue, e))
    }
    if (!acceptKernelColumn()) continue
    setI32(factorHead, i32At(kernelRow, kernelAccepted - 1), v)
    setI32(activeCount, k, -1)
  }
  return kernelAccepted == kernelSize
}

/** Exchanges the variables without a pivot for logicals of the rows without one, lowest indices first. */
function repair(): void {
  // A kernel that was not tried (too few basic variables) still has to tell which columns are good.
  if (basicCount != rows) factorizeKernel()
  for (let k = 0; k < basicCount; k++) {
    if (i32At(activeCount, k) >= 0) setU8(status, i32At(basicList, k), AT_LOWER)
  }
  for (let i = 0; i < kernelSize; i++) {
    if (i >= kernelAccepted) {
      setU8(status, columns + i32At(kernelRow, i), BASIC)
      repairs++
    }
  }
}
