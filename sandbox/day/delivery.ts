/**
 * How payments reach the agent: feeds that number their records, deliver late, lose and repeat some, and fail.
 *
 * A record's arrival is its place in the file; its event time stays the settlement. Accounts that are only
 * observed are delivered without faults, because their balance reports must agree. Pure.
 */
import type { Calendar, CashMovement } from '../../schemas/generated/types.js'
import type { Random } from '../random.js'
import { valueDateAt } from './calendars.js'
import type { ExpectedPayment } from './expectations.js'
import type { GroupPlan } from './group-plan.js'
import { BANKS } from './groups/all.js'
import { secondsOfDay, systemOf } from './payment-systems.js'

const MINUTE_MICROS = 60_000_000

/** Share of records that arrive late, by an exponential delay. */
const LATE_SHARE = 0.02
const LATE_MEAN_MINUTES = 20
const LATE_MOST_MINUTES = 180
/** Share of records sent twice. */
const DUPLICATE_SHARE = 0.003
/** Records of each feed that are overtaken by later ones: a gap in the sequence that is filled after minutes. */
const GAPS_PER_FEED = 3
/** A failed feed delivers what it held back within this time. */
const BACKLOG_MICROS = 2 * MINUTE_MICROS

interface Delivered {
  readonly record: CashMovement
  arrivesAt: number
}

/** The feed that reports the accounts of a group at one bank. */
export function feedOf(groupId: string, bankId: string): string {
  return `${groupId}.${bankId}`
}

/**
 * Movement records of a group in the order of their arrival.
 *
 * @param calendars by `calendarId`
 */
export function deliver(
  random: Random,
  plan: GroupPlan,
  payments: readonly ExpectedPayment[],
  calendars: ReadonlyMap<string, Calendar>,
  day: number,
  lastMicros: number,
): CashMovement[] {
  const delivered = payments.map((payment) => {
    const late = payment.account.observedOnly !== true && random.chance(LATE_SHARE)
    const delayMinutes = late ? Math.min(LATE_MOST_MINUTES, random.exponential(LATE_MEAN_MINUTES)) : 0
    const arrivesAt = payment.settledAt + Math.floor(delayMinutes * MINUTE_MICROS)
    return { record: movementOf(random, plan.groupId, payment, calendars), arrivesAt }
  })
  const kept = delivered.filter(({ arrivesAt }) => arrivesAt <= lastMicros)
  if (plan.outage !== undefined) holdBack(plan, day, kept)
  kept.sort(byArrival)
  const numbered = numberFeeds(kept)
  makeGaps(random, plan, numbered)
  repeatSome(random, plan, numbered, lastMicros)
  return numbered.sort(byArrival).map(({ record }) => record)
}

function movementOf(
  random: Random,
  groupId: string,
  payment: ExpectedPayment,
  calendars: ReadonlyMap<string, Calendar>,
): CashMovement {
  const { account } = payment
  const calendar = calendars.get(systemOf(account.currency).calendarId)!
  return {
    movementId: random.uuid(),
    groupId,
    sourceId: feedOf(groupId, account.bankId),
    sourceSequence: -1,
    eventTime: payment.settledAt,
    accountId: account.accountId,
    currency: account.currency,
    amountMinor: payment.amountMinor,
    valueDate: valueDateAt(calendar, payment.settledAt),
    kind: payment.kind,
    expectedFlowId: payment.expectedFlowId,
    counterpartyId: isBetweenBanks(payment) ? random.pick(others(account.bankId)) : '',
  }
}

function isBetweenBanks({ kind }: ExpectedPayment): boolean {
  return kind === 'INTERBANK_PAYMENT' || kind === 'TIME_SPECIFIC_OBLIGATION'
}

function others(bankId: string): string[] {
  return Object.keys(BANKS).filter((other) => other !== bankId)
}

/** The outage: nothing of the feed arrives, then everything in its old order within two minutes. */
function holdBack(plan: GroupPlan, day: number, delivered: Delivered[]): void {
  const { bankId, from, minutes } = plan.outage!
  const feed = feedOf(plan.groupId, bankId)
  const start = (day * 86_400 + secondsOfDay(from)) * 1e6
  const end = start + minutes * MINUTE_MICROS
  for (const one of delivered) {
    if (one.record.sourceId !== feed || one.arrivesAt < start || one.arrivesAt >= end) continue
    one.arrivesAt = Math.floor(end + ((one.arrivesAt - start) / (end - start)) * BACKLOG_MICROS)
  }
}

/** Numbers each feed from 0 in the order of arrival. */
function numberFeeds(ordered: readonly Delivered[]): Delivered[] {
  const next = new Map<string, number>()
  return ordered.map(({ record, arrivesAt }) => {
    const sourceSequence = next.get(record.sourceId) ?? 0
    next.set(record.sourceId, sourceSequence + 1)
    return { record: { ...record, sourceSequence }, arrivesAt }
  })
}

function makeGaps(random: Random, plan: GroupPlan, delivered: readonly Delivered[]): void {
  const observed = observedAccounts(plan)
  const feeds = new Map<string, Delivered[]>()
  for (const one of delivered) {
    if (observed.has(one.record.accountId)) continue
    const feed = feeds.get(one.record.sourceId)
    if (feed === undefined) feeds.set(one.record.sourceId, [one])
    else feed.push(one)
  }
  for (const feed of feeds.values()) {
    for (let gap = 0; gap < GAPS_PER_FEED; gap++) {
      // Not among the last, or nothing would come after it that shows the gap.
      const one = feed[random.integer(0, Math.floor(feed.length * 0.9))]
      one.arrivesAt += random.integer(2, 15) * MINUTE_MICROS
    }
  }
}

function repeatSome(random: Random, plan: GroupPlan, delivered: Delivered[], lastMicros: number): void {
  const observed = observedAccounts(plan)
  const count = delivered.length
  for (let i = 0; i < count; i++) {
    const { record, arrivesAt } = delivered[i]
    if (observed.has(record.accountId) || !random.chance(DUPLICATE_SHARE)) continue
    const again = arrivesAt + random.integer(1, 30) * MINUTE_MICROS
    if (again <= lastMicros) delivered.push({ record, arrivesAt: again })
  }
}

function observedAccounts(plan: GroupPlan): Set<string> {
  return new Set(
    plan.accounts.filter((account) => account.observedOnly === true).map((account) => account.accountId),
  )
}

function byArrival(a: Delivered, b: Delivered): number {
  return a.arrivesAt - b.arrivesAt
}
