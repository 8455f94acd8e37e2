/**
 * A vector over rows together with the list of its nonzeros: what lets work cost what a vector holds instead of its length.
 * Depends on memory.ts and access.ts.
 *
 * The vector is +0 outside its list. While a vector is being summed up an entry that cancels and comes back is listed twice; a list
 * that is full is given up, and the vector is UNLISTED.
 */
import { clearF64, f64At, i32At, setF64, setI32 } from './access'
import { rows } from './memory'

/** In place of a count: the nonzeros of the vector are not listed. */
export const UNLISTED: i32 = -1

/** To be called when entry i, which was `before`, changes: one that was zero enters the list. Gives the new count. */
// @ts-ignore: decorator
@inline export function noteEntry(before: f64, i: i32, list: usize, count: i32): i32 {
  if (before != 0 || count == UNLISTED) return count
  if (count == rows) return UNLISTED
  setI32(list, count, i)
  return count + 1
}

/** Lists the nonzeros by a look at every entry; gives their number. */
export function listNonzeros(vector: usize, list: usize): i32 {
  let count = 0
  for (let i = 0; i < rows; i++) if (f64At(vector, i) != 0) setI32(list, count++, i)
  return count
}

/** Sets a vector back to zero, by its list while that is short. */
// @ts-ignore: decorator
@inline export function clearListed(vector: usize, list: usize, count: i32): void {
  if (count << 2 > rows) clearF64(vector, rows)
  else for (let k = 0; k < count; k++) setF64(vector, i32At(list, k), 0)
}
