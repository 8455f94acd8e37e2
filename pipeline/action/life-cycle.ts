/**
 * The life of an instruction (DESIGN section 8, without approvals) as one table: every state, every event.
 *
 *   PROPOSED -> RESERVED -> PERSISTED -> SENT -> ACCEPTED -> SETTLED | REJECTED | CANCELLED
 *                                         └ no answer in time -> UNKNOWN (asked, never sent under a new id) ┘
 *   PROPOSED -> EXPIRED   (modes `shadow` and `advise`: nothing is sent)
 *
 * A final state takes no event: each reservation ends once. Depends on nothing.
 */
import type { InstructionState } from '../../schemas/generated/types.js'

export type LifeCycleEvent =
  | 'reserve'
  | 'persist'
  | 'send'
  | 'accepted'
  | 'pending'
  | 'settled'
  | 'rejected'
  | 'cancelled'
  | 'no-answer'
  | 'lapse'

/** Events after which an instruction is in the given state; an event that is not listed has no effect. */
const TRANSITIONS: Record<InstructionState, Partial<Record<LifeCycleEvent, InstructionState>>> = {
  PROPOSED: { reserve: 'RESERVED', lapse: 'EXPIRED' },
  RESERVED: { persist: 'PERSISTED' },
  PERSISTED: { send: 'SENT' },
  SENT: {
    accepted: 'ACCEPTED',
    pending: 'ACCEPTED',
    settled: 'SETTLED',
    rejected: 'REJECTED',
    cancelled: 'CANCELLED',
    'no-answer': 'UNKNOWN',
  },
  ACCEPTED: {
    settled: 'SETTLED',
    rejected: 'REJECTED',
    cancelled: 'CANCELLED',
    'no-answer': 'UNKNOWN',
  },
  UNKNOWN: {
    accepted: 'ACCEPTED',
    pending: 'ACCEPTED',
    settled: 'SETTLED',
    rejected: 'REJECTED',
    cancelled: 'CANCELLED',
  },
  SETTLED: {},
  REJECTED: {},
  EXPIRED: {},
  CANCELLED: {},
}

/** The state after `event`; undefined when the event has no effect in `state`. */
export function nextState(state: InstructionState, event: LifeCycleEvent): InstructionState | undefined {
  return TRANSITIONS[state][event]
}

export function isFinal(state: InstructionState): boolean {
  return Object.keys(TRANSITIONS[state]).length === 0
}

/** Released to a venue and without a final status: its reservation still counts. */
export function isOutstanding(state: InstructionState): boolean {
  return state === 'SENT' || state === 'ACCEPTED' || state === 'UNKNOWN'
}

/** Whether one event leads from a state to the other. */
export function canFollow(before: InstructionState, after: InstructionState): boolean {
  return Object.values(TRANSITIONS[before] ?? {}).includes(after)
}
