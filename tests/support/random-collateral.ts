/**
 * Collateral for the random groups: facilities become secured, and a few assets are free, pledged, on their way, too old or not taken.
 * With it an oracle of what is covered, in exact fractions and by no function of the agent.
 */
import fc from 'fast-check'
import { type CollateralState, exponentOf, type GroupState } from '../../pipeline/perception/state.js'
import type { LiquidityLevel } from '../../schemas/generated/types.js'
import { NOON } from './random-group.js'

const WHOLE = 1_000_000

const asset = fc.record({
  currency: fc.constantFrom('EUR', 'USD', 'JPY'),
  /** Thousands of the currency's major unit; yen are small. */
  value: fc.noBias(fc.integer({ min: 1, max: 6_000 })),
  haircutTenths: fc.noBias(fc.integer({ min: 0, max: 30_000 })),
  level: fc.constantFrom<LiquidityLevel>('LEVEL_1', 'LEVEL_1', 'LEVEL_2A', 'OTHER'),
  eligible: fc.constantFrom(true, true, true, false),
  ageSeconds: fc.constantFrom(0, 0, 0, 7_199, 7_200),
  shared: fc.constantFrom(false, false, false, true),
  pledges: fc.array(fc.tuple(fc.nat(2), fc.noBias(fc.nat(400_000)), fc.nat(50_000), fc.nat(100)), {
    maxLength: 2,
  }),
})

export const collateralDraft = fc.record({
  assets: fc.array(asset, { minLength: 1, maxLength: 4 }),
  marginPercent: fc.constantFrom(undefined, 100, 97.5, 60),
  acceptedLevels: fc.constantFrom<LiquidityLevel[]>([], ['LEVEL_1', 'LEVEL_2A']),
  outstandingPercent: fc.constantFrom(0, 0, 20, 100),
})
export type CollateralDraft = typeof collateralDraft extends fc.Arbitrary<infer T> ? T : never

/** Secures all facilities of the state, in place. */
export function secureGroup(state: GroupState, draft: CollateralDraft): void {
  for (const facility of state.facilities.values()) {
    const { acceptedLevels } = draft
    facility.reference = { ...facility.reference, secured: true, acceptedLevels }
    facility.outstandingMinor = Math.floor((facility.outstandingMinor * draft.outstandingPercent) / 100)
  }
  for (const [index, one] of draft.assets.entries())
    state.collateral.set(`J${index}`, assetOf(state, index, one))
}

function assetOf(
  state: GroupState,
  index: number,
  draft: CollateralDraft['assets'][number],
): CollateralState {
  const { currency, value, haircutTenths, level, eligible, ageSeconds, shared } = draft
  const pledges: CollateralState['pledges'] = new Map()
  for (const [facility, pledgedParts, comingParts, leaving] of draft.pledges)
    pledges.set(`F${facility * 3}`, {
      pledgedParts,
      comingParts,
      leavingParts: Math.floor((pledgedParts * leaving) / 100),
    })
  const reference = { groupId: shared ? '*' : state.groupId, assetId: `J${index}`, level, eligible }
  return {
    reference: reference as CollateralState['reference'],
    pledges,
    valueMinor: value * (currency === 'JPY' ? 160_000 : 100_000) + 1,
    haircutBp: haircutTenths / 10,
    currency,
    eventTimeMicros: NOON - ageSeconds * 1_000_000,
  }
}

/** A fraction of integers: exact, and as plain as it gets. */
export interface Fraction {
  readonly over: bigint
  readonly under: bigint
}

export const isAtLeast = (a: Fraction, b: Fraction): boolean => a.over * b.under >= b.over * a.under

export const plus = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.under + b.over * a.under,
  under: a.under * b.under,
})

/** The double as the fraction that it is. */
function exactly(value: number): Fraction {
  let under = 1n
  let over = value
  while (!Number.isInteger(over)) {
    over *= 2
    under *= 2n
  }
  return { over: BigInt(over), under }
}

const times = (...all: Fraction[]): Fraction =>
  all.reduce((a, b) => ({ over: a.over * b.over, under: a.under * b.under }))
const inverse = ({ over, under }: Fraction): Fraction => ({ over: under, under: over })

/** What parts of an asset cover in the currency, by nothing but the text of the contracts. */
export function exactCover(
  state: GroupState,
  draft: CollateralDraft,
  asset: CollateralState,
  currency: string,
  parts: number,
): Fraction {
  const { reference, valueMinor, haircutBp, eventTimeMicros } = asset
  const taken = draft.acceptedLevels.length === 0 || draft.acceptedLevels.includes(reference!.level)
  const fresh = (NOON - eventTimeMicros) / 1_000_000 < 7_200
  const own = reference!.groupId === state.groupId
  if (!reference!.eligible || !taken || !fresh || !own || parts <= 0) return { over: 0n, under: 1n }
  return times(
    { over: BigInt(valueMinor) * BigInt(parts), under: BigInt(WHOLE) },
    { over: 100_000n - BigInt(Math.round(haircutBp * 10)), under: 100_000n },
    { over: BigInt(Math.round((draft.marginPercent ?? 100) * 10)), under: 1_000n },
    rateOf(state, asset.currency, currency),
  )
}

/** Minor units of the one currency for the other; the quotes of the random groups are of euros in dollars and in yen. */
function rateOf(state: GroupState, from: string, to: string): Fraction {
  if (from === to) return { over: 1n, under: 1n }
  const inEuro = (currency: string): Fraction =>
    currency === 'EUR' ? { over: 1n, under: 1n } : inverse(exactly(state.quotes.get(`EUR/${currency}`)!.mid))
  const [a, b] = [exponentOf(state, from) ?? -1, exponentOf(state, to) ?? -1]
  if (a < 0 || b < 0) return { over: 0n, under: 1n }
  return times(inEuro(from), inverse(inEuro(to)), { over: 10n ** BigInt(b), under: 10n ** BigInt(a) })
}
