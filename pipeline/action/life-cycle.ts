/**
 * The life of an instruction (DESIGN section 8) as one table: every state, every event, what the step does to the
 * reservation and who may cause it. The code, `docs/instruction-life-cycle.md` and the model test come from it.
 *
 *   PROPOSED ─┬─ AWAITING_APPROVAL ─┬─ RESERVED ── PERSISTED ── SENT ── ACCEPTED ── SETTLED | REJECTED | CANCELLED
 *             └─────────────────────┘                            └─ UNKNOWN (asked, never sent under a new id) ┘
 *
 * A final state takes no event: each reservation ends once. Depends on nothing.
 */
import type { InstructionState } from '../../schemas/generated/types.js'

export type LifeCycleEvent =
  | 'reserve'
  | 'await'
  | 'approve'
  | 'lapse'
  | 'forbid'
  | 'persist'
  | 'send'
  | 'withdraw'
  | 'expire'
  | 'accepted'
  | 'pending'
  | 'settled'
  | 'part-settled'
  | 'rejected'
  | 'cancelled'
  | 'no-answer'
  | 'reported'

/** What a step does to the reservation: only `hold` begins one, each of the last four ends it. */
export type ReservationEffect = 'none' | 'hold' | 'post' | 'part-post' | 'void' | 'expire'

/** `account report`: the bank's statement of a balance, which is not about an instruction. */
export type Cause = 'agent' | 'person' | 'clock' | 'venue' | 'account report'

export interface Transition {
  readonly from: InstructionState
  readonly event: LifeCycleEvent
  readonly to: InstructionState
  readonly reservation: ReservationEffect
  readonly causes: readonly Cause[]
  readonly says: string
}

function on(
  from: InstructionState,
  event: LifeCycleEvent,
  to: InstructionState,
  reservation: ReservationEffect,
  causes: readonly Cause[],
  says: string,
): Transition {
  return { from, event, to, reservation, causes, says }
}

/** What a venue may say of an instruction that it was sent, whatever it said before. */
function finalAnswers(from: InstructionState): Transition[] {
  return [
    on(from, 'settled', 'SETTLED', 'post', ['venue'], 'The venue settled all of it (ACSC, ACCC).'),
    on(from, 'part-settled', 'SETTLED', 'part-post', ['venue'], 'It settled less; the rest is given back.'),
    on(from, 'rejected', 'REJECTED', 'void', ['venue'], 'The venue refused it.'),
    on(from, 'cancelled', 'CANCELLED', 'void', ['venue'], 'The venue took it back.'),
  ]
}

export const LIFE_CYCLE: readonly Transition[] = [
  on('PROPOSED', 'reserve', 'RESERVED', 'hold', ['agent'], 'Mode `autonomous`: the plan passed the gate.'),
  on('PROPOSED', 'await', 'AWAITING_APPROVAL', 'none', ['agent'], 'Mode `supervised`: people are asked.'),
  on('PROPOSED', 'lapse', 'EXPIRED', 'none', ['agent'], 'Modes `shadow` and `advise` send nothing.'),
  on('AWAITING_APPROVAL', 'approve', 'RESERVED', 'hold', ['person'], 'Approved; the gate passed it again.'),
  on(
    'AWAITING_APPROVAL',
    'lapse',
    'EXPIRED',
    'none',
    ['clock', 'agent'],
    'The time for approvals is over, the plan is no longer the one to make, or the gate denies it now.',
  ),
  on('AWAITING_APPROVAL', 'forbid', 'CANCELLED', 'none', ['person'], 'Somebody said no.'),
  on('RESERVED', 'persist', 'PERSISTED', 'none', ['agent'], 'Its turn: it goes into the journal to be sent.'),
  on(
    'RESERVED',
    'withdraw',
    'CANCELLED',
    'void',
    ['agent', 'person'],
    'The leg that it waits for failed, or the gate denies it now; it was never sent.',
  ),
  on(
    'RESERVED',
    'expire',
    'EXPIRED',
    'expire',
    ['clock'],
    'The leg that it waits for was not settled in its time; it was never sent.',
  ),
  on('PERSISTED', 'send', 'SENT', 'none', ['agent'], 'It leaves when the journal has its cycle.'),
  on('PERSISTED', 'withdraw', 'CANCELLED', 'void', ['agent', 'person'], 'Stopped before it was sent.'),
  on('SENT', 'accepted', 'ACCEPTED', 'none', ['venue'], 'The venue has it.'),
  on('SENT', 'pending', 'ACCEPTED', 'none', ['venue'], 'The venue has it and is at it.'),
  ...finalAnswers('SENT'),
  on('SENT', 'no-answer', 'UNKNOWN', 'none', ['clock'], 'Silence: the venue is asked, the hold stays.'),
  ...finalAnswers('ACCEPTED'),
  on('ACCEPTED', 'no-answer', 'UNKNOWN', 'none', ['clock'], 'No final answer: the venue is asked.'),
  on('UNKNOWN', 'accepted', 'ACCEPTED', 'none', ['venue'], 'Asked, the venue says that it has it.'),
  on('UNKNOWN', 'pending', 'ACCEPTED', 'none', ['venue'], 'Asked, the venue says that it is at it.'),
  ...finalAnswers('UNKNOWN'),
  on(
    'UNKNOWN',
    'reported',
    'SETTLED',
    'post',
    ['account report'],
    'A balance report of the bank can be explained by this instruction and by nothing else.',
  ),
]

const BY_STATE = new Map<InstructionState, Map<LifeCycleEvent, Transition>>()
for (const transition of LIFE_CYCLE) {
  const taken = BY_STATE.get(transition.from) ?? new Map<LifeCycleEvent, Transition>()
  BY_STATE.set(transition.from, taken.set(transition.event, transition))
}

/** The step that `event` makes in `state`; undefined when it has no effect there. */
export function transitionOf(state: InstructionState, event: LifeCycleEvent): Transition | undefined {
  return BY_STATE.get(state)?.get(event)
}

/** The state after `event`; undefined when the event has no effect in `state`. */
export function nextState(state: InstructionState, event: LifeCycleEvent): InstructionState | undefined {
  return transitionOf(state, event)?.to
}

export function isFinal(state: InstructionState): boolean {
  return !BY_STATE.has(state)
}

/** Released to a venue and without a final status. */
export function isOutstanding(state: InstructionState): boolean {
  return state === 'SENT' || state === 'ACCEPTED' || state === 'UNKNOWN'
}

/** Its reservation counts: outstanding, or held and not sent yet. */
export function isHeld(state: InstructionState): boolean {
  return isOutstanding(state) || state === 'RESERVED' || state === 'PERSISTED'
}

/** Whether one event leads from a state to the other. */
export function canFollow(before: InstructionState, after: InstructionState): boolean {
  return [...(BY_STATE.get(before)?.values() ?? [])].some(({ to }) => to === after)
}

/** The table as Markdown, for `docs/instruction-life-cycle.md`; a test holds the two together. */
export function lifeCycleTable(): string {
  const rows = LIFE_CYCLE.map(
    ({ from, event, to, reservation, causes, says }) =>
      `| \`${from}\` | \`${event}\` | \`${to}\` | ${reservation} | ${causes.join(', ')} | ${says} |`,
  )
  return [
    '| in state | event | next state | reservation | caused by | when |',
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}
