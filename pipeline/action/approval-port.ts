/**
 * Where approvals by people meet plans that wait for them: how many a plan needs, by whom, and whether it has them.
 *
 * `approvalsComplete` is the one place that says yes. Depends on policy, plan and state.
 */
import type { Move } from '../deliberation/plan.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import type { GroupState, PendingPlan } from '../perception/state.js'
import { sumBaseMinor } from './gate.js'

/** Answers whether all approvals that the plan needs are there. Anything but `true` is a no. */
export type ApprovalCheck = (state: GroupState, plan: PendingPlan) => boolean

/** Nobody can approve yet: a plan waits until its time is over. */
export const approvalsComplete: ApprovalCheck = () => false

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
