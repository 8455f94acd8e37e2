/**
 * Ends the plans that are not sent yet, because the policy that made them is not in force any more: those that wait for people lapse, legs
 * that wait for another leg are withdrawn and their holds voided. What was sent is the venue's.
 *
 * Depends on pending plans and linked legs.
 */
import type { CycleCollector } from '../perception/outcome.js'
import { giveUp } from './linked-legs.js'
import { lapsePlan } from './pending-plans.js'

export function cancelUnsent(collector: CycleCollector, reason: string): void {
  const { state } = collector
  for (const { decisionId } of [...state.pendingPlans.values()]) lapsePlan(collector, decisionId, reason)
  for (const leg of [...state.instructions.values()])
    if (leg.state === 'RESERVED') giveUp(collector, leg, 'withdraw', reason)
}
