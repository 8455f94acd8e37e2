/**
 * Records that cannot be used, one of each kind that has to end as a dead letter, from a gateway that is known for it.
 * Pure.
 */
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

interface FaultyRecord {
  readonly fault: Fault
  readonly record: CashMovement
}

const HOUR_MICROS = 3_600_000_000

/** Faulty movements in the order of their event times, each fault twice. */
export function faultyRecords(random: Random, day: number): FaultyRecord[] {
  const good: CashMovement = {
    movementId: new Uint8Array(16),
    groupId: 'europe',
    sourceId: 'faulty-gateway',
    sourceSequence: -1,
    eventTime: 0,
    accountId: 'DE-PAYMENTS',
    currency: 'EUR',
    amountMinor: -125_000_00,
    valueDate: day,
    kind: 'OTHER',
    expectedFlowId: new Uint8Array(16),
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
  return [...faults, ...faults].map(([fault, change], index) => {
    const eventTime = (day * 24 + 7 + index) * HOUR_MICROS + random.integer(0, HOUR_MICROS - 1)
    return { fault, record: { ...good, ...change, movementId: random.uuid(), eventTime } }
  })
}
