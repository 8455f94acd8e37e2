/**
 * A small liquidity group for tests of the agent: three euro accounts at two banks, a dollar account, a credit line,
 * rails and quotes; and a builder that turns records into cycles as the runtime would.
 */
import avro from 'avsc'
import { derivedId, NO_DIGEST } from '../../pipeline/identity.js'
import type { Agent, AppliedCycle } from '../../pipeline/ports.js'
import { SCHEMA_JSON, type StreamName } from '../../schemas/generated/schemas.js'
import type { Cycle, CycleInput, SourceDeclaration } from '../../schemas/generated/types.js'

export const GROUP = 'europe'
/** Wednesday, 09:00 in Frankfurt. */
export const MORNING = Date.parse('2026-03-18T08:00:00Z') * 1000
export const TODAY = Math.floor(Date.parse('2026-03-18T00:00:00Z') / 86_400_000)
export const SECOND = 1_000_000

export const POLICY_TEXT = `policy: small
version: 1
group: ${GROUP}
owner: treasury
tier: 2
mode: autonomous
baseCurrency: EUR
deliberation: { horizonMinutes: 60, reconsiderAfterSeconds: 900, tolerancePercent: 2 }
costs:
  shortfallBpPerDay: [1, 5, 50]
  floorViolationBp: 500
  idleBpPerYear: 50
  churnBp: 0.001
accounts:
  - { account: OPERATING, floor: 1000000, target: 5000000, ceiling: 20000000, band: { lowerPercent: 20, upperPercent: 50 } }
  - { account: PAYROLL, floor: 500000, target: 2000000, ceiling: 8000000, band: { lowerPercent: 20, upperPercent: 50 } }
  - { account: DOLLARS, floor: 200000, target: 1000000, ceiling: 9000000, band: { lowerPercent: 20, upperPercent: 50 } }
limits:
  maximumInstruction: 10000000
  perCycle: 15000000
  perDay: 100000000
  instructionsPerCycle: 8
expectedFlows: { inflowPercent: 50, outflowPercent: 100 }
staleness:
  account: { widenAfterSeconds: 1800, widenPercent: 10, freezeAfterSeconds: 7200 }
  quote: { widenAfterSeconds: 600, widenSpreadPercent: 100, freezeAfterSeconds: 7200 }
  gapWidenPercent: 5
settlement: { cutoffMarginSeconds: 300, answerWithinSeconds: 600 }
`

const types = new Map<StreamName, avro.Type>()

export function encode(stream: StreamName, record: object): Uint8Array {
  let type = types.get(stream)
  if (type === undefined) {
    type = avro.Type.forSchema(JSON.parse(SCHEMA_JSON[stream]) as avro.Schema)
    types.set(stream, type)
  }
  const buffers = Object.fromEntries(
    Object.entries(record).map(([key, value]) => [
      key,
      value instanceof Uint8Array ? Buffer.from(value) : value,
    ]),
  )
  return type.toBuffer(buffers)
}

/** Collects inputs, numbers sources and feeds, and closes cycles against one agent. */
export class GroupDriver {
  private readonly sources = new Map<string, number>()
  private readonly positions = new Map<string, number>()
  private readonly sequences = new Map<string, number>()
  private pending: CycleInput[] = []
  private cycle = 0
  /** Of the configuration that the cycles from now on are closed under. */
  configuration: Uint8Array = NO_DIGEST

  constructor(readonly agent: Agent) {}

  /** Adds a record of a stream; header fields that are not given are filled in. */
  input(stream: StreamName, fields: object, atMicros = MORNING): this {
    const feed = (fields as { sourceId?: string }).sourceId ?? `feed-${stream}`
    const given = (fields as { sourceSequence?: number }).sourceSequence
    const sourceSequence = given ?? this.sequences.get(feed) ?? 0
    this.sequences.set(feed, sourceSequence + 1)
    const record = { groupId: GROUP, sourceId: feed, sourceSequence, eventTime: atMicros, ...fields }
    return this.bytes(stream, encode(stream, record), atMicros)
  }

