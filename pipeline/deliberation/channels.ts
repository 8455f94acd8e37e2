/**
 * Channels: how much may pass through each rail and facility now, and at what price.
 *
 * The optimizer's bounds and the risk gate both come from here, so that neither allows what the other forbids.
 * Integers of minor units; prices are doubles. Depends on state, policy, positions and calendars.
 */
import type { InstructionKind } from '../../schemas/generated/types.js'
import { windowAt } from '../perception/calendar.js'
import { stalenessAt } from '../perception/feeds.js'
import { isChannelKilled, isKindKilled } from '../perception/kills.js'
import type { FacilityState, GroupState, QuoteState, RailState } from '../perception/state.js'
import { type FacilityCover, facilityCover } from './collateral.js'
import type { Position } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { baseRate, conversionFactor, mostWithin } from './valuation.js'

/** Days of a year by which rates accrue; one convention, stated, for weighing costs against each other. */
export const DAYS_PER_YEAR = 360

export interface FxPrice {
  /** Minor units bought for one sold, before spread. */
  readonly factor: number
  /** Half spread of the three segments, fraction of the amount. */
  readonly spreads: readonly [number, number, number]
  /** Volume of the first two segments, minor units of the currency sold; the third is unbounded. */
  readonly depthMinor: readonly [number, number]
}

export interface RailChannel {
  readonly rail: RailState
  readonly source: Position
  readonly destination: Position
  /** Most that may be sent now; 0 when blocked. */
  readonly maximumMinor: number
  /** Why nothing may be sent; empty when it may. */
  readonly blocked: string
  readonly businessDate: number
  readonly fx: FxPrice | null
}

export interface FacilityChannel {
  readonly facility: FacilityState
  readonly account: Position
  readonly drawMaximumMinor: number
  readonly repayMaximumMinor: number
  readonly blocked: string
  /** Cost of a unit drawn for a day, fraction; the commitment fee saved is deducted. */
  readonly costPerDay: number
  /** Null for a facility that needs no collateral. */
  readonly cover: FacilityCover | null
}

export interface Channels {
  readonly rails: readonly RailChannel[]
  readonly facilities: readonly FacilityChannel[]
}

export function channelsOf(
  state: GroupState,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  nowMicros: number,
): Channels {
  const byAccount = new Map(positions.map((position) => [position.accountId, position]))
  const rails: RailChannel[] = []
  for (const rail of state.rails.values()) {
    const source = byAccount.get(rail.reference.sourceAccountId)
    const destination = byAccount.get(rail.reference.destinationAccountId)
    if (source === undefined || destination === undefined) continue
    rails.push(railChannel(state, resolved, rail, source, destination, nowMicros))
  }
  const facilities: FacilityChannel[] = []
  for (const facility of state.facilities.values()) {
    const account = byAccount.get(facility.reference.accountId)
    if (account !== undefined) facilities.push(facilityChannel(state, resolved, facility, account, nowMicros))
  }
  return { rails, facilities }
}

function railChannel(
  state: GroupState,
  resolved: ResolvedPolicy,
  rail: RailState,
  source: Position,
  destination: Position,
  nowMicros: number,
): RailChannel {
  const { reference } = rail
  const window = windowFor(state, reference, nowMicros)
  const quote = reference.kind === 'FX' ? state.quotes.get(reference.instrument) : undefined
  let blocked = source.frozen || destination.frozen
  if (isChannelKilled(state, `rail:${reference.railId}`) || isKindKilled(state, reference.kind))
    blocked ||= 'killed'
  if (state.holds.has(`rail:${reference.railId}`)) blocked ||= 'held'
  blocked ||= windowBlock(window.cutoffMicros, reference.settlementDelaySeconds, resolved, nowMicros)
  if (reference.kind === 'FX') blocked ||= quoteBlock(quote, resolved, nowMicros)
  const usedMinor = rail.usedDate === window.businessDate ? rail.usedMinor : 0
  const allowedMinor = Math.min(
    reference.maximumTicketMinor,
    reference.dailyLimitMinor - usedMinor,
    mostWithin(resolved.maximumInstructionBaseMinor, source.price),
  )
  const maximumMinor = blocked === '' ? Math.max(0, allowedMinor) : 0
  const priced = quote !== undefined && maximumMinor > 0
  const fx = priced ? fxPrice(quote, resolved, source, destination, nowMicros) : null
  return { rail, source, destination, maximumMinor, blocked, businessDate: window.businessDate, fx }
}

