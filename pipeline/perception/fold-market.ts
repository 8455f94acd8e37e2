/**
 * Folds quotes, collateral assets and their valuations. Quotes are conflated: only the latest of an instrument counts, and one
 * that is not newer than the quote held is superseded. Depends on the state only.
 */
import type { CollateralAsset, CollateralValuation } from '../../schemas/generated/types.js'
import { printable } from '../governance/printable.js'
import { WHOLE_HOLDING } from './collateral.js'
import { exactInteger, Refusal, refuseUnless } from './outcome.js'
import { type GroupState, type QuoteState, STATE_LIMITS } from './state.js'

/** Prices and rates beyond these are mistakes: a factor of a million either way, rates of +-100 % a year. */
const PRICE_RANGE = { lowest: 1e-6, highest: 1e6 } as const
const RATE_LIMIT = 1
const SPREAD_LIMIT_BP = 5_000

/** Sets the quote; false when one at least as new is held. */
export function foldQuote(state: GroupState, quote: QuoteState): boolean {
  checkQuote(quote)
  const held = state.quotes.get(quote.instrument)
  refuseUnless(
    held !== undefined || state.quotes.size < STATE_LIMITS.names,
    'state-limit',
    `more than ${STATE_LIMITS.names} instruments are quoted`,
  )
  if (held !== undefined && held.eventTimeMicros > quote.eventTimeMicros) return false
  state.quotes.set(quote.instrument, quote)
  return true
}

/** Names that prices and base rates are looked up by: no other kind of quote may use them. */
const INSTRUMENTS: Record<string, RegExp> = {
  FX_SPOT: /^[A-Z]{3}\/[A-Z]{3}$/,
  BASE_RATE: /^RATE:[A-Z]{3}$/,
  REPO_RATE: /^(?!RATE:)[^/]+$/,
  DEPOSIT_RATE: /^(?!RATE:)[^/]+$/,
}

function checkQuote(quote: QuoteState): void {
  const { mid, halfSpreadBp, depthMinor } = quote
  const named = INSTRUMENTS[quote.kind]?.test(quote.instrument) === true
  refuseUnless(named, 'invalid-reference', `a quote of kind ${quote.kind} cannot be of "${quote.instrument}"`)
  const inRange =
    quote.kind === 'FX_SPOT'
      ? mid >= PRICE_RANGE.lowest && mid <= PRICE_RANGE.highest
      : Math.abs(mid) <= RATE_LIMIT
  refuseUnless(inRange, 'out-of-range', `mid of ${quote.instrument} is ${mid}`)
  let previous = 0
  for (const spread of halfSpreadBp) {
    if (!(spread >= previous && spread <= SPREAD_LIMIT_BP)) {
      throw new Refusal(
        'out-of-range',
        `half spreads of ${quote.instrument} are ${halfSpreadBp.join(', ')} bp; they must not fall`,
      )
    }
    previous = spread
  }
  for (const depth of depthMinor) {
    exactInteger(depth, 'depth')
    refuseUnless(depth >= 0, 'out-of-range', `depth of ${quote.instrument} is ${depth}`)
  }
}

export function foldValuation(state: GroupState, valuation: CollateralValuation): string {
  exactInteger(valuation.valueMinor, 'valueMinor')
  const haircutFits = valuation.haircutBp >= 0 && valuation.haircutBp <= 10_000
  refuseUnless(haircutFits, 'out-of-range', `haircut is ${valuation.haircutBp} bp`)
  const held = collateralFor(state, valuation.assetId)
  if (valuation.eventTime >= held.eventTimeMicros) {
    held.valueMinor = valuation.valueMinor
    held.haircutBp = valuation.haircutBp
    held.currency = valuation.currency
    held.eventTimeMicros = valuation.eventTime
  }
  return `collateral:${valuation.assetId}`
}

/** What is pledged at first is taken from the first record; later ones replace the reference alone. */
export function foldCollateralAsset(state: GroupState, asset: CollateralAsset): string {
  const { assetId, pledgedFacilityId, pledgedParts } = asset
  exactInteger(pledgedParts, 'pledgedParts')
  const fits = pledgedParts >= 0 && pledgedParts <= WHOLE_HOLDING
  refuseUnless(fits, 'out-of-range', `pledgedParts of ${printable(assetId, 128)} is ${pledgedParts}`)
  const named = pledgedFacilityId.length <= 128 && (pledgedParts === 0 || pledgedFacilityId !== '')
  refuseUnless(named, 'invalid-reference', `asset ${printable(assetId, 128)} is pledged to no facility`)
  const held = collateralFor(state, assetId)
  if (held.reference === null && pledgedParts > 0)
    held.pledges.set(pledgedFacilityId, { pledgedParts, comingParts: 0, leavingParts: 0 })
  held.reference = asset
  return `collateral:${assetId}`
}

function collateralFor(state: GroupState, assetId: string) {
  let held = state.collateral.get(assetId)
  if (held === undefined) {
    const room = state.collateral.size < STATE_LIMITS.references
    refuseUnless(room, 'state-limit', `more than ${STATE_LIMITS.references} collateral assets`)
    held = {
      reference: null,
      pledges: new Map(),
      valueMinor: 0,
      haircutBp: 0,
      currency: '',
      eventTimeMicros: -1,
    }
    state.collateral.set(assetId, held)
  }
  return held
}
