/**
 * A small day as a journal, made by hand for the tests of this folder: every kind of entry, every
 * disposition, decisions of every outcome, and results that come some cycles after their inputs.
 *
 * It is no simulation: balances follow no model. Sums and ids follow from the seed, so that tests can say
 * what must be in the tables. Not used by product code.
 */
import { derivedId, formatUuid, NO_DIGEST, NO_ID, toHex } from '../../../pipeline/identity.js'
import type { JournalBody } from '../../../pipeline/ports.js'
import { typeOf } from '../../../schemas/avro/registry.js'
import { SCHEMA_JSON, type StreamName } from '../../../schemas/generated/schemas.js'
import type { Cycle, CycleInput, CycleResult, Decision } from '../../../schemas/generated/types.js'
import type { JournalEntryReader, ReadJournal } from '../../journal/journal-port.js'
import { makeDecision, makeExplanation, policyDocument } from './synthetic-decisions.js'

/** 2026-03-02T06:00:00Z, a Monday. */
export const DAY_START_MICROS = 1_772_431_200_000_000
const CYCLE_MICROS = 5_000_000
const CONFIGURATION = new Uint8Array(32).fill(0xc0)
/** Results come so many cycles after their cycle was journaled. */
const RESULT_DELAY = 2

export interface SyntheticDay {
  readonly entries: readonly (JournalEntryReader & { readonly body: JournalBody })[]
  readonly read: ReadJournal
}

export interface DayOptions {
  readonly seed: number
  readonly groups: number
  readonly cycles: number
  /** Cash movements of a cycle. */
  readonly movements: number
  /** Number of the first group, whose name is `G-` and the number; 1 when absent. */
  readonly firstGroup?: number
  /** Of all cycles. */
  readonly configuration?: Uint8Array
}

/** Source numbers, by their place in this list. */
const SOURCES: readonly { stream: StreamName; name: string }[] = [
  { stream: 'account', name: 'account/accounts.avro' },
  { stream: 'policy', name: 'policy/policies.avro' },
  { stream: 'cash-movement', name: 'cash-movement/morning.avro' },
  { stream: 'quote', name: 'quote/fx.avro' },
  { stream: 'execution', name: 'venue:BANK' },
  { stream: 'expected-flow', name: 'expected-flow/calendar.avro' },
]
const [ACCOUNTS, POLICIES, MOVEMENTS, QUOTES, BANK, FLOWS] = [0, 1, 2, 3, 4, 5] as const

function encode(stream: StreamName, record: object): Buffer {
  return typeOf(stream).toBuffer(withBuffers(record))
}

/** A deep copy in which bytes are Buffers: avsc takes no other kind. */
function withBuffers<Value>(value: Value): Value {
  if (value instanceof Uint8Array) return Buffer.from(value) as unknown as Value
  if (Array.isArray(value)) return value.map(withBuffers) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, withBuffers(part)])) as Value
}

/** Numerical Recipes' linear congruential generator: enough to make numbers look different. */
function randomNumbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface GivenInput {
  readonly input: CycleInput
  readonly disposition: number
  readonly touched: string
}

class DayWriter {
  readonly bodies: JournalBody[] = []
  readonly #random: () => number
  readonly #positions = SOURCES.map(() => 0)
  readonly #waiting: CycleResult[] = []
  readonly #sent = new Map<string, { id: Uint8Array; account: string; amountMinor: number }[]>()
  readonly #decided = new Map<string, number>()

  constructor(readonly options: DayOptions) {
    this.#random = randomNumbers(options.seed)
  }

