/** The simulated day: same seed same day, records that fit together, and the facts it was built from. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { WeirError } from '../../pipeline/errors.js'
import { parsePolicy } from '../../pipeline/governance/policy.js'
import { isMinor } from '../../pipeline/money.js'
import type {
  Account,
  BalanceReport,
  Calendar,
  CashMovement,
  ExpectedFlow,
  Facility,
  Quote,
  Rail,
} from '../../schemas/generated/types.js'
import { log } from '../exact-functions.js'
import { isBusinessDay, offsetAt } from './calendars.js'
import { type Day, generateDay } from './day.js'
import { GROUPS } from './groups/all.js'

const folder = new URL('../../../policies/', import.meta.url)
const policies = readdirSync(folder)
  .filter((name) => name.endsWith('.yaml'))
  .sort()
  .map((name) => ({ text: readFileSync(new URL(name, folder), 'utf8'), place: name }))

const DATE = '2026-03-18'
const day = generateDay({ seed: 7, date: DATE, policies })

function records<T>(stream: string, from: Day = day): T[] {
  const files = from.files.filter((file) => file.stream === stream && file.name !== 'faulty-gateway')
  return files.flatMap((file) => file.records as T[])
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const movements = records<CashMovement>('cash-movement')
const accounts = records<Account>('account')
const distinct = [...new Map(movements.map((movement) => [hex(movement.movementId), movement])).values()]

/** Share of the outgoing value of a currency that settles before an hour of the UTC day. */
function shareBefore(currency: string, utcHour: number, from = distinct): number {
  let before = 0
  let total = 0
  for (const { currency: paid, amountMinor, eventTime } of from) {
    if (paid !== currency || amountMinor >= 0) continue
    total -= amountMinor
    if ((eventTime / 1e6) % 86_400 < utcHour * 3600) before -= amountMinor
  }
  return before / total
}

test('the same seed gives the same day, another seed another one, a part does not disturb the rest', () => {
  const small = (seed: number) => generateDay({ seed, date: DATE, scale: 0.02, policies })
  assert.deepEqual(small(7), small(7))
  assert.notDeepEqual(records('cash-movement', small(8)), records('cash-movement', small(7)))
  assert.deepEqual(records('quote', small(7)), records('quote'), 'quotes depend on the seed alone')
})

test('the day is as large as the demo needs', () => {
  const total = day.files.reduce((sum, file) => sum + file.records.length, 0)
  assert.ok(total >= 100_000 && total <= 150_000, `${total} records`)
  assert.equal(GROUPS.length, 4)
})

test('references between records hold', () => {
  const known = new Map(accounts.map((account) => [`${account.groupId}/${account.accountId}`, account]))
  const calendars = new Map(records<Calendar>('calendar').map((calendar) => [calendar.calendarId, calendar]))
  const instruments = new Set(records<Quote>('quote').map((quote) => quote.instrument))
  for (const rail of records<Rail>('rail')) {
    const source = known.get(`${rail.groupId}/${rail.sourceAccountId}`)
    const destination = known.get(`${rail.groupId}/${rail.destinationAccountId}`)
    assert.ok(source?.controllable && destination?.controllable, rail.railId)
    assert.equal(rail.kind === 'FX', source.currency !== destination.currency, rail.railId)
    if (rail.kind === 'FX') {
      assert.ok(instruments.has(rail.instrument))
      assert.deepEqual(rail.instrument.split('/').sort(), [source.currency, destination.currency].sort())
    }
    assert.ok(rail.openSeconds < rail.cutoffSeconds && calendars.has(rail.calendarId), rail.railId)
    assert.equal(rail.minimumTicketMinor % rail.roundingMinor, 0)
  }
  for (const facility of records<Facility>('facility')) {
    assert.equal(known.get(`${facility.groupId}/${facility.accountId}`)?.currency, facility.currency)
    assert.ok(facility.outstandingMinor <= facility.limitMinor)
  }
  for (const movement of movements) {
    const account = known.get(`${movement.groupId}/${movement.accountId}`)
    assert.ok(
      account !== undefined && account.currency === movement.currency && account.feedId === movement.sourceId,
    )
    assert.ok(isMinor(movement.amountMinor) && movement.amountMinor !== 0)
    assert.ok(isBusinessDay(calendars.get(account.calendarId)!, movement.valueDate))
  }
})

test('every managed account has a policy entry and an opening balance, and every policy account exists', () => {
  for (const { text, place } of policies) {
    const policy = parsePolicy(text, place)
    const managed = accounts.filter((account) => account.groupId === policy.groupId && account.controllable)
    assert.deepEqual(
      policy.accounts.map((account) => account.accountId).sort(),
      managed.map((account) => account.accountId).sort(),
    )
    const openings = records<BalanceReport>('balance-report').filter((report) => report.kind === 'OPENING')
    for (const { accountId } of managed) assert.ok(openings.some((report) => report.accountId === accountId))
  }
})

