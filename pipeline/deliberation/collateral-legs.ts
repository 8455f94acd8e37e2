/**
 * From the optimum's parts of holdings to legs: pledges rounded up, so that the rounded draws are covered, releases rounded down; and
 * after the draws were repaired, no more is pledged than they need.
 *
 * Depends on plan, model and collateral.
 */
import { WHOLE_HOLDING } from '../perception/collateral.js'
import type { FacilityChannel } from './channels.js'
import { partsCover, reliableCover } from './collateral.js'
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
  const drawn = new Set(
    model.moves
      .filter((move) => move.kind === 'DRAW' && primal[move.column]! > NOISE)
      .map((move) => move.facility),
  )
  for (const column of model.collateral) {
    const part = primal[column.column]!
    if (!(part > NOISE)) continue
    const { kind, facility, asset } = column
    if (kind === 'RELEASE') {
      // What is drawn on now is used again soon: nothing goes back meanwhile, and draws can count on all that is there.
      const parts = drawn.has(facility) ? 0 : releaseParts(column, part)
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

/** What draws may take when the pledges are made, as limits for the rounded draws. */
export function collateralLimits(
  facilities: readonly FacilityChannel[],
  { pledges }: CollateralLegs,
): PlanLimit[] {
  const limits: PlanLimit[] = []
  for (const facility of facilities) {
    if (facility.cover === null) continue
    const here = pledges.filter((leg) => leg.facility === facility)
    const left = here.reduce(
      (sum, leg) => sum + reliableCover(legCover(leg)),
      BigInt(facility.cover.roomMinor),
    )
    const excess = (moves: readonly Move[]) => drawnOn(facility, moves) - left
    limits.push({ row: `collateral:${facility.facility.reference.facilityId}`, excess })
  }
  return limits
}

/** The pledges with no more parts than the draws of the plan need; those that none needs are left out. */
export function neededPledges(moves: readonly Move[], { pledges }: CollateralLegs): Move[] {
  const needed: Move[] = []
  const missing = new Map<FacilityChannel, bigint>()
  for (const pledge of pledges) {
    const facility = pledge.facility!
    const { asset, parts } = pledge.collateral!
    const rest = missing.get(facility) ?? drawnOn(facility, moves) - BigInt(facility.cover!.roomMinor)
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

function legCover({ collateral }: Move): bigint {
  return partsCover(collateral!.asset.holdingCoverMinor, collateral!.parts)
}

function drawnOn(facility: FacilityChannel, moves: readonly Move[]): bigint {
  let drawn = 0n
  for (const move of moves)
    if (move.kind === 'DRAW' && move.facility === facility) drawn += BigInt(move.amountMinor)
  return drawn
}
