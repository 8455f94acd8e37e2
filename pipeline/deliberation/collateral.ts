/**
 * What assets cover at a secured facility (DOMAIN 3.2, row 7): value less haircut, as far as the policy counts it, in the facility's
 * currency. Integers, rounded against the group at every step; the optimizer's bounds and the risk gate both count by these functions.
 *
 *   holding cover   value x (1 - haircut) x margins.collateralValuePercent x conversion, of the whole holding
 *   needed          outstanding and draws on their way; repayments are not counted on
 *
 * What cannot be valued, whose valuation is too old, or what the lender does not take covers nothing. Depends on state, policy and valuation.
 */
import { clampMinor } from '../money.js'
import { coveringParts, freeParts, WHOLE_HOLDING } from '../perception/collateral.js'
import { stalenessAt } from '../perception/feeds.js'
import { isAssetKilled } from '../perception/kills.js'
import { type CollateralState, exponentOf, type FacilityState, type GroupState } from '../perception/state.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { exchangeRate, PRICE_UNIT, powerOfTen } from './valuation.js'

/** Assets of a group that the model of a facility may pledge, in the order of the reference data; the gate counts all of them. */
const ASSETS_MOST = 64

/** Haircuts and margins count in thousandths of their unit. */
const HAIRCUT_WHOLE = 10_000_000n
const PERCENT_WHOLE = 100_000n

/** 1024.4 times a thousand is not quite a whole number in a double: what is this close to one is meant to be it. */
const DOUBLE_NOISE = 1e-6

/** A pledge takes minutes to settle, and is valued again before it is drawn on: this part of its cover is not planned with. */
const PLEDGE_RESERVE_PERCENT = 1n

/** Collateral is asked back when it covers this much more than is needed, and down to the second: so that a revaluation moves nothing. */
const RELEASE_FROM_PERCENT = 120n
const RELEASE_TO_PERCENT = 110n

/** Least price of what is pledged, where the policy has no price of churn. */
const ENCUMBRANCE_LEAST_BP = 0.001

/**
 * Price of market value that is pledged rather than free, bp. Above the churn price, so that what is not needed is asked back; and so
 * small that nothing of substance hangs on it.
 */
export function encumbranceBp(churnBp: number): number {
  return Math.max(2 * churnBp, ENCUMBRANCE_LEAST_BP)
}

/** An asset as it may be pledged to a facility, or released. */
export interface AssetChannel {
  readonly assetId: string
  /** Market value of the whole holding, minor units of the facility's currency; 0 when it cannot be told. */
  readonly holdingValueMinor: number
  /** What the whole holding covers; 0 when it covers nothing. */
  readonly holdingCoverMinor: number
  /** What of the holding is with no lender. */
  readonly freeParts: number
  readonly pledgeableParts: number
  readonly releasableParts: number
}

/** What a secured facility has and needs. */
export interface FacilityCover {
  /** What may be drawn on what is pledged already, minor units; 0 when it does not even cover what is outstanding. */
  readonly roomMinor: number
  /** Pledged collateral covers less than is outstanding: nothing may be drawn, whatever is pledged beside it. */
  readonly isShort: boolean
  readonly assets: readonly AssetChannel[]
}

/** Outstanding and draws on their way. */
export function neededMinor({ outstandingMinor, reservedDrawMinor }: FacilityState): bigint {
  return BigInt(outstandingMinor) + BigInt(reservedDrawMinor)
}

/** What parts of a holding cover, rounded down. */
export function partsCover(holdingCoverMinor: number | bigint, parts: number): bigint {
  return (BigInt(holdingCoverMinor) * BigInt(parts)) / BigInt(WHOLE_HOLDING)
}

/** What of a cover may be planned with before the pledge is settled. */
export function reliableCover(cover: bigint): bigint {
  return (cover * (100n - PLEDGE_RESERVE_PERCENT)) / 100n
}

/** Why an asset covers nothing at a facility; empty when it covers. */
export function coversNothing(
  state: GroupState,
  { policy }: ResolvedPolicy,
  { reference }: FacilityState,
  { reference: asset, valueMinor, eventTimeMicros }: CollateralState,
  nowMicros: number,
): string {
  if (asset === null || asset.eligible !== true) return 'not-eligible'
  // Nobody knows whose it is: several groups would pledge it.
  if (asset.groupId !== state.groupId) return 'not-of-the-group'
  const { acceptedLevels } = reference
  if (acceptedLevels.length > 0 && !acceptedLevels.includes(asset.level)) return 'level-not-accepted'
  if (valueMinor <= 0) return 'not-valued'
  const isOld = stalenessAt(eventTimeMicros, nowMicros, policy.staleness.quote) === 'frozen'
  return isOld ? 'valuation-stale' : ''
}

