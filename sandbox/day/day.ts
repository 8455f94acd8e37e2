/**
 * The simulated day: every input stream of one business day, as a pure function of seed, date and scale.
 *
 * Each group and each part has its own random stream, so that a change in one leaves the rest of the day as it was.
 * `write-day.ts` makes Avro files of it. Depends on the plans in `groups/` and the generated record types.
 */
import { WeirError } from '../../pipeline/errors.js'
import { parsePolicy } from '../../pipeline/governance/policy.js'
import type { Calendar, ExpectedFlow, Policy as PolicyRecord } from '../../schemas/generated/types.js'
import { Random } from '../random.js'
import { balanceReports } from './balance-reports.js'
import { CALENDAR_YEAR, calendarRecords, daysOf, isBusinessDay } from './calendars.js'
import { deliver } from './delivery.js'
import { announce } from './expectations.js'
import { faultyRecords } from './faulty-records.js'
import { accountPayments, type DayFrame } from './flows.js'
import type { GroupPlan } from './group-plan.js'
import { GROUPS } from './groups/all.js'
import { systemOf } from './payment-systems.js'
import { quoteRecords } from './quotes.js'
import {
  accountRecords,
  constraintRecords,
  counterpartyRecords,
  facilityRecords,
  railRecords,
} from './reference-data.js'

const SECOND_MICROS = 1_000_000
const DAY_MICROS = 86_400 * SECOND_MICROS

/** Seconds after midnight UTC at which each part of the day begins: what others refer to comes first. */
const BEGINS = {
  policies: 0,
  calendars: 1,
  accounts: 2,
  channels: 3,
  openings: 6,
  quotes: 7,
  forecasts: 10,
  payments: 60,
}

export interface DayOptions {
  readonly seed: number
  /** ISO date; a business day of every calendar. */
  readonly date: string
  /** Multiplies the number of payments, not their sum; 1 gives about 83,000. */
  readonly scale?: number
  /** Policies that take effect at the start of the day: YAML text and the name shown in errors. */
  readonly policies: readonly { readonly text: string; readonly place: string }[]
}

/** Records of one file of a stream, in the order in which they arrive. */
export interface DayFile {
  readonly stream: string
  /** File name without its ending. */
  readonly name: string
  readonly records: readonly object[]
}

export interface Day {
  readonly seed: number
  readonly date: string
  readonly files: readonly DayFile[]
}

/**
 * Generates a day. Throws `WEIR_USAGE` for a date or scale that cannot be simulated and `WEIR_POLICY` for a policy
 * that cannot be read.
 */
export function generateDay({ seed, date, scale = 1, policies }: DayOptions): Day {
  if (!(scale > 0 && scale <= 100)) {
    throw new WeirError('WEIR_USAGE', `a scale of ${scale} cannot be simulated`, {
      place: '--scale',
      remedy: 'give a number above 0, at most 100',
    })
  }
  const midnight = daysOf(date) * DAY_MICROS
  const calendars = calendarRecords(midnight + BEGINS.calendars * SECOND_MICROS)
  const frame: DayFrame = {
    day: businessDay(date, calendars),
    bounds: [midnight + BEGINS.payments * SECOND_MICROS, midnight + DAY_MICROS - 60 * SECOND_MICROS],
    scale,
  }
  const files: DayFile[] = [
    { stream: 'policy', name: 'policies', records: policyRecords(policies, midnight) },
    { stream: 'calendar', name: 'reference', records: calendars },
    { stream: 'counterparty', name: 'reference', records: counterpartyRecords(calendars[0].eventTime) },
    {
      stream: 'quote',
      name: 'market',
      records: quoteRecords(seed, midnight + BEGINS.quotes * SECOND_MICROS, frame.bounds[1]),
    },
    { stream: 'cash-movement', name: 'faulty-gateway', records: faulty(seed, frame.day) },
  ]
  for (const plan of GROUPS) files.push(...groupFiles(seed, plan, calendars, frame, midnight))
  return { seed, date, files: files.filter(({ records }) => records.length > 0) }
}

function faulty(seed: number, day: number): object[] {
  return faultyRecords(new Random('faults', seed), day).map(({ record }) => record)
}

/** The files of one group. */
function groupFiles(
  seed: number,
  plan: GroupPlan,
  calendarList: readonly Calendar[],
  frame: DayFrame,
  midnight: number,
): DayFile[] {
  const calendars = new Map(calendarList.map((calendar) => [calendar.calendarId, calendar]))
  const at = (part: keyof typeof BEGINS) => midnight + BEGINS[part] * SECOND_MICROS
  const name = plan.groupId
  const payments = plan.accounts.flatMap((account) => {
    const system = systemOf(account.currency)
    const random = new Random('payments', seed, name, account.accountId)
    return accountPayments(random, account, system, calendars.get(system.calendarId)!, frame)
  })
  const expected = announce(new Random('forecasts', seed, name), plan, payments, frame.day, at('forecasts'))
  const flows: readonly ExpectedFlow[] = expected.flows.filter(
    ({ eventTime }) => eventTime <= frame.bounds[1],
  )
  const movements = deliver(
    new Random('delivery', seed, name),
    plan,
    expected.payments,
    calendars,
    frame.day,
    frame.bounds[1],
  )
  const reports = balanceReports(new Random('reports', seed, name), plan, payments, at('openings'), midnight)
  return [
    { stream: 'account', name, records: accountRecords(plan, at('accounts')) },
    { stream: 'facility', name, records: facilityRecords(plan, at('channels')) },
    { stream: 'rail', name, records: railRecords(plan, calendars, frame.day, at('channels')) },
    { stream: 'regulatory-constraint', name, records: constraintRecords(plan, at('channels')) },
    { stream: 'balance-report', name, records: reports },
    { stream: 'expected-flow', name, records: flows },
    { stream: 'cash-movement', name, records: movements },
  ]
}

/** Days since 1970-01-01, if every payment system is open. */
function businessDay(date: string, calendars: readonly Calendar[]): number {
  const refuse = (message: string): never => {
    throw new WeirError('WEIR_USAGE', message, {
      place: '--date',
      remedy: `give a business day of ${CALENDAR_YEAR}, such as ${CALENDAR_YEAR}-03-18`,
    })
  }
  const day = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date) ? daysOf(date) : Number.NaN
  if (!Number.isInteger(day) || new Date(day * 86_400_000).toISOString().slice(0, 10) !== date) {
    return refuse(`'${date.slice(0, 40)}' is not a date`)
  }
  if (!date.startsWith(`${CALENDAR_YEAR}-`)) return refuse(`${date} is outside the calendars`)
  const closed = calendars.find((calendar) => !isBusinessDay(calendar, day))
  if (closed !== undefined) return refuse(`${date} is not a business day of ${closed.calendarId}`)
  return day
}

function policyRecords(policies: DayOptions['policies'], eventTime: number): PolicyRecord[] {
  return policies.map(({ text, place }) => {
    const { groupId, policyId, version } = parsePolicy(text, place)
    return { groupId, sourceId: 'policies', sourceSequence: -1, eventTime, policyId, version, document: text }
  })
}
