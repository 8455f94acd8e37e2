/**
 * Arithmetic modulo a prime below 2^26 in doubles: a product plus a residue is exact below 2^53. Depends on nothing.
 */

/** The largest primes below 2^26. A basis whose determinant one of them divides is met by the next. */
export const PRIMES = [
  67108859, 67108837, 67108819, 67108777, 67108763, 67108757, 67108753, 67108747,
] as const

/** t modulo p for |t| <= 2^53 - 2^27; `inverse` is 1 / p, so that the quotient is at most 1 wrong, and its product with p still exact. */
export function residue(t: number, p: number, inverse: number): number {
  const r = t - Math.floor(t * inverse) * p
  return r < 0 ? r + p : r >= p ? r - p : r
}

/** Of a from 1 to p - 1, by Euclid. */
export function inverseModulo(a: number, p: number): number {
  let [r0, r1, s0, s1] = [p, a, 0, 1]
  while (r1 !== 0) {
    const q = Math.floor(r0 / r1)
    ;[r0, r1, s0, s1] = [r1, r0 - q * r1, s1, s0 - q * s1]
  }
  return s0 < 0 ? s0 + p : s0
}
