/**
 * Reservations: what an instruction holds until it is final. Pending holds count against balances, facility
 * headroom and collateral; each ends exactly once: posted, partly posted, voided or expired (the two-phase transfers of a ledger).
 *
 *   TRANSFER, FX   amount on the source account; the credit is expected on the destination
 *   DRAW           headroom of the facility; the credit is expected on its account
 *   REPAY          amount on the account, and as much of what is outstanding
 *   PLEDGE         parts of the holding: not free from now on, covering when it is settled
 *   RELEASE        parts of what is pledged: not covering from now on, free when it is settled
 *
 * Steps of the life cycle hold and end them (`advance.ts`); nothing else does.
 */
import type { ReservationState, ReservationSubject } from '../../schemas/generated/types.js'
import { invariant } from '../errors.js'
import { fromHex } from '../identity.js'
import { addMinor, subtractMinor } from '../money.js'
import { book } from '../perception/fold-money.js'
import type { CycleCollector } from '../perception/outcome.js'
import type { GroupState, OpenInstruction, PledgeState } from '../perception/state.js'
import type { ReservationEffect } from './life-cycle.js'

/** What was moved, and when by whoever says so. */
export interface Settlement {
  readonly settledMinor: number
  readonly counterSettledMinor: number
  readonly eventTime: number
}

/** Holds what the instruction needs. The gate has checked that it is there. */
export function holdFor(collector: CycleCollector, instruction: OpenInstruction): void {
  changeHolds(collector.state, instruction, 1)
  record(collector, instruction, 'PENDING', instruction.amountMinor)
}

/** Ends the hold; what is posted is booked. What a partial settlement leaves is shown as voided: both records add up to the hold. */
export function endHold(
  collector: CycleCollector,
  instruction: OpenInstruction,
  effect: Exclude<ReservationEffect, 'none' | 'hold'>,
  settlement: Settlement | undefined,
): void {
  changeHolds(collector.state, instruction, -1)
  if (effect === 'void' || effect === 'expire') {
    record(collector, instruction, effect === 'void' ? 'VOIDED' : 'EXPIRED', instruction.amountMinor)
    return
  }
  invariant(settlement !== undefined, 'a settlement says what was moved')
  post(collector.state, instruction, settlement)
  const restMinor = instruction.amountMinor - settlement.settledMinor
  record(collector, instruction, effect === 'post' ? 'POSTED' : 'PARTLY_POSTED', settlement.settledMinor)
  if (effect === 'part-post') record(collector, instruction, 'VOIDED', restMinor)
}

function post(state: GroupState, instruction: OpenInstruction, settlement: Settlement): void {
  const { settledMinor, counterSettledMinor, eventTime } = settlement
  instruction.settledMinor = settledMinor
  instruction.counterSettledMinor = counterSettledMinor
  const source = state.accounts.get(instruction.sourceAccountId)
  const destination = state.accounts.get(instruction.destinationAccountId)
  if (source !== undefined) book(source, -settledMinor, eventTime)
  if (destination !== undefined) book(destination, counterSettledMinor, eventTime)
  if (instruction.kind === 'PLEDGE') pledgeParts(state, instruction, 'pledgedParts', instruction.assetParts)
  if (instruction.kind === 'RELEASE') pledgeParts(state, instruction, 'pledgedParts', -instruction.assetParts)
  const facility = state.facilities.get(instruction.channelId)
  if (instruction.kind === 'DRAW')
    facility!.outstandingMinor = addMinor(facility!.outstandingMinor, settledMinor)
  if (instruction.kind === 'REPAY') {
    facility!.outstandingMinor = subtractMinor(facility!.outstandingMinor, settledMinor)
  }
}

/** Adds or takes away what the instruction holds, without a record: only for steps above, and to ask what would be without it. */
export function changeHolds(state: GroupState, instruction: OpenInstruction, sign: 1 | -1): void {
  const amountMinor = sign * instruction.amountMinor
  const source = state.accounts.get(instruction.sourceAccountId)
  const destination = state.accounts.get(instruction.destinationAccountId)
  if (source !== undefined) source.reservedMinor = addMinor(source.reservedMinor, amountMinor)
  if (destination !== undefined) {
    destination.incomingMinor = addMinor(destination.incomingMinor, sign * instruction.counterAmountMinor)
  }
  const parts = sign * instruction.assetParts
  if (instruction.kind === 'PLEDGE') pledgeParts(state, instruction, 'comingParts', parts)
  if (instruction.kind === 'RELEASE') pledgeParts(state, instruction, 'leavingParts', parts)
  const facility = state.facilities.get(instruction.channelId)
  if (instruction.kind === 'DRAW') facility!.reservedDrawMinor += amountMinor
  if (instruction.kind === 'REPAY') facility!.reservedRepayMinor += amountMinor
}

/** Adds to what of an asset is with a lender, or on its way there or back. */
function pledgeParts(
  state: GroupState,
  { assetId, channelId }: OpenInstruction,
  which: keyof PledgeState,
  parts: number,
): void {
  const { pledges } = state.collateral.get(assetId)!
  const pledge = pledges.get(channelId) ?? { pledgedParts: 0, comingParts: 0, leavingParts: 0 }
  pledge[which] += parts
  const { pledgedParts, comingParts, leavingParts } = pledge
  if (pledgedParts === 0 && comingParts === 0 && leavingParts === 0) pledges.delete(channelId)
  else pledges.set(channelId, pledge)
}

function record(
  collector: CycleCollector,
  instruction: OpenInstruction,
  state: ReservationState,
  amountMinor: number,
): void {
  const [subjectKind, subjectId] = subjectOf(instruction)
  collector.reservations.push({
    instructionId: fromHex(instruction.instructionId),
    groupId: collector.state.groupId,
    cycle: collector.cycle,
    ordinal: collector.reservations.length,
    subjectKind,
    subjectId,
    state,
    amountMinor,
  })
}

function subjectOf({
  kind,
  channelId,
  assetId,
  sourceAccountId,
}: OpenInstruction): [ReservationSubject, string] {
  if (kind === 'DRAW') return ['FACILITY', channelId]
  return assetId === '' ? ['ACCOUNT', sourceAccountId] : ['ASSET', assetId]
}
