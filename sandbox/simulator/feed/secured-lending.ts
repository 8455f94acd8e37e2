/**
 * Which group of a simulation borrows against bonds, what they are worth when, and the same as a lender knows it.
 *
 * Values rise only: whoever went by an earlier one went by a lower one, so what the bank sees covers whenever the agent saw so.
 * A function of the seed. Depends on the material and the terms of the bank's book.
 */
import type { CollateralTerms, InitialPledge, SecuredFacility } from '../../bank/collateral-book.js'
import { Random } from '../../random.js'
import { SECOND } from '../scheduler.js'
import { BONDS, type Draft, SECURED_FACILITY, valuationDraft } from './material.js'

const SECURED = 0.6
const VALUED_EVERY_MICROS = 15 * SECOND

interface Valued {
  readonly atMicros: number
  readonly valueMinor: number
}

export class SecuredLending implements CollateralTerms {
  readonly facilities: readonly SecuredFacility[]
  readonly pledges: readonly InitialPledge[]
  readonly #groupId: string | undefined
  readonly #random: Random
  readonly #values = new Map<string, Valued[]>()

  constructor(seed: number, groups: number) {
    this.#random = new Random('secured lending', seed)
    this.#groupId = this.#random.chance(SECURED) ? `group-${this.#random.integer(0, groups - 1)}` : undefined
    const groupId = this.#groupId ?? ''
    const isThere = this.#groupId !== undefined
    this.facilities = isThere ? [{ groupId, facilityId: SECURED_FACILITY, outstandingMinor: 0 }] : []
    this.pledges = Object.entries(BONDS)
      .filter(([, { pledgedParts }]) => isThere && pledgedParts > 0)
      .map(([assetId, { pledgedParts }]) => ({
        groupId,
        facilityId: SECURED_FACILITY,
        assetId,
        pledgedParts,
      }))
  }

  has(groupId: string): boolean {
    return groupId === this.#groupId
  }

  /** Valuations of the group's bonds; once, before a cover is asked for. */
  valuations(
    beginMicros: number,
    activeMicros: number,
  ): { readonly atMicros: number; readonly draft: Draft }[] {
    const drafts: { atMicros: number; draft: Draft }[] = []
    for (const [assetId, bond] of Object.entries(BONDS)) {
      const values: Valued[] = []
      let { valueMinor } = bond
      for (let atMicros = beginMicros; atMicros < activeMicros; atMicros += VALUED_EVERY_MICROS) {
        values.push({ atMicros, valueMinor })
        drafts.push({ atMicros, draft: valuationDraft(assetId, valueMinor) })
        valueMinor += this.#random.integer(0, Math.floor(valueMinor / 100))
      }
      this.#values.set(assetId, values)
    }
    return drafts
  }

  coverMinor(groupId: string, facilityId: string, assetId: string, atMicros: number): number | undefined {
    const bond = BONDS[assetId]
    if (!this.has(groupId) || facilityId !== SECURED_FACILITY || bond === undefined || bond.level === 'OTHER')
      return undefined
    const known = this.#values.get(assetId)?.filter((value) => value.atMicros <= atMicros)
    return Math.floor(((known?.at(-1)?.valueMinor ?? 0) * (10_000 - bond.haircutBp)) / 10_000)
  }
}
