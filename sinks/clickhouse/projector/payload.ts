/**
 * Reads the payload of an input and takes from it what analysts filter by.
 *
 * The projector never decides: what it cannot read it leaves empty, and the agent's disposition stands.
 * Depends on avsc and the generated schemas.
 */
import avro from 'avsc'
import { EXACT_LIMIT } from '../../../pipeline/ports.js'
import { SCHEMA_JSON, STREAMS, type StreamName } from '../../../schemas/generated/schemas.js'
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
} from '../../../schemas/generated/types.js'

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
}

/** Reads the payloads of one source; each is in the source's writer schema. */
export type PayloadReader = (payload: Uint8Array) => ReadPayload

const UNREAD: ReadPayload = { facts: NOTHING, execution: undefined, policy: undefined }

const readerTypes = new Map<StreamName, avro.Type>()

function readerType(stream: StreamName): avro.Type {
  let type = readerTypes.get(stream)
  if (type === undefined) {
    type = parse(SCHEMA_JSON[stream])
    readerTypes.set(stream, type)
  }
  return type
}

/** Enumerations and unions as plain values; logical types stay numbers and bytes. */
function parse(json: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(json) as avro.Schema, { wrapUnions: false })
}

/** A reader for a source; one that reads nothing when the stream or the schema cannot be resolved. */
export function payloadReader(stream: string, writerSchema: string): PayloadReader {
  const name = STREAMS.find((known) => known === stream)
  const extract = name === undefined ? undefined : EXTRACTORS[name]
  if (name === undefined || extract === undefined) return () => UNREAD
  try {
    const reader = readerType(name)
    const resolver =
      writerSchema === SCHEMA_JSON[name] ? undefined : reader.createResolver(parse(writerSchema))
    return (payload) => {
      try {
        return describe(name, extract, reader.fromBuffer(asBuffer(payload), resolver) as TimedRecord)
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
  }
}

/** avsc gives a wrong sign to integers beyond 2^52; all of those are beyond the limit here too. */
function exactOrNull(value: number): number | null {
  return Math.abs(value) < EXACT_LIMIT ? value : null
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
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
}
