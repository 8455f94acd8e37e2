/**
 * Market data of the day: FX prices as a random walk and overnight base rates, for every group.
 *
 * Prices start from round levels (assumptions, not history) and walk with half a percent of daily volatility; crosses
 * are made from the walks against the dollar, so that no triangle can be arbitraged. Spreads follow DOMAIN section 3.2
 * and widen while London and New York are both closed. Pure.
 */
import type { Quote } from '../../schemas/generated/types.js'
import { Random } from '../random.js'
import { minorOf } from './payment-systems.js'

const SECOND_MICROS = 1_000_000
const FX_INTERVAL_SECONDS = 45
const RATE_INTERVAL_SECONDS = 240
const JITTER_SECONDS = 15
/** Standard deviation of one step: 0.5 % a day over 1,920 steps. */
const STEP_DEVIATION = 0.000114

/** Dollars for one unit of the currency at the start of the day. */
const DOLLARS: Readonly<Record<string, number>> = {
  AUD: 0.66,
  CAD: 0.73,
  CHF: 1.13,
  EUR: 1.08,
  GBP: 1.27,
  JPY: 0.0067,
  SGD: 0.745,
  USD: 1,
}

/** Overnight base rates, fraction per year. */
const BASE_RATES: Readonly<Record<string, number>> = {
  AUD: 0.0385,
  CAD: 0.0225,
  CHF: 0.0005,
  EUR: 0.0193,
  GBP: 0.0372,
  JPY: 0.0073,
  SGD: 0.0145,
  USD: 0.0364,
}

interface InstrumentPlan {
  readonly instrument: string
  readonly halfSpreadBp: readonly [number, number, number]
  /** Volume of the first two segments, major units of the first currency. */
  readonly depthMajor: readonly [number, number]
}

const INSTRUMENTS: readonly InstrumentPlan[] = [
  { instrument: 'EUR/USD', halfSpreadBp: [0.2, 0.8, 3], depthMajor: [50_000_000, 150_000_000] },
  { instrument: 'GBP/USD', halfSpreadBp: [0.3, 1, 4], depthMajor: [40_000_000, 120_000_000] },
  { instrument: 'EUR/GBP', halfSpreadBp: [0.3, 1.2, 4], depthMajor: [30_000_000, 90_000_000] },
  { instrument: 'EUR/CHF', halfSpreadBp: [0.4, 1.5, 5], depthMajor: [20_000_000, 60_000_000] },
  { instrument: 'GBP/CHF', halfSpreadBp: [0.5, 1.8, 6], depthMajor: [10_000_000, 30_000_000] },
  { instrument: 'USD/CAD', halfSpreadBp: [0.3, 1.2, 5], depthMajor: [40_000_000, 120_000_000] },
  { instrument: 'SGD/JPY', halfSpreadBp: [0.5, 1.8, 6], depthMajor: [15_000_000, 45_000_000] },
  { instrument: 'AUD/SGD', halfSpreadBp: [0.5, 1.8, 6], depthMajor: [15_000_000, 45_000_000] },
  { instrument: 'AUD/JPY', halfSpreadBp: [0.5, 1.5, 5], depthMajor: [15_000_000, 45_000_000] },
]

/** All quotes between the two times (microseconds UTC), numbered as one feed. */
export function quoteRecords(seed: number, firstMicros: number, lastMicros: number): Quote[] {
  const quotes = [...fxQuotes(seed, firstMicros, lastMicros), ...rateQuotes(seed, firstMicros, lastMicros)]
  quotes.sort((a, b) => a.eventTime - b.eventTime)
  return quotes.map((quote, index) => ({ ...quote, sourceSequence: index }))
}

/** Every walk steps once an interval; each instrument is quoted at its own moment of it. */
function fxQuotes(seed: number, firstMicros: number, lastMicros: number): Quote[] {
  const random = new Random('quotes', seed)
  const dollars: Record<string, number> = { ...DOLLARS }
  const quotes: Quote[] = []
  for (let start = firstMicros; start < lastMicros; start += FX_INTERVAL_SECONDS * SECOND_MICROS) {
    for (const currency of Object.keys(DOLLARS)) {
      if (currency !== 'USD') dollars[currency] *= 1 + STEP_DEVIATION * random.normal()
    }
    for (const plan of INSTRUMENTS) {
      // All instruments are priced in the first seconds of the day, so that nothing waits for a price.
      const jitter = start === firstMicros ? 0 : random.integer(0, JITTER_SECONDS * SECOND_MICROS)
      const eventTime = start + jitter
      if (eventTime <= lastMicros) quotes.push(fxQuote(random, plan, dollars, eventTime))
    }
  }
  return quotes
}

function fxQuote(
  random: Random,
  { instrument, halfSpreadBp, depthMajor }: InstrumentPlan,
  dollars: Readonly<Record<string, number>>,
  eventTime: number,
): Quote {
  const [first, second] = instrument.split('/')
  const widening = (isQuietHour(eventTime) ? 1.8 : 1) * random.between(0.9, 1.2)
  return {
    groupId: '*',
    sourceId: 'market-data',
    sourceSequence: -1,
    eventTime,
    instrument,
    kind: 'FX_SPOT',
    mid: round(dollars[first] / dollars[second], 1e6),
    halfSpread1Bp: round(halfSpreadBp[0] * widening, 1e4),
    halfSpread2Bp: round(halfSpreadBp[1] * widening, 1e4),
    halfSpread3Bp: round(halfSpreadBp[2] * widening, 1e4),
    depth1Minor: minorOf(depthMajor[0], first),
    depth2Minor: minorOf(depthMajor[1], first),
  }
}

function rateQuotes(seed: number, firstMicros: number, lastMicros: number): Quote[] {
  const random = new Random('base-rates', seed)
  const quotes: Quote[] = []
  for (let start = firstMicros; start < lastMicros; start += RATE_INTERVAL_SECONDS * SECOND_MICROS) {
    for (const [currency, rate] of Object.entries(BASE_RATES)) {
      const jitter = start === firstMicros ? 0 : random.integer(0, JITTER_SECONDS * SECOND_MICROS)
      if (start + jitter > lastMicros) continue
      quotes.push({
        groupId: '*',
        sourceId: 'market-data',
        sourceSequence: -1,
        eventTime: start + jitter,
        instrument: `RATE:${currency}`,
        kind: 'BASE_RATE',
        mid: round(rate + 0.0001 * random.normal(), 1e6),
        halfSpread1Bp: 0,
        halfSpread2Bp: 0,
        halfSpread3Bp: 0,
        depth1Minor: 0,
        depth2Minor: 0,
      })
    }
  }
  return quotes
}

/** Between 21:00 and 07:00 UTC neither London nor New York trades. */
function isQuietHour(timeMicros: number): boolean {
  const hour = Math.floor((timeMicros / (3600 * SECOND_MICROS)) % 24)
  return hour >= 21 || hour < 7
}

function round(value: number, units: number): number {
  return Math.round(value * units) / units
}
