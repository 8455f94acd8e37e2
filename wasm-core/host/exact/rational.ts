/**
 * Exact rational numbers, for what is reported: always in lowest terms, with a positive denominator. Vectors are not kept like
 * this but over one common denominator, because a greatest common divisor costs more than all else. Depends on dyadic.ts.
 */
import { invariant } from '../../../pipeline/errors.js'
import { bitLength, type Dyadic } from './dyadic.js'

export interface Rational {
  readonly numerator: bigint
  readonly denominator: bigint
}

export const RATIONAL_ZERO: Rational = { numerator: 0n, denominator: 1n }

/** numerator / denominator in lowest terms; the denominator may be negative, not 0. */
export function rational(numerator: bigint, denominator: bigint): Rational {
  invariant(denominator !== 0n, 'a denominator is not 0')
  if (numerator === 0n) return RATIONAL_ZERO
  const sign = denominator < 0n ? -1n : 1n
  const divisor = greatestCommonDivisor(numerator, denominator) * sign
  return { numerator: numerator / divisor, denominator: denominator / divisor }
}

/** value / denominator. */
export function fromDyadic({ mantissa, exponent }: Dyadic, denominator = 1n): Rational {
  return exponent >= 0
    ? rational(mantissa << BigInt(exponent), denominator)
    : rational(mantissa, denominator << BigInt(-exponent))
}

/** By Euclid; not negative. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b]
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

export function difference(a: Rational, b: Rational): Rational {
  return rational(a.numerator * b.denominator - b.numerator * a.denominator, a.denominator * b.denominator)
}

export function sum(a: Rational, b: Rational): Rational {
  return difference(a, negative(b))
}

export function negative({ numerator, denominator }: Rational): Rational {
  return { numerator: -numerator, denominator }
}

export function magnitude(a: Rational): Rational {
  return a.numerator < 0n ? negative(a) : a
}

/** Negative, 0 or positive as a is below, at or above b. */
export function compareRationals(a: Rational, b: Rational): number {
  const distance = a.numerator * b.denominator - b.numerator * a.denominator
  return distance < 0n ? -1 : distance > 0n ? 1 : 0
}

/** `n/d`, or `n` for a whole number. */
export function toFraction({ numerator, denominator }: Rational): string {
  return denominator === 1n ? String(numerator) : `${numerator}/${denominator}`
}

/** The least double that is not below a number >= 0; Infinity beyond the largest one. */
export function toDoubleUp({ numerator, denominator }: Rational): number {
  invariant(numerator >= 0n, 'rounded up is what is not negative')
  if (numerator === 0n) return 0
  const bits = bitLength(numerator) - bitLength(denominator)
  // The quotient gets 53 or 54 bits, and fewer where the spacing of doubles is 2^-1074.
  let places = Math.min(53 - bits, 1074)
  let quotient = quotientUp(numerator, denominator, places)
  if (quotient > 1n << 53n) quotient = quotientUp(numerator, denominator, --places)
  if (places < -971) return Number.POSITIVE_INFINITY
  return Number(quotient) * 2 ** -places
}

function quotientUp(numerator: bigint, denominator: bigint, places: number): bigint {
  const top = places >= 0 ? numerator << BigInt(places) : numerator
  const bottom = places >= 0 ? denominator : denominator << BigInt(-places)
  return (top + bottom - 1n) / bottom
}

/**
 * Decimal digits, rounded to nearest, halves away from 0: at least `significant` ones, and all those before the point.
 * Never with an exponent, so that it can be compared by eye.
 */
export function toDecimal({ numerator, denominator }: Rational, significant: number): string {
  const size = numerator < 0n ? -numerator : numerator
  if (size === 0n) return '0'
  let places = Math.max(0, significant - String(size / denominator).length)
  if (size < denominator) places = significant + leadingZeros(size, denominator)
  const scale = 10n ** BigInt(places)
  const rounded = (2n * size * scale + denominator) / (2n * denominator)
  const digits = String(rounded).padStart(places + 1, '0')
  const whole = digits.slice(0, digits.length - places)
  const fraction = digits.slice(digits.length - places).replace(/0+$/, '')
  return `${numerator < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

/** Zeros behind the point before the first other digit of size / denominator < 1. */
function leadingZeros(size: bigint, denominator: bigint): number {
  // By lengths first: numbers down to 2^-2148 would take hundreds of steps otherwise.
  let zeros = Math.max(0, String(denominator).length - String(size).length - 1)
  while (size * 10n ** BigInt(zeros + 1) < denominator) zeros++
  return zeros
}
