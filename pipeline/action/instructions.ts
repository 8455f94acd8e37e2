/**
 * From a plan that passed the gate to instructions: ids, and the steps up to sending or to waiting for people.
 *
 * An instruction's id is a hash of group, cycle, decision and leg; it is reserved and journaled before it is sent and
 * never changes. Depends on plan, life cycle and pending plans.
 */
import type { Instruction } from '../../schemas/generated/types.js'
import type { LinkedLegs } from '../deliberation/leg-links.js'
import {
  amountPosition,
  channelId,
  creditedAccount,
  debitedAccount,
  type Move,
} from '../deliberation/plan.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { derivedId, fromHex, toHex } from '../identity.js'
import type { CycleCollector } from '../perception/outcome.js'
import type { GroupState, OpenInstruction } from '../perception/state.js'
import { advance, propose } from './advance.js'
import { requirementOf } from './approval-port.js'
import { isFinal } from './life-cycle.js'
import { planDigest } from './plan-digest.js'
import { countUsage } from './usage.js'

/** A final instruction is forgotten after a day: late reports on it are then dead letters. */
const FORGET_FINAL_AFTER_MICROS = 86_400_000_000

export interface Instructed {
  readonly instructions: Instruction[]
  /** Those that leave once the cycle is journaled. */
  readonly release: Instruction[]
}

/** A leg with the move that it was made of, or that was made of it again. */
export interface PlannedLeg {
  readonly instruction: OpenInstruction
  readonly move: Move
}

/**
 * Turns the legs of a decision into instructions; what becomes of them is the policy's mode.
 *
 * @param makers people who made the plan: then it waits for others to approve it, in every mode that sends
 */
export function instruct(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  decisionId: Uint8Array,
  plan: LinkedLegs,
  makers: readonly string[] = [],
): Instructed {
  const { mode } = resolved.policy
  const waits = mode === 'supervised' || (mode === 'autonomous' && makers.length > 0)
  const waitMicros = waits ? resolved.policy.approvals.withinSeconds * 1_000_000 : 0
  const legs = openLegs(collector, resolved, toHex(decisionId), plan, waitMicros)
  let release: Instruction[] = []
  for (const { instruction } of legs) propose(collector, instruction)
  if (waits) awaitApproval(collector, resolved, legs, waitMicros, makers)
  else if (mode === 'autonomous') release = commitPlan(collector, resolved, legs, 'reserve')
  else
    for (const { instruction } of legs)
      advance(collector, instruction, 'lapse', { reasonCode: `mode-${mode}` })
  return {
    instructions: legs.map(({ instruction }) => toRecord(collector.state.groupId, instruction)),
    release,
  }
}

/** Holds for every leg and sends those that wait for no other. */
export function commitPlan(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  legs: readonly PlannedLeg[],
  event: 'reserve' | 'approve',
): Instruction[] {
  for (const { instruction } of legs) advance(collector, instruction, event)
  return sendLegs(
    collector,
    resolved,
    legs.filter(({ instruction }) => instruction.dependsOn < 0),
  )
}

/** Sends held legs; they leave when the journal has the cycle, and count against the budgets from now on. */
export function sendLegs(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  legs: readonly PlannedLeg[],
): Instruction[] {
  const { state, closedAtMicros } = collector
  for (const { instruction, move } of legs) {
    advance(collector, instruction, 'persist')
    advance(collector, instruction, 'send')
    instruction.sentAtMicros = closedAtMicros
    instruction.nextQueryMicros = closedAtMicros + answerMicros(resolved, move)
  }
  const moves = legs.map(({ move }) => move)
  if (moves.length > 0) countUsage(state, resolved, moves, closedAtMicros)
  return legs.map(({ instruction }) => toRecord(state.groupId, instruction))
}

function awaitApproval(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  legs: readonly PlannedLeg[],
  waitMicros: number,
  makers: readonly string[],
): void {
  const moves = legs.map(({ move }) => move)
  const { decisionId } = legs[0]!.instruction
  for (const { instruction } of legs) advance(collector, instruction, 'await')
  collector.state.pendingPlans.set(decisionId, {
    decisionId,
    planDigestHex: toHex(planDigest(moves, resolved.digestHex)),
    instructionIds: legs.map(({ instruction }) => instruction.instructionId),
    sinceMicros: collector.closedAtMicros,
    approveByMicros: collector.closedAtMicros + waitMicros,
    makers: [...makers],
    ...requirementOf(collector.state, resolved, moves),
  })
}

/** Time in which a venue has to give a final answer. */
function answerMicros({ policy }: ResolvedPolicy, move: Move): number {
  const { settlementDelaySeconds } = move.rail?.rail.reference ?? move.facility!.facility.reference
  return (settlementDelaySeconds + policy.settlement.answerWithinSeconds) * 1_000_000
}

function openLegs(
  collector: CycleCollector,
  resolved: ResolvedPolicy,
  decisionHex: string,
  { moves, dependsOn }: LinkedLegs,
  approvalMicros: number,
): PlannedLeg[] {
  return moves.map((move, leg) => {
    let waitMicros = approvalMicros
    for (let at = dependsOn[leg]!; at >= 0; at = dependsOn[at]!)
      waitMicros += answerMicros(resolved, moves[at]!)
    const expiresAtMicros = collector.closedAtMicros + waitMicros + answerMicros(resolved, move)
    const instruction = open(collector, decisionHex, move, leg, dependsOn[leg]!, expiresAtMicros)
    return { instruction, move }
  })
}

function open(
  { state, cycle, closedAtMicros }: CycleCollector,
  decisionHex: string,
  move: Move,
  leg: number,
  dependsOn: number,
  expiresAtMicros: number,
): OpenInstruction {
  const source = debitedAccount(move)
  const destination = creditedAccount(move)
  const { currency } = amountPosition(move)
  const { venueId } = move.rail?.rail.reference ?? move.facility!.facility.reference
  return {
    instructionId: instructionIdOf(state.groupId, cycle, decisionHex, leg),
    decisionId: decisionHex,
    cycle,
    leg,
    dependsOn,
    kind: move.kind,
    channelId: channelId(move),
    venueId,
    sourceAccountId: source?.accountId ?? '',
    destinationAccountId: destination?.accountId ?? '',
    currency,
    amountMinor: move.amountMinor,
    counterCurrency: destination?.currency ?? currency,
    counterAmountMinor: move.counterAmountMinor,
    assetId: move.collateral?.asset.assetId ?? '',
    assetParts: move.collateral?.parts ?? 0,
    settledMinor: 0,
    counterSettledMinor: 0,
    feeMinor: move.feeMinor,
    spreadCostMinor: move.spreadCostMinor,
    createdAtMicros: closedAtMicros,
    expiresAtMicros,
    sentAtMicros: -1,
    state: 'PROPOSED',
    stateAtMicros: closedAtMicros,
    nextQueryMicros: expiresAtMicros,
    queries: 0,
  }
}

/** A function of its origin, so that a replay gives the same one, and one leg finds the other. */
export function instructionIdOf(groupId: string, cycle: number, decisionHex: string, leg: number): string {
  return toHex(derivedId('instruction', groupId, cycle, decisionHex, leg))
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
    dependsOn: instruction.dependsOn,
    assetId: instruction.assetId,
    assetParts: instruction.assetParts,
  }
}
