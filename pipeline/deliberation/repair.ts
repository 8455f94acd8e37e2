/**
 * Repairs in integers what rounding broke (round-and-repair, DOMAIN 3.2): the limits that tickets share, then floors.
 *
 * The model keeps limits to a rounding error, and rounding down leaves destinations short by less than a step, so what has to be
 * mended is little: tickets with the smallest steps change first, and no repair breaks what another one mended. A plan that comes
 * out of here keeps every floor and limit to the unit. Depends on plan and limits.
 */
import {
  creditedAccount,
  debitedAccount,
  floorHolds,
  type Move,
  movedValue,
  plannedBalances,
  stepsOf,
  stepValue,
  withAmount,
} from './plan.js'
import { type PlanLimit, passesNoMore } from './plan-limits.js'
import type { Position } from './positions.js'
import { compareValues } from './valuation.js'

type Moves = readonly Move[]

/** The repaired moves, or the reason why there are none and the row or account that it is about. */
export type Repaired = { readonly moves: Moves } | { readonly reason: string; readonly subject: string }

export function repairPlan(
  limits: readonly PlanLimit[],
  positions: readonly Position[],
  moves: Moves,
): Repaired {
  const fitted = fitToLimits(limits, positions, moves)
  if ('passed' in fitted) return { reason: 'limit-cannot-be-kept', subject: fitted.passed }
  let repaired = fitted.moves
  for (const position of positions) {
    if (position.frozen !== '' || floorHolds(positions, repaired, position)) continue
    const restored = restoreFloor(limits, positions, repaired, position)
    if (restored === undefined) return { reason: 'rounding-breaks-floor', subject: position.accountId }
    repaired = restored
  }
  return { moves: repaired }
}

/** Adds steps to inbound tickets: within the limits if that is enough, else at the cost of other tickets. */
function restoreFloor(
  limits: readonly PlanLimit[],
  positions: readonly Position[],
  moves: Moves,
  short: Position,
): Moves | undefined {
  const restored = (plan: Moves) => floorHolds(positions, plan, short)
  const inbound = finestFirst(moves).filter((index) => creditedAccount(moves[index]!) === short)
  let raised = moves
  for (const index of inbound) {
    raised = addSteps(limits, positions, raised, index, restored)
    if (restored(raised)) return raised
  }
  for (const index of inbound) {
    const over = addSteps([], positions, raised, index, restored)
    if (!restored(over)) continue
    const fitted = fitToLimits(limits, positions, over)
    if ('moves' in fitted) return fitted.moves
  }
  return undefined
}

/** The moves within all limits, or the row of a limit that cannot be kept without breaking a floor. */
function fitToLimits(
  limits: readonly PlanLimit[],
  positions: readonly Position[],
  moves: Moves,
): { readonly moves: Moves } | { readonly passed: string } {
  let fitted = moves
  // What is taken off for one limit stays with its source, and may pass that of another bank: look again, but not for ever.
  for (let pass = 0; ; pass++) {
    const passed = limits.find((limit) => limit.excess(fitted) > 0n)
    if (passed === undefined) return { moves: fitted }
    if (pass === limits.length + moves.length) return { passed: passed.row }
    fitted = ease(limits, positions, fitted, passed)
    if (passed.excess(fitted) > 0n) return { passed: passed.row }
  }
}

/** Takes steps off tickets that pass the limit, adds steps to tickets that lead away from it, then drops whole tickets. */
function ease(
  limits: readonly PlanLimit[],
  positions: readonly Position[],
  moves: Moves,
  limit: PlanLimit,
): Moves {
  const kept = (plan: Moves) => limit.excess(plan) <= 0n
  const helps = (plan: Moves, index: number) => limit.excess(withAmount(plan, index, 0)) < limit.excess(plan)
  let eased = moves
  for (const index of finestFirst(moves)) {
    if (helps(eased, index)) eased = takeSteps(positions, eased, index, kept)
    if (kept(eased)) return eased
  }
  for (const index of finestFirst(moves)) {
    const more = addSteps(limits, positions, eased, index, kept)
    if (limit.excess(more) < limit.excess(eased)) eased = more
    if (kept(eased)) return eased
  }
  for (const index of smallestFirst(eased)) {
    const without = withAmount(eased, index, 0)
    if (helps(eased, index) && destinationHolds(positions, without, eased[index]!)) eased = without
    if (kept(eased)) break
  }
  return eased.filter((move) => move.amountMinor > 0)
}

/** Fewest steps on top of a ticket with which `done`; else as many as channel, source's floor and limits leave. */
function addSteps(
  limits: readonly PlanLimit[],
  positions: readonly Position[],
  moves: Moves,
  index: number,
  done: (moves: Moves) => boolean,
): Moves {
  const move = moves[index]!
  const { roundingMinor, maximumMinor } = stepsOf(move)
  let roomMinor = maximumMinor - move.amountMinor
  const source = debitedAccount(move)
  if (source !== undefined) {
    const planned = plannedBalances(positions, moves).get(source.accountId)!
    roomMinor = Math.min(roomMinor, planned - source.floorMinor)
  }
  const more = (steps: number) => withAmount(moves, index, move.amountMinor + steps * roundingMinor)
  const needed = leastSteps(roomMinor / roundingMinor, (steps) => done(more(steps)))
  return more(leastSteps(needed, (steps) => !passesNoMore(limits, moves, more(steps + 1))))
}

/** Fewest steps off a ticket with which `done`; else as many as its minimum and its destination's floor leave. */
function takeSteps(
  positions: readonly Position[],
  moves: Moves,
  index: number,
  done: (moves: Moves) => boolean,
): Moves {
  const move = moves[index]!
  const { roundingMinor, minimumMinor } = stepsOf(move)
  const less = (steps: number) => withAmount(moves, index, move.amountMinor - steps * roundingMinor)
  const most = (move.amountMinor - minimumMinor) / roundingMinor
  const bearable = leastSteps(most, (steps) => !destinationHolds(positions, less(steps + 1), move))
  return less(leastSteps(bearable, (steps) => done(less(steps))))
}

/** Least number of steps with which `holds`, which stays true once it is; all of `most`, rounded down, when there is none. */
function leastSteps(most: number, holds: (steps: number) => boolean): number {
  let low = 0
  let high = Math.max(Math.floor(most), 0)
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function destinationHolds(positions: readonly Position[], moves: Moves, move: Move): boolean {
  const account = creditedAccount(move)
  return account === undefined || floorHolds(positions, moves, account)
}

/** Indices by the value of a ticket's step: what changes by little changes first. */
function finestFirst(moves: Moves): number[] {
  return byValue(moves, stepValue)
}

function smallestFirst(moves: Moves): number[] {
  return byValue(moves, (move) => movedValue([move]))
}

function byValue(moves: Moves, value: (move: Move) => bigint): number[] {
  const values = moves.map(value)
  return [...moves.keys()].sort((a, b) => compareValues(values[a]!, values[b]!) || a - b)
}
