/**
 * Fractions from their residues: which n / d with small n and d is congruent to a, modulo a large M. Depends on nothing.
 *
 * Source: Wang, Guy and Davenport, *p-adic reconstruction of rational numbers* (1982): there is at most one with |n|, d <= sqrt(M / 2),
 * and it is a remainder and a multiplier in Euclid's algorithm on M and a.
 */

/**
 * The denominator of the first remainder that is at most `bound`, where `bound` is about sqrt(M / 2); undefined when it is above the
 * bound, so that there is no such fraction. Takes a number of divisions in proportion to the bits of M.
 */
export function denominatorOf(a: bigint, modulus: bigint, bound: bigint): bigint | undefined {
  let [r0, r1, t0, t1] = [modulus, a, 0n, 1n]
  while (r1 > bound) {
    const quotient = r0 / r1
    ;[r0, r1] = [r1, r0 - quotient * r1]
    ;[t0, t1] = [t1, t0 - quotient * t1]
  }
  const denominator = t1 < 0n ? -t1 : t1
  return denominator === 0n || denominator > bound ? undefined : denominator
}

/** The number congruent to a, modulo M, that is nearest to 0. */
export function nearestZero(a: bigint, modulus: bigint): bigint {
  const rest = a % modulus
  if (2n * rest > modulus) return rest - modulus
  return 2n * rest < -modulus ? rest + modulus : rest
}
