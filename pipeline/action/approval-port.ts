/**
 * Where approvals by people meet plans that wait for them: how many a plan needs, by whom, and whether it has them.
 *
 * `approvalsComplete` is the one place that says yes. Depends on policy, plan and state.
 */
import type { Move } from '../deliberation/plan.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { formatUuid } from '../identity.js'
import type { GroupState, PendingPlan } from '../perception/state.js'
import { isApproved } from '../perception/voices.js'
import { sumBaseMinor } from './gate.js'

/** Answers whether all approvals that the plan needs are there. Anything but `true` is a no. */
export type ApprovalCheck = (state: GroupState, plan: PendingPlan, nowMicros: number) => boolean

/** Different people for every seat, none of them a maker, all of them for exactly these legs under this policy. */
export const approvalsComplete: ApprovalCheck = (state, plan, nowMicros) => {
  const seats = Array.from({ length: plan.required }, () => plan.roles)
  const subject = `decision:${formatUuid(plan.decisionId)}`
  return isApproved(state, subject, plan.planDigestHex, seats, new Set(plan.makers), nowMicros)
}

/** How many people must approve the plan, and which roles count. */
export function requirementOf(
  state: GroupState,
  resolved: ResolvedPolicy,
  moves: readonly Move[],
): Pick<PendingPlan, 'required' | 'roles'> {
  const { required, requiredAboveLarge, roles } = resolved.policy.approvals
  const large = resolved.largeAmountBaseMinor
  const isLarge = large !== undefined && sumBaseMinor(state, resolved, moves) > large
  return { required: isLarge ? (requiredAboveLarge ?? required) : required, roles: [...roles] }
}
