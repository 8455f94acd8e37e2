/**
 * A busy stretch of a business day as input files: the example groups, policies and channels of the simulated day, and
 * payments of all their accounts at a rate of thousands a second, with duplicates and late records, and quotes.
 *
 * Each second of it carries the money of one minute of the plans' day, in many more and smaller tickets. So balances
 * wander, and decisions fall due, as often in a second as on a day in a minute. Records are encoded one by one:
 * millions of them would not fit into memory as objects. Depends on the sandbox and the generated codecs.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Day, generateDay } from '../../sandbox/day/day.js'
import type { AccountPlan, GroupPlan } from '../../sandbox/day/group-plan.js'
import { GROUPS } from '../../sandbox/day/groups/all.js'
import { minorOf } from '../../sandbox/day/payment-systems.js'
import { examplePolicies, writeDay } from '../../sandbox/day/write-day.js'
import { Random } from '../../sandbox/random.js'
import { ContainerWriter, syncMarkerOf } from '../../schemas/avro/container-writer.js'
import { encodeCashMovement, encodeQuote } from '../../schemas/generated/codecs.js'
import { SCHEMA_JSON } from '../../schemas/generated/schemas.js'
import type { Account, BalanceReport, CashMovement, Quote } from '../../schemas/generated/types.js'

export interface BusyStretch {
  readonly seed: number
  /** Payments a second of virtual time, over all four groups. */
  readonly paymentsPerSecond: number
  readonly seconds: number
}

const DATE = '2026-03-18'
const SECOND = 1_000_000
/** Nine in the morning UTC: the rails of all four groups are open. */
const BEGIN_SECONDS = 9 * 3_600
/** Each instrument is quoted this often: each quote goes to all groups, so they are a fifteenth of what is folded. */
const QUOTES_PER_SECOND = 20
/** As in the simulated day's delivery. */
const DUPLICATE_SHARE = 0.003
const LATE_SHARE = 0.02
const LATE_MEAN_MICROS = 2 * SECOND
const TICKET_SIGMA = 1.2
/** exp(sigma^2 / 2): a mean of one for the tickets. */
const TICKET_MEAN = Math.exp((TICKET_SIGMA * TICKET_SIGMA) / 2)
const MINUTES_A_DAY = 1_440
const NO_FLOW = new Uint8Array(16)
const RECORD_BYTES = 1_024

/** Writes the stretch below `directory`; gives the number of records. */
export function writeBusyStretch(directory: string, stretch: BusyStretch): number {
  const { seed } = stretch
  const day = generateDay({ seed, date: DATE, scale: 0.01, policies: examplePolicies() })
  const midnight = (Date.parse(`${DATE}T00:00:00Z`) / 1000) * SECOND
  const begin = midnight + BEGIN_SECONDS * SECOND
  const before = beforePayments(day, begin)
  writeDay(directory, before)
  let records = before.files.reduce((sum, file) => sum + file.records.length, 0)
  const accounts = day.files.filter(({ stream }) => stream === 'account').flatMap((file) => file.records)
  const feeds = new Map((accounts as Account[]).map(({ accountId, feedId }) => [accountId, feedId]))
  mkdirSync(join(directory, 'cash-movement'), { recursive: true })
  for (const plan of GROUPS)
    records += writePayments(join(directory, 'cash-movement', `${plan.groupId}.avro`), plan, {
      ...stretch,
      begin,
      valueDate: midnight / SECOND / 86_400,
      feeds,
    })
  return records + writeQuotes(join(directory, 'quote', 'busy.avro'), day, stretch, begin)
}

/** What the day tells before the stretch begins: reference data, opening balances, one price of each instrument. */
function beforePayments(day: Day, begin: number): Day {
  const prices = new Set<object>(lastQuotes(day, begin))
  const isKept = (stream: string, record: object): boolean => {
    if ((record as BalanceReport).eventTime >= begin) return false
    if (stream === 'quote') return prices.has(record)
    return stream !== 'balance-report' || (record as BalanceReport).kind === 'OPENING'
  }
  const files = day.files
    .filter(({ stream }) => stream !== 'cash-movement' && stream !== 'expected-flow')
    .map((file) => ({ ...file, records: file.records.filter((record) => isKept(file.stream, record)) }))
  return { ...day, files: files.filter(({ records }) => records.length > 0) }
}

