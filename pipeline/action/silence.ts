/**
 * Venues that do not answer: the instruction becomes UNKNOWN, keeps its reservation and its id, and the venue is asked.
 *
 * Depends on the steps of the life cycle.
 */
import type { Instruction } from '../../schemas/generated/types.js'
import type { CycleCollector } from '../perception/outcome.js'
import type { OpenInstruction } from '../perception/state.js'
import { advance, subjectOf } from './advance.js'
import { toRecord } from './instructions.js'
import { isOutstanding } from './life-cycle.js'

/** How often a silent venue is asked before only people can help. */
const QUERIES_LIMIT = 100

/**
 * Instructions whose venue kept silent too long: they become UNKNOWN, keep their reservation, and the venue is asked,
 * again after each further waiting time, but never sent a second id.
 */
export function askAboutSilent(
  collector: CycleCollector,
  outstanding: Iterable<OpenInstruction>,
  answerWithinSeconds: number,
): Instruction[] {
  const { state, closedAtMicros } = collector
  const asked: Instruction[] = []
  for (const instruction of outstanding) {
    if (!isOutstanding(instruction.state) || closedAtMicros < instruction.nextQueryMicros) continue
    if (instruction.queries >= QUERIES_LIMIT) continue
    instruction.queries++
    instruction.nextQueryMicros = closedAtMicros + answerWithinSeconds * 1_000_000
    if (advance(collector, instruction, 'no-answer', { reasonCode: 'no-answer' })) {
      collector.alert(
        'WARNING',
        'venue-silent',
        subjectOf(instruction),
        `${instruction.venueId} gave no final answer in time; it is asked.`,
      )
    }
    if (instruction.queries === QUERIES_LIMIT) {
      collector.alert(
        'CRITICAL',
        'venue-does-not-answer',
        subjectOf(instruction),
        `${instruction.venueId} was asked ${QUERIES_LIMIT} times.`,
      )
    }
    asked.push(toRecord(state.groupId, instruction))
  }
  return asked
}
