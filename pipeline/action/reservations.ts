/**
 * Reservations: what an instruction holds until it is final. Pending holds count against balances and facility
 * headroom; each ends exactly once, posted or voided (the two-phase transfers of a ledger).
 *
 *   TRANSFER, FX   amount on the source account; the credit is expected on the destination
 *   DRAW           headroom of the facility; the credit is expected on its account
 *   REPAY          amount on the account, and as much of what is outstanding
 */
import type { Execution, ReservationState, ReservationSubject } from '../../schemas/generated/types.js'
import { fromHex } from '../identity.js'
import { addMinor, subtractMinor } from '../money.js'
import { book } from '../perception/fold-money.js'
import type { CycleCollector } from '../perception/outcome.js'
import type { OpenInstruction } from '../perception/state.js'

/** Holds what the instruction needs. The gate has checked that it is there. */
export function holdFor(collector: CycleCollector, instruction: OpenInstruction): void {
  change(collector, instruction, 1)
  record(collector, instruction, 'PENDING', instruction.amountMinor)
}

/** Releases the hold without effect: rejected or cancelled. */
export function voidHold(collector: CycleCollector, instruction: OpenInstruction): void {
  change(collector, instruction, -1)
  record(collector, instruction, 'VOIDED', instruction.amountMinor)
}

/** Replaces the hold by what was settled. */
export function postHold(
  collector: CycleCollector,
  instruction: OpenInstruction,
  execution: Pick<Execution, 'settledMinor' | 'counterSettledMinor' | 'eventTime'>,
): void {
  change(collector, instruction, -1)
  const { state } = collector
  const { settledMinor, counterSettledMinor, eventTime } = execution
  const source = state.accounts.get(instruction.sourceAccountId)
  const destination = state.accounts.get(instruction.destinationAccountId)
  if (source !== undefined) book(source, -settledMinor, eventTime)
  if (destination !== undefined) book(destination, counterSettledMinor, eventTime)
  const facility = state.facilities.get(instruction.channelId)
  if (instruction.kind === 'DRAW')
    facility!.outstandingMinor = addMinor(facility!.outstandingMinor, settledMinor)
  if (instruction.kind === 'REPAY') {
    facility!.outstandingMinor = subtractMinor(facility!.outstandingMinor, settledMinor)
  }
  record(collector, instruction, 'POSTED', settledMinor)
}

function change(collector: CycleCollector, instruction: OpenInstruction, sign: 1 | -1): void {
  const { state } = collector
  const amountMinor = sign * instruction.amountMinor
  const source = state.accounts.get(instruction.sourceAccountId)
  const destination = state.accounts.get(instruction.destinationAccountId)
  if (source !== undefined) source.reservedMinor = addMinor(source.reservedMinor, amountMinor)
  if (destination !== undefined) {
    destination.incomingMinor = addMinor(destination.incomingMinor, sign * instruction.counterAmountMinor)
  }
  const facility = state.facilities.get(instruction.channelId)
  if (instruction.kind === 'DRAW') facility!.reservedDrawMinor += amountMinor
  if (instruction.kind === 'REPAY') facility!.reservedRepayMinor += amountMinor
}

function record(
  collector: CycleCollector,
  instruction: OpenInstruction,
  state: ReservationState,
  amountMinor: number,
): void {
  const onFacility = instruction.kind === 'DRAW'
  const subjectKind: ReservationSubject = onFacility ? 'FACILITY' : 'ACCOUNT'
  collector.reservations.push({
    instructionId: fromHex(instruction.instructionId),
    groupId: collector.state.groupId,
    cycle: collector.cycle,
    ordinal: collector.reservations.length,
    subjectKind,
    subjectId: onFacility ? instruction.channelId : instruction.sourceAccountId,
    state,
    amountMinor,
  })
}
