/**
 * exp, log and the normal quantile from additions, multiplications and divisions only.
 *
 * The language leaves the last bits of Math.exp and Math.log to the engine; these give the same bits on
 * every machine, so that the same seed gives the same day. Math.sqrt is correctly rounded everywhere.
 * Depends on nothing.
 */

const { LN2 } = Math
const bits = new DataView(new ArrayBuffer(8))

/** Natural logarithm of x > 0 (normal numbers), relative error below 1e-14. */
export function log(x: number): number {
  bits.setFloat64(0, x)
  const high = bits.getUint32(0)
  let exponent = (high >>> 20) - 1023
  bits.setUint32(0, (high & 0x000fffff) | 0x3ff00000)
  let mantissa = bits.getFloat64(0)
  if (mantissa > Math.SQRT2) {
    mantissa /= 2
    exponent += 1
  }
  // log m = 2 atanh((m - 1) / (m + 1)); the ratio is below 0.172, so 12 terms reach 1e-18.
  const ratio = (mantissa - 1) / (mantissa + 1)
  const square = ratio * ratio
  let sum = 0
  for (let k = 23; k >= 1; k -= 2) sum = sum * square + 1 / k
  return exponent * LN2 + 2 * ratio * sum
}

/** e^x for |x| <= 700, relative error below 1e-13. */
export function exp(x: number): number {
  const exponent = Math.round(x / LN2)
  const rest = x - exponent * LN2
  // |rest| is below 0.35, so 15 terms of the series reach 1e-20.
  let sum = 1
  for (let k = 15; k >= 1; k--) sum = 1 + (sum * rest) / k
  bits.setFloat64(0, 1)
  bits.setUint32(0, (exponent + 1023) << 20)
  return sum * bits.getFloat64(0)
}

// Coefficients of P. J. Acklam's rational approximation, relative error below 1.2e-9.
const A = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716,
  2.506628277459239,
]
const B = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572]
const C = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
]
const D = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416]
const TAIL = 0.02425

/** Quantile of the standard normal distribution for 0 < p < 1. */
export function normalQuantile(p: number): number {
  if (p > 1 - TAIL) return -normalQuantile(1 - p)
  if (p < TAIL) {
    const q = Math.sqrt(-2 * log(p))
    return horner(C, q) / (horner(D, q) * q + 1)
  }
  const q = p - 0.5
  const r = q * q
  return (horner(A, r) * q) / (horner(B, r) * r + 1)
}

function horner(coefficients: readonly number[], x: number): number {
  let value = 0
  for (const coefficient of coefficients) value = value * x + coefficient
  return value
}
