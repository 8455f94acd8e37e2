/**
 * Money: integers of minor units with |x| < 2^52, held in `number`.
 *
 * Inside that range sums and differences of two amounts are exact in a double, so one check after
 * each operation is enough. Decimal text is converted digit by digit, never through a fraction.
 * Depends on the errors and on the limit in the ports.
 */
import { WeirError } from './errors.js'
import { EXACT_LIMIT } from './ports.js'

/** Decimals a currency may have; ISO 4217 goes up to 4, and 8 leaves room for tokens. */
const MAXIMUM_EXPONENT = 8

const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?$/

/** Whether `value` is an integer with |x| < 2^52. */
export function isMinor(value: number): boolean {
  return Number.isInteger(value) && value < EXACT_LIMIT && value > -EXACT_LIMIT
}

/** Returns `value` when it is an amount, else throws `WEIR_AMOUNT`; `place` tells where it was met. */
export function assertMinor(value: number, place?: string): number {
  if (isMinor(value) === true) return value
  throw outOfRange(String(value), place)
}

/** The amount nearest to `value` that can be kept: for projections, which must not fail where a balance would. */
export function clampMinor(value: number): number {
  return Math.max(1 - EXACT_LIMIT, Math.min(EXACT_LIMIT - 1, value))
}

/** a + b in minor units; throws `WEIR_AMOUNT` when the sum leaves the exact range. */
export function addMinor(a: number, b: number): number {
  const sum = a + b
  return isMinor(sum) === true ? sum : assertMinor(sum, `${a} + ${b}`)
}

/** a - b in minor units; throws `WEIR_AMOUNT` when the difference leaves the exact range. */
export function subtractMinor(a: number, b: number): number {
  const difference = a - b
  return isMinor(difference) === true ? difference : assertMinor(difference, `${a} - ${b}`)
}

/**
 * Minor units of decimal text in major units: ('12.5', 2) is 1250.
 * Throws `WEIR_AMOUNT` for text that is no decimal, has more decimals than the currency, or is too large.
 */
export function toMinor(decimalText: string, exponent: number): number {
  assertExponent(exponent)
  const match = DECIMAL.exec(decimalText)
  if (match === null) {
    throw new WeirError('WEIR_AMOUNT', `'${shorten(decimalText)}' is not a decimal amount`, {
      remedy: 'write digits, with a point before decimals: 2500000 or 2500000.50',
    })
  }
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > exponent) {
    throw new WeirError('WEIR_AMOUNT', `'${shorten(decimalText)}' has more than ${exponent} decimals`, {
      remedy: `the currency has ${exponent}; round the amount`,
    })
  }
  const digits = (match[2] + fraction.padEnd(exponent, '0')).replace(/^0+(?=[0-9])/, '')
  // 2^52 has 16 digits; up to there the conversion is exact or at least keeps the order to the limit.
  const magnitude = digits.length > 16 ? Number.POSITIVE_INFINITY : Number(digits)
  if (isMinor(magnitude) === false) throw outOfRange(shorten(decimalText), undefined)
  return match[1] === '-' && magnitude !== 0 ? -magnitude : magnitude
}

/** Decimal text in major units of an amount in minor units: (1250, 2) is `12.50`. Inverse of `toMinor`. */
export function formatMinor(amountMinor: number, exponent: number): string {
  assertMinor(amountMinor)
  assertExponent(exponent)
  const digits = String(Math.abs(amountMinor)).padStart(exponent + 1, '0')
  const sign = amountMinor < 0 ? '-' : ''
  if (exponent === 0) return sign + digits
  return `${sign}${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`
}

function assertExponent(exponent: number): void {
  if (Number.isInteger(exponent) && exponent >= 0 && exponent <= MAXIMUM_EXPONENT) return
  throw new WeirError('WEIR_AMOUNT', `a currency cannot have ${exponent} decimals`, {
    remedy: `give an integer from 0 to ${MAXIMUM_EXPONENT}`,
  })
}

function outOfRange(shown: string, place: string | undefined): WeirError {
  return new WeirError('WEIR_AMOUNT', `${shown} is not an integer of minor units with |x| < 2^52`, {
    remedy: 'amounts beyond 4,503,599,627,370,495 minor units cannot be kept exactly; split them',
    ...(place === undefined ? {} : { place }),
  })
}

function shorten(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`
}
