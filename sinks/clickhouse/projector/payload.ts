/**
 * Reads the payload of an input and takes from it what analysts filter by.
 *
 * The projector never decides: what it cannot read it leaves empty, and the agent's disposition stands.
 * Depends on the schemas' registry.
 */
import { EXACT_LIMIT } from '../../../pipeline/ports.js'
import { isStream } from '../../../schemas/avro/registry.js'
import type { StreamName } from '../../../schemas/generated/schemas.js'
import type {
  Account,
  BalanceReport,
  CashMovement,
  CollateralAsset,
  CollateralValuation,
  Command,
  Execution,
  ExpectedFlow,
  Facility,
  Policy,
  Quote,
  Rail,
  RegulatoryConstraint,
  Roster,
} from '../../../schemas/generated/types.js'
import { recordReader } from '../../journal/record-reader.js'

/** What a record says of itself, as far as it says it. */
export interface InputFacts {
  readonly eventTime: number | null
  readonly recordId: Uint8Array | null
  readonly accountId: string
  readonly amountMinor: number | null
  readonly currency: string
  readonly kind: string
}

const NOTHING: InputFacts = {
  eventTime: null,
  recordId: null,
  accountId: '',
  amountMinor: null,
  currency: '',
  kind: '',
}

export interface ReadPayload {
  readonly facts: InputFacts
  /** The whole record of streams that have a table of their own. */
  readonly execution: Execution | undefined
  readonly policy: Policy | undefined
  readonly roster: Roster | undefined
  readonly command: Command | undefined
}

/** Reads the payloads of one source; each is in the source's writer schema. */
export type PayloadReader = (payload: Uint8Array) => ReadPayload

const UNREAD: ReadPayload = {
  facts: NOTHING,
  execution: undefined,
  policy: undefined,
  roster: undefined,
  command: undefined,
}

/** A reader for a source; one that reads nothing when the stream or the schema cannot be resolved. */
export function payloadReader(stream: string, writerSchema: string): PayloadReader {
  const extract = isStream(stream) ? EXTRACTORS[stream] : undefined
  if (!isStream(stream) || extract === undefined) return () => UNREAD
  try {
    const read = recordReader(stream, writerSchema)
    return (payload) => {
      try {
        const record = read(payload)
        return record === undefined ? UNREAD : describe(stream, extract, record as TimedRecord)
      } catch {
        return UNREAD
      }
    }
  } catch {
    return () => UNREAD
  }
}

interface TimedRecord {
  readonly eventTime: number
}

function describe(stream: StreamName, extract: Extractor, record: TimedRecord): ReadPayload {
  const facts = { ...NOTHING, ...extract(record as never) }
  return {
    facts: {
      ...facts,
      eventTime: exactOrNull(record.eventTime),
      amountMinor: facts.amountMinor === null ? null : exactOrNull(facts.amountMinor),
    },
    execution: stream === 'execution' ? (record as unknown as Execution) : undefined,
    policy: stream === 'policy' ? (record as unknown as Policy) : undefined,
    roster: stream === 'roster' ? (record as unknown as Roster) : undefined,
    command: stream === 'command' ? (record as unknown as Command) : undefined,
  }
}

/** Beyond the limit an integer may have been rounded: better none than a wrong one. */
export function exactOrNull(value: number): number | null {
  return Math.abs(value) < EXACT_LIMIT ? value : null
}

type Extractor = (record: never) => Partial<InputFacts>

const EXTRACTORS: Partial<Record<StreamName, Extractor>> = {
  'cash-movement': (r: CashMovement) => ({
    recordId: r.movementId,
    accountId: r.accountId,
    amountMinor: r.amountMinor,
    currency: r.currency,
    kind: r.kind,
  }),
  'balance-report': (r: BalanceReport) => ({
    recordId: r.reportId,
    accountId: r.accountId,
    amountMinor: r.bookedMinor,
    currency: r.currency,
    kind: r.kind,
  }),
  'expected-flow': (r: ExpectedFlow) => ({
    recordId: r.expectedFlowId,
    accountId: r.accountId,
    amountMinor: r.amountMinor,
    currency: r.currency,
    kind: r.cancelled ? 'CANCELLED' : r.timeSpecific ? 'TIME_SPECIFIC' : '',
  }),
  // An execution's currency is its instruction's: amounts are in the table executions.
  execution: (r: Execution) => ({ recordId: r.executionId, kind: r.status }),
  command: (r: Command) => ({ recordId: r.commandId, kind: r.kind }),
  quote: (r: Quote) => ({ kind: r.kind }),
  account: (r: Account) => ({ accountId: r.accountId, currency: r.currency }),
  facility: (r: Facility) => ({ accountId: r.accountId, amountMinor: r.limitMinor, currency: r.currency }),
  rail: (r: Rail) => ({ accountId: r.sourceAccountId, kind: r.kind }),
  'regulatory-constraint': (r: RegulatoryConstraint) => ({
    amountMinor: r.limitMinor,
    currency: r.currency,
    kind: r.kind,
  }),
  'collateral-valuation': (r: CollateralValuation) => ({ amountMinor: r.valueMinor, currency: r.currency }),
  'collateral-asset': (r: CollateralAsset) => ({ kind: r.level }),
  counterparty: () => ({}),
  calendar: () => ({}),
  policy: () => ({}),
  roster: () => ({}),
}
