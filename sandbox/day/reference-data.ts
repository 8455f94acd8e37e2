/**
 * Reference data of a group as records: accounts, rails, facilities, constraints, counterparties.
 *
 * Fees are assumptions in the range of DOMAIN section 3.2. A book transfer inside one bank is cheap and possible
 * nearly around the clock; between banks it needs the payment system. Pure.
 */
import type {
  Account,
  Calendar,
  Counterparty,
  Facility,
  Rail,
  RegulatoryConstraint,
} from '../../schemas/generated/types.js'
import { utcOfLocal } from './calendars.js'
import { feedOf } from './delivery.js'
import type { AccountPlan, FacilityPlan, GroupPlan } from './group-plan.js'
import { BANKS } from './groups/all.js'
import { minorOf, minorPerMajor, secondsOfDay, systemOf } from './payment-systems.js'

/** The venue that every rail and facility of the simulated day leads to. */
export const SIMULATED_VENUE = 'simulated-bank'

const SOURCE = 'reference-data'

/** Major units of a usual rounding step: yen tickets are some hundred times larger in number. */
function roundingMajor(currency: string): number {
  return minorPerMajor(currency) === 1 ? 1_000_000 : 10_000
}

/** Tickets go from one to a hundred million euros or the like. */
const MINIMUM_TICKET_STEPS = 100
const MAXIMUM_TICKET_STEPS = 10_000
const DAILY_LIMIT_STEPS = 100_000

export function counterpartyRecords(eventTime: number): Counterparty[] {
  return Object.entries(BANKS).map(([counterpartyId, name]) => ({
    groupId: '*',
    sourceId: SOURCE,
    sourceSequence: -1,
    eventTime,
    counterpartyId,
    name,
    lei: '',
  }))
}

export function accountRecords(plan: GroupPlan, eventTime: number): Account[] {
  return plan.accounts.map((account) => ({
    groupId: plan.groupId,
    sourceId: SOURCE,
    sourceSequence: -1,
    eventTime,
    accountId: account.accountId,
    name: account.name,
    entityId: account.entityId,
    bankId: account.bankId,
    currency: account.currency,
    currencyExponent: systemOf(account.currency).exponent,
    feedId: feedOf(plan.groupId, account.bankId),
    calendarId: systemOf(account.currency).calendarId,
    intradayLineMinor: minorOf(account.intradayLineMajor ?? 0, account.currency),
    controllable: account.observedOnly !== true,
  }))
}

export function facilityRecords(plan: GroupPlan, eventTime: number): Facility[] {
  const accounts = accountsById(plan)
  return plan.facilities.map((facility) => facilityRecord(plan.groupId, facility, accounts, eventTime))
}

function facilityRecord(
  groupId: string,
  facility: FacilityPlan,
  accounts: ReadonlyMap<string, AccountPlan>,
  eventTime: number,
): Facility {
  const { currency } = planned(accounts, facility.accountId)
  return {
    groupId,
    sourceId: SOURCE,
    sourceSequence: -1,
    eventTime,
    facilityId: facility.facilityId,
    name: facility.name,
    lenderId: facility.lenderId,
    accountId: facility.accountId,
    currency,
    limitMinor: minorOf(facility.limitMajor, currency),
    outstandingMinor: minorOf(facility.outstandingMajor, currency),
    drawnMarginBp: facility.drawnMarginBp,
    commitmentFeeBp: facility.commitmentFeeBp,
    minimumDrawMinor: minorOf(facility.minimumDrawMajor, currency),
    roundingMinor: minorOf(roundingMajor(currency) * 10, currency),
    calendarId: systemOf(currency).calendarId,
    openSeconds: secondsOfDay(facility.open),
    cutoffSeconds: secondsOfDay(facility.cutoff),
    settlementDelaySeconds: 360,
    venueId: SIMULATED_VENUE,
    secured: false,
    acceptedLevels: [],
  }
}

/**
 * One rail in each direction of every transfer and FX pair.
 *
 * @param calendars by `calendarId`
 * @param day the simulated day; the common window of two currencies is that of this day
 */
