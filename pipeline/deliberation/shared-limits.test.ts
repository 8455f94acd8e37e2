import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Facility, RegulatoryConstraint } from '../../schemas/generated/types.js'
import { type AccountState, type GroupState, newGroupState, type QuoteState } from '../perception/state.js'
import type { BankBalance } from './bank-balances.js'
import type { Position } from './positions.js'
import type { ResolvedPolicy } from './resolved-policy.js'
import { sharedLimits } from './shared-limits.js'
import { limitValue, PRICE_UNIT } from './valuation.js'

const resolved = {
  policy: { baseCurrency: 'EUR' },
  baseExponent: 2,
  perCycleBaseMinor: 500,
  perDayBaseMinor: 900,
  lenders: new Map([['LENDER', 1_000]]),
  concentration: new Map([['BANK-A', 2_000]]),
} as unknown as ResolvedPolicy

/** Euros and krona; a krona is worth 0.10 EUR once it is quoted. */
function group(quoted: boolean): GroupState {
  const state = newGroupState('g')
  for (const currency of ['EUR', 'SEK']) {
    const reference = { accountId: currency, currency, currencyExponent: 2 }
    state.accounts.set(currency, { reference } as AccountState)
  }
  if (quoted) state.quotes.set('SEK/EUR', { mid: 0.1 } as QuoteState)
  return state
}

function owe(state: GroupState, currency: string, outstandingMinor: number, reservedDrawMinor = 0): void {
  const reference = { facilityId: currency, lenderId: 'LENDER', accountId: currency, currency } as Facility
  const amounts = { outstandingMinor, reservedDrawMinor, reservedRepayMinor: 0, unmanagedOutstandingMinor: 0 }
  state.facilities.set(currency, { reference, ...amounts, toldShort: false })
}

const at = (bankId: string, currency: string, projectedMinor: number, price: number) =>
  ({ bankId, currency, projectedMinor, price, opened: true, unlistedAtBank: [] as unknown }) as Position

test('what may be drawn is the limit less what is owed, draws on their way included, and never below 0', () => {
  const state = group(true)
  owe(state, 'EUR', 100, 50)
  owe(state, 'SEK', 1_000)
  assert.equal(sharedLimits(state, resolved, []).lenders.get('LENDER'), limitValue(750))
  owe(state, 'EUR', 5_000)
  assert.equal(sharedLimits(state, resolved, []).lenders.get('LENDER'), 0n)
})

test('nothing is drawn from a lender to whom something is owed that cannot be valued', () => {
  const state = group(false)
  owe(state, 'SEK', 1)
  assert.equal(sharedLimits(state, resolved, []).lenders.get('LENDER'), 0n)
  owe(state, 'SEK', 0)
  assert.equal(sharedLimits(state, resolved, []).lenders.get('LENDER'), limitValue(1_000))
})

test('the strictest limit on a bank counts, in whatever currency it is, but never below what lies there', () => {
  const state = group(true)
  const limit = (currency: string, limitMinor: number) =>
    state.constraints.set(currency, {
      kind: 'CONCENTRATION',
      subjectId: 'BANK-A',
      currency,
      limitMinor,
    } as RegulatoryConstraint)
  const mostWith = (euros: number) =>
    sharedLimits(state, resolved, [at('BANK-A', 'EUR', euros, PRICE_UNIT)]).banks.get('BANK-A')
  assert.equal(mostWith(100), limitValue(2_000))
  limit('SEK', 15_000)
  assert.equal(mostWith(100), limitValue(1_500))
  assert.equal(mostWith(1_700), limitValue(1_700))
  limit('NOK', 99_000)
  assert.equal(mostWith(100), limitValue(100))
})

test('nothing more is moved to a bank while a balance there cannot be valued', () => {
  const positions = [at('BANK-A', 'EUR', 100, PRICE_UNIT), at('BANK-A', 'SEK', 1, 0)]
  assert.equal(sharedLimits(group(false), resolved, positions).banks.get('BANK-A'), limitValue(100))
})

test('what other accounts hold at a bank leaves the rest of its limit to those of the policy', () => {
  const mostBeside = (projectedMinor: number, changes: Partial<BankBalance> = {}) => {
    const beside = {
      currency: 'EUR',
      exponent: 2,
      projectedMinor,
      price: PRICE_UNIT,
      opened: true,
      ...changes,
    }
    const here = { ...at('BANK-A', 'EUR', 100, PRICE_UNIT), unlistedAtBank: [beside] }
    return sharedLimits(group(true), resolved, [here]).banks.get('BANK-A')
  }
  assert.equal(mostBeside(300), limitValue(1_700))
  assert.equal(mostBeside(-300), limitValue(2_300), 'an overdraft there leaves more')
  assert.equal(mostBeside(1_950), limitValue(100), 'what lies there may stay')
  assert.equal(mostBeside(0, { opened: false }), limitValue(100), 'nobody knows what lies there')
  assert.equal(mostBeside(0, { price: 0 }), limitValue(100), 'it cannot be valued')
})

test('nothing more is moved to a bank while the balance of an account there is not known', () => {
  const positions = [
    at('BANK-A', 'EUR', 100, PRICE_UNIT),
    { ...at('BANK-A', 'EUR', 0, PRICE_UNIT), opened: false },
  ]
  assert.equal(sharedLimits(group(false), resolved, positions).banks.get('BANK-A'), limitValue(100))
})

test('the budget is what the cycle, the hour and the day leave', () => {
  const state = group(true)
  assert.equal(sharedLimits(state, resolved, []).budget, limitValue(500))
  state.movedTodayBaseMinor = 600
  assert.equal(sharedLimits(state, resolved, []).budget, limitValue(300))
  state.movedTodayBaseMinor = 901
  assert.equal(sharedLimits(state, resolved, []).budget, 0n)
  state.movedTodayBaseMinor = 0
  const hourly = { ...resolved, perHourBaseMinor: 700 }
  state.movedThisHourBaseMinor = 100
  assert.equal(sharedLimits(state, hourly, []).budget, limitValue(500))
  state.movedThisHourBaseMinor = 450
  assert.equal(sharedLimits(state, hourly, []).budget, limitValue(250))
  assert.equal(sharedLimits(state, resolved, []).budget, limitValue(500))
  state.movedThisHourBaseMinor = 701
  assert.equal(sharedLimits(state, hourly, []).budget, 0n)
})
