/**
 * The rebalancing LP of a group for one period: DOMAIN 3.2, rows 1 to 9, and the cycle's risk budget.
 *
 *   unit        10^8 minor units of the currency at hand: a million of most, a hundred million yen
 *   objective   10^8 minor units of the base currency, for one day at the policy's prices
 *
 *   rows                                                     columns (>= 0 but for `balance`)
 *   cash:A      balance - in + out - draw + repay  = projected    balance:A      free
 *   floor:A     balance + violation               >= floor        violation:A    M
 *   guard:A     out + repay [- inflows]           <= spendable - floor + line   (2b: inflows may come last)
 *   target:A    balance + shortfall1..3           >= target       shortfallN:A   w_N, the third unbounded
 *   ceiling:A   balance - idle                    <= ceiling      idle:A         v
 *   fx:R        sum of the segments               <= U_R          fxN:R          half spread
 *   facility:K  draw - repay                      in [-prepayable, headroom]    draw:K, repay:K
 *   lender:L    sum of draws at L, in base        <= limit - outstanding, at least 0
 *   bank:G      sum of balances at G, in base     <= max(limit, what lies there now)
 *   budget      sum of moves, in base             <= what the cycle and the day leave
 *   asset:J     sum of pledges of J               <= what is free, part of the holding
 *   collateral:K  draw - cover of pledges + cover of releases <= room    pledge:J:K, release:J:K: part of the holding
 *
 * `transfer:R` columns carry the rail's limit as their bound. An account that is frozen keeps its rows without the
 * floor's: no plan can mend it, and its case is an alert of its own. The inflows in `guard` are those of a linked model, whose legs may
 * wait for each other (`leg-links.ts`). Depends on positions, channels, policy and shared limits.
 */
import type { InstructionKind } from '../../schemas/generated/types.js'
import { WHOLE_HOLDING } from '../perception/collateral.js'
import { type Channels, DAYS_PER_YEAR, type FacilityChannel, type RailChannel } from './channels.js'
import { type AssetChannel, encumbranceBp, type FacilityCover, reliableCover } from './collateral.js'
import { type Entry, ModelBuilder, type NamedModel } from './model-builder.js'
import { leavableMinor, type Position } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import type { SharedLimits } from './shared-limits.js'
import { PRICE_UNIT } from './valuation.js'

/** Minor units in one unit of the model. */
export const MODEL_UNIT = 1e8

/** Pieces of the shortfall below the target, as fractions of it; the third has no end (DOMAIN, trap 5). */
export const SHORTFALL_PIECES = [0.1, 0.2] as const

/** A column's extra price by its place, relative to the churn price: a fixed rule among equal plans. */
const TIE_BREAK = 1e-4

/** What a conversion brings is not known to the unit before it is done: this part of it is not relied on. */
const CONVERSION_RESERVE = 0.005

/** Part of what a move brings that other legs of its plan may rely on. */
export function reliablePart(kind: InstructionKind): number {
  return kind === 'FX' ? 1 - CONVERSION_RESERVE : 1
}

/** What a column moves; others (balances, slack) are not in the list. */
export interface MoveColumn {
  readonly column: number
  /** 0, 1, 2 for the segments of an FX rail, else 0. */
  readonly segment: number
  readonly rail: RailChannel | null
  readonly facility: FacilityChannel | null
  readonly kind: 'TRANSFER' | 'FX' | 'DRAW' | 'REPAY'
}

/** Part of a holding to pledge or to release. */
export interface CollateralColumn {
  readonly column: number
  readonly kind: 'PLEDGE' | 'RELEASE'
  readonly facility: FacilityChannel
  readonly asset: AssetChannel
}

export interface RebalancingModel extends NamedModel {
  readonly moves: readonly MoveColumn[]
  /** Empty for a group without secured facilities. */
  readonly collateral: readonly CollateralColumn[]
  /** Column of `violation:A` for each account that has one. */
  readonly violationColumns: ReadonlyMap<string, number>
}

interface AccountRows {
  readonly cash: number
  readonly guard: number
}

class RebalancingModelBuilder {
  private readonly builder = new ModelBuilder()
  private readonly accountRows = new Map<string, AccountRows>()
  private readonly moves: MoveColumn[] = []
  private readonly collateral: CollateralColumn[] = []
  private readonly assetRows = new Map<string, number>()
  private readonly violationColumns = new Map<string, number>()
  private budget = -1
  private lenderRows: ReadonlyMap<string, number> = new Map()

  constructor(
    private readonly limits: SharedLimits,
    private readonly resolved: ResolvedPolicy,
    private readonly positions: readonly Position[],
    private readonly channels: Channels,
    private readonly linked: boolean,
  ) {}

