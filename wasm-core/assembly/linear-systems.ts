/**
 * The factorization that is resident, and which basis it belongs to.
 * Depends on factor.ts, forrest-tomlin.ts, memory.ts, access.ts.
 */
import { f64At, i32At, setF64, setI32 } from './access'
import { factorizeBasis } from './factor'
import { beginUpdates, etaCount, updateFactors } from './forrest-tomlin'
import { columnStart, columns, head, rowIndex, scaledValue } from './memory'

/** False until the resident factorization belongs to the current basis. */
let factorized: bool = false

/** True when the resident factorization is the from-scratch one of exactly the current basis. */
export function isFresh(): bool { return factorized && etaCount == 0 }

/** True when it belongs to the current basis, by updates or from scratch. */
export function isFactorized(): bool { return factorized }

/** To be called when the set of basic variables changed otherwise than through `replaceInBasis`. */
export function forgetFactorization(): void { factorized = false }

/** Factorizes the current basis from scratch, unless that is what is resident. False when the basis cannot be repaired. */
export function refactorize(): bool {
  if (isFresh()) return true
  factorized = factorizeBasis()
  beginUpdates()
  return factorized
}

/** Puts `entering`, whose tableau column is `column`, into position p: by an update, or else by the next factorization. */
export function replaceInBasis(p: i32, entering: i32, column: usize): void {
  setI32(head, p, entering)
  if (!updateFactors(p, column)) factorized = false
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