/** What the whole holding covers at the facility, minor units of its currency; 0 when it covers nothing. */
export function holdingCover(
  state: GroupState,
  resolved: ResolvedPolicy,
  facility: FacilityState,
  asset: CollateralState,
  nowMicros: number,
): bigint {
  if (coversNothing(state, resolved, facility, asset, nowMicros) !== '') return 0n
  const kept = HAIRCUT_WHOLE - BigInt(Math.ceil(asset.haircutBp * 1_000 - DOUBLE_NOISE))
  const percent = Math.min(100, resolved.policy.margins.collateralValuePercent ?? 100)
  const counted = BigInt(asset.valueMinor) * kept * BigInt(Math.floor(percent * 1_000 + DOUBLE_NOISE))
  const conversion = conversionPrice(state, asset.currency, facility.reference.currency)
  return (counted * conversion) / (HAIRCUT_WHOLE * PERCENT_WHOLE * BigInt(PRICE_UNIT))
}

/** Minor units of `to` for 10^9 minor units of `from`, rounded down; 0 when no quote leads there. */
function conversionPrice(state: GroupState, from: string, to: string): bigint {
  if (from === to) return BigInt(PRICE_UNIT)
  const [fromExponent, toExponent] = [exponentOf(state, from), exponentOf(state, to)]
  const rate = exchangeRate(state, from, to)
  if (fromExponent === undefined || toExponent === undefined || rate === undefined) return 0n
  return BigInt(Math.floor(((rate * powerOfTen(toExponent)) / powerOfTen(fromExponent)) * PRICE_UNIT))
}

const NOTHING: ReadonlyMap<string, number> = new Map()

/**
 * What the collateral covers that the lender has and that is not on its way back.
 *
 * @param asked parts by asset that a plan asks back
 */
export function coveredMinor(
  state: GroupState,
  resolved: ResolvedPolicy,
  facility: FacilityState,
  nowMicros: number,
  asked: ReadonlyMap<string, number> = NOTHING,
): bigint {
  let covered = 0n
  for (const [assetId, asset] of state.collateral) {
    const parts = coveringParts(asset.pledges.get(facility.reference.facilityId)) - (asked.get(assetId) ?? 0)
    if (parts > 0) covered += partsCover(holdingCover(state, resolved, facility, asset, nowMicros), parts)
  }
  return covered
}

/** Null for a facility that needs no collateral. */
export function facilityCover(
  state: GroupState,
  resolved: ResolvedPolicy,
  facility: FacilityState,
  nowMicros: number,
): FacilityCover | null {
  if (facility.reference.secured !== true) return null
  const needed = neededMinor(facility)
  const covered = coveredMinor(state, resolved, facility, nowMicros)
  let spare =
    covered * 100n > needed * RELEASE_FROM_PERCENT ? covered - (needed * RELEASE_TO_PERCENT) / 100n : 0n
  const assets: AssetChannel[] = []
  for (const [assetId, asset] of state.collateral) {
    if (asset.reference?.groupId !== state.groupId) continue
    if (assets.length === ASSETS_MOST) break
    const channel = assetChannel(state, resolved, facility, assetId, asset, nowMicros, needed === 0n, spare)
    spare -= partsCover(channel.holdingCoverMinor, channel.releasableParts)
    assets.push(channel)
  }
  const room = covered - needed
  return { roomMinor: room > 0n ? clampMinor(Number(room)) : 0, isShort: room < 0n, assets }
}

/** @param spare what may be released, as cover */
function assetChannel(
  state: GroupState,
  resolved: ResolvedPolicy,
  facility: FacilityState,
  assetId: string,
  asset: CollateralState,
  nowMicros: number,
  isUnused: boolean,
  spare: bigint,
): AssetChannel {
  const { facilityId, currency } = facility.reference
  const cover = holdingCover(state, resolved, facility, asset, nowMicros)
  const value =
    (BigInt(asset.valueMinor) * conversionPrice(state, asset.currency, currency)) / BigInt(PRICE_UNIT)
  const isKilled = isAssetKilled(state, assetId)
  const pledged = isKilled ? 0 : coveringParts(asset.pledges.get(facilityId))
  const holdingCoverMinor = clampMinor(Number(cover))
  const free = freeParts(asset)
  return {
    assetId,
    holdingValueMinor: clampMinor(Number(value)),
    holdingCoverMinor,
    freeParts: free,
    pledgeableParts: isKilled || holdingCoverMinor === 0 ? 0 : free,
    releasableParts: isUnused ? pledged : spareParts(holdingCoverMinor, pledged, spare),
  }
}

/** Parts whose cover is not more than what is spare. What covers nothing is not asked back while something is needed. */
function spareParts(holdingCoverMinor: number, pledgedParts: number, spare: bigint): number {
  if (spare <= 0n || holdingCoverMinor === 0) return 0
  const parts = (spare * BigInt(WHOLE_HOLDING)) / BigInt(holdingCoverMinor)
  return parts < BigInt(pledgedParts) ? Number(parts) : pledgedParts
}

/** Whether a lender has collateral for a facility on which nothing is drawn any more. */
export function hasIdleCollateral(state: GroupState, facility: FacilityState): boolean {
  if (facility.reference.secured !== true || neededMinor(facility) > 0n) return false
  for (const { pledges } of state.collateral.values())
    if (coveringParts(pledges.get(facility.reference.facilityId)) > 0) return true
  return false
}
