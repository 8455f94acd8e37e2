/**
 * Positions: what each account of the policy holds, may spend and is expected to hold, against its floor, target
 * and ceiling with the safety margins that stale or incomplete data asks for (DOMAIN 3.2, rows 1 to 4).
 *
 * All amounts are integer minor units of the account's currency. Depends on state, policy and valuation.
 */
import { missingCount, stalenessAt } from '../perception/feeds.js'
import type { AccountState, GroupState } from '../perception/state.js'
import type { AccountTargets, ResolvedPolicy } from './resolved-policy.js'
import { minorFactor } from './valuation.js'

/** An inflow that is this late is no longer counted on; an outflow stays until it settles or is withdrawn. */
const FORGET_OUTFLOW_AFTER_MICROS = 86_400_000_000

export interface Position {
  readonly accountId: string
  readonly currency: string
  readonly exponent: number
  readonly bankId: string
  readonly settledMinor: number
  /** Settled less what is reserved for instructions on their way. */
  readonly availableMinor: number
  /** Available less the outflows expected within the horizon: what other payments leave to spend (row 2b). */
  readonly spendableMinor: number
  /** Available plus own inflows on their way plus expected flows within the horizon. */
  readonly projectedMinor: number
  readonly floorMinor: number
  readonly targetMinor: number
  readonly ceilingMinor: number
  readonly lowerBandMinor: number
  readonly upperBandMinor: number
  readonly lineMinor: number
  /** Base minor units for one minor unit; 0 when the currency cannot be valued. */
  readonly baseFactor: number
  /** Why nothing may move the account; empty when it may. */
  readonly frozen: string
}

export function positionsOf(state: GroupState, resolved: ResolvedPolicy, nowMicros: number): Position[] {
  const expected = expectedWithin(state, resolved, nowMicros)
  const positions: Position[] = []
  for (const targets of resolved.accounts.values()) {
    const account = state.accounts.get(targets.accountId)!
    positions.push(positionOf(state, resolved, nowMicros, account, targets, expected))
  }
  return positions
}

function positionOf(
  state: GroupState,
  resolved: ResolvedPolicy,
  nowMicros: number,
  account: AccountState,
  targets: AccountTargets,
  expected: ReadonlyMap<string, ExpectedSums>,
): Position {
  const { reference } = account
  const { policy } = resolved
  const factor = minorFactor(
    state,
    reference.currency,
    reference.currencyExponent,
    policy.baseCurrency,
    resolved.baseExponent,
  )
  const flows = expected.get(targets.accountId) ?? NO_FLOWS
  const widen = wideningPercent(state, resolved, account, nowMicros)
  const floorMinor = widened(regulatoryFloor(state, targets), widen)
  const targetMinor = Math.max(widened(targets.targetMinor, widen), floorMinor)
  const availableMinor = account.settledMinor - account.reservedMinor
  return {
    accountId: targets.accountId,
    currency: reference.currency,
    exponent: reference.currencyExponent,
    bankId: reference.bankId,
    settledMinor: account.settledMinor,
    availableMinor,
    spendableMinor: availableMinor + flows.outMinor,
    projectedMinor: availableMinor + account.incomingMinor + flows.outMinor + flows.inMinor,
    floorMinor,
    targetMinor,
    ceilingMinor: Math.max(targets.ceilingMinor, targetMinor),
    lowerBandMinor: Math.max(targetMinor - percentOf(targetMinor, targets.lowerPercent), floorMinor),
    upperBandMinor: targetMinor + percentOf(targetMinor, targets.upperPercent),
    lineMinor: reference.intradayLineMinor,
    baseFactor: factor ?? 0,
    frozen: frozenReason(state, resolved, account, nowMicros, factor),
  }
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

function regulatoryFloor(state: GroupState, targets: AccountTargets): number {
  let floorMinor = targets.floorMinor
  for (const constraint of state.constraints.values()) {
    if (constraint.kind === 'MINIMUM_BALANCE' && constraint.subjectId === targets.accountId) {
      floorMinor = Math.max(floorMinor, constraint.limitMinor)
    }
  }
  return floorMinor
}

interface ExpectedSums {
  outMinor: number
  inMinor: number
}

const NO_FLOWS: ExpectedSums = { outMinor: 0, inMinor: 0 }

/** Sums of expected flows per account within the horizon, weighted by the policy; drops what is long past. */
function expectedWithin(
  state: GroupState,
  resolved: ResolvedPolicy,
  nowMicros: number,
): Map<string, ExpectedSums> {
  const { inflowPercent, outflowPercent } = resolved.policy.expectedFlows
  const untilMicros = nowMicros + resolved.policy.deliberation.horizonMinutes * 60_000_000
  const sums = new Map<string, ExpectedSums>()
  for (const [id, flow] of state.expectedFlows) {
    if (flow.expectedAtMicros > untilMicros) continue
    if (flow.expectedAtMicros < nowMicros - FORGET_OUTFLOW_AFTER_MICROS) {
      state.expectedFlows.delete(id)
      continue
    }
    let sum = sums.get(flow.accountId)
    if (sum === undefined) {
      sum = { outMinor: 0, inMinor: 0 }
      sums.set(flow.accountId, sum)
    }
    if (flow.amountMinor < 0) sum.outMinor -= percentOf(-flow.amountMinor, outflowPercent)
    else if (flow.expectedAtMicros >= nowMicros)
      sum.inMinor += Math.floor((flow.amountMinor / 100) * inflowPercent)
  }
  return sums
}

/** Rounded up: a margin is never cut by rounding. */
function percentOf(amountMinor: number, percent: number): number {
  return Math.ceil((amountMinor / 100) * percent)
}

function widened(amountMinor: number, percent: number): number {
  return percent === 0 ? amountMinor : amountMinor + percentOf(amountMinor, percent)
}
