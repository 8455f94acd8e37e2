/** Exact decimal amounts as text, compared and subtracted without floating point. Depends on nothing. */

/** Sign of a - b for two decimals without sign, exactly. */
export function compareDecimals(a: string, b: string): number {
  const { difference } = subtract(a, b)
  return difference === 0n ? 0 : difference > 0n ? 1 : -1
}

/** |b - a| of two decimals without sign, exactly, without trailing zeros: `0.5` for `1` and `1.50`. */
export function differenceOf(a: string, b: string): string {
  const { difference, decimals } = subtract(a, b)
  const digits = String(difference < 0n ? -difference : difference).padStart(decimals + 1, '0')
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '')
  const whole = digits.slice(0, digits.length - decimals)
  return decimals === 0 ? digits : fraction === '' ? whole : `${whole}.${fraction}`
}

/** a - b in units of the last of so many decimals. */
function subtract(a: string, b: string): { difference: bigint; decimals: number } {
  const [wholeA, fractionA = ''] = a.split('.')
  const [wholeB, fractionB = ''] = b.split('.')
  const decimals = Math.max(fractionA.length, fractionB.length)
  const difference =
    BigInt(wholeA + fractionA.padEnd(decimals, '0')) - BigInt(wholeB + fractionB.padEnd(decimals, '0'))
  return { difference, decimals }
}
