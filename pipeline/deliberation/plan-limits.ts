/**
 * The limits that the tickets of a rounded plan share, each as the amount by which moves pass it: what may leave an account,
 * be drawn from a lender, lie at a bank, and the risk budget. In integers, to the unit. Depends on plan and shared limits.
 */
import { debitsMinor, unpaidMinor } from './leg-links.js'
import { type Move, movedValue, plannedBalances } from './plan.js'
import { leavableMinor, type Position } from './positions.js'
import type { SharedLimits } from './shared-limits.js'
import { amountValue } from './valuation.js'

export interface PlanLimit {
  /** Name of its row in the model. */
  readonly row: string
  /** Not above 0 when the moves keep the limit. */
  readonly excess: (moves: readonly Move[]) => bigint
}

/** @param linked legs may be paid by what other legs of the plan bring */
export function planLimits(
  limits: SharedLimits,
  positions: readonly Position[],
  linked = false,
): PlanLimit[] {
  const all: PlanLimit[] = []
  for (const position of positions) {
    const leavable = leavableMinor(position)
    const excess = (moves: readonly Move[]) =>
      BigInt(linked ? unpaidMinor(moves, position) : debitsMinor(moves, position) - leavable)
    all.push({ row: `guard:${position.accountId}`, excess })
  }
  for (const [lenderId, left] of limits.lenders) {
    const fromLender = ({ kind, facility }: Move) =>
      kind === 'DRAW' && facility!.facility.reference.lenderId === lenderId
    const excess = (moves: readonly Move[]) => movedValue(moves.filter(fromLender)) - left
    all.push({ row: `lender:${lenderId}`, excess })
  }
  for (const [bankId, most] of limits.banks) {
    const excess = (moves: readonly Move[]) => plannedAtBank(positions, bankId, moves) - most
    all.push({ row: `bank:${bankId}`, excess })
  }
  all.push({ row: 'budget', excess: (moves) => movedValue(moves) - limits.budget })
  return all
}

function plannedAtBank(positions: readonly Position[], bankId: string, moves: readonly Move[]): bigint {
  const planned = plannedBalances(positions, moves)
  let value = 0n
  for (const position of positions) {
    if (position.bankId === bankId) value += amountValue(planned.get(position.accountId)!, position.price)
  }
  return value
}

/** Whether `after` passes no limit that `before` kept, and none by more than it. */
export function passesNoMore(
  limits: readonly PlanLimit[],
  before: readonly Move[],
  after: readonly Move[],
): boolean {
  return limits.every((limit) => {
    const excess = limit.excess(after)
    return excess <= 0n || excess <= limit.excess(before)
  })
}
