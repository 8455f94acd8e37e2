/**
 * What was sent counts against the rail's day and the group's budgets of the hour and the day, and is not given back on a
 * rejection. Depends on plan, gate arithmetic and state.
 */
import type { Move } from '../deliberation/plan.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import type { GroupState } from '../perception/state.js'
import { sumBaseMinor } from './gate.js'

const MICROS_PER_DAY = 86_400_000_000
const MICROS_PER_HOUR = 3_600_000_000

/** Counts the moves at the moment in which they are sent. */
export function countUsage(
  state: GroupState,
  resolved: ResolvedPolicy,
  moves: readonly Move[],
  nowMicros: number,
): void {
  for (const move of moves) {
    if (move.rail === null) continue
    const { rail, businessDate } = move.rail
    if (rail.usedDate !== businessDate) {
      rail.usedDate = businessDate
      rail.usedMinor = 0
    }
    rail.usedMinor += move.amountMinor
  }
  rollBudget(state, nowMicros)
  const movedBaseMinor = sumBaseMinor(state, resolved, moves)
  state.movedTodayBaseMinor += movedBaseMinor
  state.movedThisHourBaseMinor += movedBaseMinor
}

/** The day budget starts anew at 00:00 UTC, that of the hour at each full hour. True when a new day began. */
export function rollBudget(state: GroupState, nowMicros: number): boolean {
  const hour = Math.floor(nowMicros / MICROS_PER_HOUR)
  if (state.budgetHour !== hour) {
    state.budgetHour = hour
    state.movedThisHourBaseMinor = 0
  }
  const date = Math.floor(nowMicros / MICROS_PER_DAY)
  if (state.budgetDate === date) return false
  state.budgetDate = date
  state.movedTodayBaseMinor = 0
  return true
}
