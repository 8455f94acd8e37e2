/**
 * The bank's own book of secured lending: what it has lent, what collateral it holds, and by its own haircuts whether a draw is covered.
 *
 * Pessimistic as a lender is: a draw counts from its taking, collateral from its settlement until it is asked back. It shares no code
 * with the agent, so that one can be held against the other. Pure. Depends on the record types.
 */
import type { Instruction } from '../../schemas/generated/types.js'

/** A facility on which nothing is drawn without collateral; amounts are minor units of its currency. */
export interface SecuredFacility {
  readonly groupId: string
  readonly facilityId: string
  /** Outstanding when the book began. */
  readonly outstandingMinor: number
}

/** Collateral that was pledged when the book began, millionths of the holding. */
export interface InitialPledge {
  readonly groupId: string
  readonly facilityId: string
  readonly assetId: string
  readonly pledgedParts: number
}

/** What the bank goes by. */
export interface CollateralTerms {
  readonly facilities: readonly SecuredFacility[]
  readonly pledges: readonly InitialPledge[]
  /**
   * What the whole holding covers after the bank's haircut, minor units of the facility's currency; undefined for an asset that it
   * does not take there.
   */
  coverMinor(groupId: string, facilityId: string, assetId: string, atMicros: number): number | undefined
}

const WHOLE_HOLDING = 1_000_000n

/** ISO 20022 status reasons: not enough there, and not allowed. */
const NOT_ENOUGH = 'AM04'
const NOT_TAKEN = 'AG01'

interface Held {
  pledgedParts: bigint
  /** Pledges that were taken and are not final. */
  comingParts: bigint
  /** Releases that were taken and are not final. */
  leavingParts: bigint
}

/** What is lent on a facility, and what of each asset covers it. */
interface Lent {
  outstandingMinor: bigint
  /** Draws that were taken and are not final. */
  comingMinor: bigint
  readonly held: Map<string, Held>
}

export class CollateralBook {
  /** By group, then by facility. */
  readonly #groups = new Map<string, Map<string, Lent>>()

  constructor(private readonly terms: CollateralTerms) {
    for (const { groupId, facilityId, outstandingMinor } of terms.facilities) {
      const group = this.#groups.get(groupId) ?? new Map<string, Lent>()
      group.set(facilityId, { outstandingMinor: BigInt(outstandingMinor), comingMinor: 0n, held: new Map() })
      this.#groups.set(groupId, group)
    }
    for (const { groupId, facilityId, assetId, pledgedParts } of terms.pledges) {
      const lent = this.#lentOf(groupId, facilityId)
      if (lent !== undefined) heldOf(lent, assetId).pledgedParts += BigInt(pledgedParts)
    }
  }

  /** Why the bank does not take the instruction now; empty when it does. */
  refusal(instruction: Instruction, atMicros: number): string {
    const { kind, groupId, channelId, assetId, assetParts, amountMinor } = instruction
    const lent = this.#lentOf(groupId, channelId)
    if (kind === 'DRAW') {
      if (lent === undefined) return ''
      const after = lent.outstandingMinor + lent.comingMinor + BigInt(amountMinor)
      return this.#covered(groupId, channelId, lent, atMicros) >= after ? '' : NOT_ENOUGH
    }
    if (kind !== 'PLEDGE' && kind !== 'RELEASE') return ''
    const isTaken = this.terms.coverMinor(groupId, channelId, assetId, atMicros) !== undefined
    if (lent === undefined || !isTaken || assetParts <= 0) return NOT_TAKEN
    const parts = BigInt(assetParts)
    if (kind === 'PLEDGE') return this.#away(groupId, assetId) + parts <= WHOLE_HOLDING ? '' : NOT_ENOUGH
    const held = heldOf(lent, assetId)
    if (parts > held.pledgedParts - held.leavingParts) return NOT_ENOUGH
    held.leavingParts += parts
    const left = this.#covered(groupId, channelId, lent, atMicros)
    held.leavingParts -= parts
    return left >= lent.outstandingMinor + lent.comingMinor ? '' : NOT_ENOUGH
  }

  /** The instruction was taken. */
  hold(instruction: Instruction): void {
    this.#change(instruction, 1n)
  }

  /** The instruction is final. @param settledMinor 0 when it was rejected */
  end(instruction: Instruction, settledMinor: number): void {
    this.#change(instruction, -1n)
    const { kind, groupId, channelId, assetId, assetParts } = instruction
    const lent = this.#lentOf(groupId, channelId)
    if (lent === undefined || settledMinor === 0) return
    if (kind === 'DRAW') lent.outstandingMinor += BigInt(settledMinor)
    if (kind === 'REPAY') lent.outstandingMinor -= BigInt(settledMinor)
    if (kind === 'PLEDGE') heldOf(lent, assetId).pledgedParts += BigInt(assetParts)
    if (kind === 'RELEASE') heldOf(lent, assetId).pledgedParts -= BigInt(assetParts)
  }

  #change({ kind, groupId, channelId, assetId, assetParts, amountMinor }: Instruction, sign: 1n | -1n): void {
    const lent = this.#lentOf(groupId, channelId)
    if (lent === undefined) return
    if (kind === 'DRAW') lent.comingMinor += sign * BigInt(amountMinor)
    if (kind === 'PLEDGE') heldOf(lent, assetId).comingParts += sign * BigInt(assetParts)
    if (kind === 'RELEASE') heldOf(lent, assetId).leavingParts += sign * BigInt(assetParts)
  }

  #covered(groupId: string, facilityId: string, { held }: Lent, atMicros: number): bigint {
    let covered = 0n
    for (const [assetId, { pledgedParts, leavingParts }] of held) {
      const cover = this.terms.coverMinor(groupId, facilityId, assetId, atMicros) ?? 0
      covered += (BigInt(cover) * (pledgedParts - leavingParts)) / WHOLE_HOLDING
    }
    return covered
  }

  /** Parts of the holding that are with the bank or on their way there, for whichever facility. */
  #away(groupId: string, assetId: string): bigint {
    let away = 0n
    for (const { held } of this.#groups.get(groupId)?.values() ?? []) {
      const its = held.get(assetId)
      if (its !== undefined) away += its.pledgedParts + its.comingParts
    }
    return away
  }

  /** Undefined for a facility that needs no collateral. */
  #lentOf(groupId: string, facilityId: string): Lent | undefined {
    return this.#groups.get(groupId)?.get(facilityId)
  }
}

function heldOf({ held }: Lent, assetId: string): Held {
  const known = held.get(assetId) ?? { pledgedParts: 0n, comingParts: 0n, leavingParts: 0n }
  held.set(assetId, known)
  return known
}
