/**
 * From a plan that passed the gate to instructions: ids, reservations, the steps up to sending, and the questions
 * asked about those that are not answered.
 *
 * An instruction's id is a hash of group, cycle, decision and leg; it is reserved and journaled before it is sent and
 * never changes. Depends on plan, gate arithmetic and life cycle.
 */
import type { Instruction, InstructionState } from '../../schemas/generated/types.js'
import {
  amountPosition,
  channelId,
  creditedAccount,
  debitedAccount,
  type Move,
} from '../deliberation/plan.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { derivedId, formatUuid, fromHex, NO_ID, toHex } from '../identity.js'
import type { CycleCollector } from '../perception/outcome.js'
import type { GroupState, OpenInstruction } from '../perception/state.js'
import { sumBaseMinor } from './gate.js'
import { isFinal, isOutstanding, type LifeCycleEvent, nextState } from './life-cycle.js'
import { holdFor } from './reservations.js'

/** How often a silent venue is asked before only people can help. */
const QUERIES_LIMIT = 100

/** A final instruction is forgotten after a day: late reports on it are then dead letters. */
const FORGET_FINAL_AFTER_MICROS = 86_400_000_000

const MICROS_PER_DAY = 86_400_000_000
const MICROS_PER_HOUR = 3_600_000_000

/** Turns the moves of a decision into instructions in the state; they are released when the policy's mode allows. */
export function instruct(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  decisionId: Uint8Array,
  moves: readonly Move[],
): Instruction[] {
  const { state } = collector
  const sends = resolved.policy.mode === 'autonomous'
  const opened = moves.map((move, leg) => open(collector, resolved, toHex(decisionId), move, leg))
  for (const instruction of opened) {
    state.instructions.set(instruction.instructionId, instruction)
    step(collector, instruction, 'PROPOSED', '', NO_ID, collector.closedAtMicros)
    if (!sends) {
      advance(
        collector,
        instruction,
        'lapse',
        `mode-${resolved.policy.mode}`,
        NO_ID,
        collector.closedAtMicros,
      )
      continue
    }
    advance(collector, instruction, 'reserve', '', NO_ID, collector.closedAtMicros)
    holdFor(collector, instruction)
    advance(collector, instruction, 'persist', '', NO_ID, collector.closedAtMicros)
    advance(collector, instruction, 'send', '', NO_ID, collector.closedAtMicros)
  }
  if (sends) countUsage(state, resolved, moves, collector.closedAtMicros)
  return opened.map((instruction) => toRecord(state.groupId, instruction))
}

function open(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  decisionHex: string,
  move: Move,
  leg: number,
): OpenInstruction {
  const { state, cycle, closedAtMicros } = collector
  const source = debitedAccount(move)
  const destination = creditedAccount(move)
  const currency = amountPosition(move).currency
  const reference = move.rail?.rail.reference ?? move.facility!.facility.reference
  const waitSeconds = reference.settlementDelaySeconds + resolved.policy.settlement.answerWithinSeconds
  const expiresAtMicros = closedAtMicros + waitSeconds * 1_000_000
  return {
    instructionId: toHex(derivedId('instruction', state.groupId, cycle, decisionHex, leg)),
    decisionId: decisionHex,
    cycle,
    leg,
    kind: move.kind,
    channelId: channelId(move),
    venueId: reference.venueId,
    sourceAccountId: source?.accountId ?? '',
    destinationAccountId: destination?.accountId ?? '',
    currency,
    amountMinor: move.amountMinor,
    counterCurrency: destination?.currency ?? currency,
    counterAmountMinor: move.counterAmountMinor,
    feeMinor: move.feeMinor,
    spreadCostMinor: move.spreadCostMinor,
    createdAtMicros: closedAtMicros,
    expiresAtMicros,
    state: 'PROPOSED',
    stateAtMicros: closedAtMicros,
    nextQueryMicros: expiresAtMicros,
    queries: 0,
  }
}

/** Counts against the rail's day and the group's risk budget when it is sent, and is not given back on a rejection. */
function countUsage(
  state: GroupState,
  resolved: ResolvedPolicy,
  moves: readonly Move[],
  nowMicros: number,
): void {
  for (const move of moves) {
    if (move.rail === null) continue
    const { rail, businessDate } = move.rail
    if (rail.usedDate !== businessDate) {
      rail.usedDate = businessDate
      rail.usedMinor = 0
    }
    rail.usedMinor += move.amountMinor
  }
  rollBudget(state, nowMicros)
  const movedBaseMinor = sumBaseMinor(state, resolved, moves)
  state.movedTodayBaseMinor += movedBaseMinor
  state.movedThisHourBaseMinor += movedBaseMinor
}

/** The day budget starts anew at 00:00 UTC, that of the hour at each full hour. True when a new day began. */
export function rollBudget(state: GroupState, nowMicros: number): boolean {
  const hour = Math.floor(nowMicros / MICROS_PER_HOUR)
  if (state.budgetHour !== hour) {
    state.budgetHour = hour
    state.movedThisHourBaseMinor = 0
  }
  const date = Math.floor(nowMicros / MICROS_PER_DAY)
  if (state.budgetDate === date) return false
  state.budgetDate = date
  state.movedTodayBaseMinor = 0
  return true
}

/** Takes the event if the life cycle knows it in this state; false when it has no effect. */
export function advance(
  collector: CycleCollector,
  instruction: OpenInstruction,
  event: LifeCycleEvent,
  reasonCode: string,
  executionId: Uint8Array,
  atMicros: number,
): boolean {
  const next = nextState(instruction.state, event)
  if (next === undefined) return false
  step(collector, instruction, next, reasonCode, executionId, atMicros)
  return true
}

function step(
  collector: CycleCollector,
  instruction: OpenInstruction,
  next: InstructionState,
  reasonCode: string,
  executionId: Uint8Array,
  atMicros: number,
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
    if (advance(collector, instruction, 'no-answer', 'no-answer', NO_ID, closedAtMicros)) {
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

/** When an instruction that is final now may be forgotten. */
export function forgettableFrom(instruction: OpenInstruction): number {
  return instruction.stateAtMicros + FORGET_FINAL_AFTER_MICROS + 1
}

/** Forgets instructions that have been final for a day; gives when the next one may be forgotten, Infinity when none is final. */
export function forgetFinal(state: GroupState, nowMicros: number): number {
  let next = Number.POSITIVE_INFINITY
  for (const [id, instruction] of state.instructions) {
    if (!isFinal(instruction.state)) continue
    const from = forgettableFrom(instruction)
    if (nowMicros >= from) state.instructions.delete(id)
    else next = Math.min(next, from)
  }
  return next
}

/** How touched inputs and alerts name an instruction: the id as the rows in ClickHouse show it. */
export function subjectOf(instruction: OpenInstruction): string {
  return `instruction:${formatUuid(instruction.instructionId)}`
}

export function toRecord(groupId: string, instruction: OpenInstruction): Instruction {
  return {
    instructionId: fromHex(instruction.instructionId),
    decisionId: fromHex(instruction.decisionId),
    groupId,
    cycle: instruction.cycle,
    leg: instruction.leg,
    kind: instruction.kind,
    channelId: instruction.channelId,
    venueId: instruction.venueId,
    sourceAccountId: instruction.sourceAccountId,
    destinationAccountId: instruction.destinationAccountId,
    currency: instruction.currency,
    amountMinor: instruction.amountMinor,
    counterCurrency: instruction.counterCurrency,
    counterAmountMinor: instruction.counterAmountMinor,
    createdAt: instruction.createdAtMicros,
    expiresAt: instruction.expiresAtMicros,
  }
}
