/**
 * The payments of a group's day: how many, how large, when.
 *
 * Sizes have a log-normal body and a Pareto tail from the 99th percentile (exponent 1.4). A day's gross is met
 * exactly, so that a seed changes which payments come when, not whether the group is solvent. Large payments are
 * spread evenly over the day's intensity, as throughput rules make banks do; small ones come as they come. Pure.
 */
import type { Calendar, CashMovement } from '../../schemas/generated/types.js'
import { exp, normalQuantile } from '../exact-functions.js'
import type { Random } from '../random.js'
import { utcOfLocal } from './calendars.js'
import type { AccountPlan } from './group-plan.js'
import { Intensity } from './intensity.js'
import { minorOf, minorPerMajor, type PaymentSystem, secondsOfDay } from './payment-systems.js'

export interface Payment {
  readonly account: AccountPlan
  /** Signed, minor units; receipts are positive. */
  readonly amountMinor: number
  /** Settlement, microseconds UTC. */
  readonly settledAt: number
  readonly kind: CashMovement['kind']
}

export interface DayFrame {
  /** Days since 1970-01-01. */
  readonly day: number
  /** First and last microsecond in which payments settle, UTC. */
  readonly bounds: readonly [number, number]
  /** Multiplies the number of tickets; their sum stays. */
  readonly scale: number
}

const BODY_SIGMA = 1.9
const TAIL_SHARE = 0.01
const TAIL_ALPHA = 1.4
/** No ticket is more than this share of the account's gross: larger ones are paid in parts. */
const LARGEST_SHARE = 0.05
/** This share of tickets, the largest, is spread evenly over the day. */
const SPREAD_SHARE = 0.06
/** Receipts follow payments by this long (recycling of liquidity, 30 to 60 minutes). */
const RECEIPT_LAG_MINUTES = 45
/** Instant payments run around the clock, one about every ten minutes on each account. */
const INSTANT_PAYMENTS = 144
const GOLDEN_RATIO = 0.6180339887498949

/** All payments of one account, unordered. */
export function accountPayments(
  random: Random,
  account: AccountPlan,
  system: PaymentSystem,
  calendar: Calendar,
  frame: DayFrame,
): Payment[] {
  const payments = obligationPayments(random, account, calendar, frame)
  const obliged = payments.reduce((sum, payment) => sum - payment.amountMinor, 0)
  for (const direction of ['out', 'in'] as const) {
    const outgoing = direction === 'out'
    const gross =
      minorOf(outgoing ? account.outMajor : account.inMajor, account.currency) - (outgoing ? obliged : 0)
    const planned = (outgoing ? account.outCount : account.inCount) * frame.scale
    const count = random.poisson(planned)
    if (count === 0) continue
    const lag = outgoing ? 0 : RECEIPT_LAG_MINUTES
    const intensity = new Intensity(system, calendar, frame.day, lag, frame.bounds)
    const sizes = ticketSizes(random, count, gross)
    const times = settlementTimes(random, intensity, count)
    for (let i = 0; i < count; i++) {
      const amountMinor = outgoing ? -sizes[i] : sizes[i]
      payments.push({
        account,
        amountMinor,
        settledAt: times[i],
        kind: kindOf(random, sizes[i], minorPerMajor(account.currency)),
      })
    }
  }
  instantPayments(random, account, frame, payments)
  return payments
}

/** Sizes in minor units, largest first, with the given sum up to rounding; each at least one minor unit. */
export function ticketSizes(random: Random, count: number, grossMinor: number): number[] {
  const tailStart = exp(BODY_SIGMA * normalQuantile(1 - TAIL_SHARE))
  const tailCount = Math.max(1, Math.round(count * TAIL_SHARE))
  const raw = Array.from({ length: count }, (_, index) =>
    index < tailCount
      ? tailStart * random.pareto(TAIL_ALPHA)
      : exp(BODY_SIGMA * normalQuantile(random.uniform() * (1 - TAIL_SHARE))),
  )
  // Cutting a ticket lowers the sum that it is compared with; three rounds settle that within a percent.
  const largestShare = Math.max(LARGEST_SHARE, 3 / count)
  for (let round = 0; round < 3; round++) {
    const largest = largestShare * raw.reduce((sum, size) => sum + size, 0)
    for (let i = 0; i < tailCount; i++) raw[i] = Math.min(raw[i], largest)
  }
  const sum = raw.reduce((total, size) => total + size, 0)
  return raw.map((size) => Math.max(1, Math.round((size / sum) * grossMinor))).sort((a, b) => b - a)
}

/** Times for tickets in descending order of size. */
function settlementTimes(random: Random, intensity: Intensity, count: number): number[] {
  const spread = Math.ceil(count * SPREAD_SHARE)
  const start = random.uniform()
  return Array.from({ length: count }, (_, index) => {
    // Multiples of the golden ratio fill (0, 1) evenly from the first on.
    const u = index < spread ? (start + index * GOLDEN_RATIO) % 1 : random.uniform()
    return intensity.quantile(Math.min(0.999999, Math.max(0.000001, u)))
  })
}

function obligationPayments(
  random: Random,
  account: AccountPlan,
  calendar: Calendar,
  frame: DayFrame,
): Payment[] {
  return (account.obligations ?? []).map(({ at, share }) => {
    const amount = account.outMajor * share * random.between(0.95, 1.05)
    return {
      account,
      amountMinor: -minorOf(amount, account.currency),
      settledAt: utcOfLocal(calendar, frame.day, secondsOfDay(at)),
      kind: 'TIME_SPECIFIC_OBLIGATION',
    }
  })
}

function instantPayments(
  random: Random,
  account: AccountPlan,
  { bounds }: DayFrame,
  payments: Payment[],
): void {
  const slot = (bounds[1] - bounds[0]) / INSTANT_PAYMENTS
  // Some 40 parts in a million of the day's gross each: a few thousand euros on a large account.
  const size = Math.max(account.outMajor, account.inMajor) * 0.00004 * minorPerMajor(account.currency)
  for (let i = 0; i < INSTANT_PAYMENTS; i++) {
    const settledAt = Math.floor(bounds[0] + (i + random.uniform()) * slot)
    const magnitude = Math.max(1, Math.round(size * random.logNormal(0.8)))
    payments.push({
      account,
      amountMinor: random.chance(0.5) ? magnitude : -magnitude,
      settledAt,
      kind: 'CUSTOMER_PAYMENT',
    })
  }
}

function kindOf(random: Random, sizeMinor: number, unit: number): CashMovement['kind'] {
  if (sizeMinor >= 1_000_000 * unit) return 'INTERBANK_PAYMENT'
  if (sizeMinor < 50 * unit && random.chance(0.3)) return 'FEE'
  return random.chance(0.02) ? 'OTHER' : 'CUSTOMER_PAYMENT'
}
