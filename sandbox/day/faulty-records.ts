/**
 * Records that cannot be used, one of each kind that has to end as a dead letter, from a gateway that is known for it.
 * Pure; depends on avsc to make bytes of the one that cannot be decoded.
 */
import avro from 'avsc'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type { CashMovement } from '../../schemas/generated/types.js'
import type { Random } from '../random.js'
import { daysOf } from './calendars.js'

/** What is wrong with the record; the dead letter's reason says the same in the agent's words. */
export type Fault =
  | 'unknown account'
  | 'wrong currency'
  | 'unknown group'
  | 'account of another group'
  | 'amount too large'
  | 'holiday value date'
  | 'value date outside the calendar'
  | 'undecodable'

export interface FaultyRecord {
  readonly fault: Fault
  readonly record: CashMovement | EncodedRecord
}

const HOUR_MICROS = 3_600_000_000

/** Zigzag of 42; the enum has five symbols. */
const UNKNOWN_KIND = 84

/** A record given as the bytes to write, so that it can be one that no reader can decode. */
export class EncodedRecord {
  constructor(readonly bytes: Buffer) {}
}

/** Faulty movements in the order of their event times, each fault twice. */
export function faultyRecords(random: Random, day: number): FaultyRecord[] {
  const good: CashMovement = {
    movementId: Buffer.alloc(16),
    groupId: 'europe',
    sourceId: 'faulty-gateway',
    sourceSequence: -1,
    eventTime: 0,
    accountId: 'DE-PAYMENTS',
    currency: 'EUR',
    amountMinor: -125_000_00,
    valueDate: day,
    kind: 'OTHER',
    expectedFlowId: Buffer.alloc(16),
    counterpartyId: '',
  }
  const faults: [Fault, Partial<CashMovement>][] = [
    ['unknown account', { accountId: 'DE-PAYMENT' }],
    ['wrong currency', { currency: 'USD' }],
    ['unknown group', { groupId: 'antarctica' }],
    ['account of another group', { accountId: 'US-PAYMENTS', currency: 'USD' }],
    ['amount too large', { amountMinor: 2 ** 52 }],
    ['holiday value date', { valueDate: daysOf('2026-05-01') }],
    ['value date outside the calendar', { valueDate: daysOf('2031-01-15') }],
  ]
  const records: FaultyRecord[] = [...faults, ...faults].map(([fault, change], index) => {
    const eventTime = (day * 24 + 7 + index) * HOUR_MICROS + random.integer(0, HOUR_MICROS - 1)
    return { fault, record: { ...good, ...change, movementId: random.uuid(), eventTime } }
  })
  const eventTime = (day * 24 + 22) * HOUR_MICROS
  records.push({
    fault: 'undecodable',
    record: undecodable({ ...good, movementId: random.uuid(), eventTime }),
  })
  return records
}

/** The record with a payment kind that its enum does not have: a reader can skip it, but not decode it. */
function undecodable(record: CashMovement): EncodedRecord {
  const type = avro.Type.forSchema(JSON.parse(SCHEMA_JSON['cash-movement']) as avro.Schema)
  const bytes = type.toBuffer({ ...record, kind: 'CUSTOMER_PAYMENT' })
  const other = type.toBuffer({ ...record, kind: 'INTERBANK_PAYMENT' })
  const kindAt = bytes.findIndex((byte, index) => byte !== other[index])
  bytes[kindAt] = UNKNOWN_KIND
  return new EncodedRecord(bytes)
}
