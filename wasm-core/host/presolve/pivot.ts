/** Which entries presolve may divide by: the first caution of limits.ts. Depends on working-model.ts, limits.ts. */
import { PIVOT_RATIO, SMALLEST_PIVOT } from './limits.js'
import type { WorkingModel } from './working-model.js'

/** Large enough beside the other entries of its row. */
export function isSafePivot(work: WorkingModel, e: number): boolean {
  const { matrix } = work
  const size = Math.abs(matrix.value[e])
  if (size < SMALLEST_PIVOT) return false
  const i = matrix.row[e]
  work.work += matrix.rowCount[i]
  for (let f = matrix.rowHead[i]; f >= 0; f = matrix.nextInRow[f]) {
    if (size < PIVOT_RATIO * Math.abs(matrix.value[f])) return false
  }
  return true
}
