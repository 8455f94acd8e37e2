/**
 * Ends the plans that are not sent yet, because the policy that made them is not in force any more. What was sent is the venue's.
 *
 * Depends on the life cycle.
 */
import { NO_ID } from '../identity.js'
import type { CycleCollector } from '../perception/outcome.js'
import { advance } from './instructions.js'
import { isFinal, isOutstanding } from './life-cycle.js'

export function cancelUnsent(collector: CycleCollector, reason: string): void {
  for (const instruction of collector.state.instructions.values()) {
    if (isFinal(instruction.state) || isOutstanding(instruction.state)) continue
    advance(collector, instruction, 'lapse', reason, NO_ID, collector.closedAtMicros)
  }
}
