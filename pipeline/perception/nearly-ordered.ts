/**
 * Sorts what is nearly in order already, as the records of a feed are: linear in the rows, and n log n only in those
 * that are out of place ("drop-merge sort"). Pure.
 */

/**
 * Sorts `rows[from .. to)` by `compare`, which must never give 0 for two rows.
 * Rows out of place are taken out, sorted apart and merged in from the end.
 */
export function sortNearlyOrdered(
  rows: Int32Array,
  from: number,
  to: number,
  compare: (a: number, b: number) => number,
): void {
  const strays: number[] = []
  let end = from
  for (let index = from; index < to; index++) {
    const row = rows[index]!
    if (end > from && compare(rows[end - 1]!, row) > 0) {
      // Either this one is late, or the one before was early: then the one before that fits.
      const isEarly = end - 1 === from || compare(rows[end - 2]!, row) < 0
      strays.push(isEarly ? rows[end - 1]! : row)
      if (isEarly) rows[end - 1] = row
    } else rows[end++] = row
  }
  if (strays.length === 0) return
  strays.sort(compare)
  let kept = end - 1
  for (let target = to - 1, stray = strays.length - 1; stray >= 0; target--) {
    if (kept >= from && compare(rows[kept]!, strays[stray]!) > 0) rows[target] = rows[kept--]!
    else rows[target] = strays[stray--]!
  }
}
