/** Exact decimal amounts as text, compared and subtracted without floating point. Depends on nothing. */

/** Sign of a - b for two decimals without sign, exactly. */
export function compareDecimals(a: string, b: string): number {
  const [wholeA, fractionA = ''] = a.split('.')
  const [wholeB, fractionB = ''] = b.split('.')
  const decimals = Math.max(fractionA.length, fractionB.length)
  const difference =
    BigInt(wholeA + fractionA.padEnd(decimals, '0')) - BigInt(wholeB + fractionB.padEnd(decimals, '0'))
  return difference === 0n ? 0 : difference > 0n ? 1 : -1
}
