/**
 * A Farkas ray from multipliers of the rows, checked against the model. The signs are those of `LinearProgram.ray`.
 * Depends on sparse-model.ts.
 */
import type { SparseModel } from '../sparse-model.js'

/** A multiplier this small beside the terms it is the sum of, on an infinite bound, is rounding; as in assembly/ray.ts. */
const RAY_ZERO = 1e-9
/** The sum must be positive by more than its own rounding. */
const MARGIN = 1e-12

/** Columns, then rows, largest row multiplier 1; undefined when the multipliers prove nothing. */
export function farkasRay(model: SparseModel, rowMultipliers: Float64Array): Float64Array | undefined {
  const { rows, columns } = model
  let largest = 0
  for (let i = 0; i < rows; i++) largest = Math.max(largest, Math.abs(rowMultipliers[i]))
  if (!(largest > 0 && largest < Infinity)) return undefined
  const ray = new Float64Array(columns + rows)
  const total = { sum: 0, size: 0 }
  for (let i = 0; i < rows; i++) {
    ray[columns + i] = counted(rowMultipliers[i] / largest, 1, model.rowLower[i], model.rowUpper[i], total)
  }
  for (let j = 0; j < columns; j++) {
    let multiplier = 0
    let size = 1
    for (let e = model.columnStart[j]; e < model.columnStart[j + 1]; e++) {
      const term = ray[columns + model.rowIndex[e]] * model.value[e]
      multiplier -= term
      size += Math.abs(term)
    }
    ray[j] = counted(multiplier, size, model.columnLower[j], model.columnUpper[j], total)
  }
  // An infinite bound makes the sum -Infinity or NaN.
  return total.sum > MARGIN * total.size && total.sum < Infinity ? ray : undefined
}

/** Adds what the multiplier's bound contributes; returns the multiplier, 0 where it is rounding on an infinite bound. */
function counted(
  multiplier: number,
  size: number,
  lower: number,
  upper: number,
  total: { sum: number; size: number },
): number {
  if (multiplier === 0) return 0
  const bound = multiplier > 0 ? lower : upper
  if (Math.abs(bound) === Infinity && Math.abs(multiplier) <= RAY_ZERO * size) return 0
  total.sum += multiplier * bound
  total.size += Math.abs(multiplier * bound)
  return multiplier
}

/** The proof for a column or row whose own bounds cross: its unit vector. Undefined when there is none. */
export function crossedBounds(model: SparseModel): Float64Array | undefined {
  const { rows, columns } = model
  let crossed = -1
  for (let i = rows - 1; i >= 0; i--) if (model.rowLower[i] > model.rowUpper[i]) crossed = columns + i
  for (let j = columns - 1; j >= 0; j--) if (model.columnLower[j] > model.columnUpper[j]) crossed = j
  if (crossed < 0) return undefined
  const ray = new Float64Array(columns + rows)
  ray[crossed] = 1
  return ray
}
