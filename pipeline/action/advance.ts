/**
 * One step in the life of an instruction: its new state, the record of the step, and what the table says that it does to
 * the reservation. Nothing else changes an instruction's state or a hold.
 *
 * Depends on life cycle and reservations.
 */
import type { InstructionState } from '../../schemas/generated/types.js'
import { formatUuid, fromHex, NO_ID } from '../identity.js'
import type { CycleCollector } from '../perception/outcome.js'
import type { OpenInstruction } from '../perception/state.js'
import { type LifeCycleEvent, transitionOf } from './life-cycle.js'
import { endHold, holdFor, type Settlement } from './reservations.js'

/** What caused a step, as far as it is not the agent in its cycle. */
export interface Occasion {
  readonly reasonCode?: string
  /** Report that caused it. */
  readonly executionId?: Uint8Array
  /** When it happened; the cycle's closing time if left out. */
  readonly atMicros?: number
  /** What was moved; needed by the events that post. */
  readonly settlement?: Settlement
}

/** The first state of a new instruction. */
export function propose(collector: CycleCollector, instruction: OpenInstruction): void {
  collector.state.instructions.set(instruction.instructionId, instruction)
  take(collector, instruction, 'PROPOSED', {})
}

/** Takes the event if the life cycle knows it in this state; false when it has no effect. */
export function advance(
  collector: CycleCollector,
  instruction: OpenInstruction,
  event: LifeCycleEvent,
  occasion: Occasion = {},
): boolean {
  const transition = transitionOf(instruction.state, event)
  if (transition === undefined) return false
  take(collector, instruction, transition.to, occasion)
  if (transition.reservation === 'hold') holdFor(collector, instruction)
  else if (transition.reservation !== 'none') {
    endHold(collector, instruction, transition.reservation, occasion.settlement)
  }
  return true
}

function take(
  collector: CycleCollector,
  instruction: OpenInstruction,
  next: InstructionState,
  { reasonCode = '', executionId = NO_ID, atMicros = collector.closedAtMicros }: Occasion,
): void {
  instruction.state = next
  instruction.stateAtMicros = collector.closedAtMicros
  collector.instructionEvents.push({
    instructionId: fromHex(instruction.instructionId),
    groupId: collector.state.groupId,
    cycle: collector.cycle,
    ordinal: collector.instructionEvents.length,
    eventTime: atMicros,
    state: next,
    reasonCode,
    executionId,
  })
}

/** How touched inputs and alerts name an instruction: the id as the rows in ClickHouse show it. */
export function subjectOf(instruction: OpenInstruction): string {
  return `instruction:${formatUuid(instruction.instructionId)}`
}
