/**
 * What a liquidity group of the simulated day consists of, as data: the files in `groups/` are values of these
 * types. Amounts are in major units; `reference-data.ts` and `flows.ts` make records of them. Depends on nothing.
 */

/** A payment of set size and time, such as a margin call or the payroll. */
export interface Obligation {
  /** Local time of the account's payment system, `HH:MM`. */
  readonly at: string
  /** Share of the account's gross payments of the day. */
  readonly share: number
}

export interface AccountPlan {
  readonly accountId: string
  readonly name: string
  readonly entityId: string
  readonly bankId: string
  readonly currency: string
  /** Counted in the day's books, but never moved by the agent. */
  readonly observedOnly?: boolean
  readonly openingMajor: number
  /** Gross payments and receipts of the day, obligations included. */
  readonly outMajor: number
  readonly inMajor: number
  /** Tickets of the day at scale 1. */
  readonly outCount: number
  readonly inCount: number
  readonly obligations?: readonly Obligation[]
  readonly intradayLineMajor?: number
}

export interface FacilityPlan {
  readonly facilityId: string
  readonly name: string
  readonly lenderId: string
  readonly accountId: string
  readonly limitMajor: number
  readonly outstandingMajor: number
  readonly drawnMarginBp: number
  readonly commitmentFeeBp: number
  readonly minimumDrawMajor: number
  /** Notice window, local time. */
  readonly open: string
  readonly cutoff: string
}

/** Two accounts of one currency, with a rail in each direction. */
export interface TransferPlan {
  readonly between: readonly [string, string]
}

/** Two accounts of different currencies, with an FX rail in each direction. */
export interface FxPlan {
  readonly between: readonly [string, string]
  readonly instrument: string
}

export interface ConstraintPlan {
  readonly constraintId: string
  readonly kind: 'CONCENTRATION' | 'MINIMUM_BALANCE'
  readonly subjectId: string
  readonly currency: string
  readonly limitMajor: number
}

/** A forecast of a payment that cannot be funded any more and is withdrawn in time. Times are UTC, `HH:MM`. */
export interface WithdrawnForecast {
  readonly accountId: string
  readonly amountMajor: number
  readonly publishedAt: string
  readonly expectedAt: string
  readonly withdrawnAt: string
}

export interface GroupPlan {
  readonly groupId: string
  readonly accounts: readonly AccountPlan[]
  readonly facilities: readonly FacilityPlan[]
  readonly transfers: readonly TransferPlan[]
  readonly fx: readonly FxPlan[]
  readonly constraints: readonly ConstraintPlan[]
  /** What the agent must refuse and escalate, because no rail is open. */
  readonly withdrawnForecasts?: readonly WithdrawnForecast[]
  /** Bank whose feed is silent for a while, and when (UTC, `HH:MM`). */
  readonly outage?: { readonly bankId: string; readonly from: string; readonly minutes: number }
}

/** Each other account of the currency connected with the hub. */
export function hubAndSpokes(hub: string, spokes: readonly string[]): TransferPlan[] {
  return spokes.map((spoke) => ({ between: [hub, spoke] }))
}
