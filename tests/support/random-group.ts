/**
 * Random groups for properties of deliberation and gate: accounts in three currencies, rails and facilities with steps from one
 * minor unit to a thousand, and limits that bind. Built as the folds would leave them, so that nothing of the way is left out.
 */
import fc from 'fast-check'
import type { ResolvedPolicy } from '../../pipeline/deliberation/resolved-policy.js'
import { powerOfTen } from '../../pipeline/deliberation/valuation.js'
import type { Policy } from '../../pipeline/governance/policy.js'
import {
  type AccountState,
  type GroupState,
  newGroupState,
  type QuoteState,
} from '../../pipeline/perception/state.js'
import type { Account, Calendar, Facility, Rail } from '../../schemas/generated/types.js'

const EXPONENTS = { EUR: 2, USD: 2, JPY: 0 } as const
type Currency = keyof typeof EXPONENTS

/** Minor units of a currency that are worth about as much as `euros`. */
function worth(euros: number, currency: Currency): number {
  return Math.round((currency === 'JPY' ? euros * 160 : euros) * powerOfTen(EXPONENTS[currency]))
}

export const NOON = Date.parse('2026-03-18T12:00:00Z') * 1000
const TODAY = Math.floor(NOON / 86_400_000_000)

const currency = fc.constantFrom<Currency>('EUR', 'USD', 'JPY')
const step = fc.constantFrom(1, 7, 100, 25_000)

export const groupDraft = fc.record({
  accounts: fc.array(
    fc.record({
      currency,
      bank: fc.nat(2),
      balance: fc.integer({ min: -300_000, max: 9_000_000 }),
      target: fc.integer({ min: 100_000, max: 3_000_000 }),
      line: fc.constantFrom(0, 0, 250_000),
      step,
      minimum: fc.constantFrom(0, 0, 10_000),
    }),
    { minLength: 2, maxLength: 7 },
  ),
  euroInDollars: fc.double({ min: 0.8, max: 1.3, noNaN: true }),
  euroInYen: fc.double({ min: 90, max: 170, noNaN: true }),
  base: currency,
  maximumInstruction: fc.integer({ min: 50_000, max: 4_000_000 }),
  perCycle: fc.integer({ min: 100_000, max: 9_000_000 }),
  movedToday: fc.integer({ min: 0, max: 9_000_000 }),
  concentration: fc.integer({ min: 0, max: 12_000_000 }),
  lender: fc.integer({ min: 0, max: 2_000_000 }),
  instructionsPerCycle: fc.constantFrom(2, 4, 20),
})
export type GroupDraft = typeof groupDraft extends fc.Arbitrary<infer T> ? T : never
type AccountDraft = GroupDraft['accounts'][number]

export function groupOf(draft: GroupDraft): { state: GroupState; resolved: ResolvedPolicy } {
  const state = newGroupState('g')
  state.calendars.set('ALWAYS', always)
  quote(state, 'EUR/USD', draft.euroInDollars)
  quote(state, 'EUR/JPY', draft.euroInYen)
  for (const [index, account] of draft.accounts.entries()) addAccount(state, `A${index}`, account)
  for (const [index, account] of draft.accounts.entries()) addChannels(state, draft, index, account)
  const limit = (euros: number) => worth(euros, draft.base)
  state.budgetDate = TODAY
  state.movedTodayBaseMinor = limit(draft.movedToday)
  return { state, resolved: resolvedOf(draft, limit) }
}

function resolvedOf(draft: GroupDraft, limit: (euros: number) => number): ResolvedPolicy {
  const policy = {
    baseCurrency: draft.base,
    deliberation: { horizonMinutes: 60, reconsiderAfterSeconds: 900, tolerancePercent: 2 },
    margins: {},
    optimizers: [],
    configurations: [],
    costs: {
      shortfallBpPerDay: [1, 5, 50],
      floorViolationBp: 500,
      idleBpPerYear: 50,
      surplusBpPerYear: 20,
      churnBp: 0.001,
    },
    limits: { instructionsPerCycle: draft.instructionsPerCycle },
    staleness: {
      account: { widenAfterSeconds: 1800, widenPercent: 10, freezeAfterSeconds: 7200 },
      quote: { widenAfterSeconds: 600, widenSpreadPercent: 100, freezeAfterSeconds: 7200 },
      gapWidenPercent: 5,
    },
    settlement: { cutoffMarginSeconds: 0, answerWithinSeconds: 600 },
  } as unknown as Policy
  const targets = draft.accounts.map((account, index) => {
    const targetMinor = worth(account.target, account.currency)
    return {
      accountId: `A${index}`,
      floorMinor: Math.floor(targetMinor / 5),
      targetMinor,
      ceilingMinor: targetMinor * 3,
      lowerPercent: 5,
      upperPercent: 30,
    }
  })
  return {
    policy,
    digestHex: '',
    baseExponent: EXPONENTS[draft.base],
    accounts: new Map(targets.map((target) => [target.accountId, target])),
    unlisted: new Map(),
    maximumInstructionBaseMinor: limit(draft.maximumInstruction) + 1,
    perCycleBaseMinor: limit(draft.perCycle) + 1,
    perHourBaseMinor: undefined,
    perDayBaseMinor: limit(10_000_000) + 1,
    largeAmountBaseMinor: undefined,
    rules: [],
    concentration: new Map([['BANK-0', limit(draft.concentration) + 1]]),
    lenders: new Map([['LENDER', limit(draft.lender) + 1]]),
  }
}