  bytes(stream: string, payload: Uint8Array, atMicros = MORNING, writerSchema?: string): this {
    const source = this.source(stream, writerSchema)
    const position = this.positions.get(stream) ?? 0
    this.positions.set(stream, position + 1)
    this.pending.push({ source, position, arrivedAt: atMicros, payload })
    return this
  }

  /** Number of a stream's source, declared to the agent when it is new. */
  source(stream: string, writerSchema?: string): number {
    const known = this.sources.get(stream)
    if (known !== undefined) return known
    const source = this.sources.size
    this.sources.set(stream, source)
    this.agent.declareSource(this.declaration(stream, source, writerSchema))
    return source
  }

  private declaration(stream: string, source: number, writerSchema?: string): SourceDeclaration {
    const schema = writerSchema ?? SCHEMA_JSON[stream as StreamName] ?? '"bytes"'
    return {
      source,
      stream,
      name: `${stream}/test.avro`,
      writerSchema: schema,
      fingerprint: new Uint8Array(32),
    }
  }

  sourceNumbers(): ReadonlyMap<string, number> {
    return this.sources
  }

  declarations(): SourceDeclaration[] {
    return [...this.sources].map(([stream, source]) => this.declaration(stream, source))
  }

  /** Declares all known sources to another agent, as a restart does. */
  declareTo(agent: Agent): void {
    for (const declaration of this.declarations()) agent.declareSource(declaration)
  }

  nextCycle(atMicros: number): Cycle {
    const { configuration, pending: inputs } = this
    this.pending = []
    return { groupId: GROUP, cycle: this.cycle++, closedAt: atMicros, inputs, configuration }
  }

  close(atMicros: number): AppliedCycle {
    return this.agent.apply(this.nextCycle(atMicros))
  }
}

export const id = (name: string): Uint8Array => derivedId('test', name)

const NO_EXPECTATION = new Uint8Array(16)

export function movement(name: string, accountId: string, amountMinor: number, changes: object = {}): object {
  return {
    movementId: id(name),
    accountId,
    currency: accountId === 'DOLLARS' ? 'USD' : 'EUR',
    amountMinor,
    valueDate: TODAY,
    kind: 'OTHER',
    expectedFlowId: NO_EXPECTATION,
    counterpartyId: '',
    ...changes,
  }
}

export function account(accountId: string, bankId: string, currency = 'EUR'): object {
  return {
    accountId,
    name: accountId,
    entityId: 'ENTITY',
    bankId,
    currency,
    currencyExponent: 2,
    feedId: 'feed-cash-movement',
    calendarId: 'TARGET',
    intradayLineMinor: 0,
    controllable: true,
  }
}

export function rail(railId: string, source: string, destination: string, changes: object = {}): object {
  return {
    railId,
    kind: 'TRANSFER',
    sourceAccountId: source,
    destinationAccountId: destination,
    instrument: '',
    feeMinor: 50,
    feeBp: 0,
    minimumTicketMinor: 10_000_00,
    maximumTicketMinor: 8_000_000_00,
    dailyLimitMinor: 50_000_000_00,
    roundingMinor: 1_000_00,
    calendarId: 'TARGET',
    openSeconds: 7 * 3600,
    cutoffSeconds: 18 * 3600,
    settlementDelaySeconds: 60,
    venueId: 'bank',
    ...changes,
  }
}

export function opening(accountId: string, bookedMinor: number): object {
  return {
    reportId: id(`opening-${accountId}`),
    accountId,
    currency: accountId === 'DOLLARS' ? 'USD' : 'EUR',
    kind: 'OPENING',
    bookedMinor,
  }
}

