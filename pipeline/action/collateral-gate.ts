/**
 * What the risk gate asks about collateral: counted anew from the state, in integers, whatever the optimizer was told.
 *
 *   asset-not-eligible   the lender takes the asset now, and nobody has killed it
 *   asset-not-free       no more is pledged than is free, and no more asked back than the lender has
 *   draw-not-covered     what is outstanding, on its way and drawn by the plan is covered, after all that the plan asks back
 *
 * Of a pledge of the same plan only its reliable part counts, and only for a draw that waits for it. Depends on plan, collateral and state.
 */
import {
  coveredMinor,
  coversNothing,
  holdingCover,
  neededMinor,
  partsCover,
  reliableCover,
} from '../deliberation/collateral.js'
import { type Move, movesCollateral } from '../deliberation/plan.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { coveringParts, freeParts, WHOLE_HOLDING } from '../perception/collateral.js'
import { isAssetKilled } from '../perception/kills.js'
import type { FacilityState, GroupState } from '../perception/state.js'

export interface CollateralPlan {
  readonly state: GroupState
  readonly resolved: ResolvedPolicy
  readonly moves: readonly Move[]
  /** For each move the index of the one that must be settled before it is sent; -1 for none. */
  readonly dependsOn: readonly number[]
  readonly nowMicros: number
}

/** What is drawn at most, and what covers it; minor units of the facility's currency. */
export interface CoverMeasure {
  readonly facilityId: string
  readonly neededMinor: bigint
  readonly coveredMinor: bigint
}

export function assetIsEligible({ state, resolved, nowMicros }: CollateralPlan, move: Move): boolean {
  if (move.collateral === null) return !movesCollateral(move)
  const { assetId } = move.collateral.asset
  const asset = state.collateral.get(assetId)
  const { facility } = move.facility!
  if (asset === undefined || facility.reference.secured !== true || isAssetKilled(state, assetId))
    return false
  return move.kind === 'RELEASE' || coversNothing(state, resolved, facility, asset, nowMicros) === ''
}

export function assetIsFree({ state, moves }: CollateralPlan, move: Move): boolean {
  if (move.collateral === null) return !movesCollateral(move)
  const { assetId } = move.collateral.asset
  const asset = state.collateral.get(assetId)
  if (asset === undefined) return false
  let parts = 0
  for (const { kind, facility, collateral } of moves) {
    if (kind !== move.kind || collateral?.asset.assetId !== assetId) continue
    if (kind === 'RELEASE' && facility !== move.facility) continue
    if (!Number.isInteger(collateral.parts) || collateral.parts < 1) return false
    parts += collateral.parts
  }
  if (move.kind === 'PLEDGE') return parts <= Math.min(freeParts(asset), WHOLE_HOLDING)
  return parts <= coveringParts(asset.pledges.get(move.facility!.facility.reference.facilityId))
}

/** No draw and no release leaves more drawn than is covered. */
export function drawsAreCovered(plan: CollateralPlan): boolean {
  for (const move of plan.moves) {
    const measure = coverMeasure(plan, move)
    if (measure !== undefined && measure.coveredMinor < measure.neededMinor) return false
  }
  return true
}

/** Undefined for a move that needs no collateral. */
export function coverMeasure(plan: CollateralPlan, move: Move): CoverMeasure | undefined {
  const { kind, facility: channel } = move
  if (channel === null || channel.facility.reference.secured !== true) return undefined
  if (kind !== 'DRAW' && kind !== 'RELEASE') return undefined
  const { facility } = channel
  let needed = neededMinor(facility)
  for (const other of plan.moves)
    if (other.kind === 'DRAW' && other.facility === channel) needed += BigInt(other.amountMinor)
  return {
    facilityId: facility.reference.facilityId,
    neededMinor: needed,
    coveredMinor: coveredBy(plan, move, facility),
  }
}

/** What the lender has and is not asked back, and what the move waits for. */
function coveredBy(plan: CollateralPlan, move: Move, facility: FacilityState): bigint {
  const { state, resolved, moves, nowMicros } = plan
  const released = new Map<string, number>()
  for (const { kind, facility: channel, collateral } of moves) {
    if (kind !== 'RELEASE' || channel !== move.facility || collateral === null) continue
    const { assetId } = collateral.asset
    released.set(assetId, (released.get(assetId) ?? 0) + collateral.parts)
  }
  let covered = coveredMinor(state, resolved, facility, nowMicros, released)
  for (const pledge of waitedFor(plan, move)) {
    const asset = state.collateral.get(pledge.collateral!.asset.assetId)
    if (asset === undefined || pledge.facility !== move.facility) continue
    const holding = holdingCover(state, resolved, facility, asset, nowMicros)
    covered += reliableCover(partsCover(holding, pledge.collateral!.parts))
  }
  return covered
}

/** Pledges that must be settled before the move is sent. A leg waits for an earlier one, so the walk ends. */
function waitedFor({ moves, dependsOn }: CollateralPlan, move: Move): Move[] {
  const pledges: Move[] = []
  for (let at = moves.indexOf(move); ; ) {
    const before = dependsOn[at] ?? -1
    if (before < 0 || before >= at) return pledges
    const leg = moves[before]!
    if (leg.kind === 'PLEDGE' && leg.collateral !== null) pledges.push(leg)
    at = before
  }
}