/** The last quote of each instrument before the stretch. */
function lastQuotes(day: Day, begin: number): Quote[] {
  const quotes = day.files.filter(({ stream }) => stream === 'quote').flatMap((file) => file.records)
  const last = new Map<string, Quote>()
  for (const quote of quotes as Quote[]) if (quote.eventTime < begin) last.set(quote.instrument, quote)
  return [...last.values()]
}

interface PaymentsOf extends BusyStretch {
  readonly begin: number
  /** Days since 1970-01-01. */
  readonly valueDate: number
  readonly feeds: ReadonlyMap<string, string>
}

function writePayments(path: string, plan: GroupPlan, options: PaymentsOf): number {
  const { seed, begin, seconds } = options
  const random = new Random('busy', seed, plan.groupId)
  const perSecond = options.paymentsPerSecond / GROUPS.length
  const count = Math.round(perSecond * seconds)
  const sequences = new Map<string, number>()
  const scratch = new Uint8Array(RECORD_BYTES)
  return writeFile(path, 'cash-movement', seed, (append) => {
    for (let index = 0; index < count; index++) {
      const account = random.pick(plan.accounts)
      const feedId = options.feeds.get(account.accountId)!
      const sequence = sequences.get(feedId) ?? 0
      sequences.set(feedId, sequence + 1)
      const arrival = begin + Math.floor((index / perSecond) * SECOND)
      const late = random.chance(LATE_SHARE) ? Math.floor(random.exponential(LATE_MEAN_MICROS)) : 0
      const record: CashMovement = {
        movementId: random.uuid(),
        groupId: plan.groupId,
        sourceId: feedId,
        sourceSequence: sequence,
        eventTime: Math.max(begin, arrival - late),
        accountId: account.accountId,
        currency: account.currency,
        amountMinor: ticket(random, account, perSecond / plan.accounts.length),
        valueDate: options.valueDate,
        kind: 'CUSTOMER_PAYMENT',
        expectedFlowId: NO_FLOW,
        counterpartyId: '',
      }
      const bytes = scratch.subarray(0, encodeCashMovement(record, scratch, 0))
      append(bytes)
      if (random.chance(DUPLICATE_SHARE)) append(bytes)
    }
  })
}

/** A signed amount: a minute's share of the plan's day for each second, spread over the tickets of that second. */
function ticket(random: Random, account: AccountPlan, ticketsPerSecond: number): number {
  const outgoing = random.chance(0.5)
  const grossMinor = minorOf(outgoing ? account.outMajor : account.inMajor, account.currency)
  const meanMinor = grossMinor / MINUTES_A_DAY / (ticketsPerSecond / 2)
  const amountMinor = Math.max(1, Math.round((meanMinor * random.logNormal(TICKET_SIGMA)) / TICKET_MEAN))
  return outgoing ? -amountMinor : amountMinor
}

/** The day's last quotes before the stretch, told again with small changes. */
function writeQuotes(path: string, day: Day, stretch: BusyStretch, begin: number): number {
  const random = new Random('busy-quotes', stretch.seed)
  const instruments = lastQuotes(day, begin)
  const perSecond = instruments.length * QUOTES_PER_SECOND
  const scratch = new Uint8Array(RECORD_BYTES)
  return writeFile(path, 'quote', stretch.seed, (append) => {
    for (let index = 0; index < perSecond * stretch.seconds; index++) {
      const held = instruments[index % instruments.length]
      const record: Quote = {
        ...held,
        sourceId: 'busy-market',
        sourceSequence: index,
        eventTime: begin + Math.floor((index / perSecond) * SECOND),
        mid: held.mid * (1 + 0.00002 * random.normal()),
      }
      append(scratch.subarray(0, encodeQuote(record, scratch, 0)))
    }
  })
}

function writeFile(
  path: string,
  stream: 'cash-movement' | 'quote',
  seed: number,
  produce: (append: (record: Uint8Array) => void) => void,
): number {
  const file = openSync(path, 'w')
  try {
    const writer = new ContainerWriter({
      schemaJson: SCHEMA_JSON[stream],
      codec: 'null',
      sync: syncMarkerOf(`${seed}/${path.split('/').slice(-2).join('/')}`),
      write: (chunk) => void writeSync(file, chunk),
    })
    produce((record) => writer.append(record))
    writer.flush()
    return writer.recordCount
  } finally {
    closeSync(file)
  }
}
