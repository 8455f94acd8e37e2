/**
 * Solves with the factors of the basis: B = L R^-1 U, with L and U of factor.ts and R the row etas of forrest-tomlin.ts.
 * Depends on factor-store.ts, forrest-tomlin.ts, memory.ts, access.ts.
 *
 * A position is a row, so that a solve works in place in one vector over rows. Each pivot whose entry is zero is passed over:
 * the cost is the entries of the pivots met, and one look at each pivot.
 */
import { f64At, i32At, setF64, setI32 } from './access'
import { byRowCount, lowerCount } from './factor-store'
import { etaCount, orderEnd } from './forrest-tomlin'
import {
  byRow, byRowIndex, byRowStart, byRowValue, columnPoolIndex, columnPoolValue, etaIndex, etaPosition, etaStart, etaValue, lowerIndex,
  lowerRow, lowerStart, lowerValue, order, rowPoolIndex, rowPoolValue, upperColumnLength, upperColumnStart, upperPivot,
  upperRowLength, upperRowStart,
} from './memory'
import { SOLVE_ZERO } from './tolerances'

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