test('what others refer to comes first', () => {
  const first = (stream: string) =>
    Math.min(...records<{ eventTime: number }>(stream).map((one) => one.eventTime))
  const order = [
    'policy',
    'calendar',
    'account',
    'rail',
    'balance-report',
    'quote',
    'expected-flow',
    'cash-movement',
  ]
  for (let i = 1; i < order.length; i++)
    assert.ok(first(order[i - 1]) < first(order[i]), `${order[i]} is too early`)
})

test('feeds number their records without holes, with late ones, gaps that are filled, repetitions and an outage', () => {
  const feeds = new Map<string, number[]>()
  let latest = 0
  let outOfOrder = 0
  for (const { sourceId, sourceSequence, eventTime } of movements) {
    const numbers = feeds.get(sourceId) ?? []
    feeds.set(sourceId, numbers)
    numbers.push(sourceSequence)
    if (eventTime < latest - 60e6) outOfOrder++
    latest = Math.max(latest, eventTime)
    if (sourceSequence === 0) latest = 0
  }
  assert.ok(outOfOrder > movements.length * 0.01, `${outOfOrder} late records`)
  assert.ok(movements.length - distinct.length > 100, 'some records are sent twice')
  let overtaken = 0
  for (const [feed, numbers] of feeds) {
    const unique = new Set(numbers)
    assert.equal(Math.max(...numbers), unique.size - 1, `${feed} has numbers that never come`)
    for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[i - 1] + 1) overtaken++
  }
  assert.ok(overtaken >= feeds.size, 'each feed has a gap that is filled later')
})

test('the outage holds a feed back and delivers everything afterwards', () => {
  const europe = movements.filter((movement) => movement.groupId === 'europe')
  // A record arrives when the file's clock, the highest event time so far, has reached its place.
  let clock = 0
  let longestSilence = 0
  let lastArrival = 0
  for (const { sourceId, eventTime } of europe) {
    clock = Math.max(clock, eventTime)
    if (sourceId !== 'europe.SEINE') continue
    if (lastArrival > 0) longestSilence = Math.max(longestSilence, clock - lastArrival)
    lastArrival = clock
  }
  const minutes = longestSilence / 60e6
  assert.ok(minutes >= 40 && minutes <= 90, `silent for ${minutes} minutes`)
})

test('large payments are announced in time, by expectations that they name', () => {
  const flows = new Map<string, ExpectedFlow[]>()
  for (const flow of records<ExpectedFlow>('expected-flow')) {
    const id = hex(flow.expectedFlowId)
    flows.set(id, [...(flows.get(id) ?? []), flow])
  }
  const opening = new Map(
    records<BalanceReport>('balance-report')
      .filter((report) => report.kind === 'OPENING')
      .map((report) => [`${report.groupId}/${report.accountId}`, report.bookedMinor]),
  )
  const fulfilled = new Set<string>()
  for (const movement of distinct) {
    const announced = flows.get(hex(movement.expectedFlowId))
    const share = -movement.amountMinor / opening.get(`${movement.groupId}/${movement.accountId}`)!
    if (announced === undefined) {
      assert.ok(/^0+$/.test(hex(movement.expectedFlowId)), 'names an expectation that does not exist')
      assert.ok(share < 0.03, `a payment of ${share} of the opening balance comes unannounced`)
      continue
    }
    fulfilled.add(hex(movement.expectedFlowId))
    const final = announced[announced.length - 1]
    assert.equal(final.amountMinor, movement.amountMinor)
    assert.ok(final.eventTime < movement.eventTime && final.cancelled === false)
  }
  const others = [...flows].filter(([id]) => !fulfilled.has(id))
  assert.ok(others.length > 20, 'some expectations are cancelled')
  const open = others.filter(([, versions]) => versions.at(-1)?.cancelled === false)
  assert.ok(open.length < 40, `${open.length} expectations stay open at the end of the day`)
})

test('observed accounts: the bank states what the movements add up to', () => {
  for (const account of accounts.filter((one) => !one.controllable)) {
    const own = distinct.filter(
      (one) => one.groupId === account.groupId && one.accountId === account.accountId,
    )
    const reports = records<BalanceReport>('balance-report').filter(
      (report) => report.groupId === account.groupId && report.accountId === account.accountId,
    )
    assert.equal(reports.length, 24)
    for (const report of reports) {
      const moved = own.reduce(
        (sum, one) => sum + (one.eventTime < report.eventTime ? one.amountMinor : 0),
        0,
      )
      assert.equal(report.bookedMinor, reports[0].bookedMinor + moved)
    }
  }
})

