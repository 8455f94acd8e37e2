/**
 * A plan: what to move through which channel, in integers, and what the accounts hold after it.
 *
 * A pledge or a release moves no cash: it is a leg of the plan beside the moves that do. Depends on positions, channels and collateral.
 */
import type { InstructionKind } from '../../schemas/generated/types.js'
import type { FacilityChannel, FxPrice, RailChannel } from './channels.js'
import { DAYS_PER_YEAR } from './channels.js'
import { type AssetChannel, encumbranceBp, partsCover } from './collateral.js'
import type { Position } from './positions.js'
import { MODEL_UNIT, SHORTFALL_PIECES } from './rebalancing-model.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { amountValue } from './valuation.js'

/** Parts of a holding that are pledged to the facility of the move, or released. */
export interface CollateralLeg {
  readonly asset: AssetChannel
  /** Millionths of the holding. */
  readonly parts: number
}

export interface Move {
  readonly kind: InstructionKind
  readonly rail: RailChannel | null
  readonly facility: FacilityChannel | null
  /** Of a pledge or release, else null. */
  readonly collateral: CollateralLeg | null
  /** Debited from the source account; drawn; repaid. Of collateral its market value. Minor units of its currency. */
  readonly amountMinor: number
  /** Expected to be credited, minor units of the destination's currency; the amount itself except for FX. */
  readonly counterAmountMinor: number
  /** Fees of the ticket, minor units of the source currency. */
  readonly feeMinor: number
  /** Half spread paid on an FX ticket, minor units of the source currency. */
  readonly spreadCostMinor: number
}

/** Prices an amount on a channel: fee, spread by segments, expected credit. */
export function priceMove(
  kind: InstructionKind,
  rail: RailChannel | null,
  facility: FacilityChannel | null,
  amountMinor: number,
): Move {
  const reference = rail?.rail.reference
  const feeMinor =
    reference === undefined ? 0 : reference.feeMinor + Math.ceil((amountMinor / 1e4) * reference.feeBp)
  const fx = rail?.fx ?? null
  if (kind !== 'FX' || fx === null) {
    return {
      kind,
      rail,
      facility,
      collateral: null,
      amountMinor,
      counterAmountMinor: amountMinor,
      feeMinor,
      spreadCostMinor: 0,
    }
  }
  const spreadCostMinor = Math.ceil(spreadCost(fx, amountMinor))
  const counterAmountMinor = Math.floor((amountMinor - spreadCostMinor) * fx.factor)
  return {
    kind,
    rail,
    facility,
    collateral: null,
    amountMinor,
    counterAmountMinor,
    feeMinor,
    spreadCostMinor,
  }
}

/** A leg that pledges parts of a holding to the facility, or asks them back; its amount is what they are worth now. */
export function collateralMove(
  kind: 'PLEDGE' | 'RELEASE',
  facility: FacilityChannel,
  asset: AssetChannel,
  parts: number,
): Move {
  const amountMinor = Number(partsCover(asset.holdingValueMinor, parts))
  return {
    kind,
    rail: null,
    facility,
    collateral: { asset, parts },
    amountMinor,
    counterAmountMinor: amountMinor,
    feeMinor: 0,
    spreadCostMinor: 0,
  }
}

export function movesCollateral({ kind }: Pick<Move, 'kind'>): boolean {
  return kind === 'PLEDGE' || kind === 'RELEASE'
}

function spreadCost(fx: FxPrice, amountMinor: number): number {
  let rest = amountMinor
  let cost = 0
  for (let segment = 0; segment < 3 && rest > 0; segment++) {
    const part = segment < 2 ? Math.min(rest, fx.depthMinor[segment]!) : rest
    cost += part * fx.spreads[segment]!
    rest -= part
  }
  return cost
}

/** Between what and in which steps a ticket of the move's channel may be. */
export function stepsOf(move: Pick<Move, 'kind' | 'rail' | 'facility'>): {
  readonly roundingMinor: number
  readonly minimumMinor: number
  readonly maximumMinor: number
} {
  const { kind, rail, facility } = move
  if (rail !== null) {
    const { roundingMinor, minimumTicketMinor } = rail.rail.reference
    return { roundingMinor, minimumMinor: Math.max(minimumTicketMinor, 1), maximumMinor: rail.maximumMinor }
  }
  const { roundingMinor, minimumDrawMinor } = facility!.facility.reference
  const maximumMinor = kind === 'DRAW' ? facility!.drawMaximumMinor : facility!.repayMaximumMinor
  return { roundingMinor, minimumMinor: Math.max(minimumDrawMinor, 1), maximumMinor }
}

/** The moves with another amount for one of them. */
export function withAmount(moves: readonly Move[], index: number, amountMinor: number): readonly Move[] {
  return moves.map((move, at) =>
    at === index ? priceMove(move.kind, move.rail, move.facility, amountMinor) : move,
  )
}

/** Account that a move debits, undefined for a draw and for collateral. */
export function debitedAccount(move: Move): Position | undefined {
  if (move.rail !== null) return move.rail.source
  return move.kind === 'REPAY' ? move.facility!.account : undefined
}

