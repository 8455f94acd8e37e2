/**
 * The policy's rules on channels before the plan, so that the optimizer proposes nothing that the gate would deny.
 *
 * Before the plan there is no amount. A channel keeps the largest amount that the rules allow, found by trying the ends of
 * what may pass and the numbers that the rules themselves name, and halving from there: exact for rules that allow every
 * amount from one number to another. For any other rule the cap may be too high or too low; then the gate, which asks
 * about the very move that would be sent, denies. Depends on plan, channels and rules.
 */
import type { InstructionKind } from '../../schemas/generated/types.js'
import type { RuleFacts, TimeFacts } from '../governance/rule-facts.js'
import { BalanceFacts, ChannelFacts, EndFacts, MoveFacts, timeFactsAt } from '../governance/rule-facts.js'
import { childrenOf, type RuleExpression } from '../governance/rule-syntax.js'
import type { Channels, FacilityChannel, RailChannel } from './channels.js'
import type { AssetChannel, FacilityCover } from './collateral.js'
import {
  amountPosition,
  channelId,
  collateralMove,
  creditedAccount,
  debitedAccount,
  type Move,
  priceMove,
  stepsOf,
} from './plan.js'
import type { Position } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'

/** Halvings of a range of amounts below 2^52. */
const HALVINGS = 52

/** What the rules may ask about a move. Amounts are exact integers; throws a RangeError for one that is not. */
export function factsOf(move: Move, time: TimeFacts): RuleFacts {
  const source = debitedAccount(move)
  const destination = creditedAccount(move)
  const { currency } = amountPosition(move)
  return {
    move: new MoveFacts(
      move.kind,
      BigInt(move.amountMinor),
      currency,
      BigInt(move.counterAmountMinor),
      destination?.currency ?? currency,
    ),
    source: endOf(source),
    destination: endOf(destination),
    channel: new ChannelFacts(channelId(move), counterpartyOf(move), venueOf(move)),
    balance: new BalanceFacts(
      BigInt(source?.settledMinor ?? 0),
      BigInt(source?.availableMinor ?? 0),
      BigInt(destination?.settledMinor ?? 0),
      BigInt(destination?.availableMinor ?? 0),
    ),
    time,
  }
}

function endOf(position: Position | undefined): EndFacts {
  return new EndFacts(position?.accountId ?? '', position?.bankId ?? '')
}

/** Lender of a facility; bank that a rail pays. */
function counterpartyOf({ rail, facility }: Move): string {
  return rail?.destination.bankId ?? facility!.facility.reference.lenderId
}

function venueOf({ rail, facility }: Move): string {
  return (rail?.rail.reference ?? facility!.facility.reference).venueId
}

/** The channels with no more than the rules allow. The very same channels when the policy has no rules. */
export function eligibleChannels(resolved: ResolvedPolicy, channels: Channels, nowMicros: number): Channels {
  if (resolved.rules.length === 0) return channels
  const time = timeFactsAt(nowMicros)
  const named = numbersNamed(resolved)
  const most = (kind: InstructionKind, rail: RailChannel | null, facility: FacilityChannel | null) => {
    const { minimumMinor, maximumMinor } = stepsOf({ kind, rail, facility })
    // No ticket fits anyway: not the rules' doing.
    if (maximumMinor < minimumMinor) return maximumMinor
    const allows = (amountMinor: number): boolean => {
      const facts = factsOf(priceMove(kind, rail, facility, amountMinor), time)
      return resolved.rules.every((rule) => rule.allows(facts))
    }
    return mostAllowed(allows, minimumMinor, maximumMinor, named)
  }
  return {
    rails: channels.rails.map((rail) => {
      if (rail.blocked !== '') return rail
      const maximumMinor = most(rail.rail.reference.kind, rail, null)
      const blocked = maximumMinor === 0 && rail.maximumMinor > 0 ? 'rule-denies' : ''
      return { ...rail, maximumMinor, blocked }
    }),
    facilities: channels.facilities.map((facility) => ({
      ...facility,
      drawMaximumMinor: facility.blocked === '' ? most('DRAW', null, facility) : 0,
      repayMaximumMinor: facility.blocked === '' ? most('REPAY', null, facility) : 0,
      cover: facility.cover === null ? null : eligibleCover(resolved, facility, facility.cover, time),
    })),
  }
}

/** The assets with no more parts than the rules allow. */
function eligibleCover(
  resolved: ResolvedPolicy,
  facility: FacilityChannel,
  cover: FacilityCover,
  time: TimeFacts,
): FacilityCover {
  const most = (kind: 'PLEDGE' | 'RELEASE', asset: AssetChannel, mostParts: number) => {
    if (mostParts === 0) return 0
    const allows = (parts: number): boolean => {
      const facts = factsOf(collateralMove(kind, facility, asset, parts), time)
      return resolved.rules.every((rule) => rule.allows(facts))
    }
    return mostAllowed(allows, 1, mostParts, [])
  }
  const assets = cover.assets.map((asset) => ({
    ...asset,
    pledgeableParts: most('PLEDGE', asset, asset.pledgeableParts),
    releasableParts: most('RELEASE', asset, asset.releasableParts),
  }))
  return { ...cover, assets }
}

/**
 * Largest amount found that is allowed, from `least` to `most`, which is not less; 0 when none is.
 *
 * @param named amounts worth trying, ascending
 */
export function mostAllowed(
  allows: (amountMinor: number) => boolean,
  least: number,
  most: number,
  named: readonly number[],
): number {
  const tries = [least, ...named.filter((amount) => amount > least && amount < most), most]
  let at = tries.length - 1
  while (at >= 0 && !allows(tries[at])) at--
  if (at < 0) return 0
  // Allowed at `low`, denied at `high` or at the end: halving keeps both, so what remains is allowed.
  let low = tries[at]
  let high = tries[at + 1] ?? low + 1
  for (let step = 0; step < HALVINGS && high - low > 1; step++) {
    const middle = low + Math.floor((high - low) / 2)
    if (allows(middle)) low = middle
    else high = middle
  }
  return low
}

/** Numbers that the rules name, with their neighbours, ascending: where they may change their mind. */
function numbersNamed({ rules }: ResolvedPolicy): number[] {
  const found = new Set<number>()
  const open: RuleExpression[] = rules.map(({ expression }) => expression)
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const values = next.op === 'in' ? next.list : next.op === 'constant' ? [next.value] : []
    for (const value of values) {
      if (typeof value !== 'bigint' || value < 0n || value >= BigInt(Number.MAX_SAFE_INTEGER)) continue
      const amount = Number(value)
      for (const near of [amount - 1, amount, amount + 1]) found.add(near)
    }
    open.push(...childrenOf(next))
  }
  return [...found].sort((a, b) => a - b)
}
