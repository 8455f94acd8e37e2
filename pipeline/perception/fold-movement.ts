/**
 * Folds cash movements: by far the most frequent input, so their facts stay in columns and nothing is made for one.
 *
 * What is kept between movements follows from accounts and calendars, and is forgotten when one of them comes.
 * Depends on the state and the columns only.
 */
import type { Calendar } from '../../schemas/generated/types.js'
import { isBusinessDay } from './calendar.js'
import { accountFor, book, fulfil } from './fold-money.js'
import type { InputColumns } from './input-columns.js'
import { exactInteger, Refusal } from './outcome.js'
import type { AccountState, GroupState } from './state.js'

/** An account as movements see it. */
interface Target {
  readonly account: AccountState
  /** Undefined when there is no such calendar. */
  readonly calendar: Calendar | undefined
  /** `account:ID`: made anew for each movement it would be the only garbage. */
  readonly subject: string
  /** The last value date that was asked for, and whether payments settle on it: nearly all of a cycle have the same. */
  date: number
  settles: boolean
}

export class MovementFold {
  readonly #targets = new Map<string, Target>()

  /** Checks, then books; gives what was touched. */
  fold(state: GroupState, columns: InputColumns, row: number): string {
    const target = this.#targetOf(state, columns, row)
    const { account } = target
    const amountMinor = columns.amountMinor[row]!
    exactInteger(amountMinor, 'amountMinor')
    exactInteger(account.settledMinor + amountMinor, 'the balance after the movement')
    exactInteger(account.unmanagedMinor + amountMinor, 'the balance after the movement')
    checkDate(target, columns.valueDate[row]!)
    book(account, amountMinor, columns.eventTimeMicros[row]!)
    account.unmanagedMinor += amountMinor
    const flow = columns.expectedFlow[row]
    if (flow !== undefined) fulfil(state, flow)
    return target.subject
  }

  /** Must be called when accounts or calendars may have changed. */
  forget(): void {
    this.#targets.clear()
  }

  #targetOf(state: GroupState, columns: InputColumns, row: number): Target {
    const accountId = columns.accountId[row]!
    const groupId = columns.groupId[row]!
    const currency = columns.currency[row]!
    const known = this.#targets.get(accountId)
    if (known !== undefined && groupId === state.groupId && currency === known.account.reference.currency)
      return known
    const account = accountFor(state, groupId, accountId, currency)
    const calendar = state.calendars.get(account.reference.calendarId)
    const target = { account, calendar, subject: `account:${accountId}`, date: Number.NaN, settles: false }
    this.#targets.set(accountId, target)
    return target
  }
}

function checkDate(target: Target, date: number): void {
  const { calendar, account } = target
  if (date !== target.date) {
    target.date = date
    target.settles = calendar !== undefined && isBusinessDay(calendar, date)
  }
  if (target.settles) return
  throw new Refusal(
    'date-outside-calendar',
    `value date ${isoDate(date)} is no business day of calendar ${account.reference.calendarId}`,
  )
}

/** `2026-03-18` for days since 1970-01-01; the number itself when it is no date. */
function isoDate(days: number): string {
  const date = new Date(days * 86_400_000)
  return Number.isNaN(date.getTime()) ? `day ${days}` : date.toISOString().slice(0, 10)
}
