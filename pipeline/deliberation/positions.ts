/**
 * Positions: what each account of the policy holds, may spend and is expected to hold, against its floor, target
 * and ceiling with the safety margins that stale or incomplete data asks for (DOMAIN 3.2, rows 1 to 4).
 *
 * All amounts are integer minor units of the account's currency. Depends on state, policy and valuation.
 */
import { clampMinor } from '../money.js'
import { missingCount, stalenessAt } from '../perception/feeds.js'
import { isAccountKilled } from '../perception/kills.js'
import type { AccountState, GroupState } from '../perception/state.js'
import { type BankBalance, NO_BALANCES, projectedMinor, unlistedBalances } from './bank-balances.js'
import { type ExpectedSums, NO_FLOWS, percentOf } from './expected-flows.js'
import type { AccountTargets, ResolvedPolicy } from './resolved-policy.js'
import { Valuation } from './valuation.js'

export interface Position extends BankBalance {
  readonly accountId: string
  readonly bankId: string
  readonly settledMinor: number
  /** Settled less what is reserved for instructions on their way. */
  readonly availableMinor: number
  /** Available less the outflows expected within the horizon: what other payments leave to spend (row 2b). */
  readonly spendableMinor: number
  readonly floorMinor: number
  readonly targetMinor: number
  readonly ceilingMinor: number
  readonly lowerBandMinor: number
  readonly upperBandMinor: number
  readonly lineMinor: number
  /** Base minor units for one minor unit, for weighing costs; 0 when the currency cannot be valued. */
  readonly baseFactor: number
  /** Why nothing may move the account; empty when it may. */
  readonly frozen: string
  /** Accounts of the group at the same bank that the policy does not control, where a limit counts them; shared by the positions of the bank. */
  readonly unlistedAtBank: readonly BankBalance[]
}

/** What the positions of one moment are reckoned from. */
interface Moment {
  readonly state: GroupState
  readonly resolved: ResolvedPolicy
  readonly nowMicros: number
  readonly expected: ReadonlyMap<string, ExpectedSums>
  readonly valuation: Valuation
  readonly unlisted: ReadonlyMap<string, readonly BankBalance[]>
}

export function positionsOf(
  state: GroupState,
  resolved: ResolvedPolicy,
  nowMicros: number,
  expected: ReadonlyMap<string, ExpectedSums>,
): Position[] {
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  const unlisted = unlistedBalances(state, resolved, expected, valuation)
  const moment: Moment = { state, resolved, nowMicros, expected, valuation, unlisted }
  const positions: Position[] = []
  for (const targets of resolved.accounts.values()) positions.push(positionOf(moment, targets))
  return positions
}

function positionOf(
  { state, resolved, nowMicros, expected, valuation, unlisted }: Moment,
  targets: AccountTargets,
): Position {
  const account = state.accounts.get(targets.accountId)!
  const { reference } = account
  const factor = valuation.minorFactor(reference.currency, reference.currencyExponent)
  const flows = expected.get(targets.accountId) ?? NO_FLOWS
  const widen = wideningPercent(state, resolved, account, nowMicros)
  const levelMinor = widened(regulatoryFloor(state, targets), widen)
  const floorMinor = Math.max(levelMinor, coverageMinor(resolved, -flows.outMinor))
  const targetMinor = Math.max(widened(targets.targetMinor, widen), floorMinor)
  const availableMinor = account.settledMinor - account.reservedMinor
  return {
    accountId: targets.accountId,
    currency: reference.currency,
    exponent: reference.currencyExponent,
    bankId: reference.bankId,
    settledMinor: account.settledMinor,
    availableMinor,
    spendableMinor: clampMinor(availableMinor + flows.outMinor),
    projectedMinor: projectedMinor(account, flows),
    opened: account.opened,
    floorMinor,
    targetMinor,
    ceilingMinor: Math.max(targets.ceilingMinor, targetMinor),
    lowerBandMinor: Math.max(targetMinor - percentOf(targetMinor, targets.lowerPercent), floorMinor),
    upperBandMinor: clampMinor(targetMinor + percentOf(targetMinor, targets.upperPercent)),
    lineMinor: reference.intradayLineMinor,
    baseFactor: factor ?? 0,
    price: valuation.price(reference.currency, reference.currencyExponent) ?? 0,
    frozen: frozenReason(state, resolved, account, nowMicros, factor),
    unlistedAtBank: unlisted.get(reference.bankId) ?? NO_BALANCES,
  }
}

/** What may leave an account even if every inflow comes last (row 2b). */
export function leavableMinor(position: Position): number {
  return Math.max(0, position.spendableMinor - position.floorMinor + position.lineMinor)
}

/** Why an account must not be moved; the first reason that holds. */
function frozenReason(
  state: GroupState,
  resolved: ResolvedPolicy,
  account: AccountState,
  nowMicros: number,
  factor: number | undefined,
): string {
  const { accountId, feedId } = account.reference
  if (isAccountKilled(state, accountId)) return 'killed'
  if (state.holds.has('group')) return 'held'
  if (state.holds.has(`account:${accountId}`)) return 'held'
  if (!account.opened) return 'balance-unknown'
  if (account.breakMinor !== 0) return 'balance-break'
  if (factor === undefined) return 'currency-not-quoted'
  if (feedId === '') return ''
  const clock = lastHeardMicros(state, account)
  return stalenessAt(clock, nowMicros, resolved.policy.staleness.account) === 'frozen' ? 'feed-silent' : ''
}

/** The account's clock: its feed's latest record, or the latest balance report on it. */
function lastHeardMicros(state: GroupState, account: AccountState): number {
  const feedClock = state.feeds.get(account.reference.feedId)?.clockMicros ?? -1
  return Math.max(feedClock, account.reportedAtMicros)
}

function wideningPercent(
  state: GroupState,
  resolved: ResolvedPolicy,
  account: AccountState,
  nowMicros: number,
): number {
  const { staleness } = resolved.policy
  const { feedId } = account.reference
  if (feedId === '') return 0
  const feed = state.feeds.get(feedId)
  const silent = stalenessAt(lastHeardMicros(state, account), nowMicros, staleness.account) !== 'fresh'
  const incomplete = feed !== undefined && missingCount(feed) > 0
  return (silent ? staleness.account.widenPercent : 0) + (incomplete ? staleness.gapWidenPercent : 0)
}

/** What must be left once the obligations of the horizon are paid: so much of them as the policy's coverage is above the whole. */
function coverageMinor({ policy }: ResolvedPolicy, obligationsMinor: number): number {
  const { coveragePercent } = policy.margins
  if (coveragePercent === undefined) return 0
  return clampMinor(percentOf(obligationsMinor, Math.max(0, coveragePercent - 100)))
}

function regulatoryFloor(state: GroupState, targets: AccountTargets): number {
  let floorMinor = targets.floorMinor
  for (const constraint of state.constraints.values()) {
    if (constraint.kind === 'MINIMUM_BALANCE' && constraint.subjectId === targets.accountId) {
      floorMinor = Math.max(floorMinor, constraint.limitMinor)
    }
  }
  return floorMinor
}

function widened(amountMinor: number, percent: number): number {
  return percent === 0 ? amountMinor : clampMinor(amountMinor + percentOf(amountMinor, percent))
}