const always = {
  calendarId: 'ALWAYS',
  validFrom: TODAY - 2,
  validUntil: TODAY + 2,
  weekendDays: [],
  holidays: [],
  offsets: [{ fromTime: 0, offsetSeconds: 0 }],
} as unknown as Calendar

const window = {
  calendarId: 'ALWAYS',
  openSeconds: 0,
  cutoffSeconds: 86_400,
  settlementDelaySeconds: 60,
  venueId: 'bank',
}

function quote(state: GroupState, instrument: string, mid: number): void {
  const quoted: QuoteState = {
    instrument,
    kind: 'FX_SPOT',
    mid,
    halfSpreadBp: [0.3, 1.5, 5],
    depthMinor: [worth(300_000, 'EUR'), worth(900_000, 'EUR')],
    eventTimeMicros: NOON,
  }
  state.quotes.set(instrument, quoted)
}

function addAccount(state: GroupState, accountId: string, draft: AccountDraft): void {
  const settledMinor = worth(draft.balance, draft.currency) + 1
  const reference = {
    accountId,
    bankId: `BANK-${draft.bank}`,
    currency: draft.currency,
    currencyExponent: EXPONENTS[draft.currency],
    feedId: '',
    intradayLineMinor: worth(draft.line, draft.currency),
    controllable: true,
  } as Account
  const fresh: AccountState = {
    reference,
    settledMinor,
    unmanagedMinor: settledMinor,
    reservedMinor: 0,
    incomingMinor: 0,
    openingMinor: settledMinor,
    opened: true,
    balanceAtMicros: NOON,
    reportedAtMicros: NOON,
    breakMinor: 0,
    comparedAtMicros: -1,
  }
  state.accounts.set(accountId, fresh)
}

/** A rail to the next two accounts, and a facility on every third. */
function addChannels(state: GroupState, draft: GroupDraft, index: number, account: AccountDraft): void {
  const roundingMinor = account.step
  const minimumTicketMinor = worth(account.minimum, account.currency)
  for (const hop of [1, 2]) {
    const to = (index + hop) % draft.accounts.length
    if (to === index) continue
    const bought = draft.accounts[to]!.currency
    const sameCurrency = bought === account.currency
    const pair = [account.currency, bought].sort()
    const reference = {
      ...window,
      railId: `R${index}-${hop}`,
      kind: sameCurrency ? 'TRANSFER' : 'FX',
      sourceAccountId: `A${index}`,
      destinationAccountId: `A${to}`,
      instrument: sameCurrency ? '' : pair.join('/'),
      feeMinor: 0,
      feeBp: 0.2,
      minimumTicketMinor,
      maximumTicketMinor: worth(6_000_000, account.currency),
      dailyLimitMinor: worth(60_000_000, account.currency),
      roundingMinor,
    } as unknown as Rail
    state.rails.set(reference.railId, { reference, usedDate: -1, usedMinor: 0 })
  }
  if (index % 3 !== 0) return
  const reference = {
    ...window,
    facilityId: `F${index}`,
    lenderId: 'LENDER',
    accountId: `A${index}`,
    currency: account.currency,
    limitMinor: worth(3_000_000, account.currency),
    drawnMarginBp: 125,
    commitmentFeeBp: 35,
    minimumDrawMinor: minimumTicketMinor,
    roundingMinor,
  } as unknown as Facility
  const outstandingMinor = worth(700_000, account.currency)
  state.facilities.set(reference.facilityId, {
    reference,
    outstandingMinor,
    unmanagedOutstandingMinor: outstandingMinor,
    reservedDrawMinor: 0,
    reservedRepayMinor: 0,
    toldShort: false,
  })
}
