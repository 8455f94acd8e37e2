/**
 * The risk gate: every limit that an instruction must keep, checked in integers after the solver and before
 * anything is reserved. It trusts nothing that the optimizer said, and one denial refuses the whole plan.
 *
 * Each check returns true to pass; anything else, an error included, denies. Depends on plan, policy and state.
 */
import { atBank, isInDoubt, sumOfValues } from '../deliberation/bank-balances.js'
import { factsOf } from '../deliberation/eligibility.js'
import { reliableInflowMinor } from '../deliberation/leg-links.js'
import {
  amountPosition,
  channelId,
  creditedAccount,
  debitedAccount,
  type Move,
  movesCollateral,
} from '../deliberation/plan.js'
import type { Position } from '../deliberation/positions.js'
import { isExpired, type ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { bankLimits, owedTo } from '../deliberation/shared-limits.js'
import { amountValue, inBaseMinor, limitValue, Valuation } from '../deliberation/valuation.js'
import { invariant } from '../errors.js'
import { type RuleFacts, timeFactsAt } from '../governance/rule-facts.js'
import { isMinor } from '../money.js'
import { isAccountKilled, isAssetKilled, isChannelKilled, isKindKilled } from '../perception/kills.js'
import type { GroupState } from '../perception/state.js'
import { assetIsEligible, assetIsFree, drawsAreCovered } from './collateral-gate.js'

export interface Denial {
  /** Stable code of the check that denied; `rule:NAME` for a rule of the policy. */
  readonly code: string
  /** Channel of the move that was denied, or `plan`. */
  readonly subject: string
}

interface PlanContext {
  readonly state: GroupState
  readonly resolved: ResolvedPolicy
  readonly positions: readonly Position[]
  readonly moves: readonly Move[]
  /** For each move the index of the one that must be settled before it is sent; -1 for none. */
  readonly dependsOn: readonly number[]
  /** Closing time of the cycle. */
  readonly nowMicros: number
}

interface GateContext extends PlanContext {
  readonly move: Move
}

type Check = readonly [code: string, passes: (context: GateContext) => boolean]

const MOVE_CHECKS: readonly Check[] = [
  ['killed', ({ state, move }) => isMoveKilled(state, move) === false],
  ['amount-not-exact', ({ move }) => isMinor(move.amountMinor) && isMinor(move.counterAmountMinor)],
  ['amount-not-positive', ({ move }) => move.amountMinor > 0 && move.counterAmountMinor > 0],
  [
    'account-frozen',
    ({ move }) => frozenOf(debitedAccount(move)) === '' && frozenOf(creditedAccount(move)) === '',
  ],
  ['channel-blocked', ({ move }) => (move.rail ?? move.facility!).blocked === ''],
  ['above-channel-maximum', ({ move }) => move.amountMinor <= channelMaximum(move)],
  ['below-minimum-ticket', ({ move }) => move.amountMinor >= minimumTicket(move)],
  ['not-a-multiple', ({ move }) => move.amountMinor % rounding(move) === 0],
  ['no-price', ({ move }) => move.kind !== 'FX' || (move.rail?.fx ?? null) !== null],
  ['balance-not-exact', ({ state, moves }) => balancesStayExact(state, moves)],
  [
    'above-maximum-instruction',
    ({ state, resolved, move }) =>
      sumBaseMinor(state, resolved, [move]) <= resolved.maximumInstructionBaseMinor,
  ],
  ['source-overdrawn', (context) => sourceBears(context)],
  ['link-invalid', (context) => linkIsSound(context)],
  ['asset-not-eligible', (context) => assetIsEligible(context, context.move)],
  ['asset-not-free', (context) => assetIsFree(context, context.move)],
  ['channel-used-twice', ({ moves, move }) => moves.filter((other) => sameChannel(other, move)).length === 1],
]

const PLAN_CHECKS: readonly (readonly [string, (context: PlanContext) => boolean])[] = [
  ['policy-expired', ({ resolved, nowMicros }) => !isExpired(resolved, nowMicros)],
  [
    'too-many-instructions',
    ({ resolved, moves }) => moves.length <= resolved.policy.limits.instructionsPerCycle,
  ],
  [
    'above-cycle-budget',
    ({ state, resolved, moves }) => sumBaseMinor(state, resolved, moves) <= resolved.perCycleBaseMinor,
  ],
  ['above-lender-limit', ({ state, resolved, moves }) => lendersWithin(state, resolved, moves)],
  ['draw-not-covered', (context) => drawsAreCovered(context)],
  ['above-concentration', (context) => banksWithin(context) && banksWithin(atOnce(context))],
  [
    'above-hour-budget',
    ({ state, resolved, moves }) =>
      resolved.perHourBaseMinor === undefined ||
      state.movedThisHourBaseMinor + sumBaseMinor(state, resolved, moves) <= resolved.perHourBaseMinor,
  ],
  [
    'above-day-budget',
    ({ state, resolved, moves }) =>
      state.movedTodayBaseMinor + sumBaseMinor(state, resolved, moves) <= resolved.perDayBaseMinor,
  ],
]

/**
 * The first denial, or undefined when every check of every move passed.
 *
 * @param dependsOn for each move the index of the one that must be settled before it is sent; left out when none waits
 */
export function denialOf(
  state: GroupState,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  moves: readonly Move[],
  nowMicros: number,
  dependsOn: readonly number[] = moves.map(() => -1),
): Denial | undefined {
  const context: PlanContext = { state, resolved, positions, moves, dependsOn, nowMicros }
  for (const [code, passes] of PLAN_CHECKS) {
    if (safely(() => passes(context)) !== true) return { code, subject: 'plan' }
  }
  for (const move of moves) {
    for (const [code, passes] of MOVE_CHECKS) {
      if (safely(() => passes({ ...context, move })) !== true) return { code, subject: channelId(move) }
    }
    const rule = deniedBy(context, move)
    if (rule !== undefined) return { code: `rule:${rule}`, subject: channelId(move) }
  }
  return undefined
}

/** First rule of the policy that does not say `true` to the move as it would be sent. */
function deniedBy({ resolved, nowMicros }: PlanContext, move: Move): string | undefined {
  let facts: RuleFacts | undefined
  return resolved.rules.find((rule) => {
    const allows = (): boolean => {
      facts ??= factsOf(move, timeFactsAt(nowMicros))
      return rule.allows(facts)
    }
    return safely(allows) !== true
  })?.name
}

/** A check that throws denies. */
function safely(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}

/**
 * Sum of the amounts in base currency minor units, rounded up once; collateral is no cash, and its draw counts. Prices are looked up anew in the quotes held; throws for
 * a currency that cannot be valued.
 */
export function sumBaseMinor(state: GroupState, resolved: ResolvedPolicy, moves: readonly Move[]): number {
  const priceOf = pricesAt(state, resolved)
  return inBaseMinor(
    moves.reduce(
      (sum, move) =>
        movesCollateral(move) ? sum : sum + amountValue(move.amountMinor, priceOf(amountPosition(move))),
      0n,
    ),
  )
}

export function pricesAt(state: GroupState, resolved: ResolvedPolicy): (position: Position) => number {
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  return ({ currency, exponent }) => {
    const price = valuation.price(currency, exponent)
    invariant(price !== undefined, `${currency} can be valued`)
    return price
  }
}

/** Asked of the kills themselves, not of the channels that the optimizer was given. */
function isMoveKilled(state: GroupState, move: Move): boolean {
  const channel = `${move.rail === null ? 'facility' : 'rail'}:${channelId(move)}`
  if (isKindKilled(state, move.kind) || isChannelKilled(state, channel)) return true
  if (move.collateral !== null && isAssetKilled(state, move.collateral.asset.assetId)) return true
  return [debitedAccount(move), creditedAccount(move)].some(
    (account) => account !== undefined && isAccountKilled(state, account.accountId),
  )
}

export function frozenOf(position: Position | undefined): string {
  return position?.frozen ?? ''
}

/** Collateral has no amount of its own: how much of a holding may be pledged is asked in parts. */
export function channelMaximum(move: Move): number {
  if (movesCollateral(move)) return move.amountMinor
  if (move.rail !== null) return move.rail.maximumMinor
  return move.kind === 'DRAW' ? move.facility!.drawMaximumMinor : move.facility!.repayMaximumMinor
}

export function minimumTicket(move: Move): number {
  if (movesCollateral(move)) return 1
  return move.rail?.rail.reference.minimumTicketMinor ?? move.facility!.facility.reference.minimumDrawMinor
}

export function rounding(move: Move): number {
  if (movesCollateral(move)) return 1
  return (move.rail?.rail.reference ?? move.facility!.facility.reference).roundingMinor
}

/** Of the moves of collateral over a facility, one an asset. */
export function sameChannel(a: Move, b: Move): boolean {
  return a.rail === b.rail && a.facility === b.facility && assetOf(a) === assetOf(b)
}

function assetOf({ collateral }: Move): string {
  return collateral?.asset.assetId ?? ''
}

/**
 * What the plan takes from the source before any inflow has come leaves the floor less the intraday line, and so does all of it
 * with what the legs bring that others wait for. Recomputed here from what is available, not from the optimizer's rows.
 */
function sourceBears({ moves, dependsOn, move }: GateContext): boolean {
  const source = debitedAccount(move)
  if (source === undefined) return true
  const bringers = new Set<Move>()
  let atOnce = 0n
  let later = 0n
  for (const [index, other] of moves.entries()) {
    if (debitedAccount(other) !== source) continue
    const bringer = moves[dependsOn[index]!]
    if (bringer === undefined) atOnce += BigInt(other.amountMinor)
    else {
      later += BigInt(other.amountMinor)
      bringers.add(bringer)
    }
  }
  let brought = 0n
  for (const bringer of bringers) brought += BigInt(reliableInflowMinor(bringer))
  const room = BigInt(source.spendableMinor) - BigInt(source.floorMinor) + BigInt(source.lineMinor)
  return (atOnce === 0n || atOnce <= room) && atOnce + later <= room + brought
}

/**
 * A leg waits for an earlier one: a draw or a pledge for a pledge to its facility, any other for one that credits its source and
 * waits for none itself, unless for collateral.
 */
function linkIsSound({ moves, dependsOn, move }: GateContext): boolean {
  const index = moves.indexOf(move)
  const before = dependsOn[index]
  if (before === -1) return true
  const bringer = moves[before!]
  if (bringer === undefined || before! >= index) return false
  if (bringer.kind === 'PLEDGE')
    return (move.kind === 'DRAW' || move.kind === 'PLEDGE') && move.facility === bringer.facility
  const behind = moves[dependsOn[before!]!]
  return (
    (behind === undefined || behind.kind === 'PLEDGE') &&
    debitedAccount(move) !== undefined &&
    creditedAccount(bringer) === debitedAccount(move)
  )
}

/** No draw takes what is owed to a lender above its limit; repayments of the same plan are not counted on. */
function lendersWithin(state: GroupState, resolved: ResolvedPolicy, moves: readonly Move[]): boolean {
  const priceOf = pricesAt(state, resolved)
  for (const [lenderId, limitMinor] of resolved.lenders) {
    let after = owedTo(state, resolved, lenderId)
    let draws = 0
    for (const { kind, facility, amountMinor } of moves) {
      if (kind !== 'DRAW' || facility!.facility.reference.lenderId !== lenderId) continue
      draws++
      if (after !== undefined) after += amountValue(amountMinor, priceOf(facility!.account))
    }
    if (draws > 0 && (after === undefined || after > limitValue(limitMinor))) return false
  }
  return true
}

/** The plan as it is if the legs that wait for others are never sent. */
function atOnce(context: PlanContext): PlanContext {
  return { ...context, moves: context.moves.filter((_, index) => context.dependsOn[index] === -1) }
}

/**
 * No plan adds to what lies at a bank beyond its limit; what lies there already may stay, and may come by itself. All accounts of the
 * group count, those that the policy leaves out too.
 */
function banksWithin({ state, resolved, positions, moves }: PlanContext): boolean {
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  for (const [bankId, limit] of bankLimits(state, resolved)) {
    const added = addedAtBank(valuation, moves, bankId)
    if (added <= 0n) continue
    const before = lyingAtBank(valuation, positions, bankId)
    if (before === undefined || before + added > limit) return false
  }
  return true
}

/** What a plan brings to a bank less what it takes away; what cannot be valued counts as nothing, and is in doubt there. */
export function addedAtBank(valuation: Valuation, moves: readonly Move[], bankId: string): bigint {
  const priceOf = ({ currency, exponent }: Position) => valuation.price(currency, exponent) ?? 0
  let added = 0n
  for (const move of moves) {
    const credited = creditedAccount(move)
    const debited = debitedAccount(move)
    if (credited?.bankId === bankId) added += amountValue(move.counterAmountMinor, priceOf(credited))
    if (debited?.bankId === bankId) added -= amountValue(move.amountMinor, priceOf(debited))
  }
  return added
}

/** What all accounts of the group at a bank come to by the quotes held; undefined when one of them is in doubt or none is known. */
export function lyingAtBank(
  valuation: Valuation,
  positions: readonly Position[],
  bankId: string,
): bigint | undefined {
  const here = atBank(positions, bankId)
  if (here === undefined) return undefined
  const balances = [...here.listed, ...here.unlisted].map(
    ({ currency, exponent, projectedMinor, opened }) => ({
      projectedMinor,
      price: valuation.price(currency, exponent) ?? 0,
      opened,
    }),
  )
  return balances.some(isInDoubt) ? undefined : sumOfValues(balances)
}

/** Holds and credits of the plan, on top of those on their way, keep every balance an exact integer. */
export function balancesStayExact(state: GroupState, moves: readonly Move[]): boolean {
  const change = new Map<string, { out: number; in: number }>()
  const changeOf = (position: Position) => {
    const found = change.get(position.accountId) ?? { out: 0, in: 0 }
    change.set(position.accountId, found)
    return found
  }
  for (const move of moves) {
    const source = debitedAccount(move)
    const destination = creditedAccount(move)
    if (source !== undefined) changeOf(source).out += move.amountMinor
    if (destination !== undefined) changeOf(destination).in += move.counterAmountMinor
  }
  for (const [accountId, sums] of change) {
    const account = state.accounts.get(accountId)
    if (account === undefined) return false
    const held = account.reservedMinor + sums.out
    const coming = account.incomingMinor + sums.in
    const extremes = [held, coming, account.settledMinor - held, account.settledMinor + coming]
    if (!extremes.every(isMinor)) return false
  }
  return true
}
