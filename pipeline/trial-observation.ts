/**
 * What one decision shows of a policy on trial: its plan and the other policy's, both seen by the former policy.
 *
 * Depends on deliberation, guardrails and the state.
 */
import type { Deliberation } from './deliberation/deliberate.js'
import type { Move } from './deliberation/plan.js'
import { type PlanView, type Viewpoint, viewPlan } from './deliberation/plan-view.js'
import type { Position } from './deliberation/positions.js'
import type { Observation } from './governance/guardrails.js'
import type { TrialState } from './perception/people-state.js'
import type { GroupState } from './perception/state.js'

/** A deliberation and what of it passes the gate. */
export interface Plan {
  readonly deliberation: Deliberation
  readonly moves: readonly Move[]
}

export interface Observed {
  readonly observation: Observation
  /** By account what the other plan leaves there beyond that of the policy on trial, minor units. */
  readonly forgone: Map<string, number>
}

/** @param former the policy before the trial, by whose prices and floors both plans are seen */
export function observePlans(
  state: GroupState,
  trial: TrialState,
  former: Viewpoint,
  candidate: Plan,
  other: Plan,
  nowMicros: number,
): Observed {
  const mine = viewPlan(state, former, candidate.moves)
  const theirs = viewPlan(state, former, other.moves)
  const observation: Observation = {
    movedBaseMinor: mine.movedBaseMinor,
    otherMovedBaseMinor: theirs.movedBaseMinor,
    regretBaseMinor: mine.costBaseMinor - theirs.costBaseMinor,
    floorBreached: floorOfPlan(former.positions, mine, theirs),
    lateObligation:
      lateByPlan(state, former, mine, theirs, nowMicros) || lateByAction(state, trial, former, nowMicros),
    overridden: trial.overrides > 0,
    solverFailed: failed(candidate) && !failed(other),
  }
  return { observation, forgone: forgoneOf(former.positions, mine, theirs) }
}

/**
 * Account that sank below a floor of the former policy since the canary's last decision, and had not under the other plan of that
 * decision; empty for none.
 */
export function floorOfAction(state: GroupState, trial: TrialState, former: Viewpoint['resolved']): string {
  for (const [accountId, forgoneMinor] of trial.forgone) {
    const account = state.accounts.get(accountId)
    const floorMinor = former.accounts.get(accountId)?.floorMinor
    if (account === undefined || floorMinor === undefined || !account.opened) continue
    const { settledMinor } = account
    if (settledMinor < floorMinor && settledMinor + forgoneMinor >= floorMinor) return accountId
  }
  return ''
}

/** Account that the plan leaves below its floor, where the other plan keeps it. */
function floorOfPlan(positions: readonly Position[], mine: PlanView, theirs: PlanView): string {
  const breached = positions.find(
    ({ accountId, floorMinor }) =>
      mine.planned.get(accountId)! < floorMinor && theirs.planned.get(accountId)! >= floorMinor,
  )
  return breached?.accountId ?? ''
}

/** Account that the plan leaves without the cash for what it expects, a time-specific payment among it, where the other plan does not. */
function lateByPlan(
  state: GroupState,
  { resolved, positions }: Viewpoint,
  mine: PlanView,
  theirs: PlanView,
  nowMicros: number,
): string {
  const horizonMicros = nowMicros + resolved.policy.deliberation.horizonMinutes * 60_000_000
  const short = positions.filter(
    ({ accountId, lineMinor }) =>
      mine.planned.get(accountId)! + lineMinor < 0 && theirs.planned.get(accountId)! + lineMinor >= 0,
  )
  const late = short.find(({ accountId }) => timeSpecificMinor(state, accountId, horizonMicros).length > 0)
  return late?.accountId ?? ''
}

/** Account that cannot pay what is due now, and could had the other plan of the last decision been carried out. */
function lateByAction(
  state: GroupState,
  { forgone }: TrialState,
  { positions }: Viewpoint,
  nowMicros: number,
): string {
  for (const { accountId, availableMinor, lineMinor } of positions) {
    const forgoneMinor = forgone.get(accountId)
    if (forgoneMinor === undefined) continue
    const payableMinor = availableMinor + lineMinor
    for (const dueMinor of timeSpecificMinor(state, accountId, nowMicros)) {
      if (dueMinor > payableMinor && dueMinor <= payableMinor + forgoneMinor) return accountId
    }
  }
  return ''
}

/** Time-specific payments of an account that are due until then and were not made. */
function timeSpecificMinor(state: GroupState, accountId: string, untilMicros: number): number[] {
  const due: number[] = []
  for (const flow of state.expectedFlows.values()) {
    if (!flow.timeSpecific || flow.accountId !== accountId || flow.amountMinor >= 0) continue
    if (flow.expectedAtMicros <= untilMicros) due.push(-flow.amountMinor)
  }
  return due
}

function forgoneOf(positions: readonly Position[], mine: PlanView, theirs: PlanView): Map<string, number> {
  const forgone = new Map<string, number>()
  for (const { accountId } of positions) {
    const moreMinor = theirs.planned.get(accountId)! - mine.planned.get(accountId)!
    if (moreMinor > 0) forgone.set(accountId, moreMinor)
  }
  return forgone
}

function failed({ deliberation }: Plan): boolean {
  const { solve } = deliberation
  return solve !== null && solve.solution.status !== 'optimal'
}
