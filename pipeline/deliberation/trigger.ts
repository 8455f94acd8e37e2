/**
 * When to deliberate: something it depends on changed by more than the policy's tolerance, or its last result aged.
 *
 * Depends on positions and the last decision in the state.
 */
import type { GroupState } from '../perception/state.js'
import { hasIdleCollateral } from './collateral.js'
import type { Position } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'

export type Trigger = 'first' | 'policy' | 'changed' | 'aged'

export function triggerOf(
  state: GroupState,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  nowMicros: number,
): Trigger | undefined {
  const last = state.lastDecision
  if (last === null) return 'first'
  if (last.policyDigestHex !== resolved.digestHex) return 'policy'
  if (last.frozen !== frozenText(positions)) return 'changed'
  const tolerance = resolved.policy.deliberation.tolerancePercent / 100
  for (const position of positions) {
    const before = last.accounts.get(position.accountId)
    if (before === undefined) return 'changed'
    const moved = Math.abs(position.projectedMinor - before.projectedMinor)
    if (moved > tolerance * position.targetMinor) return 'changed'
    // A floor is a line, not a scale: crossing it counts however small the step, and whichever of the two moved.
    if (belowFloor(position) !== belowFloor(before)) return 'changed'
  }
  const agedMicros = resolved.policy.deliberation.reconsiderAfterSeconds * 1_000_000
  return nowMicros - last.atMicros >= agedMicros ? 'aged' : undefined
}

function belowFloor(account: Pick<Position, 'projectedMinor' | 'floorMinor'>): boolean {
  return account.projectedMinor < account.floorMinor
}

/** The frozen accounts and their reasons as one text. */
export function frozenText(positions: readonly Position[]): string {
  return positions
    .filter((position) => position.frozen !== '')
    .map((position) => `${position.accountId}:${position.frozen}`)
    .join(' ')
}

/**
 * True when there is nothing to mend: every account that may move is inside its band (Miller-Orr, DOMAIN 3.1),
 * no draw is outstanding that surplus in its own account could repay, and no lender has collateral for nothing.
 */
export function insideBands(state: GroupState, positions: readonly Position[]): boolean {
  for (const position of positions) {
    if (position.frozen !== '') continue
    if (position.projectedMinor < position.lowerBandMinor) return false
    if (position.projectedMinor > position.upperBandMinor) return false
  }
  const byAccount = new Map(positions.map((position) => [position.accountId, position]))
  for (const facility of state.facilities.values()) {
    const account = byAccount.get(facility.reference.accountId)
    if (account === undefined || account.frozen !== '') continue
    if (hasIdleCollateral(state, facility)) return false
    const surplus = account.projectedMinor - account.upperBandMinor
    const repayable = Math.min(surplus, facility.outstandingMinor - facility.reservedRepayMinor)
    if (repayable > 0 && repayable >= facility.reference.minimumDrawMinor) return false
  }
  return true
}
