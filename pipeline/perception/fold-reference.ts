/**
 * Folds reference data. The latest record of an id replaces earlier ones; what Weir keeps
 * itself (balances, outstanding amounts, usage) survives the replacement. Depends on the state.
 */
import type {
  Account,
  Calendar,
  Counterparty,
  Facility,
  Rail,
  RegulatoryConstraint,
} from '../../schemas/generated/types.js'
import { printable } from '../governance/printable.js'
import { exactInteger, refuseUnless } from './outcome.js'
import { type AccountState, exponentOf, type GroupState, STATE_LIMITS } from './state.js'

/** Longest id of reference data, characters. */
const ID_LENGTH = 128

const CURRENCY = /^[A-Z]{3}$/

function needId(id: string, what: string): void {
  need(id !== '' && id.length <= ID_LENGTH, `${what} has the id "${printable(id, ID_LENGTH)}"`)
}

function put<V>(map: Map<string, V>, id: string, value: V, what: string): void {
  needId(id, what)
  const limit = STATE_LIMITS.references
  refuseUnless(map.has(id) || map.size < limit, 'state-limit', `more than ${limit} records: ${what}`)
  map.set(id, value)
}

function need(condition: boolean, detail: string): asserts condition {
  refuseUnless(condition, 'invalid-reference', detail)
}

export function foldAccount(state: GroupState, account: Account): string {
  need(CURRENCY.test(account.currency), `account ${account.accountId} has the currency "${account.currency}"`)
  need(account.currencyExponent >= 0 && account.currencyExponent <= 4, `exponent ${account.currencyExponent}`)
  exactInteger(account.intradayLineMinor, 'intradayLineMinor')
  need(account.intradayLineMinor >= 0, `intraday line ${account.intradayLineMinor}`)
  const held = state.accounts.get(account.accountId)
  if (held !== undefined) {
    need(
      held.reference.currency === account.currency,
      `account ${account.accountId} cannot change its currency`,
    )
    const sameExponent = held.reference.currencyExponent === account.currencyExponent
    need(sameExponent, `account ${account.accountId} cannot change the exponent of its currency`)
    held.reference = account
    return `account:${account.accountId}`
  }
  // Sums and prices are by currency: one unit of it must mean the same on every account.
  const exponent = exponentOf(state, account.currency) ?? account.currencyExponent
  need(
    account.currencyExponent === exponent,
    `account ${account.accountId} has ${account.currencyExponent} decimals, other ${account.currency} accounts ${exponent}`,
  )
  const fresh = {
    reference: account,
    settledMinor: 0,
    unmanagedMinor: 0,
    reservedMinor: 0,
    incomingMinor: 0,
    openingMinor: 0,
    opened: false,
    balanceAtMicros: -1,
    reportedAtMicros: -1,
    breakMinor: 0,
    comparedAtMicros: -1,
  }
  put(state.accounts, account.accountId, fresh, 'account')
  return `account:${account.accountId}`
}

export function foldFacility(state: GroupState, facility: Facility): string {
  const id = facility.facilityId
  exactInteger(facility.limitMinor, 'limitMinor')
  exactInteger(facility.outstandingMinor, 'outstandingMinor')
  exactInteger(facility.minimumDrawMinor, 'minimumDrawMinor')
  exactInteger(facility.roundingMinor, 'roundingMinor')
  need(facility.roundingMinor >= 1, `facility ${id} rounds to ${facility.roundingMinor}`)
  need(facility.outstandingMinor >= 0 && facility.limitMinor >= 0, `facility ${id} has a negative amount`)
  // Also refuses NaN, which is a valid double on the wire.
  for (const price of [facility.drawnMarginBp, facility.commitmentFeeBp])
    need(Math.abs(price) <= 10_000, `facility ${id} has a price of ${price} bp; it must be within 10,000`)
  need(
    facility.settlementDelaySeconds >= 0,
    `facility ${id} settles after ${facility.settlementDelaySeconds} s`,
  )
  need(facility.acceptedLevels.length <= 4, `facility ${id} accepts ${facility.acceptedLevels.length} levels`)
  const account = state.accounts.get(facility.accountId)
  need(account !== undefined, `facility ${id} pays to the unknown account ${facility.accountId}`)
  need(account.reference.currency === facility.currency, `facility ${id} is not in its account's currency`)
  const held = state.facilities.get(id)
  if (held !== undefined) {
    held.reference = facility
    return `facility:${id}`
  }
  const outstandingMinor = facility.outstandingMinor
  const fresh = {
    reference: facility,
    outstandingMinor,
    unmanagedOutstandingMinor: outstandingMinor,
    reservedDrawMinor: 0,
    reservedRepayMinor: 0,
    toldShort: false,
  }
  put(state.facilities, id, fresh, 'facility')
  return `facility:${id}`
}

