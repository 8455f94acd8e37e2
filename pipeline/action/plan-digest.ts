/**
 * The digest of a plan: what people approve and what must still be the same when it is sent.
 *
 * SHA-256 over the policy's digest and the legs in their order, as JSON. Expected credits of conversions are not in
 * it: they move with every quote, and are held to a tolerance when the plan is sent. Depends on plan and hashing.
 */
import {
  amountPosition,
  channelId,
  creditedAccount,
  debitedAccount,
  type Move,
} from '../deliberation/plan.js'
import { sha256 } from '../identity.js'
import type { OpenInstruction } from '../perception/state.js'

/** What of a leg is approved; an instruction has it, and a move can be read as it. */
export type PlanLeg = Pick<
  OpenInstruction,
  | 'kind'
  | 'channelId'
  | 'sourceAccountId'
  | 'destinationAccountId'
  | 'currency'
  | 'amountMinor'
  | 'counterCurrency'
  | 'assetId'
  | 'assetParts'
>

export function planDigest(moves: readonly Move[], policyDigestHex: string): Uint8Array {
  return digestOfLegs(moves.map(legOf), policyDigestHex)
}

export function digestOfLegs(legs: readonly PlanLeg[], policyDigestHex: string): Uint8Array {
  // JSON, because ids of reference data may hold any character.
  const rows = legs.map((leg) => [
    leg.kind,
    leg.channelId,
    leg.sourceAccountId,
    leg.destinationAccountId,
    leg.currency,
    leg.amountMinor,
    leg.counterCurrency,
    // Only of legs that have them, so that every other plan has the digest that it always had.
    ...(leg.assetId === '' ? [] : [leg.assetId, leg.assetParts]),
  ])
  return sha256(Buffer.from(JSON.stringify(['weir plan 1', policyDigestHex, rows]), 'utf8'))
}

export function legOf(move: Move): PlanLeg {
  const { currency } = amountPosition(move)
  const destination = creditedAccount(move)
  return {
    kind: move.kind,
    channelId: channelId(move),
    sourceAccountId: debitedAccount(move)?.accountId ?? '',
    destinationAccountId: destination?.accountId ?? '',
    currency,
    amountMinor: move.amountMinor,
    counterCurrency: destination?.currency ?? currency,
    assetId: move.collateral?.asset.assetId ?? '',
    assetParts: move.collateral?.parts ?? 0,
  }
}
