/**
 * Ends the plans that are not sent yet, because the policy that made them is not in force any more. What was sent is the venue's.
 *
 * Plans of people end too: they were made under that policy's limits. Depends on pending plans and linked legs.
 */
import type { CycleCollector } from '../perception/outcome.js'
import { withdrawWaiting } from './linked-legs.js'
import { lapsePlan } from './pending-plans.js'

export function cancelUnsent(collector: CycleCollector, reason: string): void {
  for (const decisionId of [...collector.state.pendingPlans.keys()]) lapsePlan(collector, decisionId, reason)
  withdrawWaiting(collector, reason)
}
