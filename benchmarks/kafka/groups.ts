/**
 * The liquidity groups of the Kafka benchmarks as records of the source topics, in the wire format without a registry.
 *
 * Each is the small group of the tests, alive today and all day: rails never close, and limits of a day do not end a run that
 * moves in a minute what a treasury moves in a year. Depends on the Avro layer and the tests' small group.
 */
import { EXACT_LIMIT } from '../../pipeline/ports.js'
import { partitionOf, type TopicStream, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { fixedIdOf } from '../../pipeline/runtime/registry/stream-schemas.js'
import { dayOf } from '../../sandbox/live-feed/live-feed.js'
import { quoteDraft } from '../../sandbox/simulator/feed/material.js'
import { frameRecord } from '../../schemas/avro/wire-format.js'
import type { InputStream } from '../../schemas/generated/schemas.js'
import { account, encode, GROUP, id, opening, POLICY_TEXT, rail } from '../../tests/support/small-group.js'

export interface SourceRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer
  readonly value: Buffer
}

export const OPENINGS = { OPERATING: 600_000_000_00, PAYROLL: 2_000_000_00, DOLLARS: 1_000_000_00 }
/** Of the policy: PAYROLL is refilled to its target once it falls below this. */
export const PAYROLL_BAND_MINOR = 1_600_000_00

/** Wide enough that what piles up while a machine stalls is one refill: else a run would collapse where it should only be slow. */
const POLICY = POLICY_TEXT.replace('perDay: 100000000', 'perDay: 30000000000000')
  .replace('perCycle: 15000000', 'perCycle: 1000000000')
  .replace('maximumInstruction: 10000000', 'maximumInstruction: 1000000000')
  .replace(
    'floor: 1000000, target: 5000000, ceiling: 20000000',
    'floor: 1000000, target: 500000000, ceiling: 2000000000',
  )
const TICKET_MINOR = 1_000_000_000_00
const BANKS = [
  ['OPERATING', 'BANK-A', 'EUR'],
  ['PAYROLL', 'BANK-B', 'EUR'],
  ['DOLLARS', 'BANK-A', 'USD'],
] as const

/** Names of groups, spread evenly over the partitions. */
export function groupNames(count: number, partitions: number): readonly string[] {
  const names: string[] = []
  for (let candidate = 0; names.length < count; candidate++) {
    const name = `desk-${candidate}`
    if (partitionOf(name, partitions) === names.length % partitions) names.push(name)
  }
  return names
}

export function wallMicros(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000)
}

/** Where payments are. */
export function sourceTopicOf({ topicPrefix }: KafkaSettings): string {
  return topicOf(topicPrefix, 'cash-movement')
}

/** Makes records of one topic prefix. */
export class RecordMaker {
  readonly #prefix: string
  readonly #partitions: number
  readonly #sequences = new Map<string, number>()

  constructor(prefix: string, partitions: number) {
    this.#prefix = prefix
    this.#partitions = partitions
  }

  /** Header fields that are not given are filled in; `key` names the record where the topic is compacted. */
  record(stream: InputStream, groupId: string, fields: object, key?: string): SourceRecord {
    const sourceId = (fields as { sourceId?: string }).sourceId ?? `feed-${groupId}-${stream}`
    const sourceSequence = this.#sequences.get(sourceId) ?? 0
    this.#sequences.set(sourceId, sourceSequence + 1)
    const header = { groupId, sourceId, sourceSequence, eventTime: wallMicros() }
    const value = encode(stream, { ...header, ...fields })
    return {
      topic: topicOf(this.#prefix, stream as TopicStream),
      partition: partitionOf(groupId, this.#partitions),
      key: Buffer.from(key === undefined ? groupId : `${groupId}/${key}`),
      value: frameRecord(fixedIdOf(stream as TopicStream), value),
    }
  }

  /** Everything that a group needs before its first payment. */
  reference(groupId: string): readonly SourceRecord[] {
    const today = dayOf(wallMicros())
    const records: SourceRecord[] = []
    const add = (stream: InputStream, key: string | undefined, fields: object): void => {
      records.push(this.record(stream, groupId, fields, key))
    }
    add('calendar', 'TARGET', calendar(today))
    for (const [name, bank, currency] of BANKS)
      add('account', name, { ...account(name, bank, currency), feedId: feedOf(groupId) })
    const allDay = {
      openSeconds: 0,
      cutoffSeconds: 86_399,
      dailyLimitMinor: EXACT_LIMIT - 1,
      settlementDelaySeconds: 5,
      maximumTicketMinor: TICKET_MINOR,
    }
    add('rail', 'OPERATING-PAYROLL', rail('OPERATING-PAYROLL', 'OPERATING', 'PAYROLL', allDay))
    add('rail', 'PAYROLL-OPERATING', rail('PAYROLL-OPERATING', 'PAYROLL', 'OPERATING', allDay))
    add('policy', 'small', {
      policyId: `policy-${groupId}`,
      version: 1,
      document: POLICY.replace(`group: ${GROUP}`, `group: ${groupId}`),
    })
    add('quote', undefined, quoteDraft('EUR/USD', 'FX_SPOT', 1.1).fields)
    add('quote', undefined, quoteDraft('RATE:EUR', 'BASE_RATE', 0.02).fields)
    for (const [name, booked] of Object.entries(OPENINGS))
      add('balance-report', undefined, opening(name, booked))
    return records
  }
}

export const feedOf = (groupId: string): string => `feed-${groupId}-cash-movement`

/** A payment of some hundred bytes. */
export function payment(name: string, accountId: string, amountMinor: number, today: number): object {
  return {
    movementId: id(name),
    accountId,
    currency: 'EUR',
    amountMinor,
    valueDate: today,
    kind: 'CUSTOMER_PAYMENT',
    expectedFlowId: NO_EXPECTATION,
    counterpartyId: COUNTERPARTY,
  }
}

const NO_EXPECTATION = new Uint8Array(16)
const COUNTERPARTY = 'COUNTERPARTY-FRANKFURT-0017'

function calendar(today: number): object {
  return {
    calendarId: 'TARGET',
    timeZone: 'Etc/UTC',
    validFrom: today - 10,
    validUntil: today + 10,
    weekendDays: [],
    holidays: [],
    offsets: [{ fromTime: 0, offsetSeconds: 0 }],
  }
}