export function railRecords(
  plan: GroupPlan,
  calendars: ReadonlyMap<string, Calendar>,
  day: number,
  eventTime: number,
): Rail[] {
  const accounts = accountsById(plan)
  const rails: Rail[] = []
  for (const { between } of plan.transfers) {
    const [a, b] = between.map((id) => planned(accounts, id))
    for (const [source, destination] of [
      [a, b],
      [b, a],
    ]) {
      rails.push({ ...railBase(plan, source, destination, eventTime), ...transferTerms(source, destination) })
    }
  }
  for (const { between, instrument } of plan.fx) {
    const [a, b] = between.map((id) => planned(accounts, id))
    const window = commonWindow(a.currency, b.currency, calendars, day)
    for (const [source, destination] of [
      [a, b],
      [b, a],
    ]) {
      const base = railBase(plan, source, destination, eventTime)
      rails.push({
        ...base,
        kind: 'FX',
        instrument,
        feeMinor: 0,
        feeBp: 0,
        ...window,
        settlementDelaySeconds: 120,
      })
    }
  }
  return rails
}

type RailTerms =
  | 'kind'
  | 'instrument'
  | 'feeMinor'
  | 'feeBp'
  | 'calendarId'
  | 'openSeconds'
  | 'cutoffSeconds'
  | 'settlementDelaySeconds'

function railBase(
  plan: GroupPlan,
  source: AccountPlan,
  destination: AccountPlan,
  eventTime: number,
): Omit<Rail, RailTerms> {
  const step = minorOf(roundingMajor(source.currency), source.currency)
  return {
    groupId: plan.groupId,
    sourceId: SOURCE,
    sourceSequence: -1,
    eventTime,
    railId: `${source.accountId}>${destination.accountId}`,
    sourceAccountId: source.accountId,
    destinationAccountId: destination.accountId,
    minimumTicketMinor: step * MINIMUM_TICKET_STEPS,
    maximumTicketMinor: step * MAXIMUM_TICKET_STEPS,
    dailyLimitMinor: step * DAILY_LIMIT_STEPS,
    roundingMinor: step,
    venueId: SIMULATED_VENUE,
  }
}

function transferTerms(source: AccountPlan, destination: AccountPlan): Pick<Rail, RailTerms> {
  const { currency } = source
  const system = systemOf(currency)
  const sameBank = source.bankId === destination.bankId
  // Fees in major units: half a euro inside a bank, eight through the payment system; a hundred times that in yen.
  const feeMajor = (sameBank ? 0.5 : 8) * (minorPerMajor(currency) === 1 ? 100 : 1)
  return {
    kind: 'TRANSFER',
    instrument: '',
    feeMinor: minorOf(feeMajor, currency),
    feeBp: sameBank ? 0 : 0.02,
    calendarId: system.calendarId,
    openSeconds: secondsOfDay(sameBank ? '00:05' : system.open),
    cutoffSeconds: secondsOfDay(sameBank ? '22:30' : system.cutoff),
    settlementDelaySeconds: sameBank ? 30 : 60,
  }
}

/** The hours in which both systems are open, in the calendar of the one that closes first. */
function commonWindow(
  first: string,
  second: string,
  calendars: ReadonlyMap<string, Calendar>,
  day: number,
): Pick<Rail, 'calendarId' | 'openSeconds' | 'cutoffSeconds'> {
  const [early, late] = [first, second]
    .map((currency) => {
      const system = systemOf(currency)
      const calendar = calendars.get(system.calendarId)!
      const utc = (time: string) => utcOfLocal(calendar, day, secondsOfDay(time))
      return { calendar, opens: utc(system.open), closes: utc(system.cutoff) }
    })
    .sort((a, b) => a.closes - b.closes)
  const midnight = utcOfLocal(early.calendar, day, 0)
  return {
    calendarId: early.calendar.calendarId,
    openSeconds: (Math.max(early.opens, late.opens) - midnight) / 1e6,
    cutoffSeconds: (early.closes - midnight) / 1e6,
  }
}

export function constraintRecords(plan: GroupPlan, eventTime: number): RegulatoryConstraint[] {
  return plan.constraints.map(({ constraintId, kind, subjectId, currency, limitMajor }) => ({
    groupId: plan.groupId,
    sourceId: SOURCE,
    sourceSequence: -1,
    eventTime,
    constraintId,
    kind,
    subjectId,
    currency,
    limitMinor: minorOf(limitMajor, currency),
    active: true,
  }))
}

function accountsById(plan: GroupPlan): Map<string, AccountPlan> {
  return new Map(plan.accounts.map((account) => [account.accountId, account]))
}

function planned(accounts: ReadonlyMap<string, AccountPlan>, accountId: string): AccountPlan {
  const account = accounts.get(accountId)
  if (account === undefined) throw new RangeError(`the plan has no account ${accountId}`)
  return account
}
