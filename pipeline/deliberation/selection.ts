/**
 * Which tickets go when there are more than the policy lets go in one cycle: the largest, but first those without which an
 * account would be below its floor or a bank above its limit.
 *
 * A ticket that waits is part of the next deliberation; a floor cannot wait. Depends on plan, positions and limits.
 */
import { creditedAccount, type Move, movedValue, plannedBalances } from './plan.js'
import { type PlanLimit, passesNoMore } from './plan-limits.js'
import type { Position } from './positions.js'
import { compareValues } from './valuation.js'

/** At most `most` of the moves, or the account whose floor stands in the way. */
export function selectMoves(
  limits: readonly PlanLimit[],
  positions: readonly Position[],
  moves: readonly Move[],
  most: number,
): { readonly moves: readonly Move[] } | { readonly broken: Position } {
  const value = new Map(moves.map((move) => [move, movedValue([move])]))
  let kept = [...moves].sort((a, b) => compareValues(value.get(a)!, value.get(b)!))
  while (kept.length > most) {
    const planned = plannedBalances(positions, kept)
    const dispensable = kept.filter((move) => !holdsFloor(move, planned))
    if (dispensable.length === 0) return { broken: creditedAccount(kept[0]!)! }
    const without = (move: Move) => kept.filter((other) => other !== move)
    // Only a bank's limit can be passed by leaving a ticket out: one that took cash away from there.
    const waits = dispensable.find((move) => passesNoMore(limits, kept, without(move))) ?? dispensable[0]!
    kept = without(waits)
  }
  const chosen = new Set(kept)
  return { moves: moves.filter((move) => chosen.has(move)) }
}

/** Whether the account that the move credits would be below its floor without it. */
function holdsFloor(move: Move, planned: ReadonlyMap<string, number>): boolean {
  const account = creditedAccount(move)
  if (account === undefined) return false
  return planned.get(account.accountId)! - move.counterAmountMinor < account.floorMinor
}