  build(): RebalancingModel {
    const bankRows = this.addLimitRows('bank', this.limits.banks)
    for (const position of this.positions) this.addAccount(position, bankRows.get(position.bankId))
    this.budget = this.builder.row('budget', 0, inUnits(this.limits.budget))
    this.lenderRows = this.addLimitRows('lender', this.limits.lenders)
    for (const channel of this.channels.rails) this.addRail(channel)
    for (const channel of this.channels.facilities) this.addFacility(channel)
    const { moves, collateral, violationColumns } = this
    return { ...this.builder.build(), moves, collateral, violationColumns }
  }

  private addLimitRows(name: string, limits: ReadonlyMap<string, bigint>): Map<string, number> {
    const rows = new Map<string, number>()
    for (const [id, limit] of limits) {
      rows.set(id, this.builder.row(`${name}:${id}`, Number.NEGATIVE_INFINITY, inUnits(limit)))
    }
    return rows
  }

  private addAccount(position: Position, bankRow: number | undefined): void {
    const { builder } = this
    const { costs } = this.resolved.policy
    const id = position.accountId
    const value = position.baseFactor
    const perDay = (basisPoints: number) => (basisPoints / 1e4) * value
    const start = position.projectedMinor / MODEL_UNIT
    const target = position.targetMinor / MODEL_UNIT
    const cash = builder.row(`cash:${id}`, start, start)
    const guard = builder.row(`guard:${id}`, Number.NEGATIVE_INFINITY, leavableMinor(position) / MODEL_UNIT)
    const targetRow = builder.row(`target:${id}`, target, Number.POSITIVE_INFINITY)
    const ceiling = builder.row(`ceiling:${id}`, Number.NEGATIVE_INFINITY, position.ceilingMinor / MODEL_UNIT)
    this.accountRows.set(id, { cash, guard })
    const inBalance: Entry[] = [one(cash), one(targetRow), one(ceiling)]
    if (bankRow !== undefined) inBalance.push(priced(bankRow, position))
    if (position.frozen === '') {
      const floor = builder.row(`floor:${id}`, position.floorMinor / MODEL_UNIT, Number.POSITIVE_INFINITY)
      inBalance.push(one(floor))
      const price = perDay(costs.floorViolationBp)
      const column = builder.column(`violation:${id}`, price, 0, Number.POSITIVE_INFINITY, [one(floor)])
      this.violationColumns.set(id, column)
    }
    const surplusPrice = (costs.surplusBpPerYear / DAYS_PER_YEAR) * 1e-4 * value
    builder.column(
      `balance:${id}`,
      surplusPrice,
      Number.NEGATIVE_INFINITY,
      Number.POSITIVE_INFINITY,
      inBalance,
    )
    const pieces = [SHORTFALL_PIECES[0] * target, SHORTFALL_PIECES[1] * target, Number.POSITIVE_INFINITY]
    for (let piece = 0; piece < 3; piece++) {
      // A surplus price on the balance lowers what a shortfall saves; add it back so that pieces cost what the policy says.
      const price = perDay(costs.shortfallBpPerDay[piece]!) + surplusPrice
      builder.column(`shortfall${piece + 1}:${id}`, price, 0, pieces[piece]!, [one(targetRow)])
    }
    const idlePrice = perDay(costs.idleBpPerYear / DAYS_PER_YEAR)
    builder.column(`idle:${id}`, idlePrice, 0, Number.POSITIVE_INFINITY, [minusOne(ceiling)])
  }

  private addRail(channel: RailChannel): void {
    const { reference } = channel.rail
    const source = this.accountRows.get(channel.source.accountId)!
    const destination = this.accountRows.get(channel.destination.accountId)!
    const value = channel.source.baseFactor
    const maximum = channel.maximumMinor / MODEL_UNIT
    const spent: Entry[] = [one(source.cash), one(source.guard), priced(this.budget, channel.source)]
    if (reference.kind === 'TRANSFER') {
      const price = (reference.feeBp / 1e4) * value
      const entries = [...spent, minusOne(destination.cash), ...this.relied(destination, 'TRANSFER', 1)]
      this.addMove('TRANSFER', 0, channel, null, `transfer:${reference.railId}`, price, maximum, entries)
      return
    }
    const limit = this.builder.row(`fx:${reference.railId}`, Number.NEGATIVE_INFINITY, maximum)
    // The structure of the model does not depend on whether a price is at hand: a basis outlives a silent feed.
    const factor = channel.fx?.factor ?? 0
    for (let segment = 0; segment < 3; segment++) {
      const spread = channel.fx?.spreads[segment] ?? 0
      const depthMinor = segment < 2 ? (channel.fx?.depthMinor[segment] ?? 0) : channel.maximumMinor
      const bought: Entry = { row: destination.cash, value: -factor * (1 - spread) }
      const price = (reference.feeBp / 1e4 + spread) * value
      const upper = Math.min(depthMinor, channel.maximumMinor) / MODEL_UNIT
      const name = `fx${segment + 1}:${reference.railId}`
      const relied = this.relied(destination, 'FX', -bought.value)
      this.addMove('FX', segment, channel, null, name, price, upper, [
        ...spent,
        one(limit),
        bought,
        ...relied,
      ])
    }
  }