test('without the agent, payment accounts break their floors while every currency stays solvent', () => {
  for (const { text, place } of policies) {
    const policy = parsePolicy(text, place)
    let broken = 0
    for (const plan of policy.accounts) {
      const account = accounts.find(
        (one) => one.groupId === policy.groupId && one.accountId === plan.accountId,
      )!
      const lowest = lowestBalance(policy.groupId, [plan.accountId])
      if (lowest < Number(plan.floor) * 10 ** account.currencyExponent) broken++
    }
    assert.ok(broken >= 2, `${policy.groupId}: only ${broken} accounts would break their floor`)
    for (const currency of new Set(accounts.map((account) => account.currency))) {
      const pool = accounts.filter((one) => one.groupId === policy.groupId && one.currency === currency)
      const own = policy.accounts.filter(({ accountId }) => pool.some((one) => one.accountId === accountId))
      const floors = own.reduce((sum, one) => sum + Number(one.floor), 0)
      if (pool.length === 0) continue
      const lowest = lowestBalance(
        policy.groupId,
        pool.map((one) => one.accountId),
      )
      assert.ok(
        lowest > floors * 10 ** pool[0].currencyExponent,
        `${policy.groupId} ${currency} is insolvent`,
      )
    }
  }
})

function lowestBalance(groupId: string, accountIds: readonly string[]): number {
  let balance = 0
  for (const report of records<BalanceReport>('balance-report')) {
    const own =
      report.kind === 'OPENING' && report.groupId === groupId && accountIds.includes(report.accountId)
    if (own) balance += report.bookedMinor
  }
  let lowest = balance
  const own = distinct.filter((one) => one.groupId === groupId && accountIds.includes(one.accountId))
  for (const { amountMinor } of own.sort((a, b) => a.eventTime - b.eventTime)) {
    balance += amountMinor
    lowest = Math.min(lowest, balance)
  }
  return lowest
}

test('payments spread over the day as the published facts say', () => {
  for (const seed of [7, 8, 9]) {
    const other =
      seed === 7
        ? distinct
        : records<CashMovement>('cash-movement', generateDay({ seed, date: DATE, policies }))
    const gbpAtNoon = shareBefore('GBP', 12, other)
    assert.ok(gbpAtNoon >= 0.5 && gbpAtNoon <= 0.62, `GBP by 12:00 London: ${gbpAtNoon}`)
    // 17:00 in New York is 21:00 UTC on this date.
    const dollarsAfterFive = 1 - shareBefore('USD', 21, other)
    assert.ok(dollarsAfterFive >= 0.2 && dollarsAfterFive <= 0.32, `USD after 17:00 ET: ${dollarsAfterFive}`)
  }
})

test('ticket sizes have a heavy tail: Hill index of the largest percent, pooled over payment accounts', () => {
  const ratios: number[] = []
  for (const { groupId, accountId } of accounts) {
    const sizes = distinct
      .filter((one) => one.groupId === groupId && one.accountId === accountId && one.amountMinor < 0)
      .map((one) => -one.amountMinor)
      .sort((a, b) => b - a)
    const tail = Math.floor(sizes.length * 0.01)
    if (tail < 10) continue
    for (let i = 0; i < tail; i++) ratios.push(log(sizes[i] / sizes[tail]))
  }
  const hill = ratios.length / ratios.reduce((sum, ratio) => sum + ratio, 0)
  assert.ok(
    ratios.length > 100 && hill >= 1.2 && hill <= 1.8,
    `Hill index ${hill} of ${ratios.length} tickets`,
  )
})

test('calendars hold the summer-time changes of their zones', () => {
  const calendars = new Map(records<Calendar>('calendar').map((calendar) => [calendar.calendarId, calendar]))
  const at = (id: string, time: string) => offsetAt(calendars.get(id)!, Date.parse(time) * 1000)
  assert.equal(at('CHAPS', '2026-03-29T00:59:59Z'), 0)
  assert.equal(at('CHAPS', '2026-03-29T01:00:00Z'), 3600)
  assert.equal(at('FEDWIRE', '2026-03-08T06:59:59Z'), -5 * 3600)
  assert.equal(at('FEDWIRE', '2026-03-08T07:00:00Z'), -4 * 3600)
  assert.equal(at('RITS', '2026-04-04T16:00:00Z'), 10 * 3600)
  assert.equal(at('BOJ-NET', '2026-07-01T00:00:00Z'), 9 * 3600)
})

test('what cannot be simulated is refused with the way out', () => {
  const refused = (change: object, pattern: RegExp) =>
    assert.throws(
      () => generateDay({ seed: 7, date: DATE, policies: [], ...change }),
      (error: unknown) =>
        error instanceof WeirError && error.code === 'WEIR_USAGE' && pattern.test(error.toLine()),
    )
  refused(
    { date: '2026-03-21' },
    /--date: 2026-03-21 is not a business day of T2 \(give a business day of 2026/,
  )
  refused({ date: '2026-03-20' }, /not a business day of BOJ-NET/)
  refused({ date: '2027-03-18' }, /outside the calendars/)
  refused({ date: '2026-02-30' }, /'2026-02-30' is not a date/)
  refused({ date: 'today' }, /'today' is not a date/)
  refused({ scale: 0 }, /--scale: a scale of 0 cannot be simulated/)
  refused({ scale: Number.NaN }, /--scale/)
})
