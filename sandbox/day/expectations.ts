/**
 * What is known in advance: expected flows for a part of the payments, some of them late, revised or cancelled.
 *
 * A treasury knows its large payments before they settle; so do the agents, which is what lets them hold a floor
 * that a single payment would break. Small payments come unannounced. Pure.
 */
import type { ExpectedFlow } from '../../schemas/generated/types.js'
import type { Random } from '../random.js'
import type { Payment } from './flows.js'
import type { GroupPlan, WithdrawnForecast } from './group-plan.js'
import { minorOf, secondsOfDay } from './payment-systems.js'

const MINUTE_MICROS = 60_000_000

/** A payment is large when it is at least this share of the account's opening balance. */
const LARGE_SHARE = 0.03
const MEDIUM_SHARE = 0.01
const NO_EXPECTATION = Buffer.alloc(16)

export interface ExpectedPayment extends Payment {
  /** Sixteen zero bytes when nobody announced it. */
  readonly expectedFlowId: Uint8Array
}

export interface Expectations {
  readonly payments: ExpectedPayment[]
  /** In order of `eventTime`, numbered as one feed. */
  readonly flows: ExpectedFlow[]
}

/**
 * Announces payments of a group.
 *
 * @param day days since 1970-01-01
 * @param opensAt when the first forecasts are published, microseconds UTC
 */
export function announce(
  random: Random,
  plan: GroupPlan,
  payments: readonly Payment[],
  day: number,
  opensAt: number,
): Expectations {
  const { groupId } = plan
  const flows = (plan.withdrawnForecasts ?? []).flatMap((forecast) => withdrawn(random, plan, forecast, day))
  const announced = payments.map((payment) => {
    if (!isAnnounced(random, payment)) return { ...payment, expectedFlowId: NO_EXPECTATION }
    const expectedFlowId = random.uuid()
    publish(random, groupId, payment, expectedFlowId, opensAt, flows)
    if (random.chance(0.03)) publishCancelled(random, groupId, payment, opensAt, flows)
    return { ...payment, expectedFlowId }
  })
  flows.sort((a, b) => a.eventTime - b.eventTime)
  return { payments: announced, flows: flows.map((flow, index) => ({ ...flow, sourceSequence: index })) }
}

function withdrawn(
  random: Random,
  plan: GroupPlan,
  forecast: WithdrawnForecast,
  day: number,
): ExpectedFlow[] {
  const { currency } = plan.accounts.find(({ accountId }) => accountId === forecast.accountId)!
  const utc = (time: string) => (day * 86_400 + secondsOfDay(time)) * 1_000_000
  const flow = {
    expectedFlowId: random.uuid(),
    groupId: plan.groupId,
    sourceId: `${plan.groupId}.forecast`,
    sourceSequence: -1,
    accountId: forecast.accountId,
    currency,
    amountMinor: minorOf(forecast.amountMajor, currency),
    expectedAt: utc(forecast.expectedAt),
    timeSpecific: false,
  }
  return [
    { ...flow, eventTime: utc(forecast.publishedAt), cancelled: false },
    { ...flow, eventTime: utc(forecast.withdrawnAt), cancelled: true },
  ]
}

function isAnnounced(random: Random, payment: Payment): boolean {
  if (payment.kind === 'TIME_SPECIFIC_OBLIGATION') return true
  const opening = minorOf(payment.account.openingMajor, payment.account.currency)
  const share = Math.abs(payment.amountMinor) / opening
  if (payment.amountMinor < 0)
    return share >= LARGE_SHARE || random.chance(share >= MEDIUM_SHARE ? 0.6 : 0.04)
  return random.chance(share >= LARGE_SHARE ? 0.75 : share >= MEDIUM_SHARE ? 0.4 : 0.04)
}

function publish(
  random: Random,
  groupId: string,
  payment: Payment,
  expectedFlowId: Uint8Array,
  opensAt: number,
  flows: ExpectedFlow[],
): void {
  const timeSpecific = payment.kind === 'TIME_SPECIFIC_OBLIGATION'
  const expectedAt = timeSpecific ? payment.settledAt : expectedTime(random, payment)
  const publishedAt = publicationTime(random, Math.min(expectedAt, payment.settledAt), opensAt, timeSpecific)
  const flow = {
    expectedFlowId,
    groupId,
    sourceId: `${groupId}.forecast`,
    sourceSequence: -1,
    accountId: payment.account.accountId,
    currency: payment.account.currency,
    expectedAt,
    timeSpecific,
    cancelled: false,
  }
  const revisedAt = payment.settledAt - random.integer(70, 100) * MINUTE_MICROS
  if (!timeSpecific && revisedAt > publishedAt && random.chance(0.1)) {
    const first = Math.round(payment.amountMinor * random.between(0.85, 1.1))
    flows.push({ ...flow, eventTime: publishedAt, amountMinor: first === 0 ? payment.amountMinor : first })
    flows.push({ ...flow, eventTime: revisedAt, amountMinor: payment.amountMinor })
  } else {
    flows.push({ ...flow, eventTime: publishedAt, amountMinor: payment.amountMinor })
  }
}

/** A forecast that is withdrawn 5 to 60 minutes before it was due. */
function publishCancelled(
  random: Random,
  groupId: string,
  like: Payment,
  opensAt: number,
  flows: ExpectedFlow[],
): void {
  const expectedAt = like.settledAt + random.integer(10, 90) * MINUTE_MICROS
  const flow = {
    expectedFlowId: random.uuid(),
    groupId,
    sourceId: `${groupId}.forecast`,
    sourceSequence: -1,
    accountId: like.account.accountId,
    currency: like.account.currency,
    amountMinor: Math.round(like.amountMinor / 2) || like.amountMinor,
    expectedAt,
    timeSpecific: false,
  }
  const publishedAt = publicationTime(random, expectedAt, opensAt, false)
  const cancelledAt = Math.max(
    publishedAt + MINUTE_MICROS,
    expectedAt - random.integer(5, 60) * MINUTE_MICROS,
  )
  flows.push({ ...flow, eventTime: publishedAt, cancelled: false })
  flows.push({ ...flow, eventTime: cancelledAt, cancelled: true })
}

/** Most payments settle within minutes of the forecast, one in eight 10 to 60 minutes late, some a little early. */
function expectedTime(random: Random, payment: Payment): number {
  const draw = random.uniform()
  const lateMinutes =
    draw < 0.125 ? random.integer(10, 60) : draw < 0.9 ? random.integer(0, 5) : -random.integer(1, 10)
  const at = payment.settledAt - lateMinutes * MINUTE_MICROS
  return at - (at % MINUTE_MICROS)
}

/** In the first minute of the day or 75 to 240 minutes ahead, whichever is later. */
function publicationTime(random: Random, dueAt: number, opensAt: number, atOpening: boolean): number {
  const firstBatch = opensAt + random.integer(0, 40_000_000)
  if (atOpening || random.chance(0.5)) return firstBatch
  return Math.max(firstBatch, dueAt - random.integer(75, 240) * MINUTE_MICROS)
}
