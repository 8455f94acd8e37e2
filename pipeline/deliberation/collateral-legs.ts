/**
 * From the optimum's parts of holdings to legs: pledges rounded up, so that the rounded draws are covered, releases rounded down; and
 * after the draws were repaired, no more is pledged than they need.
 *
 * Depends on plan, model and collateral.
 */
import { WHOLE_HOLDING } from '../perception/collateral.js'
import type { FacilityChannel } from './channels.js'
import { type FacilityCover, partsCover, reliableCover } from './collateral.js'
import { collateralMove, type Move } from './plan.js'
import type { PlanLimit } from './plan-limits.js'
import type { CollateralColumn, RebalancingModel } from './rebalancing-model.js'

/** Pledges and releases are multiples of a thousandth of the holding, or all that there is. */
const STEP_PARTS = 1_000

/** LP amounts below this part of a holding are noise of the solver: a hundredth of a part. */
const NOISE = 1e-8

export interface CollateralLegs {
  /** In the order in which they are best used. */
  readonly pledges: readonly Move[]
  readonly releases: readonly Move[]
}

const NONE: CollateralLegs = { pledges: [], releases: [] }

/** The very same empty legs for a model without secured facilities. */
export function collateralLegs(model: RebalancingModel, primal: Float64Array): CollateralLegs {
  if (model.collateral.length === 0) return NONE
  const pledges: Move[] = []
  const releases: Move[] = []
  const pledgedParts = new Map<string, number>()
  for (const column of model.collateral) {
    const part = primal[column.column]!
    if (!(part > NOISE)) continue
    const { kind, facility, asset } = column
    if (kind === 'RELEASE') {
      const parts = releaseParts(column, part)
      if (parts > 0) releases.push(collateralMove(kind, facility, asset, parts))
      continue
    }
    const taken = pledgedParts.get(asset.assetId) ?? 0
    const parts = Math.min(roundUp(part), asset.pledgeableParts, asset.freeParts - taken)
    if (parts <= 0) continue
    pledgedParts.set(asset.assetId, taken + parts)
    pledges.push(collateralMove(kind, facility, asset, parts))
  }
  pledges.sort((a, b) => Number(legCover(b) - legCover(a)))
  return { pledges, releases: releases.filter(({ amountMinor }) => amountMinor > 0) }
}

function roundUp(part: number): number {
  return Math.ceil((part * WHOLE_HOLDING) / STEP_PARTS - NOISE) * STEP_PARTS
}

function releaseParts({ asset }: CollateralColumn, part: number): number {
  const parts = Math.floor(part * WHOLE_HOLDING + NOISE)
  return parts >= asset.releasableParts ? asset.releasableParts : parts - (parts % STEP_PARTS)
}

/** What draws may take when the pledges are made and the releases are gone, as limits for the rounded draws. */
export function collateralLimits(
  facilities: readonly FacilityChannel[],
  { pledges, releases }: CollateralLegs,
): PlanLimit[] {
  const limits: PlanLimit[] = []
  for (const facility of facilities) {
    if (facility.cover === null) continue
    const here = ({ facility: its }: Move): boolean => its === facility
    const pledged = pledges.filter(here).reduce((sum, leg) => sum + legReliable(leg), 0n)
    const left = roomOf(facility.cover, releases.filter(here)) + pledged
    const excess = (moves: readonly Move[]) => drawnOn(facility, moves) - left
    limits.push({ row: `collateral:${facility.facility.reference.facilityId}`, excess })
  }
  return limits
}

/** The pledges with no more parts than the draws of the plan need; those that none needs are left out. */
export function neededPledges(moves: readonly Move[], { pledges, releases }: CollateralLegs): Move[] {
  const needed: Move[] = []
  const missing = new Map<FacilityChannel, bigint>()
  for (const pledge of pledges) {
    const facility = pledge.facility!
    const { asset, parts } = pledge.collateral!
    let rest = missing.get(facility)
    if (rest === undefined) {
      const room = roomOf(
        facility.cover!,
        releases.filter((leg) => leg.facility === facility),
      )
      rest = drawnOn(facility, moves) - room
    }
    const kept = partsFor(rest, asset.holdingCoverMinor, parts)
    if (kept > 0) needed.push(collateralMove('PLEDGE', facility, asset, kept))
    missing.set(facility, rest - reliableCover(partsCover(asset.holdingCoverMinor, kept)))
  }
  return needed
}

/** Fewest steps of parts that may be relied on for a cover, at most all of them. */
function partsFor(cover: bigint, holdingCoverMinor: number, most: number): number {
  if (cover <= 0n) return 0
  const covers = (parts: number): boolean => reliableCover(partsCover(holdingCoverMinor, parts)) >= cover
  let low = 1
  let high = Math.ceil(most / STEP_PARTS)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (covers(Math.min(middle * STEP_PARTS, most))) high = middle
    else low = middle + 1
  }
  return Math.min(low * STEP_PARTS, most)
}

/** What may be drawn on what is pledged already and stays pledged. */
function roomOf({ roomMinor }: FacilityCover, releases: readonly Move[]): bigint {
  // Rounded up: what a release takes away is never counted as less than it is.
  return releases.reduce((room, leg) => room - legCover(leg) - 1n, BigInt(roomMinor))
}

function legCover({ collateral }: Move): bigint {
  return partsCover(collateral!.asset.holdingCoverMinor, collateral!.parts)
}

function legReliable(leg: Move): bigint {
  return reliableCover(legCover(leg))
}

function drawnOn(facility: FacilityChannel, moves: readonly Move[]): bigint {
  let drawn = 0n
  for (const move of moves)
    if (move.kind === 'DRAW' && move.facility === facility) drawn += BigInt(move.amountMinor)
  return drawn
}
