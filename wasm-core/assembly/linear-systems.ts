/**
 * The factorization that is resident, which basis it belongs to, and columns of [A | -I] as vectors.
 * Depends on factor.ts, forrest-tomlin.ts, listed-vector.ts, memory.ts, access.ts.
 */
import { f64At, i32At, setF64, setI32 } from './access'
import { forgetStatuses } from './bounds-and-costs'
import { factorizeBasis } from './factor'
import { beginUpdates, etaCount, updateFactors } from './forrest-tomlin'
import { noteEntry } from './listed-vector'
import { columnStart, columns, head, positionOf, rowIndex, scaledValue } from './memory'

/** False until the resident factorization belongs to the current basis. */
let factorized: bool = false

/** True when the resident factorization is the from-scratch one of exactly the current basis. */
export function isFresh(): bool { return factorized && etaCount == 0 }

/** True when the resident factorization, with its updates, is one of the current basis. */
export function isFactorized(): bool { return factorized }

/** To be called when the set of basic variables changed otherwise than through `replaceInBasis`. */
export function forgetFactorization(): void {
  factorized = false
  forgetStatuses()
}

/** Factorizes the current basis from scratch, unless that is what is resident. False when the basis cannot be repaired. */
export function refactorize(): bool {
  if (isFresh()) return true
  factorized = factorizeBasis()
  beginUpdates()
  return factorized
}

/**
 * Puts `entering` into position p: by an update, or else by the next factorization. Its tableau column is `column`, with nonzeros
 * at the `count` positions of `list`.
 */
export function replaceInBasis(p: i32, entering: i32, column: usize, list: usize, count: i32): void {
  setI32(head, p, entering)
  setI32(positionOf, entering, p)
  if (!updateFactors(p, column, list, count)) factorized = false
}

/** Adds the column of a variable in [A | -I], times `factor`, to a vector over rows. */
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

/** Lists the rows of a variable's column; gives their number. */
export function listColumn(list: usize, v: i32): i32 {
  if (v >= columns) {
    setI32(list, 0, v - columns)
    return 1
  }
  const start = i32At(columnStart, v)
  const count = i32At(columnStart, v + 1) - start
  memory.copy(list, rowIndex + (<usize>start << 2), <usize>count << 2)
  return count
}

/** Both at once, for sums of columns: adds the column to a listed vector; gives the new count. */
export function addListedColumn(vector: usize, list: usize, count: i32, v: i32, factor: f64): i32 {
  if (v >= columns) return addListed(vector, list, count, v - columns, -factor)
  let listed = count
  for (let e = i32At(columnStart, v), end = i32At(columnStart, v + 1); e < end; e++) {
    listed = addListed(vector, list, listed, i32At(rowIndex, e), f64At(scaledValue, e) * factor)
  }
  return listed
}

// @ts-ignore: decorator
@inline function addListed(vector: usize, list: usize, count: i32, i: i32, entry: f64): i32 {
  const before = f64At(vector, i)
  setF64(vector, i, before + entry)
  return noteEntry(before, i, list, count)
}
