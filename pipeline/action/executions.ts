/**
 * Folds a venue's report into the instruction it is about. Only a final status moves money and ends the hold.
 *
 * Depends on the steps of the life cycle.
 */
import type { Execution } from '../../schemas/generated/types.js'
import { formatUuid, toHex } from '../identity.js'
import { type CycleCollector, exactInteger, Refusal, refuseUnless } from '../perception/outcome.js'
import { count, type OpenInstruction } from '../perception/state.js'
import { advance, subjectOf } from './advance.js'
import { isOutstanding, type LifeCycleEvent } from './life-cycle.js'
import { tellBroken } from './linked-legs.js'

const EVENTS: Record<Execution['status'], LifeCycleEvent> = {
  ACCEPTED: 'accepted',
  PENDING: 'pending',
  SETTLED: 'settled',
  REJECTED: 'rejected',
  CANCELLED: 'cancelled',
}

/** A conversion this far from the expected one is a mistake of the report, not a move of the market. */
const PRICE_TOLERANCE = 0.1

/** The instruction of a report, with all that can be wrong about it checked before anything changes. */
function checkExecution(collector: CycleCollector, execution: Execution): OpenInstruction {
  const { state } = collector
  refuseUnless(execution.groupId === state.groupId, 'wrong-group', `addressed to group ${execution.groupId}`)
  const id = toHex(execution.instructionId)
  const instruction = state.instructions.get(id)
  if (instruction === undefined) {
    throw new Refusal('unknown-instruction', `group ${state.groupId} sent no instruction ${formatUuid(id)}`)
  }
  exactInteger(execution.settledMinor, 'settledMinor')
  exactInteger(execution.counterSettledMinor, 'counterSettledMinor')
  if (execution.status !== 'SETTLED') return instruction
  const { settledMinor, counterSettledMinor } = execution
  const fits = settledMinor > 0 && settledMinor <= instruction.amountMinor && counterSettledMinor >= 0
  refuseUnless(fits, 'out-of-range', `settled ${settledMinor} of ${instruction.amountMinor}`)
  // Parts of a holding are delivered whole: what a part of a value would be of them is not for the agent to guess.
  const isWhole = instruction.assetId === '' || settledMinor === instruction.amountMinor
  refuseUnless(
    isWhole,
    'out-of-range',
    `settled ${settledMinor} of collateral worth ${instruction.amountMinor}`,
  )
  const sameCurrency = instruction.counterCurrency === instruction.currency
  const credited = instruction.destinationAccountId !== ''
  const agrees = !sameCurrency || !credited || counterSettledMinor === settledMinor
  refuseUnless(agrees, 'out-of-range', `debited ${settledMinor}, credited ${counterSettledMinor}`)
  if (!sameCurrency) {
    const expected = instruction.counterAmountMinor * (settledMinor / instruction.amountMinor)
    const deviation = Math.abs(counterSettledMinor - expected)
    const plausible = deviation <= Math.max(expected * PRICE_TOLERANCE, 1)
    refuseUnless(
      plausible,
      'out-of-range',
      `credited ${counterSettledMinor} where about ${Math.round(expected)} was expected`,
    )
  }
  const source = state.accounts.get(instruction.sourceAccountId)
  const destination = state.accounts.get(instruction.destinationAccountId)
  if (source !== undefined) exactInteger(source.settledMinor - settledMinor, 'the balance after the debit')
  if (destination !== undefined) {
    exactInteger(destination.settledMinor + counterSettledMinor, 'the balance after the credit')
  }
  return instruction
}

export function foldExecution(collector: CycleCollector, execution: Execution): string {
  const instruction = checkExecution(collector, execution)
  const touched = subjectOf(instruction)
  const { reasonCode, executionId, eventTime } = execution
  const moved = advance(collector, instruction, eventOf(instruction, execution), {
    reasonCode,
    executionId,
    atMicros: eventTime,
    settlement: execution,
  })
  if (!moved) {
    // A second, different final status, or word of what was never sent, is a venue that contradicts itself or us: people must know.
    if (!isOutstanding(instruction.state) && !agreesWith(instruction, execution))
      contradiction(collector, instruction, execution)
    return touched
  }
  if (instruction.state === 'REJECTED' || instruction.state === 'CANCELLED') {
    const what = `${instruction.kind} over ${instruction.channelId}`
    collector.alert(
      'WARNING',
      'instruction-rejected',
      touched,
      `${what} was rejected: ${execution.reasonCode || 'no reason given'}.`,
    )
    // Its collateral is with the lender for nothing: the next plans use it or ask it back, and people know.
    if (instruction.kind === 'DRAW' && instruction.dependsOn >= 0)
      tellBroken(collector, instruction, `${instruction.state.toLowerCase()}:${execution.reasonCode}`)
  }
  return touched
}

function eventOf({ amountMinor }: OpenInstruction, { status, settledMinor }: Execution): LifeCycleEvent {
  return status === 'SETTLED' && settledMinor < amountMinor ? 'part-settled' : EVENTS[status]
}

/** Says what is known: the same status, and for a settlement the same amounts. */
function agreesWith(instruction: OpenInstruction, execution: Execution): boolean {
  if (execution.status !== instruction.state) return false
  if (execution.status !== 'SETTLED') return true
  const sameCredit =
    instruction.destinationAccountId === '' ||
    execution.counterSettledMinor === instruction.counterSettledMinor
  return sameCredit && execution.settledMinor === instruction.settledMinor
}

function contradiction(collector: CycleCollector, instruction: OpenInstruction, execution: Execution): void {
  count(collector.state, 'contradictory-report')
  if (execution.status === 'ACCEPTED' || execution.status === 'PENDING') return
  collector.alert(
    'CRITICAL',
    'contradictory-report',
    subjectOf(instruction),
    `${instruction.venueId} reports ${execution.status} after ${instruction.state}; the first stands.`,
  )
}
