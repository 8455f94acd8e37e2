/**
 * What is derived from the matrix once, when a model is loaded: power-of-two scaling, the row-wise copy
 * and static pricing weights. Depends on memory.ts and access.ts.
 *
 * Only the matrix counts here, never bounds or costs: so the derived data cannot depend on what was
 * solved before (path independence). All scale factors are powers of two: scaling and unscaling are
 * exact.
 *
 * Scaled variables: z = z' * scale, bounds likewise; reduced costs d = d' / scale. For a row's logical
 * the "reduced cost" is the row's dual value. So a'_ij = a_ij * scale_j / scale_(n+i).
 */
import { addF64, f64At, i32At, setF64, setI32 } from './access'
import {
  alpha, columnStart, columns, longColumns, nonzeros, pairRow, pairValue, priceWeight, rho, rowColumn, rowIndex, rows, rowStart, rowValue, scale, scaledValue, unscale,
  value, variables,
} from './memory'

/** Entries within these need no scaling; most liquidity models (entries +-1 and FX rates near 1) stay as they are. */
const WELL_SCALED_LOW: f64 = 0.2
const WELL_SCALED_HIGH: f64 = 5
/** Geometric passes; more of them change factors by less than a power of two. */
const SCALING_PASSES: i32 = 4

export function prepareModel(): void {
  computeScale()
  for (let v = 0; v < variables; v++) setF64(unscale, v, 1 / f64At(scale, v))
  for (let j = 0; j < columns; j++) {
    for (let k = i32At(columnStart, j), end = i32At(columnStart, j + 1); k < end; k++) {
      setF64(scaledValue, k, (f64At(value, k) * f64At(scale, j)) / f64At(scale, columns + i32At(rowIndex, k)))
    }
  }
  copyByRows()
  copyPairs()
  computePriceWeights()
}

function computeScale(): void {
  for (let v = 0; v < variables; v++) setF64(scale, v, 1)
  let low: f64 = Infinity
  let high: f64 = 0
  for (let k = 0; k < nonzeros; k++) {
    const size = Math.abs(f64At(value, k))
    if (size == 0) continue
    low = min(low, size)
    high = max(high, size)
  }
  if (high == 0 || (low >= WELL_SCALED_LOW && high <= WELL_SCALED_HIGH)) return
  for (let pass = 0; pass < SCALING_PASSES; pass++) {
    scaleRows()
    scaleColumns()
  }
}

/** Sets each row's scale to the geometric mean of its extreme entries (the logical's entry becomes 1). alpha and rho are scratch. */
function scaleRows(): void {
  for (let i = 0; i < rows; i++) {
    setF64(alpha, i, 0)
    setF64(rho, i, Infinity)
  }
  for (let j = 0; j < columns; j++) {
    const factor = f64At(scale, j)
    for (let k = i32At(columnStart, j), end = i32At(columnStart, j + 1); k < end; k++) {
      const size = Math.abs(f64At(value, k)) * factor
      if (size == 0) continue
      const i = i32At(rowIndex, k)
      setF64(alpha, i, max(f64At(alpha, i), size))
      setF64(rho, i, min(f64At(rho, i), size))
    }
  }
  for (let i = 0; i < rows; i++) {
    const largest = f64At(alpha, i)
    if (largest > 0) setF64(scale, columns + i, nearestPowerOfTwo(Math.sqrt(largest) * Math.sqrt(f64At(rho, i))))
  }
}

function scaleColumns(): void {
  for (let j = 0; j < columns; j++) {
    let largest: f64 = 0
    let smallest: f64 = Infinity
    for (let k = i32At(columnStart, j), end = i32At(columnStart, j + 1); k < end; k++) {
      const size = Math.abs(f64At(value, k)) / f64At(scale, columns + i32At(rowIndex, k))
      if (size == 0) continue
      largest = max(largest, size)
      smallest = min(smallest, size)
    }
    if (largest > 0) setF64(scale, j, 1 / nearestPowerOfTwo(Math.sqrt(largest) * Math.sqrt(smallest)))
  }
}

/** Rounds a normal positive number on the logarithmic scale by clearing its mantissa. */
function nearestPowerOfTwo(size: f64): f64 {
  const bits = reinterpret<u64>(size * 1.4142135623730951)
  return reinterpret<f64>(bits & 0x7ff0000000000000)
}

/** Row-wise copy of the scaled matrix: tableau rows are sums over the rows where rho is nonzero. */
function copyByRows(): void {
  for (let i = 0; i <= rows; i++) setI32(rowStart, i, 0)
  for (let k = 0; k < nonzeros; k++) {
    const next = i32At(rowIndex, k) + 1
    setI32(rowStart, next, i32At(rowStart, next) + 1)
  }
  for (let i = 0; i < rows; i++) setI32(rowStart, i + 1, i32At(rowStart, i + 1) + i32At(rowStart, i))
  // rowStart[i] serves as the write cursor of row i and is moved back afterwards.
  for (let j = 0; j < columns; j++) {
    for (let k = i32At(columnStart, j), end = i32At(columnStart, j + 1); k < end; k++) {
      const i = i32At(rowIndex, k)
      const at = i32At(rowStart, i)
      setI32(rowColumn, at, j)
      setF64(rowValue, at, f64At(scaledValue, k))
      setI32(rowStart, i, at + 1)
    }
  }
  for (let i = rows; i > 0; i--) setI32(rowStart, i, i32At(rowStart, i - 1))
  setI32(rowStart, 0, 0)
}

/** Columns with more than two entries. */
export let longCount: i32 = 0

/** The first two entries of every column in a table without gaps: products with dense vectors need no loop per column. */
function copyPairs(): void {
  longCount = 0
  for (let j = 0; j < columns; j++) {
    const start = i32At(columnStart, j)
    const length = i32At(columnStart, j + 1) - start
    for (let k = 0; k < 2; k++) {
      setI32(pairRow, 2 * j + k, k < length ? i32At(rowIndex, start + k) : 0)
      setF64(pairValue, 2 * j + k, k < length ? f64At(scaledValue, start + k) : 0)
    }
    if (length > 2) setI32(longColumns, longCount++, j)
  }
}

/** 1 + |a_v|^2: the steepest-edge weight of each column at the slack basis, used as a fixed approximation by primal pricing. */
function computePriceWeights(): void {
  for (let v = 0; v < variables; v++) setF64(priceWeight, v, v < columns ? 1 : 2)
  for (let j = 0; j < columns; j++) {
    for (let k = i32At(columnStart, j), end = i32At(columnStart, j + 1); k < end; k++) {
      addF64(priceWeight, j, f64At(scaledValue, k) * f64At(scaledValue, k))
    }
  }
}