  private addFacility(channel: FacilityChannel): void {
    const id = channel.facility.reference.facilityId
    const account = this.accountRows.get(channel.account.accountId)!
    const value = channel.account.baseFactor
    const draw = channel.drawMaximumMinor / MODEL_UNIT
    const repay = channel.repayMaximumMinor / MODEL_UNIT
    const net = this.builder.row(`facility:${id}`, -repay, draw)
    const price = channel.costPerDay * value
    const budget = priced(this.budget, channel.account)
    const drawn: Entry[] = [minusOne(account.cash), one(net), budget, ...this.relied(account, 'DRAW', 1)]
    const lender = this.lenderRows.get(channel.facility.reference.lenderId)
    if (lender !== undefined) drawn.push(priced(lender, channel.account))
    if (channel.cover !== null) drawn.push(one(this.addCollateral(channel, channel.cover)))
    this.addMove('DRAW', 0, null, channel, `draw:${id}`, price, draw, drawn)
    this.addMove('REPAY', 0, null, channel, `repay:${id}`, -price, repay, [
      one(account.cash),
      one(account.guard),
      minusOne(net),
      budget,
    ])
  }

  /** The row that holds draws to what is pledged, and the columns that pledge more and release. */
  private addCollateral(channel: FacilityChannel, { roomMinor, assets }: FacilityCover): number {
    const { facilityId } = channel.facility.reference
    const row = this.builder.row(`collateral:${facilityId}`, Number.NEGATIVE_INFINITY, roomMinor / MODEL_UNIT)
    const { churnBp } = this.resolved.policy.costs
    const [churn, encumbrance] = [churnBp / 1e4, encumbranceBp(churnBp) / 1e4]
    for (const asset of assets) {
      const { assetId, holdingCoverMinor } = asset
      const value = (asset.holdingValueMinor / MODEL_UNIT) * channel.account.baseFactor
      const tieBreak = 1 + TIE_BREAK * this.collateral.length
      const reliable = Number(reliableCover(BigInt(holdingCoverMinor))) / MODEL_UNIT
      const add = (kind: CollateralColumn['kind'], price: number, parts: number, entries: Entry[]) => {
        const name = `${kind.toLowerCase()}:${assetId}:${facilityId}`
        const column = this.builder.column(name, price * tieBreak * value, 0, parts / WHOLE_HOLDING, entries)
        this.collateral.push({ column, kind, facility: channel, asset })
      }
      add('PLEDGE', churn + encumbrance, asset.pledgeableParts, [
        { row, value: -reliable },
        one(this.assetRow(asset)),
      ])
      add('RELEASE', churn - encumbrance, asset.releasableParts, [
        { row, value: holdingCoverMinor / MODEL_UNIT },
      ])
    }
    return row
  }

  /** One row for all facilities that an asset may be pledged to. */
  private assetRow({ assetId, freeParts }: AssetChannel): number {
    let row = this.assetRows.get(assetId)
    if (row === undefined) {
      row = this.builder.row(`asset:${assetId}`, Number.NEGATIVE_INFINITY, freeParts / WHOLE_HOLDING)
      this.assetRows.set(assetId, row)
    }
    return row
  }

  /** What other legs may rely on of what a unit of the move brings. */
  private relied({ guard }: AccountRows, kind: MoveColumn['kind'], brought: number): Entry[] {
    return this.linked ? [{ row: guard, value: -brought * reliablePart(kind) }] : []
  }

  private addMove(
    kind: MoveColumn['kind'],
    segment: number,
    rail: RailChannel | null,
    facility: FacilityChannel | null,
    name: string,
    price: number,
    upper: number,
    entries: readonly Entry[],
  ): void {
    const value = (rail?.source ?? facility!.account).baseFactor
    const churn = (this.resolved.policy.costs.churnBp / 1e4) * value
    const tieBreak = churn * (1 + TIE_BREAK * this.moves.length)
    const column = this.builder.column(name, price + tieBreak, 0, upper, entries)
    this.moves.push({ column, segment, rail, facility, kind })
  }
}

function one(row: number): Entry {
  return { row, value: 1 }
}

function minusOne(row: number): Entry {
  return { row, value: -1 }
}

/** Rows of shared limits weigh amounts by the integer price, as those who check the plan do. */
function priced(row: number, position: Position): Entry {
  return { row, value: position.price / PRICE_UNIT }
}

function inUnits(value: bigint): number {
  return Number(value) / PRICE_UNIT / MODEL_UNIT
}

/** @param linked legs may be paid by what other legs of the plan bring */
export function buildRebalancingModel(
  limits: SharedLimits,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  channels: Channels,
  linked = false,
): RebalancingModel {
  return new RebalancingModelBuilder(limits, resolved, positions, channels, linked).build()
}
