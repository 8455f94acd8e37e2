/**
 * Systems with the basis matrix: the factorization of factor.ts followed by product-form updates.
 * Depends on factor.ts, kernel.ts, memory.ts, access.ts, tolerances.ts.
 *
 * After k basis changes  B = B0 E1 ... Ek; E replaces the unit column of one position p by the tableau column of
 * the variable that entered there. An eta vector is that column: etaPivot at p, the others as (index, value) pairs.
 *
 *   etaStart[t] .. etaStart[t+1]  its entries in etaIndex, etaValue     etaPosition[t] = p
 */
import { f64At, i32At, setF64, setI32, u8At } from './access'
import { factorizeBasis, STAGE_1, stage1Count, stage2Count } from './factor'
import { size as kernelSize, solveKernel, solveKernelTransposed } from './kernel'
import {
  columnStart, columns, etaIndex, etaPivot, etaPosition, etaStart, etaValue, factorHead, head, kernelRow, kernelWork, pivotOrder,
  pivotValue, rowIndex, rows, rowStage, scaledValue,
} from './memory'
import { ETA_ZERO } from './tolerances'

export let etaCount: i32 = 0
/** False until the resident factorization belongs to the current basis. */
let factorized: bool = false

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

/** Subtracts `factor` times the column of a structural variable, except its entry in row `except`. */
// @ts-ignore: decorator
@inline function eliminate(w: usize, v: i32, factor: f64, except: i32): void {
  if (v >= columns) return
  for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
    const i = i32At(rowIndex, e)
    if (i != except) setF64(w, i, f64At(w, i) - f64At(scaledValue, e) * factor)
  }
}

/** w := B^-1 w; right-hand side by row, result by position (a position is a row). */
export function ftran(w: usize): void {
  for (let t = stage1Count, end = stage1Count + stage2Count; t < end; t++) {
    const r = i32At(pivotOrder, t)
    const sum = f64At(w, r)
    if (sum == 0) continue
    const entry = sum / f64At(pivotValue, r)
    setF64(w, r, entry)
    eliminate(w, i32At(factorHead, r), entry, r)
  }
  if (kernelSize > 0) ftranKernel(w)
  for (let t = stage1Count - 1; t >= 0; t--) {
    const r = i32At(pivotOrder, t)
    const sum = f64At(w, r)
    if (sum == 0) continue
    const entry = sum / f64At(pivotValue, r)
    setF64(w, r, entry)
    eliminate(w, i32At(factorHead, r), entry, r)
  }
  for (let t = 0; t < etaCount; t++) {
    const p = i32At(etaPosition, t)
    const sum = f64At(w, p)
    if (sum == 0) continue
    const entry = sum / f64At(etaPivot, t)
    setF64(w, p, entry)
    for (let k = i32At(etaStart, t), end = i32At(etaStart, t + 1); k < end; k++) {
      const i = i32At(etaIndex, k)
      setF64(w, i, f64At(w, i) - f64At(etaValue, k) * entry)
    }
  }
}

function ftranKernel(w: usize): void {
  let any: f64 = 0
  for (let p = 0; p < kernelSize; p++) {
    const entry = f64At(w, i32At(kernelRow, p))
    any = max(any, Math.abs(entry))
    setF64(kernelWork, p, entry)
  }
  if (any == 0) return
  solveKernel()
  for (let p = 0; p < kernelSize; p++) {
    const entry = f64At(kernelWork, p)
    const r = i32At(kernelRow, p)
    setF64(w, r, entry)
    if (entry == 0) continue
    const v = i32At(factorHead, r)
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (u8At(rowStage, i) == STAGE_1) setF64(w, i, f64At(w, i) - f64At(scaledValue, e) * entry)
    }
  }
}

/** The entry of row r after subtracting the part of its column that is already known. */
// @ts-ignore: decorator
@inline function remainder(w: usize, r: i32): f64 {
  const v = i32At(factorHead, r)
  let sum = f64At(w, r)
  if (v < columns) {
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (i != r) sum -= f64At(scaledValue, e) * f64At(w, i)
    }
  }
  return sum
}

/** w := B^-T w; right-hand side by position, result by row. */
export function btran(w: usize): void {
  for (let t = etaCount - 1; t >= 0; t--) {
    const p = i32At(etaPosition, t)
    let sum = f64At(w, p)
    for (let k = i32At(etaStart, t), end = i32At(etaStart, t + 1); k < end; k++) {
      sum -= f64At(etaValue, k) * f64At(w, i32At(etaIndex, k))
    }
    setF64(w, p, sum / f64At(etaPivot, t))
  }
  for (let t = 0; t < stage1Count; t++) {
    const r = i32At(pivotOrder, t)
    setF64(w, r, remainder(w, r) / f64At(pivotValue, r))
  }
  if (kernelSize > 0) btranKernel(w)
  for (let t = stage1Count + stage2Count - 1; t >= stage1Count; t--) {
    const r = i32At(pivotOrder, t)
    setF64(w, r, remainder(w, r) / f64At(pivotValue, r))
  }
}

function btranKernel(w: usize): void {
  for (let p = 0; p < kernelSize; p++) {
    const r = i32At(kernelRow, p)
    const v = i32At(factorHead, r)
    let sum = f64At(w, r)
    for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
      const i = i32At(rowIndex, e)
      if (u8At(rowStage, i) == STAGE_1) sum -= f64At(scaledValue, e) * f64At(w, i)
    }
    setF64(kernelWork, p, sum)
  }
  solveKernelTransposed()
  for (let p = 0; p < kernelSize; p++) setF64(w, i32At(kernelRow, p), f64At(kernelWork, p))
}

/** Puts `entering`, whose tableau column is `column`, into position p. The caller keeps etaCount below ETA_LIMIT. */
export function replaceInBasis(p: i32, entering: i32, column: usize): void {
  let end = i32At(etaStart, etaCount)
  for (let i = 0; i < rows; i++) {
    const entry = f64At(column, i)
    if (i == p || Math.abs(entry) <= ETA_ZERO) continue
    setI32(etaIndex, end, i)
    setF64(etaValue, end, entry)
    end++
  }
  setI32(etaPosition, etaCount, p)
  setF64(etaPivot, etaCount, f64At(column, p))
  etaCount++
  setI32(etaStart, etaCount, end)
  setI32(head, p, entering)
}