/** Account that a move credits, undefined for a repayment and for collateral. */
export function creditedAccount(move: Move): Position | undefined {
  if (move.rail !== null) return move.rail.destination
  return move.kind === 'DRAW' ? move.facility!.account : undefined
}

/** Position whose currency the amount of a move is in. */
export function amountPosition(move: Move): Position {
  return move.rail?.source ?? move.facility!.account
}

export function channelId(move: Move): string {
  return move.rail?.rail.reference.railId ?? move.facility!.facility.reference.facilityId
}

/** Projected balances after the moves, minor units by account. */
export function plannedBalances(positions: readonly Position[], moves: readonly Move[]): Map<string, number> {
  const planned = new Map(positions.map((position) => [position.accountId, position.projectedMinor]))
  const add = (position: Position | undefined, amountMinor: number) => {
    if (position === undefined) return
    planned.set(position.accountId, planned.get(position.accountId)! + amountMinor)
  }
  for (const move of moves) {
    add(debitedAccount(move), -move.amountMinor)
    add(creditedAccount(move), move.counterAmountMinor)
  }
  return planned
}

/** Value of what the moves send, draw and repay, as it counts against budgets; collateral is no cash, and its draw counts. */
export function movedValue(moves: readonly Move[]): bigint {
  return moves.reduce(
    (sum, move) =>
      movesCollateral(move) ? sum : sum + amountValue(move.amountMinor, amountPosition(move).price),
    0n,
  )
}

/** Value of a step of the move's ticket. */
export function stepValue(move: Move): bigint {
  return amountValue(stepsOf(move).roundingMinor, amountPosition(move).price)
}

/** Whether an account's planned balance is at its floor or above. */
export function floorHolds(
  positions: readonly Position[],
  moves: readonly Move[],
  account: Position,
): boolean {
  return plannedBalances(positions, moves).get(account.accountId)! >= account.floorMinor
}

/**
 * The LP's objective for a plan in integers, without the constants of the model: base minor units for one day.
 * Fixed fees, which the LP cannot see, are included; so the optimum of the LP is a lower bound.
 */
export function planCost(
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  moves: readonly Move[],
): number {
  const planned = plannedBalances(positions, moves)
  let cost = 0
  for (const position of positions) {
    const balanceMinor = planned.get(position.accountId)!
    cost += accountCostPerDay(resolved, position, balanceMinor) * position.baseFactor
  }
  const churn = resolved.policy.costs.churnBp / 1e4
  for (const move of moves) {
    const value = amountPosition(move).baseFactor
    cost += (move.feeMinor + move.spreadCostMinor + move.amountMinor * churn) * value
    if (move.kind === 'DRAW') cost += move.amountMinor * move.facility!.costPerDay * value
    if (move.kind === 'REPAY') cost -= move.amountMinor * move.facility!.costPerDay * value
    if (movesCollateral(move)) cost += encumbranceCost(resolved, move) * value
  }
  return cost
}

/** What it is worth in the plan's cost that an asset is free for something else; minor units of the facility's currency, below 0 for a release. */
export function encumbranceCost({ policy }: ResolvedPolicy, { kind, amountMinor }: Move): number {
  const price = encumbranceBp(policy.costs.churnBp) / 1e4
  return kind === 'PLEDGE' ? amountMinor * price : -amountMinor * price
}

/** Levels that a balance is weighed by, minor units of its currency; a `Position` has them. */
export interface Levels {
  readonly floorMinor: number
  readonly targetMinor: number
  readonly ceilingMinor: number
}

/** Cost of holding a balance for a day at the policy's prices, minor units of its currency. */
export function accountCostPerDay(resolved: ResolvedPolicy, levels: Levels, balanceMinor: number): number {
  const { costs } = resolved.policy
  const { floorMinor, targetMinor, ceilingMinor } = levels
  const [first, second, third] = costs.shortfallBpPerDay
  const shortfall = Math.max(0, targetMinor - balanceMinor)
  const firstPiece = Math.min(shortfall, SHORTFALL_PIECES[0] * targetMinor)
  const secondPiece = Math.min(shortfall - firstPiece, SHORTFALL_PIECES[1] * targetMinor)
  let cost = firstPiece * first + secondPiece * second + (shortfall - firstPiece - secondPiece) * third
  cost += Math.max(0, floorMinor - balanceMinor) * costs.floorViolationBp
  cost += (Math.max(0, balanceMinor - ceilingMinor) * costs.idleBpPerYear) / DAYS_PER_YEAR
  cost += (Math.max(0, balanceMinor - targetMinor) * costs.surplusBpPerYear) / DAYS_PER_YEAR
  return cost / 1e4
}

/** The part of the LP's objective that no plan can change (the surplus price on the targets), model units. */
export function objectiveOffset(resolved: ResolvedPolicy, positions: readonly Position[]): number {
  const perDay = resolved.policy.costs.surplusBpPerYear / DAYS_PER_YEAR / 1e4
  let offset = 0
  for (const position of positions)
    offset += (position.targetMinor / MODEL_UNIT) * perDay * position.baseFactor
  return offset
}
