/**
 * Folds balance reports and expected flows into the accounts of a group, and holds what all statements about money share.
 *
 * Money is never conflated, reordered away or held back: a late movement is applied when it comes. Depends on
 * the state only.
 */
import type { BalanceKind, ExpectedFlow } from '../../schemas/generated/types.js'
import { hexOfWords, type IdWords, toHex, wordsOf } from '../identity.js'
import { addMinor, formatMinor } from '../money.js'
import { type CycleCollector, exactInteger, Refusal, refuseUnless } from './outcome.js'
import { type AccountState, type GroupState, STATE_LIMITS } from './state.js'

/** The account of an input, with the checks that every statement about money shares. */
export function accountFor(
  state: GroupState,
  groupId: string,
  accountId: string,
  currency: string,
): AccountState {
  if (groupId !== state.groupId) {
    throw new Refusal('wrong-group', `addressed to group ${groupId}, delivered to ${state.groupId}`)
  }
  const account = state.accounts.get(accountId)
  if (account === undefined) {
    throw new Refusal('unknown-account', `group ${state.groupId} has no account ${accountId}`)
  }
  if (currency !== account.reference.currency) {
    const expected = account.reference.currency
    throw new Refusal('unknown-currency', `account ${accountId} is kept in ${expected}, not in "${currency}"`)
  }
  return account
}

/** The one way in which a balance changes after its opening: with the time from which on a report can be compared with it. */
export function book(account: AccountState, amountMinor: number, atMicros: number): void {
  account.settledMinor = addMinor(account.settledMinor, amountMinor)
  account.balanceAtMicros = Math.max(account.balanceAtMicros, atMicros)
}

/** The payment came: what is told of it later, or told again, is no longer expected. */
export function fulfil(state: GroupState, flow: IdWords): void {
  if (state.expectedFlows.delete(hexOfWords(flow))) state.expectedFlowsVersion++
  if (!state.fulfilled.has(...flow)) state.fulfilled.add(...flow)
}

export interface ReportFacts {
  readonly groupId: string
  readonly accountId: string
  readonly currency: string
  readonly kind: BalanceKind
  readonly bookedMinor: number
  readonly eventTimeMicros: number
}

function checkReport(state: GroupState, facts: ReportFacts): AccountState {
  const account = accountFor(state, facts.groupId, facts.accountId, facts.currency)
  exactInteger(facts.bookedMinor, 'bookedMinor')
  if (!account.opened) exactInteger(account.settledMinor + facts.bookedMinor, 'the opening balance')
  return account
}

/**
 * The first OPENING sets the balance; until it comes other reports have no effect. Every later report is compared with the balance Weir keeps: a difference is a
 * break, which freezes the account until a report agrees. A report from before the last change of the balance is not comparable.
 */
export function foldReport(collector: CycleCollector, facts: ReportFacts): string {
  const account = checkReport(collector.state, facts)
  const touched = `account:${facts.accountId}`
  account.reportedAtMicros = Math.max(account.reportedAtMicros, facts.eventTimeMicros)
  // Other reports cannot be told apart from the movements that came before them: the account stays frozen.
  if (!account.opened && facts.kind !== 'OPENING') return touched
  if (!account.opened) {
    account.opened = true
    account.openingMinor = facts.bookedMinor
    account.settledMinor += facts.bookedMinor
    account.unmanagedMinor += facts.bookedMinor
    return touched
  }
  if (facts.eventTimeMicros < account.balanceAtMicros) return touched
  const difference = facts.bookedMinor - account.settledMinor
  if (difference !== 0 && account.breakMinor === 0) {
    const exponent = account.reference.currencyExponent
    collector.alert(
      'CRITICAL',
      'balance-break',
      touched,
      `The bank reports ${formatMinor(facts.bookedMinor, exponent)} ${facts.currency} on ${facts.accountId}, ` +
        `Weir keeps ${formatMinor(account.settledMinor, exponent)}; the account is frozen until a report agrees.`,
    )
  }
  account.breakMinor = difference
  account.comparedAtMicros = Math.max(account.comparedAtMicros, facts.eventTimeMicros)
  return touched
}

/**
 * The latest record of an id replaces earlier ones; a cancelled one withdraws it. Empty for one whose movement has come:
 * counted again, the payment would stand in the projection for ever.
 */
export function foldExpectedFlow(state: GroupState, flow: ExpectedFlow): string {
  const flowHex = toHex(flow.expectedFlowId)
  accountFor(state, flow.groupId, flow.accountId, flow.currency)
  exactInteger(flow.amountMinor, 'amountMinor')
  exactInteger(flow.expectedAt, 'expectedAt')
  if (flow.cancelled) {
    if (state.expectedFlows.delete(flowHex)) state.expectedFlowsVersion++
    return `account:${flow.accountId}`
  }
  if (state.fulfilled.has(...wordsOf(flow.expectedFlowId))) return ''
  refuseUnless(
    state.expectedFlows.size < STATE_LIMITS.expectedFlows || state.expectedFlows.has(flowHex),
    'state-limit',
    `more than ${STATE_LIMITS.expectedFlows} expected flows are open`,
  )
  state.expectedFlowsVersion++
  state.expectedFlows.set(flowHex, {
    accountId: flow.accountId,
    amountMinor: flow.amountMinor,
    expectedAtMicros: flow.expectedAt,
    timeSpecific: flow.timeSpecific,
  })
  return `account:${flow.accountId}`
}
