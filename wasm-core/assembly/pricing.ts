/**
 * A row of the simplex tableau: rho = row p of B^-1, and alphaRow = rho' [A | -I] over the nonbasic variables.
 * Both methods use it, to choose who enters and to keep reduced costs up to date. Depends on linear-systems.ts, memory.ts.
 *
 * Cost: the rows of A where rho is nonzero. Source: Koberstein (2005), chapter 6 (row-wise pricing).
 */
import { clearF64, f64At, i32At, setF64, setI32, u8At } from './access'
import { BASIC } from './factor'
import { btran } from './triangular-solve'
import { alphaRow, columns, rho, rowColumn, rows, rowStart, rowValue, status, touched } from './memory'

/** Stands for an entry that cancelled to zero, so that zero means "not listed yet". Far below every tolerance. */
const CANCELLED: f64 = 1e-100

/** Variables in `touched`: all that may have a nonzero entry. */
export let touchedCount: i32 = 0

/** rho := row p of the basis inverse. */
export function computeRho(p: i32): void {
  clearF64(rho, rows)
  setF64(rho, p, 1)
  btran(rho)
}

/** The tableau row that belongs to rho; `clearRow` must follow before the next one. */
export function computeRow(): void {
  touchedCount = 0
  for (let i = 0; i < rows; i++) {
    const factor = f64At(rho, i)
    if (factor == 0) continue
    const logical = columns + i
    if (u8At(status, logical) != BASIC) {
      setF64(alphaRow, logical, -factor)
      setI32(touched, touchedCount++, logical)
    }
    for (let e = i32At(rowStart, i), end = i32At(rowStart, i + 1); e < end; e++) {
      const j = i32At(rowColumn, e)
      const before = f64At(alphaRow, j)
      if (before == 0) {
        if (u8At(status, j) == BASIC) continue
        setI32(touched, touchedCount++, j)
      }
      const after = before + factor * f64At(rowValue, e)
      setF64(alphaRow, j, after == 0 ? CANCELLED : after)
    }
  }
}

export function clearRow(): void {
  for (let t = 0; t < touchedCount; t++) setF64(alphaRow, i32At(touched, t), 0)
  touchedCount = 0
}
