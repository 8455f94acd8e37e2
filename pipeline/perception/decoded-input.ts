/**
 * A decoded input: what perception folds. Hot records arrive as facts read from their slots, the others as records.
 */
import type {
  Account,
  Calendar,
  CollateralAsset,
  CollateralValuation,
  Command,
  Counterparty,
  Execution,
  ExpectedFlow,
  Facility,
  Policy,
  Rail,
  RegulatoryConstraint,
} from '../../schemas/generated/types.js'
import type { IdWords } from '../identity.js'
import type { MovementFacts, ReportFacts } from './fold-money.js'
import type { GroupState, QuoteState } from './state.js'

export type InputBody =
  | { readonly stream: 'cash-movement'; readonly facts: MovementFacts }
  | { readonly stream: 'balance-report'; readonly facts: ReportFacts }
  | { readonly stream: 'quote'; readonly quote: QuoteState }
  | { readonly stream: 'expected-flow'; readonly record: ExpectedFlow }
  | { readonly stream: 'collateral-valuation'; readonly record: CollateralValuation }
  | { readonly stream: 'account'; readonly record: Account }
  | { readonly stream: 'facility'; readonly record: Facility }
  | { readonly stream: 'counterparty'; readonly record: Counterparty }
  | { readonly stream: 'collateral-asset'; readonly record: CollateralAsset }
  | { readonly stream: 'rail'; readonly record: Rail }
  | { readonly stream: 'calendar'; readonly record: Calendar }
  | { readonly stream: 'regulatory-constraint'; readonly record: RegulatoryConstraint }
  | { readonly stream: 'policy'; readonly record: Policy }
  | { readonly stream: 'command'; readonly record: Command }
  | { readonly stream: 'execution'; readonly record: Execution }

export type InputStream = InputBody['stream']

/**
 * Order in which inputs of the same event time take effect: what others refer to comes first.
 * Changing it changes digests.
 */
export const STREAM_ORDER: Record<InputStream, number> = {
  calendar: 0,
  counterparty: 1,
  'collateral-asset': 2,
  account: 3,
  facility: 4,
  rail: 5,
  'regulatory-constraint': 6,
  policy: 7,
  command: 8,
  quote: 9,
  'collateral-valuation': 10,
  'balance-report': 11,
  'expected-flow': 12,
  'cash-movement': 13,
  execution: 14,
}

/** Stream of an input that could not be read as far as its stream. */
export type AnyStream = InputStream | (string & {})

export interface DecodedInput {
  /** Index in the cycle. */
  readonly index: number
  readonly source: number
  readonly position: number
  readonly eventTimeMicros: number
  readonly feedId: string
  readonly sequence: number
  /** Identity for deduplication; undefined for streams whose records replace each other. */
  readonly id: IdWords | undefined
  readonly body: InputBody
}

/** Whether a record of the same stream and id was folded before. */
export function wasSeen(state: GroupState, input: DecodedInput): boolean {
  return input.id !== undefined && state.seen[input.body.stream]?.has(...input.id) === true
}

/**
 * The order of folding: event time, then stream, then feed and its numbers, then coordinates. It does not depend on
 * the order of arrival within the cycle.
 */
export function compareInputs(a: DecodedInput, b: DecodedInput): number {
  return (
    a.eventTimeMicros - b.eventTimeMicros ||
    STREAM_ORDER[a.body.stream] - STREAM_ORDER[b.body.stream] ||
    (a.feedId < b.feedId ? -1 : a.feedId > b.feedId ? 1 : 0) ||
    a.sequence - b.sequence ||
    a.source - b.source ||
    a.position - b.position
  )
}
