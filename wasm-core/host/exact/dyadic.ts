/**
 * Doubles as exact numbers: m * 2^e with an integer m of any length. Sums and products of doubles stay of this kind, so that
 * everything but a division is exact without a common denominator. Depends on pipeline/errors.ts.
 *
 *   double   s eeeeeeeeeee ffff...ffff      1 + 11 + 52 bits
 *            e = 0:    (-1)^s * 0.f * 2^-1022  =  (-1)^s * f * 2^-1074
 *            e > 0:    (-1)^s * 1.f * 2^(e-1023)  =  (-1)^s * (2^52 + f) * 2^(e-1075)
 */
import { invariant } from '../../../pipeline/errors.js'

export interface Dyadic {
  readonly mantissa: bigint
  /** Any integer; 0 where the mantissa is 0. The mantissa need not be odd. */
  readonly exponent: number
}

export const ZERO: Dyadic = { mantissa: 0n, exponent: 0 }
export const ONE: Dyadic = { mantissa: 1n, exponent: 0 }

const bytes = new DataView(new ArrayBuffer(8))
const FRACTION_HIGH = 2 ** 20
const WORD = 2 ** 32

/** The exact value of a finite double, with an odd mantissa. Throws `WEIR_BUG` for others. */
export function fromDouble(value: number): Dyadic {
  invariant(Number.isFinite(value), 'only finite doubles are numbers')
  if (value === 0) return ZERO
  bytes.setFloat64(0, value)
  const head = bytes.getUint32(0)
  const biased = (head >>> 20) & 0x7ff
  const fraction = (head % FRACTION_HIGH) * WORD + bytes.getUint32(4)
  const whole = biased === 0 ? fraction : fraction + 2 ** 52
  const zeros = trailingZeros(whole)
  const odd = whole / 2 ** zeros
  return {
    mantissa: BigInt(value < 0 ? -odd : odd),
    exponent: (biased === 0 ? -1074 : biased - 1075) + zeros,
  }
}

/** Of a whole number from 1 to 2^53. */
function trailingZeros(whole: number): number {
  const low = whole % WORD
  if (low !== 0) return 31 - Math.clz32(low & -low)
  const high = whole / WORD
  return 63 - Math.clz32(high & -high)
}

export function add(a: Dyadic, b: Dyadic): Dyadic {
  if (a.mantissa === 0n) return b
  if (b.mantissa === 0n) return a
  const exponent = Math.min(a.exponent, b.exponent)
  const mantissa = shifted(a, exponent) + shifted(b, exponent)
  return mantissa === 0n ? ZERO : { mantissa, exponent }
}

export function subtract(a: Dyadic, b: Dyadic): Dyadic {
  return add(a, negate(b))
}

export function multiply(a: Dyadic, b: Dyadic): Dyadic {
  if (a.mantissa === 0n || b.mantissa === 0n) return ZERO
  return { mantissa: a.mantissa * b.mantissa, exponent: a.exponent + b.exponent }
}

export function negate(a: Dyadic): Dyadic {
  return a.mantissa === 0n ? ZERO : { mantissa: -a.mantissa, exponent: a.exponent }
}

export function absolute(a: Dyadic): Dyadic {
  return a.mantissa < 0n ? negate(a) : a
}

/** Times an integer. */
export function times(a: Dyadic, factor: bigint): Dyadic {
  if (a.mantissa === 0n || factor === 0n) return ZERO
  return { mantissa: a.mantissa * factor, exponent: a.exponent }
}

/** -1, 0 or 1. */
export function signOf(a: Dyadic): number {
  return a.mantissa === 0n ? 0 : a.mantissa < 0n ? -1 : 1
}

/** Negative, 0 or positive as a is below, at or above b. */
export function compare(a: Dyadic, b: Dyadic): number {
  return signOf(subtract(a, b))
}

/** The mantissa that the same number has with a smaller or equal exponent. */
export function shifted(a: Dyadic, exponent: number): bigint {
  if (a.mantissa === 0n) return 0n
  invariant(a.exponent >= exponent, 'only a smaller exponent keeps the mantissa whole')
  return a.mantissa << BigInt(a.exponent - exponent)
}

/** Smallest exponent among numbers other than 0; 0 when there are none. */
export function commonExponent(numbers: Iterable<Dyadic>): number {
  let least = Number.POSITIVE_INFINITY
  for (const { mantissa, exponent } of numbers) if (mantissa !== 0n && exponent < least) least = exponent
  return least === Number.POSITIVE_INFINITY ? 0 : least
}

/** Bits of |value|; 0 for 0. */
export function bitLength(value: bigint): number {
  const digits = (value < 0n ? -value : value).toString(16)
  return digits === '0' ? 0 : 4 * digits.length - (Math.clz32(Number.parseInt(digits[0] as string, 16)) - 28)
}
