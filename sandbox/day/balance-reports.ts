/**
 * Balance reports of a group: the opening balance of every account, and hourly statements of the accounts that the
 * agent only observes. Those of managed accounts are left out: the day is written before anybody knows what the
 * agent will do to them. Pure.
 */
import type { BalanceReport } from '../../schemas/generated/types.js'
import type { Random } from '../random.js'
import type { Payment } from './flows.js'
import type { AccountPlan, GroupPlan } from './group-plan.js'
import { minorOf } from './payment-systems.js'

const HOUR_MICROS = 3_600_000_000

/**
 * @param payments all payments of the group
 * @param openingAt time of the opening balances, microseconds UTC
 * @param dayStart midnight UTC
 */
export function balanceReports(
  random: Random,
  plan: GroupPlan,
  payments: readonly Payment[],
  openingAt: number,
  dayStart: number,
): BalanceReport[] {
  const reports = plan.accounts.map((account) => report(random, plan, account, 'OPENING', openingAt, 0))
  for (const account of plan.accounts) {
    if (account.observedOnly !== true) continue
    const own = payments
      .filter((payment) => payment.account === account)
      .sort((a, b) => a.settledAt - b.settledAt)
    for (let hour = 1; hour < 24; hour++) {
      const at = dayStart + hour * HOUR_MICROS
      const sum = own.reduce(
        (total, payment) => total + (payment.settledAt < at ? payment.amountMinor : 0),
        0,
      )
      reports.push(report(random, plan, account, hour === 23 ? 'CLOSING' : 'INTRADAY', at, sum))
    }
  }
  reports.sort((a, b) => a.eventTime - b.eventTime)
  return reports.map((one, index) => ({ ...one, sourceSequence: index }))
}

function report(
  random: Random,
  plan: GroupPlan,
  account: AccountPlan,
  kind: BalanceReport['kind'],
  eventTime: number,
  movedMinor: number,
): BalanceReport {
  return {
    reportId: random.uuid(),
    groupId: plan.groupId,
    sourceId: `${plan.groupId}.statements`,
    sourceSequence: -1,
    eventTime,
    accountId: account.accountId,
    currency: account.currency,
    kind,
    bookedMinor: minorOf(account.openingMajor, account.currency) + movedMinor,
  }
}