  write(): JournalBody[] {
    const startedAt = DAY_START_MICROS - 1_000_000
    this.bodies.push({
      'weir.JournalStart': {
        startedAt: startedAt + this.options.seed,
        version: '0.1.0',
        wasmDigest: NO_DIGEST,
        nodeVersion: '20.0.0',
        resumed: false,
        instance: '',
      },
    })
    SOURCES.forEach(({ stream, name }, source) => {
      const fingerprint = derivedId('schema', stream)
      this.bodies.push({
        'weir.SourceDeclaration': {
          source,
          stream,
          name,
          writerSchema: SCHEMA_JSON[stream],
          fingerprint: Buffer.concat([fingerprint, fingerprint]),
        },
      })
    })
    for (let cycle = 0; cycle < this.options.cycles; cycle++) {
      for (let group = 0; group < this.options.groups; group++) {
        this.#cycle(`G-${(this.options.firstGroup ?? 1) + group}`, cycle)
      }
    }
    while (this.#waiting.length > 0) this.#release()
    return this.bodies
  }

  #release(): void {
    this.bodies.push({ 'weir.CycleResult': this.#waiting.shift()! })
  }

  #cycle(groupId: string, number: number): void {
    const closedAt = DAY_START_MICROS + (number + 1) * CYCLE_MICROS
    const given = number === 0 ? this.#reference(groupId) : this.#traffic(groupId, number, closedAt)
    const inputs = given.map((one) => one.input)
    const cycle: Cycle = {
      groupId,
      cycle: number,
      closedAt,
      inputs,
      configuration: this.options.configuration ?? CONFIGURATION,
    }
    this.bodies.push({ 'weir.Cycle': cycle })
    this.#waiting.push(this.#result(cycle, given))
    if (this.#waiting.length > RESULT_DELAY * this.options.groups) this.#release()
  }

  #input(source: number, arrivedAt: number, payload: Buffer): CycleInput {
    const position = this.#positions[source]!
    this.#positions[source] = position + 1
    return { source, position, arrivedAt, payload }
  }

  #given(source: number, at: number, record: object, touched: string, disposition = 0): GivenInput {
    const { stream } = SOURCES[source]!
    const payload = encode(stream, { eventTime: at, sourceId: 'feed', sourceSequence: -1, ...record })
    return { input: this.#input(source, at, payload), disposition, touched }
  }

  #reference(groupId: string): GivenInput[] {
    const at = DAY_START_MICROS
    const given = ['A', 'B', 'C'].map((letter) => {
      const accountId = `${groupId}-${letter}`
      const names = {
        accountId,
        name: accountId,
        entityId: 'E',
        bankId: 'BANK',
        feedId: 'feed',
        calendarId: 'TARGET',
      }
      const account = {
        groupId,
        ...names,
        currency: 'EUR',
        currencyExponent: 2,
        intradayLineMinor: 0,
        controllable: true,
      }
      return this.#given(ACCOUNTS, at, account, `account:${accountId}`)
    })
    const policy = { groupId, policyId: `P-${groupId}`, version: 1, document: policyDocument(groupId) }
    given.push(this.#given(POLICIES, at, policy, `policy:P-${groupId}`))
    const flow = {
      groupId,
      expectedFlowId: derivedId('flow', groupId),
      accountId: `${groupId}-A`,
      currency: 'EUR',
    }
    const due = {
      amountMinor: -5_000_000,
      expectedAt: at + 3_600_000_000,
      timeSpecific: true,
      cancelled: false,
    }
    given.push(this.#given(FLOWS, at, { ...flow, ...due }, `account:${groupId}-A`))
    return given
  }

  #traffic(groupId: string, cycle: number, closedAt: number): GivenInput[] {
    const given: GivenInput[] = []
    const at = closedAt - CYCLE_MICROS + 1
    for (let i = 0; i < this.options.movements; i++) given.push(this.#movement(groupId, cycle, i, at + i))
    const older = cycle % 4 === 1
    given.push(this.#given(QUOTES, at, quote(this.#random()), older ? '' : 'quote:EUR/USD', older ? 2 : 0))
    for (const sent of this.#sent.get(groupId) ?? []) given.push(this.#execution(groupId, sent, closedAt - 1))
    this.#sent.set(groupId, [])
    return given
  }

  /** Of 20 movements one is a duplicate, one late and one for an account that nobody knows. */
  #movement(groupId: string, cycle: number, index: number, at: number): GivenInput {
    const draw = (cycle * this.options.movements + index) % 20
    const letter = 'ABC'[Math.floor(this.#random() * 3)]!
    const accountId = draw === 19 ? 'NOWHERE' : `${groupId}-${letter}`
    const disposition = draw === 17 ? 1 : draw === 18 ? 3 : draw === 19 ? 4 : 0
    const movement = {
      movementId: movementId(groupId, cycle, index),
      groupId,
      accountId,
      currency: 'EUR',
      amountMinor: Math.floor((this.#random() - 0.52) * 2e9),
      valueDate: 20_514,
      kind: 'CUSTOMER_PAYMENT',
      expectedFlowId: NO_ID,
      counterpartyId: '',
    }
    const touched = disposition === 1 || disposition === 4 ? '' : `account:${accountId}`
    return this.#given(MOVEMENTS, at, movement, touched, disposition)
  }

  #execution(groupId: string, sent: { id: Uint8Array; amountMinor: number }, at: number): GivenInput {
    const settled = !isRejected(sent.id)
    const report = {
      executionId: derivedId('execution', Buffer.from(sent.id).toString('hex')),
      groupId,
      instructionId: sent.id,
      status: settled ? 'SETTLED' : 'REJECTED',
      reasonCode: settled ? '' : 'AM04',
      settledMinor: settled ? sent.amountMinor : 0,
      counterSettledMinor: settled ? sent.amountMinor : 0,
    }
    return this.#given(BANK, at, report, `instruction:${formatUuid(toHex(sent.id))}`)
  }

  #result(cycle: Cycle, given: readonly GivenInput[]): CycleResult {
    const { groupId, closedAt } = cycle
    const number = cycle.cycle
    const base = { groupId, cycle: number }
    const result: CycleResult = {
      ...base,
      closedAt,
      dispositions: Uint8Array.from(given, (one) => one.disposition),
      touched: given.map((one) => one.touched),
      gaps: number % 7 === 3 ? 2 : 0,
      decisions: [],
      explanations: [],
      instructions: [],
      instructionEvents: [],
      reservations: [],
      alerts: [],
      deadLetters: [],
      decisionDigest: Buffer.concat([derivedId('digest', groupId, number), derivedId('more', number)]),
      measured: { applyMicros: 100 + number, solveMicros: number % 3 === 0 ? 40 : 0, worker: 0 },
    }
    given.forEach((one, input) => {
      if (one.disposition !== 4) return
      const place = {
        stream: 'cash-movement',
        source: SOURCES[MOVEMENTS]!.name,
        position: one.input.position,
      }
      const why = { reason: 'unknown-account', detail: 'account NOWHERE is not known' }
      result.deadLetters.push({ ...base, input, ...place, ...why, payload: one.input.payload })
    })
    this.#reports(result, given, closedAt)
    if (number % 3 === 0) this.#decide(result, number / 3)
    return result
  }

  #reports(result: CycleResult, given: readonly GivenInput[], closedAt: number): void {
    const { groupId, cycle } = result
    for (const one of given) {
      if (one.input.source !== BANK) continue
      const instructionId = Buffer.from(one.touched.slice('instruction:'.length).replaceAll('-', ''), 'hex')
      const executionId = derivedId('execution', instructionId.toString('hex'))
      const ordinal = result.instructionEvents.length
      const rejected = isRejected(instructionId)
      const step = { instructionId, groupId, cycle, ordinal }
      const state = rejected ? 'REJECTED' : 'SETTLED'
      result.instructionEvents.push({ ...step, eventTime: closedAt - 1, state, reasonCode: '', executionId })
      const held = { subjectKind: 'ACCOUNT' as const, subjectId: `${groupId}-A`, amountMinor: 1_000 }
      result.reservations.push({ ...step, ...held, state: rejected ? 'VOIDED' : 'POSTED' })
    }
  }

  #decide(result: CycleResult, nth: number): void {
    const { groupId, cycle, closedAt } = result
    const outcome = nth % 5 === 4 ? 'REFUSED' : nth % 2 === 0 ? 'ACTED' : 'NOTHING_TO_DO'
    const decisionId = derivedId('decision', groupId, cycle)
    const previousCycle = this.#decided.get(groupId) ?? -1
    this.#decided.set(groupId, cycle)
    const ids = { decisionId, groupId, cycle }
    const decision = makeDecision(ids, previousCycle, closedAt, outcome, this.#random())
    result.decisions.push(decision)
    result.explanations.push(makeExplanation(ids, outcome))
    if (outcome === 'REFUSED') {
      const about = {
        severity: 'CRITICAL' as const,
        code: 'floor-cannot-be-held',
        subject: `account:${groupId}-A`,
      }
      result.alerts.push({
        groupId,
        cycle,
        ordinal: 0,
        raisedAt: closedAt,
        ...about,
        message: 'No rail is open.',
      })
    }
    if (outcome === 'ACTED') this.#act(result, decision)
  }

  #act(result: CycleResult, decision: Decision): void {
    const { groupId, cycle, closedAt } = result
    const { decisionId } = decision
    const instructionId = derivedId('instruction', groupId, cycle, 0)
    const amountMinor = 1_000_000 + Math.floor(this.#random() * 1_000_000)
    const accounts = { sourceAccountId: `${groupId}-A`, destinationAccountId: `${groupId}-B` }
    const amounts = { currency: 'EUR', amountMinor, counterCurrency: 'EUR', counterAmountMinor: amountMinor }
    const collateral = { assetId: '', assetParts: 0 }
    const ids = { instructionId, decisionId, groupId, cycle, leg: 0, dependsOn: -1 }
    const route = { kind: 'TRANSFER' as const, channelId: `RAIL-${groupId}`, venueId: 'BANK' }
    const times = { createdAt: closedAt, expiresAt: closedAt + 600_000_000 }
    result.instructions.push({ ...ids, ...route, ...accounts, ...amounts, ...collateral, ...times })
    for (const state of ['PROPOSED', 'RESERVED', 'PERSISTED', 'SENT'] as const) {
      const ordinal = result.instructionEvents.length
      const step = { instructionId, groupId, cycle, ordinal, eventTime: closedAt, reasonCode: '' }
      result.instructionEvents.push({ ...step, state, executionId: NO_ID })
    }
    const held = { subjectKind: 'ACCOUNT' as const, subjectId: `${groupId}-A`, amountMinor, ordinal: 9 }
    result.reservations.push({ instructionId, groupId, cycle, ...held, state: 'PENDING' })
    const sent = this.#sent.get(groupId) ?? []
    sent.push({ id: instructionId, account: accounts.sourceAccountId, amountMinor })
    this.#sent.set(groupId, sent)
  }
}

/** The bank of this day rejects a fifth of what it is sent, by the last byte of the id. */
function isRejected(instructionId: Uint8Array): boolean {
  return instructionId[15]! % 5 === 0
}

/** Id of a movement of the day. */
export function movementId(groupId: string, cycle: number, index: number): Uint8Array {
  return derivedId('movement', groupId, cycle, index)
}

function quote(draw: number): object {
  const spreads = { halfSpread1Bp: 0.2, halfSpread2Bp: 0.5, halfSpread3Bp: 2 }
  const depths = { depth1Minor: 5_000_000_000, depth2Minor: 20_000_000_000 }
  return {
    groupId: '*',
    instrument: 'EUR/USD',
    kind: 'FX_SPOT',
    mid: 1.08 + draw / 100,
    ...spreads,
    ...depths,
  }
}

/** Makes a day and a reader of it. Equal options give equal entries. */
export function makeSyntheticDay(options: DayOptions): SyntheticDay {
  const bodies = new DayWriter(options).write()
  const entries = bodies.map(withBuffers).map((body, sequence) => ({ sequence, body, decode: () => body }))
  return { entries, read: readerOf(entries) }
}

/** A journal in memory; batches of eight, so that ranges end inside a batch. */
function readerOf(entries: SyntheticDay['entries']): ReadJournal {
  return async function* read(from, until): AsyncGenerator<readonly JournalEntryReader[]> {
    const end = Math.min(until, entries.length)
    for (let start = from.sequence; start < end; start += 8) {
      yield entries.slice(start, Math.min(start + 8, end))
    }
  }
}
