/**
 * What perception folds: the streams, their order, and the bodies of decoded inputs.
 *
 * Cash movements have no body: there are thousands in a busy cycle, and their facts lie in columns
 * (`input-columns.ts`). Hot records arrive as facts read from their slots, the others as records.
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
  Roster,
} from '../../schemas/generated/types.js'
import type { ReportFacts } from './fold-money.js'
import type { QuoteState } from './state.js'

export type InputBody =
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
  | { readonly stream: 'roster'; readonly record: Roster }
  | { readonly stream: 'policy'; readonly record: Policy }
  | { readonly stream: 'command'; readonly record: Command }
  | { readonly stream: 'execution'; readonly record: Execution }

export type InputStream = InputBody['stream'] | 'cash-movement'

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
  roster: 7,
  policy: 8,
  command: 9,
  quote: 10,
  'collateral-valuation': 11,
  'balance-report': 12,
  'expected-flow': 13,
  'cash-movement': 14,
  execution: 15,
}

/** Streams by their number in `STREAM_ORDER`. */
export const ORDERED_STREAMS = (Object.keys(STREAM_ORDER) as InputStream[]).sort(
  (a, b) => STREAM_ORDER[a] - STREAM_ORDER[b],
)

/** Stream of an input that could not be read as far as its stream. */
export type AnyStream = InputStream | (string & {})
