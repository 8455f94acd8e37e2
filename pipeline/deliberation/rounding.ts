/**
 * From the LP's amounts to tickets: rounding to the channel's step, dropping tickets that are too small, and
 * repairing in integers what rounding broke (round-and-repair, DOMAIN 3.2).
 *
 * Rounding is downwards, so a source never pays more than the LP allowed; where that leaves a destination below
 * its floor by less than a step, one step is added back if the source can bear it. Depends on plan and model.
 */
import { creditedAccount, debitedAccount, type Move, plannedBalances, priceMove } from './plan.js'
import type { Position } from './positions.js'
import { MODEL_UNIT, type MoveColumn, type RebalancingModel } from './rebalancing-model.js'

/** LP amounts below this many units are noise of the solver: a hundredth of a minor unit. */
const NOISE = 1e-10

/** Steps added to one account at the most; more would mean that rounding is not what broke the floor. */
const STEPS_PER_ACCOUNT = 8

interface Ticket {
  readonly columns: MoveColumn[]
  amount: number
}

export interface Tickets {
  readonly moves: Move[]
  /** Columns of tickets that are too small to send. */
  readonly tooSmall: readonly number[]
}

/** Rounds a primal solution to tickets; those below the channel's minimum are named instead. */
export function toTickets(model: RebalancingModel, primal: Float64Array): Tickets {
  const tickets = new Map<string, Ticket>()
  for (const move of model.moves) {
    const channel = move.rail?.rail.reference.railId ?? move.facility!.facility.reference.facilityId
    const key = `${move.kind}:${channel}`
    let ticket = tickets.get(key)
    if (ticket === undefined) {
      ticket = { columns: [], amount: 0 }
      tickets.set(key, ticket)
    }
    ticket.columns.push(move)
    ticket.amount += Math.max(0, primal[move.column]!)
  }
  const moves: Move[] = []
  const tooSmall: number[] = []
  for (const ticket of tickets.values()) {
    if (ticket.amount <= NOISE) continue
    const { kind, rail, facility } = ticket.columns[0]!
    const steps = ticketSteps(rail?.rail.reference ?? facility!.facility.reference)
    // The optimum may sit a rounding error below a whole step.
    const whole = Math.floor((ticket.amount * MODEL_UNIT) / steps.roundingMinor + 1e-6)
    const amountMinor = whole * steps.roundingMinor
    if (amountMinor < Math.max(steps.minimumMinor, 1)) {
      for (const column of ticket.columns) tooSmall.push(column.column)
    } else {
      moves.push(priceMove(kind, rail, facility, amountMinor))
    }
  }
  return { moves, tooSmall }
}

interface StepReference {
  readonly roundingMinor: number
  readonly minimumTicketMinor?: number
  readonly minimumDrawMinor?: number
}

function ticketSteps(reference: StepReference): { roundingMinor: number; minimumMinor: number } {
  const minimumMinor = reference.minimumTicketMinor ?? reference.minimumDrawMinor ?? 0
  return { roundingMinor: reference.roundingMinor, minimumMinor }
}

/** Largest tickets first by base value; beyond `limit` they wait for the next deliberation. */
export function largestMoves(moves: readonly Move[], limit: number): Move[] {
  if (moves.length <= limit) return [...moves]
  const value = (move: Move) => move.amountMinor * (move.rail?.source ?? move.facility!.account).baseFactor
  const ranked = moves.map((move, index) => ({ move, index, value: value(move) }))
  ranked.sort((a, b) => b.value - a.value || a.index - b.index)
  const kept = new Set(ranked.slice(0, limit).map((entry) => entry.index))
  return moves.filter((_, index) => kept.has(index))
}

/**
 * Raises inbound tickets by a step where rounding left an account below its floor. Returns the repaired moves, or
 * the first account whose floor cannot be restored that way.
 */
export function repairFloors(
  positions: readonly Position[],
  moves: readonly Move[],
): { readonly moves: readonly Move[] } | { readonly broken: Position } {
  let repaired = [...moves]
  for (const position of positions) {
    if (position.frozen !== '') continue
    for (let step = 0; ; step++) {
      const planned = plannedBalances(positions, repaired)
      if (planned.get(position.accountId)! >= position.floorMinor) break
      const raised = step < STEPS_PER_ACCOUNT ? raiseInbound(repaired, position, planned) : undefined
      if (raised === undefined) return { broken: position }
      repaired = raised
    }
  }
  return { moves: repaired }
}

function raiseInbound(
  moves: readonly Move[],
  short: Position,
  planned: ReadonlyMap<string, number>,
): Move[] | undefined {
  for (const [index, move] of moves.entries()) {
    if (creditedAccount(move) !== short) continue
    const reference = move.rail?.rail.reference ?? move.facility!.facility.reference
    const raisedMinor = move.amountMinor + reference.roundingMinor
    const maximumMinor = move.rail?.maximumMinor ?? move.facility!.drawMaximumMinor
    if (raisedMinor > maximumMinor) continue
    const source = debitedAccount(move)
    const bearable =
      source === undefined ||
      (planned.get(source.accountId)! - reference.roundingMinor >= source.floorMinor &&
        debits(moves, source) + reference.roundingMinor <= spendableMinor(source))
    if (!bearable) continue
    const raised = [...moves]
    raised[index] = priceMove(move.kind, move.rail, move.facility, raisedMinor)
    return raised
  }
  return undefined
}

/** Sum that the moves take from an account, minor units. */
export function debits(moves: readonly Move[], source: Position): number {
  let sum = 0
  for (const move of moves) if (debitedAccount(move) === source) sum += move.amountMinor
  return sum
}

/** What may leave an account even if every inflow comes last (row 2b). */
export function spendableMinor(position: Position): number {
  return Math.max(0, position.spendableMinor - position.floorMinor + position.lineMinor)
}
