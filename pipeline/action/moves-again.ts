/**
 * Moves made again from instructions that were not sent yet, with the channels and prices of now, so that the gate can judge
 * them as it judges a new plan. Amounts stay exactly what they were. Depends on channels, plan and state.
 */
import type { InstructionKind } from '../../schemas/generated/types.js'
import { type Channels, channelsOf } from '../deliberation/channels.js'
import { creditedAccount, debitedAccount, type Move, priceMove } from '../deliberation/plan.js'
import type { Position } from '../deliberation/positions.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import type { GroupState, OpenInstruction } from '../perception/state.js'
import type { Denial } from './gate.js'
import type { PlannedLeg } from './instructions.js'

/** A conversion that brings this much more or less than what was agreed to is another plan. */
const PRICE_TOLERANCE = 0.005

/** The legs with their moves of now, or why one of them cannot be made any more. */
export function movesAgain(
  state: GroupState,
  resolved: ResolvedPolicy,
  positions: readonly Position[],
  instructions: readonly OpenInstruction[],
  nowMicros: number,
): { readonly legs: readonly PlannedLeg[] } | { readonly denial: Denial } {
  const channels = channelsOf(state, resolved, positions, nowMicros)
  const legs: PlannedLeg[] = []
  for (const instruction of instructions) {
    const move = moveOf(channels, instruction)
    const denied = (code: string) => ({ denial: { code, subject: instruction.channelId } })
    if (move === undefined) return denied('channel-gone')
    if (move.kind === 'FX' && move.rail!.fx === null) return denied('no-price')
    const change = Math.abs(move.counterAmountMinor - instruction.counterAmountMinor)
    if (change > instruction.counterAmountMinor * PRICE_TOLERANCE) return denied('price-moved')
    legs.push({ instruction, move })
  }
  return { legs }
}

function moveOf(channels: Channels, instruction: OpenInstruction): Move | undefined {
  const { kind, channelId, amountMinor, sourceAccountId, destinationAccountId } = instruction
  const move = moveFor(channels, kind, channelId, amountMinor)
  if (move === undefined) return undefined
  // A rail may lead somewhere else by now.
  const same =
    (debitedAccount(move)?.accountId ?? '') === sourceAccountId &&
    (creditedAccount(move)?.accountId ?? '') === destinationAccountId
  return same ? move : undefined
}

/** The move over a channel of now, with its price; undefined when there is no such channel for the kind. */
export function moveFor(
  channels: Channels,
  kind: InstructionKind,
  channelId: string,
  amountMinor: number,
): Move | undefined {
  if (kind === 'DRAW' || kind === 'REPAY') {
    const facility = channels.facilities.find(
      ({ facility: { reference } }) => reference.facilityId === channelId,
    )
    return facility === undefined ? undefined : priceMove(kind, null, facility, amountMinor)
  }
  const rail = channels.rails.find(({ rail: { reference } }) => reference.railId === channelId)
  return rail?.rail.reference.kind === kind ? priceMove(kind, rail, null, amountMinor) : undefined
}