function facilityChannel(
  state: GroupState,
  resolved: ResolvedPolicy,
  facility: FacilityState,
  account: Position,
  nowMicros: number,
): FacilityChannel {
  const { reference } = facility
  const window = windowFor(state, reference, nowMicros)
  let blocked = account.frozen
  if (isChannelKilled(state, `facility:${reference.facilityId}`)) blocked ||= 'killed'
  if (state.holds.has(`facility:${reference.facilityId}`)) blocked ||= 'held'
  blocked ||= windowBlock(window.cutoffMicros, reference.settlementDelaySeconds, resolved, nowMicros)
  const open = (kind: InstructionKind) => blocked === '' && !isKindKilled(state, kind)
  const perTicket = mostWithin(resolved.maximumInstructionBaseMinor, account.price)
  const headroom = reference.limitMinor - facility.outstandingMinor - facility.reservedDrawMinor
  const prepayable = facility.outstandingMinor - facility.reservedRepayMinor
  const cover = facilityCover(state, resolved, facility, nowMicros)
  const drawable = cover?.isShort === true ? 0 : Math.min(headroom, perTicket)
  const yearly =
    baseRate(state, reference.currency) + (reference.drawnMarginBp - reference.commitmentFeeBp) / 1e4
  return {
    facility,
    account,
    drawMaximumMinor: open('DRAW') ? Math.max(0, drawable) : 0,
    repayMaximumMinor: open('REPAY') ? Math.max(0, Math.min(prepayable, perTicket)) : 0,
    blocked,
    costPerDay: (yearly * (1 + (resolved.policy.margins.fundingCostPercent ?? 0) / 100)) / DAYS_PER_YEAR,
    cover: cover === null ? null : withClosedKinds(cover, open('PLEDGE'), open('RELEASE')),
  }
}

/** The assets, without what no instruction may be sent for. The very same ones when both kinds are open. */
function withClosedKinds(cover: FacilityCover, mayPledge: boolean, mayRelease: boolean): FacilityCover {
  if (mayPledge && mayRelease) return cover
  const assets = cover.assets.map((asset) => ({
    ...asset,
    pledgeableParts: mayPledge ? asset.pledgeableParts : 0,
    releasableParts: mayRelease ? asset.releasableParts : 0,
  }))
  return { ...cover, assets }
}

interface WindowReference {
  readonly calendarId: string
  readonly openSeconds: number
  readonly cutoffSeconds: number
}

function windowFor(state: GroupState, reference: WindowReference, nowMicros: number) {
  const calendar = state.calendars.get(reference.calendarId)
  if (calendar === undefined) return { open: false, businessDate: -1, cutoffMicros: -1 }
  return windowAt(calendar, reference.openSeconds, reference.cutoffSeconds, nowMicros)
}

/** A move must settle, with the policy's margin, before the cut-off (DOMAIN 1.4, the rule below the table). */
function windowBlock(
  cutoffMicros: number,
  delaySeconds: number,
  resolved: ResolvedPolicy,
  nowMicros: number,
): string {
  if (cutoffMicros < 0) return 'window-closed'
  const marginSeconds = resolved.policy.settlement.cutoffMarginSeconds
  const latest = cutoffMicros - (delaySeconds + marginSeconds) * 1_000_000
  return nowMicros <= latest ? '' : 'cut-off-too-close'
}

function quoteBlock(quote: QuoteState | undefined, resolved: ResolvedPolicy, nowMicros: number): string {
  if (quote === undefined) return 'not-quoted'
  const staleness = stalenessAt(quote.eventTimeMicros, nowMicros, resolved.policy.staleness.quote)
  return staleness === 'frozen' ? 'quote-stale' : ''
}

function fxPrice(
  quote: QuoteState,
  resolved: ResolvedPolicy,
  source: Position,
  destination: Position,
  nowMicros: number,
): FxPrice {
  const thresholds = resolved.policy.staleness.quote
  const stale = stalenessAt(quote.eventTimeMicros, nowMicros, thresholds) === 'stale'
  const widening = stale ? 1 + thresholds.widenSpreadPercent / 100 : 1
  const factor = conversionFactor(quote, source.currency, source.exponent, destination.exponent)
  const sellsFirst = quote.instrument.startsWith(`${source.currency}/`)
  const depth = (minor: number) => (sellsFirst ? minor : Math.floor(minor / factor))
  const spread = (bp: number) => (bp * widening) / 1e4
  return {
    factor,
    spreads: [spread(quote.halfSpreadBp[0]), spread(quote.halfSpreadBp[1]), spread(quote.halfSpreadBp[2])],
    depthMinor: [depth(quote.depthMinor[0]), depth(quote.depthMinor[1])],
  }
}
