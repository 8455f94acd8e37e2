/**
 * Which legs of a plan wait for which: a leg whose source cannot pay it now goes when the leg that brings the cash is settled.
 *
 *   draw -> transfer, conversion -> transfer    at most two legs, so there are no circles and the order is short
 *   pledge [-> pledge ...] -> draw              a draw leaves when all collateral of the plan for its facility is with the lender
 *
 * A leg waits for one other leg. Legs that others wait for come first; otherwise the order of the plan stays. Depends on plan
 * and model.
 */
import { creditedAccount, debitedAccount, type Move, movesCollateral } from './plan.js'
import { leavableMinor, type Position } from './positions.js'
import { reliablePart } from './rebalancing-model.js'

export interface LinkedLegs {
  readonly moves: readonly Move[]
  /** For each move the index of the one that must be settled before it is sent; -1 for none. */
  readonly dependsOn: readonly number[]
}

/** What another leg may rely on when the move is settled, minor units of the account that it credits. */
export function reliableInflowMinor({ kind, counterAmountMinor }: Move): number {
  return Math.floor(counterAmountMinor * reliablePart(kind))
}

/**
 * By how much what leaves the account is more than what may leave it now and what legs bring from accounts that rely on none, minor
 * units: what plans are repaired by. `linkLegs` has the last word, because amounts may not fit each other.
 */
export function unpaidMinor(moves: readonly Move[], account: Position): number {
  const debits = debitsMinor(moves, account)
  if (debits <= leavableMinor(account)) return debits - leavableMinor(account)
  let unpaid = debits - roomMinor(account)
  for (const move of moves) {
    if (creditedAccount(move) !== account) continue
    const source = debitedAccount(move)
    const reliesOnNone = source === undefined || debitsMinor(moves, source) <= leavableMinor(source)
    if (reliesOnNone) unpaid -= reliableInflowMinor(move)
  }
  return unpaid
}

/** What may leave an account as it is; below 0 when an inflow has to bring it back to its floor first. */
function roomMinor({ spendableMinor, floorMinor, lineMinor }: Position): number {
  return spendableMinor - floorMinor + lineMinor
}

/** Sum that the moves take from an account, minor units. */
export function debitsMinor(moves: readonly Move[], source: Position): number {
  let sum = 0
  for (const move of moves) if (debitedAccount(move) === source) sum += move.amountMinor
  return sum
}

/** Legs that rely on others that are paid from what is there, or undefined when a leg could rely on none. */
export function linkLegs(moves: readonly Move[]): LinkedLegs | undefined {
  if (!moves.some(movesCollateral)) return linkCash(moves)
  const cash = linkCash(moves.filter((move) => !movesCollateral(move)))
  return cash === undefined ? undefined : withCollateral(cash, moves.filter(movesCollateral))
}

/** Pledges to one facility one after the other, then what is drawn on it; releases wait for nothing and are waited for by nothing. */
function withCollateral(cash: LinkedLegs, collateral: readonly Move[]): LinkedLegs {
  const pledges = collateral.filter(({ kind }) => kind === 'PLEDGE')
  const releases = collateral.filter(({ kind }) => kind === 'RELEASE')
  const lastPledge = new Map<Move['facility'], number>()
  const dependsOn = pledges.map(({ facility }, index) => {
    const before = lastPledge.get(facility) ?? -1
    lastPledge.set(facility, index)
    return before
  })
  for (const [index, { kind, facility }] of cash.moves.entries()) {
    const before = cash.dependsOn[index]!
    if (kind === 'DRAW') dependsOn.push(lastPledge.get(facility) ?? -1)
    else dependsOn.push(before < 0 ? before : before + pledges.length)
  }
  return {
    moves: [...pledges, ...cash.moves, ...releases],
    dependsOn: [...dependsOn, ...releases.map(() => -1)],
  }
}

function linkCash(moves: readonly Move[]): LinkedLegs | undefined {
  const room = new Map<Position, number>()
  const waiting = new Set<Move>()
  for (const move of moves) {
    const source = debitedAccount(move)
    if (source === undefined) continue
    const left = room.get(source) ?? roomMinor(source)
    if (move.amountMinor > left) waiting.add(move)
    room.set(source, move.amountMinor > left ? left : left - move.amountMinor)
  }
  if (waiting.size === 0) return { moves, dependsOn: moves.map(() => -1) }
  const relied = new Map<Move, Move>()
  const inflow = new Map<Move, number>()
  for (const move of waiting) {
    const source = debitedAccount(move)!
    const left = room.get(source)!
    const bringer = moves.find((other) => {
      if (waiting.has(other) || creditedAccount(other) !== source) return false
      return move.amountMinor <= left + (inflow.get(other) ?? reliableInflowMinor(other))
    })
    if (bringer === undefined) return undefined
    const brings = inflow.get(bringer) ?? reliableInflowMinor(bringer)
    const taken = Math.min(brings, move.amountMinor)
    inflow.set(bringer, brings - taken)
    room.set(source, left - (move.amountMinor - taken))
    relied.set(move, bringer)
  }
  return ordered(moves, relied)
}

function ordered(moves: readonly Move[], relied: ReadonlyMap<Move, Move>): LinkedLegs {
  const first = moves.filter((move) => !relied.has(move))
  const legs = [...first, ...moves.filter((move) => relied.has(move))]
  return { moves: legs, dependsOn: legs.map((move) => legs.indexOf(relied.get(move)!)) }
}
