/**
 * Doubles as text without a loss: 16 lower-case hexadecimal digits each, the 8 bytes of IEEE 754 with the sign first, one behind the
 * other without a separator. Minus zero and infinities have their own digits. Depends on nothing.
 *
 *   1.5, -0   ->   3ff8000000000000 8000000000000000   (without the blank)
 */

const DIGITS = 16

export function hexOfDoubles(values: ArrayLike<number>): string {
  const bytes = Buffer.alloc(8 * values.length)
  for (let k = 0; k < values.length; k++) bytes.writeDoubleBE(values[k], 8 * k)
  return bytes.toString('hex')
}

/** Undefined for what is no such text, and for numbers that are none, whose bits would not survive. */
export function doublesOfHex(text: string): Float64Array | undefined {
  if (text.length % DIGITS !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined
  const bytes = Buffer.from(text, 'hex')
  const values = Float64Array.from({ length: text.length / DIGITS }, (_, k) => bytes.readDoubleBE(8 * k))
  return values.some(Number.isNaN) ? undefined : values
}
