/**
 * Moves made again from instructions that were not sent yet, with the channels and prices of now, so that the gate can judge
 * them as it judges a new plan. Amounts stay exactly what they were. Depends on channels, plan and state.
 */
import { type Channels, channelsOf } from '../deliberation/channels.js'
import {
  collateralMove,
  creditedAccount,
  debitedAccount,
  type Move,
  priceMove,
} from '../deliberation/plan.js'
import type { Position } from '../deliberation/positions.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import type { WantedMove } from '../deliberation/wanted-move.js'
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
    // What is pledged is a part of the holding; that it is worth something else by now makes no other plan of it.
    if (move.collateral !== null) {
      legs.push({ instruction, move: { ...move, ...amountsOf(instruction) } })
      continue
    }
    const change = Math.abs(move.counterAmountMinor - instruction.counterAmountMinor)
    if (change > instruction.counterAmountMinor * PRICE_TOLERANCE) return denied('price-moved')
    legs.push({ instruction, move })
  }
  return { legs }
}

function moveOf(channels: Channels, instruction: OpenInstruction): Move | undefined {
  const { sourceAccountId, destinationAccountId } = instruction
  const move = moveFor(channels, instruction)
  if (move === undefined) return undefined
  // A rail may lead somewhere else by now.
  const same =
    (debitedAccount(move)?.accountId ?? '') === sourceAccountId &&
    (creditedAccount(move)?.accountId ?? '') === destinationAccountId
  return same ? move : undefined
}

function amountsOf({
  amountMinor,
  counterAmountMinor,
}: OpenInstruction): Pick<Move, 'amountMinor' | 'counterAmountMinor'> {
  return { amountMinor, counterAmountMinor }
}

/** The move over a channel of now, with its price; undefined when there is no such channel for the kind. */
export function moveFor(
  channels: Channels,
  { kind, channelId, amountMinor, assetId, assetParts }: WantedMove,
): Move | undefined {
  if (kind === 'PLEDGE' || kind === 'RELEASE') {
    const facility = channels.facilities.find(
      ({ facility: { reference } }) => reference.facilityId === channelId,
    )
    const asset = facility?.cover?.assets.find((one) => one.assetId === assetId)
    return asset === undefined ? undefined : collateralMove(kind, facility!, asset, assetParts ?? 0)
  }
  if (kind === 'DRAW' || kind === 'REPAY') {
    const facility = channels.facilities.find(
      ({ facility: { reference } }) => reference.facilityId === channelId,
    )
    return facility === undefined ? undefined : priceMove(kind, null, facility, amountMinor)
  }
  const rail = channels.rails.find(({ rail: { reference } }) => reference.railId === channelId)
  return rail?.rail.reference.kind === kind ? priceMove(kind, rail, null, amountMinor) : undefined
}
