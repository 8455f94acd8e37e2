/**
 * What of a holding is pledged, on its way, and free: in millionths of the holding, because a fraction survives a revaluation and the
 * streams tell of no quantity. Depends on the state.
 */
import type { CollateralState, PledgeState } from './state.js'

/** Parts of a whole holding. */
export const WHOLE_HOLDING = 1_000_000

/** Neither with a lender nor on its way there. What is on its way back is not free before it has come. */
export function freeParts({ pledges }: CollateralState): number {
  let free = WHOLE_HOLDING
  for (const { pledgedParts, comingParts } of pledges.values()) free -= pledgedParts + comingParts
  return Math.max(0, free)
}

/** With the lender, and not on its way back: what covers a draw. */
export function coveringParts(pledge: PledgeState | undefined): number {
  return pledge === undefined ? 0 : pledge.pledgedParts - pledge.leavingParts
}
