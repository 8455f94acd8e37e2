/**
 * Plans that wait for people (mode `supervised`): which there are, and the three ways in which the waiting ends.
 *
 *   released   approved, and the gate passes it again in the state of now: reserved, persisted, sent
 *   lapsed     the time is over, the plan is no longer the one to make, or the gate denies it now
 *   forbidden  somebody said no
 *
 * Nothing is held while a plan waits: the cash is as free as the state of the release finds it. Depends on gate and instructions.
 */
import type { Instruction } from '../../schemas/generated/types.js'
import type { Position } from '../deliberation/positions.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { formatUuid, toHex } from '../identity.js'
import type { CycleCollector } from '../perception/outcome.js'
import type { GroupState, OpenInstruction, PendingPlan } from '../perception/state.js'
import { advance } from './advance.js'
import type { ApprovalCheck } from './approval-port.js'
import { denialOf } from './gate.js'
import { commitPlan } from './instructions.js'
import type { LifeCycleEvent } from './life-cycle.js'
import { movesAgain } from './moves-again.js'
import { digestOfLegs } from './plan-digest.js'

/** A waiting plan as people see it. */
export interface PendingPlanView extends PendingPlan {
  readonly legs: readonly Readonly<OpenInstruction>[]
}

/** The plans that wait, in the order in which they began to. */
export function pendingPlans(state: GroupState): PendingPlanView[] {
  return [...state.pendingPlans.values()].map((plan) => ({ ...plan, legs: legsOf(state, plan) }))
}

/**
 * Sends an approved plan: the instructions to release. If the plan is not what was approved any more, or the gate of now denies it,
 * it lapses with that reason and an alert, and nothing is sent.
 */
export function releasePlan(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  decisionId: string,
): Instruction[] {
  const { state, closedAtMicros } = collector
  const plan = state.pendingPlans.get(decisionId)
  if (plan === undefined) return []
  const instructions = legsOf(state, plan)
  if (toHex(digestOfLegs(instructions, resolved.digestHex)) !== plan.planDigestHex) {
    lapsePlan(collector, decisionId, 'policy-changed')
    return []
  }
  const again = movesAgain(state, resolved, positions, instructions, closedAtMicros)
  const moves = 'legs' in again ? again.legs.map(({ move }) => move) : []
  const dependsOn = instructions.map((leg) => leg.dependsOn)
  const denial =
    'denial' in again ? again.denial : denialOf(state, resolved, positions, moves, closedAtMicros, dependsOn)
  if (denial !== undefined || 'denial' in again) {
    lapsePlan(collector, decisionId, `gate-denied:${denial!.code}`)
    return []
  }
  state.pendingPlans.delete(decisionId)
  state.people.approvals.delete(`decision:${formatUuid(decisionId)}`)
  return commitPlan(collector, resolved, again.legs, 'approve')
}

/** Ends the waiting of a plan that will not be sent, and tells people. */
export function lapsePlan(collector: CycleCollector, decisionId: string, reason: string): void {
  end(collector, decisionId, 'lapse', reason, `The plan that waited for approval lapsed: ${reason}.`)
}

/** Ends the waiting of a plan that somebody said no to. */
export function forbidPlan(collector: CycleCollector, decisionId: string, reason: string): void {
  end(collector, decisionId, 'forbid', reason, `The plan that waited for approval was forbidden: ${reason}.`)
}

/** Lapses the plans whose time is over. Approvals that come in the same cycle come too late: in doubt, do less. */
export function lapseOverdue(collector: CycleCollector): void {
  for (const { decisionId, approveByMicros } of [...collector.state.pendingPlans.values()]) {
    if (collector.closedAtMicros >= approveByMicros) lapsePlan(collector, decisionId, 'approval-expired')
  }
}

/** Sends every plan that has its approvals. */
export function releaseApproved(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  positionsNow: () => readonly Position[],
  isApproved: ApprovalCheck,
): Instruction[] {
  const { state } = collector
  const release: Instruction[] = []
  for (const plan of [...state.pendingPlans.values()]) {
    if (isApproved(state, plan, collector.closedAtMicros) !== true) continue
    release.push(...releasePlan(collector, resolved, positionsNow(), plan.decisionId))
  }
  return release
}

function end(
  collector: CycleCollector,
  decisionId: string,
  event: LifeCycleEvent & ('lapse' | 'forbid'),
  reasonCode: string,
  message: string,
): void {
  const { state } = collector
  const plan = state.pendingPlans.get(decisionId)
  if (plan === undefined) return
  for (const instruction of legsOf(state, plan)) advance(collector, instruction, event, { reasonCode })
  state.pendingPlans.delete(decisionId)
  state.people.approvals.delete(`decision:${formatUuid(decisionId)}`)
  const code = event === 'lapse' ? 'plan-lapsed' : 'plan-forbidden'
  collector.alert('WARNING', code, `decision:${formatUuid(decisionId)}`, message)
}

function legsOf(state: GroupState, plan: PendingPlan): OpenInstruction[] {
  return plan.instructionIds.map((id) => state.instructions.get(id)!)
}
