/**
 * What folding one input came to, and the collector of everything a cycle brings forth.
 *
 * A fold function either changes the state and returns what it touched, or throws `Refusal`, which becomes a
 * dead letter. It must check before it changes: a refused input leaves the state as it was.
 */
import type {
  Alert,
  Command,
  DeadLetter,
  InstructionEvent,
  Reservation,
  Severity,
} from '../../schemas/generated/types.js'
import type { CommandFault } from '../governance/people/author.js'
import { NO_DIGEST } from '../identity.js'
import { EXACT_LIMIT } from '../ports.js'
import { count, type GroupState } from './state.js'

/** Values of `CycleResult.dispositions`. */
export const Disposition = { ACCEPTED: 0, DUPLICATE: 1, SUPERSEDED: 2, LATE: 3, DEAD_LETTER: 4 } as const
export type Disposition = (typeof Disposition)[keyof typeof Disposition]

export const DISPOSITION_NAMES = ['accepted', 'duplicate', 'superseded', 'late', 'dead-letter'] as const

/** Reasons of dead letters: a closed list, stable for those who count them. */
export type RefusalReason =
  | 'undecodable'
  | 'out-of-range'
  | 'unknown-account'
  | 'unknown-currency'
  | 'unknown-instruction'
  | 'unknown-group'
  | 'wrong-group'
  | 'date-outside-calendar'
  | 'invalid-reference'
  | 'invalid-policy'
  | 'truncated-file'
  | 'state-limit'
  | 'unsupported-stream'
  | 'not-framed'
  | 'unknown-schema'
  | 'too-large'
  | 'wrong-partition'
  | 'invalid-roster'
  | CommandFault

/** Not an Error: thrown for single records, often, and no stack is wanted. */
export class Refusal {
  constructor(
    readonly reason: RefusalReason,
    readonly detail: string,
  ) {}
}

export function refuseUnless(condition: boolean, reason: RefusalReason, detail: string): asserts condition {
  if (condition !== true) throw new Refusal(reason, detail)
}

export function isExactInteger(value: number): boolean {
  return Number.isInteger(value) && value > -EXACT_LIMIT && value < EXACT_LIMIT
}

/** Refuses amounts and times that are not exact integers below 2^52. */
export function exactInteger(value: number, what: string): number {
  if (isExactInteger(value)) return value
  throw new Refusal('out-of-range', `${what} is ${value}; it must be a whole number below 2^52 in magnitude`)
}

/** Alerts kept of one cycle; a storm of the same fault must not make the result grow without bound. */
const ALERTS_PER_CYCLE = 200

/** Everything a cycle brings forth besides decisions; ordinals are given in order of arrival. */
export class CycleCollector {
  readonly alerts: Alert[] = []
  readonly deadLetters: DeadLetter[] = []
  readonly instructionEvents: InstructionEvent[] = []
  readonly reservations: Reservation[] = []
  /** Orders about plans that the cycle took, for the action stage. */
  readonly orders: Command[] = []
  /** Whether a canary was taken back: what waits to be sent is another policy's. */
  rolledBack = false
  gaps = 0

  constructor(
    readonly state: GroupState,
    readonly cycle: number,
    readonly closedAtMicros: number,
    /** Digest of the configuration that the cycle was closed under; the cycle's own, not to be kept. */
    readonly configuration: Uint8Array = NO_DIGEST,
  ) {}

  alert(severity: Severity, code: string, subject: string, message: string): void {
    count(this.state, `alert:${code}`)
    if (this.alerts.length >= ALERTS_PER_CYCLE) return
    this.alerts.push({
      groupId: this.state.groupId,
      cycle: this.cycle,
      ordinal: this.alerts.length,
      raisedAt: this.closedAtMicros,
      severity,
      code,
      subject,
      message,
    })
  }
}
