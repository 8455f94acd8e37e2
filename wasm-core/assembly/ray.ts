/**
 * Proofs: Farkas rays of infeasible models and recession rays of unbounded ones, written for the unscaled
 * model and checked against it. Depends on memory.ts, access.ts, tolerances.ts, iterate.ts.
 *
 * A Farkas ray gives every variable z_v (column or row activity) a multiplier such that sum ray_v z_v is 0 for every
 * x with r = A x, while the bounds allow nothing but  sum (ray_v > 0 ? ray_v lower_v : ray_v upper_v) > 0.
 *
 * A recession ray is a direction: columns d, rows A d; no bound forbids going along it forever, and the cost falls.
 */
import { f64At, i32At, setF64, u8At } from './access'
import { BASIC } from './bounds-and-costs'
import {
  alpha, columnStart, columns, cost, head, lower, ray, rowIndex, rows, scale, status, upper, value, variables,
} from './memory'
import { RAY_ZERO } from './tolerances'

/** Unit vector of a variable whose lower bound is above its upper one: that variable alone is the proof. */
export function crossedRay(v: i32): void {
  for (let i = 0; i < variables; i++) setF64(ray, i, i == v ? 1 : 0)
}

/** Builds the ray with row part -sign * vector and column part sign * A' vector (vector by row, scaled); true when it proves infeasibility. */
export function farkasRay(vector: usize, sign: f64): bool {
  let largest: f64 = 0
  for (let i = 0; i < rows; i++) {
    const multiplier = (sign * f64At(vector, i)) / f64At(scale, columns + i)
    largest = max(largest, Math.abs(multiplier))
    setF64(ray, columns + i, -multiplier)
  }
  if (!(largest > 0) || largest == Infinity) return false
  for (let i = 0; i < rows; i++) {
    const multiplier = f64At(ray, columns + i) / largest
    setF64(ray, columns + i, dropIfFree(columns + i, multiplier, 1))
  }
  for (let j = 0; j < columns; j++) {
    let sum: f64 = 0
    let size: f64 = 1
    for (let e = i32At(columnStart, j), end = i32At(columnStart, j + 1); e < end; e++) {
      const term = f64At(ray, columns + i32At(rowIndex, e)) * f64At(value, e)
      sum -= term
      size += Math.abs(term)
    }
    setF64(ray, j, dropIfFree(j, sum, size))
  }
  return provesInfeasible()
}

/** A multiplier that would meet an infinite bound is rounding noise when it is tiny for the `size` of the terms it is the sum of. */
function dropIfFree(v: i32, multiplier: f64, size: f64): f64 {
  const bound = multiplier > 0 ? f64At(lower, v) : f64At(upper, v)
  return Math.abs(bound) == Infinity && Math.abs(multiplier) <= RAY_ZERO * size ? 0 : multiplier
}

function provesInfeasible(): bool {
  let sum: f64 = 0
  let size: f64 = 0
  for (let v = 0; v < variables; v++) {
    const multiplier = f64At(ray, v)
    if (multiplier == 0) continue
    const term = multiplier * (multiplier > 0 ? f64At(lower, v) : f64At(upper, v))
    sum += term
    size += Math.abs(term)
  }
  // Not a number, or infinite: a multiplier met an infinite bound. The margin covers rounding of the sum.
  return sum > 1e-12 * size && sum < Infinity
}

/** Writes the direction along which variable q improves without end (its tableau column is in alpha); true when it holds. */
export function recessionRay(q: i32, direction: f64): bool {
  for (let v = 0; v < variables; v++) setF64(ray, v, 0)
  setF64(ray, q, direction * f64At(scale, q))
  for (let p = 0; p < rows; p++) {
    const v = i32At(head, p)
    setF64(ray, v, -direction * f64At(alpha, p) * f64At(scale, v))
  }
  let largest: f64 = 0
  for (let j = 0; j < columns; j++) largest = max(largest, Math.abs(f64At(ray, j)))
  if (!(largest > 0) || largest == Infinity) return false
  for (let i = 0; i < rows; i++) setF64(ray, columns + i, 0)
  let slope: f64 = 0
  for (let j = 0; j < columns; j++) {
    const entry = settle(j, f64At(ray, j) / largest)
    setF64(ray, j, entry)
    slope += f64At(cost, j) * entry
    if (entry == 0) continue
    for (let e = i32At(columnStart, j), end = i32At(columnStart, j + 1); e < end; e++) {
      const i = columns + i32At(rowIndex, e)
      setF64(ray, i, f64At(ray, i) + f64At(value, e) * entry)
    }
  }
  return slope < 0 && recedes()
}

/** Basic variables that are bounded where the ray goes have a rate that is zero up to rounding; make it zero. */
function settle(v: i32, entry: f64): f64 {
  if (u8At(status, v) != BASIC) return entry
  const bound = entry > 0 ? f64At(upper, v) : f64At(lower, v)
  return Math.abs(bound) < Infinity && Math.abs(entry) <= RAY_ZERO ? 0 : entry
}

/** Columns must not move towards a finite bound at all, rows by no more than rounding. */
function recedes(): bool {
  for (let v = 0; v < variables; v++) {
    const entry = f64At(ray, v)
    const bound = entry > 0 ? f64At(upper, v) : f64At(lower, v)
    const allowed = v < columns ? 0 : RAY_ZERO
    if (Math.abs(entry) > allowed && Math.abs(bound) < Infinity) return false
  }
  return true
}