export function foldRail(state: GroupState, rail: Rail): string {
  const id = rail.railId
  for (const amount of [
    rail.feeMinor,
    rail.minimumTicketMinor,
    rail.maximumTicketMinor,
    rail.dailyLimitMinor,
  ]) {
    exactInteger(amount, `amount of rail ${id}`)
    need(amount >= 0, `rail ${id} has a negative amount`)
  }
  exactInteger(rail.roundingMinor, 'roundingMinor')
  need(rail.settlementDelaySeconds >= 0, `rail ${id} settles after ${rail.settlementDelaySeconds} s`)
  need(rail.roundingMinor >= 1, `rail ${id} rounds to ${rail.roundingMinor}`)
  need(rail.feeBp >= 0 && rail.feeBp <= 10_000, `rail ${id} has a fee of ${rail.feeBp} bp`)
  const source = state.accounts.get(rail.sourceAccountId)
  const destination = state.accounts.get(rail.destinationAccountId)
  need(source !== undefined && destination !== undefined, `rail ${id} joins an account that is not known`)
  need(source !== destination, `rail ${id} leads back to its own account`)
  const sameCurrency = source.reference.currency === destination.reference.currency
  need(
    sameCurrency === (rail.kind === 'TRANSFER'),
    `rail ${id} is ${rail.kind}, its accounts' currencies disagree`,
  )
  if (rail.kind === 'FX') needPairOf(rail, source, destination)
  const held = state.rails.get(id)
  if (held !== undefined) held.reference = rail
  else put(state.rails, id, { reference: rail, usedDate: -1, usedMinor: 0 }, 'rail')
  return `rail:${id}`
}

/** Either way round: the quote of the accounts' own pair. Any other would price the one currency as the other. */
function needPairOf(rail: Rail, source: AccountState, destination: AccountState): void {
  const { currency: sold } = source.reference
  const { currency: bought } = destination.reference
  need(
    rail.instrument === `${sold}/${bought}` || rail.instrument === `${bought}/${sold}`,
    `rail ${rail.railId} sells ${sold} for ${bought}; "${rail.instrument}" is no quote of that pair`,
  )
}

export function foldCalendar(state: GroupState, calendar: Calendar): string {
  need(
    calendar.offsets.length >= 1 && calendar.offsets.length <= 1_000,
    `calendar ${calendar.calendarId}: offsets`,
  )
  for (let i = 1; i < calendar.offsets.length; i++) {
    const ascending = calendar.offsets[i]!.fromTime > calendar.offsets[i - 1]!.fromTime
    need(ascending, `calendar ${calendar.calendarId}: offsets must ascend`)
  }
  const covered = calendar.offsets[0]!.fromTime <= calendar.validFrom * 86_400_000_000
  need(covered, `calendar ${calendar.calendarId}: the first offset begins after validFrom`)
  const bounded = calendar.weekendDays.length <= 7 && calendar.holidays.length <= 10_000
  need(bounded, `calendar ${calendar.calendarId}: more than 7 weekend days or 10,000 holidays`)
  put(state.calendars, calendar.calendarId, calendar, 'calendar')
  return `calendar:${calendar.calendarId}`
}

export function foldCounterparty(state: GroupState, counterparty: Counterparty): string {
  put(state.counterparties, counterparty.counterpartyId, counterparty, 'counterparty')
  return `counterparty:${counterparty.counterpartyId}`
}

/** A floor is used as it is, so it must be in its account's currency; a concentration is valued like the balances it limits. */
export function foldConstraint(state: GroupState, constraint: RegulatoryConstraint): string {
  const { constraintId, subjectId, currency, limitMinor } = constraint
  if (!constraint.active) {
    state.constraints.delete(constraintId)
    return `constraint:${constraintId}`
  }
  exactInteger(limitMinor, 'limitMinor')
  need(limitMinor >= 0, `constraint ${constraintId} has the negative limit ${limitMinor}`)
  need(subjectId !== '', `constraint ${constraintId} is about nothing`)
  need(CURRENCY.test(currency), `constraint ${constraintId} has the currency "${currency}"`)
  if (constraint.kind === 'MINIMUM_BALANCE') {
    const account = state.accounts.get(subjectId)
    need(account !== undefined, `constraint ${constraintId} is about the unknown account ${subjectId}`)
    const kept = account.reference.currency
    need(currency === kept, `constraint ${constraintId} is in ${currency}, account ${subjectId} in ${kept}`)
  }
  put(state.constraints, constraintId, constraint, 'constraint')
  return `constraint:${constraintId}`
}
