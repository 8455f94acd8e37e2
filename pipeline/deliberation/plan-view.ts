/**
 * A plan as a policy sees it that may not have made it: what it moves, what a day costs after it, and where it leaves the accounts, all by
 * the one policy's prices, floors and accounts. So two policies' plans can be compared, and neither by its own prices.
 *
 * Depends on plan, positions and valuation.
 */
import type { GroupState } from '../perception/state.js'
import {
  accountCostPerDay,
  amountPosition,
  creditedAccount,
  debitedAccount,
  encumbranceCost,
  type Move,
  movesCollateral,
} from './plan.js'
import type { Position } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { Valuation } from './valuation.js'

/** A policy and the positions as it sees them. */
export interface Viewpoint {
  readonly resolved: ResolvedPolicy
  readonly positions: readonly Position[]
}

export interface PlanView {
  /** Base currency minor units. */
  readonly movedBaseMinor: number
  /** Cost of a day after the plan, base currency minor units. */
  readonly costBaseMinor: number
  /** Projected balance after the plan of each account that the policy names, minor units. */
  readonly planned: ReadonlyMap<string, number>
}

export function viewPlan(
  state: GroupState,
  { resolved, positions }: Viewpoint,
  moves: readonly Move[],
): PlanView {
  const valuation = new Valuation(state, resolved.policy.baseCurrency, resolved.baseExponent)
  const planned = new Map(positions.map(({ accountId, projectedMinor }) => [accountId, projectedMinor]))
  const add = (position: Position | undefined, amountMinor: number) => {
    const before = position === undefined ? undefined : planned.get(position.accountId)
    // An account that the policy does not name has no price here; the ticket still costs what it costs.
    if (before !== undefined) planned.set(position!.accountId, before + amountMinor)
  }
  const churn = resolved.policy.costs.churnBp / 1e4
  let movedBaseMinor = 0
  let costBaseMinor = 0
  for (const move of moves) {
    add(debitedAccount(move), -move.amountMinor)
    add(creditedAccount(move), move.counterAmountMinor)
    const { currency, exponent } = amountPosition(move)
    const factor = valuation.minorFactor(currency, exponent) ?? 0
    const cost = move.feeMinor + move.spreadCostMinor + move.amountMinor * churn
    if (movesCollateral(move)) {
      costBaseMinor += (cost + encumbranceCost(resolved, move)) * factor
      continue
    }
    const perDay = move.facility === null ? 0 : move.amountMinor * move.facility.costPerDay
    const interest = move.kind === 'DRAW' ? perDay : -perDay
    movedBaseMinor += move.amountMinor * factor
    costBaseMinor += (cost + interest) * factor
  }
  for (const position of positions) {
    const balanceMinor = planned.get(position.accountId)!
    costBaseMinor += accountCostPerDay(resolved, position, balanceMinor) * position.baseFactor
  }
  return { movedBaseMinor, costBaseMinor, planned }
}