/** A facility that needs no collateral. */
export const REVOLVER = {
  facilityId: 'RCF',
  name: 'Revolver',
  lenderId: 'BANK-B',
  accountId: 'OPERATING',
  currency: 'EUR',
  limitMinor: 10_000_000_00,
  outstandingMinor: 0,
  drawnMarginBp: 125,
  commitmentFeeBp: 35,
  minimumDrawMinor: 500_000_00,
  roundingMinor: 100_000_00,
  calendarId: 'TARGET',
  openSeconds: 7 * 3600,
  cutoffSeconds: 17 * 3600,
  settlementDelaySeconds: 300,
  venueId: 'bank',
  secured: false,
  acceptedLevels: [] as string[],
}

export interface SmallGroupOptions {
  readonly policy?: string
  readonly openings?: Readonly<Record<string, number>>
  /** What is different about the revolver. */
  readonly facility?: object
  /** Daily limit of each rail, minor units. */
  readonly dailyLimitMinor?: number
}

/** Takes records of a stream: a driver of the agent, or whoever writes them into files. */
export interface InputTaker {
  input(stream: StreamName, fields: object, atMicros?: number): unknown
}

/** Feeds reference data, policy, quotes and opening balances; the first cycle is then ready to be closed. */
export function feedSmallGroup<Taker extends InputTaker>(
  driver: Taker,
  options: SmallGroupOptions = {},
): Taker {
  const openings = {
    OPERATING: 9_000_000_00,
    PAYROLL: 2_000_000_00,
    DOLLARS: 1_000_000_00,
    ...options.openings,
  }
  driver.input('calendar', {
    groupId: '*',
    calendarId: 'TARGET',
    timeZone: 'Europe/Berlin',
    validFrom: TODAY - 10,
    validUntil: TODAY + 10,
    weekendDays: [6, 7],
    holidays: [],
    offsets: [{ fromTime: 0, offsetSeconds: 3600 }],
  })
  for (const [name, bank, currency] of [
    ['OPERATING', 'BANK-A', 'EUR'],
    ['PAYROLL', 'BANK-B', 'EUR'],
    ['DOLLARS', 'BANK-A', 'USD'],
  ] as const) {
    driver.input('account', account(name, bank, currency))
  }
  driver.input('facility', { ...REVOLVER, ...options.facility })
  const dailyLimitMinor = options.dailyLimitMinor ?? 50_000_000_00
  driver.input('rail', rail('OPERATING-PAYROLL', 'OPERATING', 'PAYROLL', { dailyLimitMinor }))
  driver.input('rail', rail('PAYROLL-OPERATING', 'PAYROLL', 'OPERATING', { dailyLimitMinor }))
  driver.input(
    'rail',
    rail('OPERATING-DOLLARS', 'OPERATING', 'DOLLARS', { kind: 'FX', instrument: 'EUR/USD' }),
  )
  driver.input(
    'rail',
    rail('DOLLARS-OPERATING', 'DOLLARS', 'OPERATING', { kind: 'FX', instrument: 'EUR/USD' }),
  )
  driver.input('policy', { policyId: 'small', version: 1, document: options.policy ?? POLICY_TEXT })
  quote(driver, 1.1, MORNING)
  driver.input('quote', {
    instrument: 'RATE:EUR',
    kind: 'BASE_RATE',
    mid: 0.02,
    halfSpread1Bp: 0,
    halfSpread2Bp: 0,
    halfSpread3Bp: 0,
    depth1Minor: 0,
    depth2Minor: 0,
    groupId: '*',
  })
  for (const [name, booked] of Object.entries(openings)) driver.input('balance-report', opening(name, booked))
  return driver
}

export function quote(driver: InputTaker, mid: number, atMicros: number): void {
  const quoted = {
    groupId: '*',
    instrument: 'EUR/USD',
    kind: 'FX_SPOT',
    mid,
    halfSpread1Bp: 0.3,
    halfSpread2Bp: 1.5,
    halfSpread3Bp: 5,
    depth1Minor: 50_000_000_00,
    depth2Minor: 150_000_000_00,
  }
  driver.input('quote', quoted, atMicros)
}
