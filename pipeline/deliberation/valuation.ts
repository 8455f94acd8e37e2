/**
 * What a currency is worth in the policy's base currency, from the FX quotes held.
 *
 *   factor   double: weighs costs against each other, never a limit
 *   price    integer: base minor units for 10^9 minor units, rounded up once; everything that is held against a limit goes by it
 *   value    bigint: amount times price, exact, 10^-9 base minor units
 *
 * Whoever compares a sum with a limit adds values, so that no two places can round it differently. Depends on the state only.
 */

import { exponentOf, type GroupState, type QuoteState } from '../perception/state.js'
import { EXACT_LIMIT } from '../ports.js'

/** Currencies through which a pair without a quote of its own is crossed, in order of preference. */
const CROSS_CURRENCIES = ['USD', 'EUR'] as const

/** 10^0 … 10^8, exact. */
const POWERS_OF_TEN = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000] as const

export function powerOfTen(exponent: number): number {
  return POWERS_OF_TEN[exponent]!
}

/** Minor units that a price is for. */
export const PRICE_UNIT = 1_000_000_000

/** Value of an amount; a price of 0, of a currency that cannot be valued, gives 0. */
export function amountValue(amountMinor: number, price: number): bigint {
  return BigInt(amountMinor) * BigInt(price)
}

/** Value of a limit in base minor units. */
export function limitValue(limitBaseMinor: number): bigint {
  return BigInt(limitBaseMinor) * BigInt(PRICE_UNIT)
}

export function compareValues(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Base minor units of a value, rounded up. */
export function inBaseMinor(value: bigint): number {
  const unit = BigInt(PRICE_UNIT)
  const whole = value / unit
  return Number(whole * unit < value ? whole + 1n : whole)
}

/** Largest amount whose value is within a limit; 0 for a currency that cannot be valued. */
export function mostWithin(limitBaseMinor: number, price: number): number {
  if (price === 0) return 0
  const most = limitValue(limitBaseMinor) / BigInt(price)
  return most < BigInt(EXACT_LIMIT) ? Number(most) : EXACT_LIMIT - 1
}

/** Major units of `to` for one major unit of `from`; undefined when no quote leads there. */
export function exchangeRate(state: GroupState, from: string, to: string): number | undefined {
  const direct = quotedRate(state, from, to)
  if (direct !== undefined) return direct
  for (const cross of CROSS_CURRENCIES) {
    const first = quotedRate(state, from, cross)
    const second = quotedRate(state, cross, to)
    if (first !== undefined && second !== undefined) return first * second
  }
  return undefined
}

function quotedRate(state: GroupState, from: string, to: string): number | undefined {
  if (from === to) return 1
  const quote = state.quotes.get(`${from}/${to}`)
  if (quote !== undefined) return quote.mid
  const inverse = state.quotes.get(`${to}/${from}`)
  return inverse === undefined ? undefined : 1 / inverse.mid
}

/** What the currencies of a group are worth at one moment; each is looked up once. */
export class Valuation {
  private readonly factors = new Map<string, number | undefined>()

  constructor(
    private readonly state: GroupState,
    private readonly base: string,
    private readonly baseExponent: number,
  ) {}

  /** Base minor units for one minor unit of `currency`; undefined when no quote leads there. */
  minorFactor(currency: string, exponent: number): number | undefined {
    if (this.factors.has(currency)) return this.factors.get(currency)
    const rate = exchangeRate(this.state, currency, this.base)
    const factor =
      rate === undefined ? undefined : (rate * powerOfTen(this.baseExponent)) / powerOfTen(exponent)
    this.factors.set(currency, factor)
    return factor
  }

  /** Integer price of a currency; undefined when no quote leads there. */
  price(currency: string, exponent: number): number | undefined {
    const factor = this.minorFactor(currency, exponent)
    return factor === undefined ? undefined : Math.ceil(factor * PRICE_UNIT)
  }
}

/** Overnight base rate of a currency as a fraction per year; 0 when none is quoted. */
export function baseRate(state: GroupState, currency: string): number {
  return state.quotes.get(`RATE:${currency}`)?.mid ?? 0
}

/** Minor units of the bought currency for one minor unit sold, before spread. */
export function conversionFactor(
  quote: QuoteState,
  soldCurrency: string,
  soldExponent: number,
  boughtExponent: number,
): number {
  const sellsFirst = quote.instrument.startsWith(`${soldCurrency}/`)
  const price = sellsFirst ? quote.mid : 1 / quote.mid
  return (price * powerOfTen(boughtExponent)) / powerOfTen(soldExponent)
}

/** Exponent of a currency as the group's accounts state it; 2 for a currency without an account. */
export function currencyExponent(state: GroupState, currency: string): number {
  return exponentOf(state, currency) ?? 2
}
