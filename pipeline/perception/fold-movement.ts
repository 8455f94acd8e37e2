/**
 * Folds cash movements: by far the most frequent input, so their facts stay in columns and nothing is made for one.
 *
 * What is kept between movements follows from the state: names of what they touch, and the last answer of a calendar.
 * Depends on the state and the columns only.
 */
import type { Calendar } from '../../schemas/generated/types.js'
import { isBusinessDay } from './calendar.js'
import { accountFor, book, fulfil } from './fold-money.js'
import type { InputColumns } from './input-columns.js'
import { exactInteger, Refusal } from './outcome.js'
import type { AccountState, GroupState } from './state.js'

export class MovementFold {
  /** `account:ID` by id, of accounts that were moved: made anew for each movement it would be the only garbage. */
  readonly #subjects = new Map<string, string>()
  #calendar: Calendar | undefined
  #date = -1
  #isBusinessDay = false

  /** Checks, then books; gives what was touched. */
  fold(state: GroupState, columns: InputColumns, row: number): string {
    const accountId = columns.accountId[row]!
    const amountMinor = columns.amountMinor[row]!
    const account = accountFor(state, columns.groupId[row]!, accountId, columns.currency[row]!)
    this.#check(state, account, amountMinor, columns.valueDate[row]!)
    book(account, amountMinor, columns.eventTimeMicros[row]!)
    account.unmanagedMinor += amountMinor
    const flow = columns.expectedFlow[row]
    if (flow !== undefined) fulfil(state, flow)
    return this.#subjectOf(accountId)
  }

  #check(state: GroupState, account: AccountState, amountMinor: number, valueDate: number): void {
    exactInteger(amountMinor, 'amountMinor')
    exactInteger(account.settledMinor + amountMinor, 'the balance after the movement')
    exactInteger(account.unmanagedMinor + amountMinor, 'the balance after the movement')
    const { calendarId } = account.reference
    const calendar = state.calendars.get(calendarId)
    if (calendar === undefined || !this.#settlesOn(calendar, valueDate)) {
      throw new Refusal(
        'date-outside-calendar',
        `value date ${isoDate(valueDate)} is no business day of calendar ${calendarId}`,
      )
    }
  }

  /** Nearly all movements of a cycle have the same date: the last answer is kept. */
  #settlesOn(calendar: Calendar, date: number): boolean {
    // A changed calendar is another object.
    if (calendar !== this.#calendar || date !== this.#date) {
      this.#calendar = calendar
      this.#date = date
      this.#isBusinessDay = isBusinessDay(calendar, date)
    }
    return this.#isBusinessDay
  }

  #subjectOf(accountId: string): string {
    let subject = this.#subjects.get(accountId)
    if (subject === undefined) {
      subject = `account:${accountId}`
      this.#subjects.set(accountId, subject)
    }
    return subject
  }
}

/** `2026-03-18` for days since 1970-01-01; the number itself when it is no date. */
function isoDate(days: number): string {
  const date = new Date(days * 86_400_000)
  return Number.isNaN(date.getTime()) ? `day ${days}` : date.toISOString().slice(0, 10)
}
