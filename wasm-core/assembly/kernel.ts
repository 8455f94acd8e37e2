/**
 * Dense LU factorization with partial pivoting of the kernel: the part of a basis that no permutation
 * makes triangular (see factor.ts). Left-looking, column by column, so that a dependent column can be
 * set aside when it is met. Depends on memory.ts, access.ts and tolerances.ts.
 *
 * Column-major, `size` rows: entry (i, p) at kernel[p * size + i], rows in pivot order after the swaps:
 *
 *      p=0   1   2
 *   i=0 U00 U01 U02      row i of the kernel is row kernelRow[i] of the basis
 *     1 L10 U11 U12      L has a unit diagonal that is not stored
 *     2 L20 L21 U22
 */
import { f64At, i32At, setF64, setI32 } from './access'
import { kernel, kernelRow, kernelWork } from './memory'
import { SINGULAR_PIVOT } from './tolerances'

/** Rows of the kernel; columns accepted so far. They are equal after a successful factorization. */
export let size: i32 = 0
export let accepted: i32 = 0

// @ts-ignore: decorator
@inline function columnAt(p: i32): usize { return kernel + (<usize>(p * size) << 3) }

export function beginKernel(rowCount: i32): void {
  size = rowCount
  accepted = 0
}

/** The address of the next column, cleared; the caller writes its entries by kernel row (before swaps: see `rowNow`). */
export function nextKernelColumn(): usize {
  const column = columnAt(accepted)
  memory.fill(column, 0, <usize>size << 3)
  return column
}

/** Eliminates the column written last and accepts it; false, and the column is dropped, when it depends on the earlier ones. */
export function acceptKernelColumn(): bool {
  const column = columnAt(accepted)
  for (let p = 0; p < accepted; p++) {
    const factor = f64At(column, p)
    if (factor == 0) continue
    const left = columnAt(p)
    for (let i = p + 1; i < size; i++) setF64(column, i, f64At(column, i) - f64At(left, i) * factor)
  }
  let best = accepted
  let bestSize: f64 = accepted < size ? Math.abs(f64At(column, accepted)) : 0
  for (let i = accepted + 1; i < size; i++) {
    const entry = Math.abs(f64At(column, i))
    if (entry > bestSize) {
      best = i
      bestSize = entry
    }
  }
  if (!(bestSize > SINGULAR_PIVOT)) return false
  if (best != accepted) swapRows(best, accepted)
  const inverse = 1 / f64At(column, accepted)
  for (let i = accepted + 1; i < size; i++) setF64(column, i, f64At(column, i) * inverse)
  accepted++
  return true
}

function swapRows(a: i32, b: i32): void {
  for (let p = 0; p <= accepted; p++) {
    const column = columnAt(p)
    const entry = f64At(column, a)
    setF64(column, a, f64At(column, b))
    setF64(column, b, entry)
  }
  const row = i32At(kernelRow, a)
  setI32(kernelRow, a, i32At(kernelRow, b))
  setI32(kernelRow, b, row)
}

/** Solves K w = g in place of kernelWork (g by kernel row, w by kernel column). */
export function solveKernel(): void {
  for (let p = 0; p < size; p++) {
    const entry = f64At(kernelWork, p)
    if (entry == 0) continue
    const column = columnAt(p)
    for (let i = p + 1; i < size; i++) setF64(kernelWork, i, f64At(kernelWork, i) - f64At(column, i) * entry)
  }
  for (let p = size - 1; p >= 0; p--) {
    const sum = f64At(kernelWork, p)
    if (sum == 0) continue
    const column = columnAt(p)
    const entry = sum / f64At(column, p)
    setF64(kernelWork, p, entry)
    for (let i = 0; i < p; i++) setF64(kernelWork, i, f64At(kernelWork, i) - f64At(column, i) * entry)
  }
}

/** Solves K' w = g in place of kernelWork (g by kernel column, w by kernel row). */
export function solveKernelTransposed(): void {
  for (let p = 0; p < size; p++) {
    const column = columnAt(p)
    let sum = f64At(kernelWork, p)
    for (let i = 0; i < p; i++) sum -= f64At(column, i) * f64At(kernelWork, i)
    setF64(kernelWork, p, sum / f64At(column, p))
  }
  for (let p = size - 2; p >= 0; p--) {
    const column = columnAt(p)
    let sum = f64At(kernelWork, p)
    for (let i = p + 1; i < size; i++) sum -= f64At(column, i) * f64At(kernelWork, i)
    setF64(kernelWork, p, sum)
  }
}
