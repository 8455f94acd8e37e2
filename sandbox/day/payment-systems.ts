/**
 * The payment systems of the simulated day: zone, window and how payments spread over the day.
 *
 * Windows of T2, CHAPS, Fedwire and BOJ-NET are the published ones (DOMAIN: customer cut-offs); those of SIC,
 * Lynx, MEPS+ and RITS are rounded assumptions. Bumps of USD, GBP and EUR are fitted to published facts
 * (share of Fedwire value after 17:00, CHAPS throughput at 12:00 and 14:30); the others are assumptions in their
 * likeness. Depends on `pipeline/money.ts`.
 */
import { assertMinor } from '../../pipeline/money.js'

/** A Gaussian bump of the payment intensity, local time. */
export interface Bump {
  readonly centre: string
  readonly deviationMinutes: number
  readonly weight: number
}

export interface PaymentSystem {
  readonly currency: string
  readonly exponent: number
  readonly name: string
  readonly calendarId: string
  /** Opening and customer cut-off, local time; an opening with `-` is the evening before. */
  readonly open: string
  readonly cutoff: string
  /** End of interbank business, when the last payments settle. */
  readonly close: string
  readonly bumps: readonly Bump[]
}

const bump = (centre: string, deviationMinutes: number, weight: number): Bump => ({
  centre,
  deviationMinutes,
  weight,
})

export const PAYMENT_SYSTEMS: readonly PaymentSystem[] = [
  {
    currency: 'EUR',
    exponent: 2,
    name: 'T2',
    calendarId: 'T2',
    open: '-19:30',
    cutoff: '17:00',
    close: '18:00',
    bumps: [
      bump('07:30', 45, 0.25),
      bump('10:30', 75, 0.25),
      bump('14:30', 75, 0.25),
      bump('16:45', 30, 0.25),
    ],
  },
  {
    currency: 'GBP',
    exponent: 2,
    name: 'CHAPS',
    calendarId: 'CHAPS',
    open: '06:00',
    cutoff: '17:40',
    close: '18:00',
    bumps: [bump('08:00', 45, 0.25), bump('11:00', 75, 0.35), bump('14:45', 90, 0.4)],
  },
  {
    currency: 'CHF',
    exponent: 2,
    name: 'SIC',
    calendarId: 'SIC',
    open: '-19:00',
    cutoff: '17:00',
    close: '18:15',
    bumps: [bump('08:00', 60, 0.35), bump('11:00', 75, 0.35), bump('14:30', 60, 0.3)],
  },
  {
    currency: 'USD',
    exponent: 2,
    name: 'Fedwire Funds',
    calendarId: 'FEDWIRE',
    open: '-21:00',
    cutoff: '18:45',
    close: '19:00',
    bumps: [
      bump('02:00', 90, 0.08),
      bump('08:30', 75, 0.17),
      bump('14:00', 150, 0.35),
      bump('16:45', 50, 0.28),
      bump('18:00', 25, 0.12),
    ],
  },
  {
    currency: 'CAD',
    exponent: 2,
    name: 'Lynx',
    calendarId: 'LYNX',
    open: '00:30',
    cutoff: '18:00',
    close: '18:30',
    bumps: [bump('09:00', 75, 0.3), bump('13:30', 120, 0.4), bump('16:30', 45, 0.3)],
  },
  {
    currency: 'JPY',
    exponent: 0,
    name: 'BOJ-NET',
    calendarId: 'BOJ-NET',
    open: '08:30',
    cutoff: '17:00',
    close: '21:00',
    bumps: [bump('09:30', 30, 0.3), bump('11:00', 75, 0.3), bump('14:30', 60, 0.4)],
  },
  {
    currency: 'SGD',
    exponent: 2,
    name: 'MEPS+',
    calendarId: 'MEPS+',
    open: '08:00',
    cutoff: '18:30',
    close: '19:00',
    bumps: [bump('09:30', 45, 0.3), bump('11:30', 75, 0.3), bump('15:30', 75, 0.4)],
  },
  {
    currency: 'AUD',
    exponent: 2,
    name: 'RITS',
    calendarId: 'RITS',
    open: '07:30',
    cutoff: '18:00',
    close: '20:00',
    bumps: [bump('12:30', 75, 0.4), bump('15:30', 75, 0.6)],
  },
]

const byCurrency = new Map(PAYMENT_SYSTEMS.map((system) => [system.currency, system]))

/** The system that settles a currency of the plans. */
export function systemOf(currency: string): PaymentSystem {
  const system = byCurrency.get(currency)
  if (system === undefined) throw new RangeError(`no payment system is planned for ${currency}`)
  return system
}

/** Minor units of one major unit: 100 for EUR, 1 for JPY. */
export function minorPerMajor(currency: string): number {
  let units = 1
  for (let decimals = systemOf(currency).exponent; decimals > 0; decimals--) units *= 10
  return units
}

/** Minor units of a whole amount in major units. */
export function minorOf(major: number, currency: string): number {
  return assertMinor(Math.round(major * minorPerMajor(currency)))
}

/** Seconds after local midnight of `HH:MM`, or of the evening before for `-HH:MM` (negative). */
export function secondsOfDay(text: string): number {
  const evening = text.startsWith('-')
  const [hours, minutes] = (evening ? text.slice(1) : text).split(':').map(Number)
  return hours * 3600 + minutes * 60 - (evening ? 86_400 : 0)
}
