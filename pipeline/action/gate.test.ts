import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RegulatoryConstraint } from '../../schemas/generated/types.js'
import type { BankBalance } from '../deliberation/bank-balances.js'
import type { FacilityChannel, RailChannel } from '../deliberation/channels.js'
import { type Move, priceMove } from '../deliberation/plan.js'
import type { Position } from '../deliberation/positions.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { PRICE_UNIT } from '../deliberation/valuation.js'
import {
  type AccountState,
  type FacilityState,
  type GroupState,
  newGroupState,
  type QuoteState,
} from '../perception/state.js'
import { denialOf, sumBaseMinor } from './gate.js'

const NOON = Date.parse('2026-03-18T12:00:00Z') * 1000

function position(accountId: string, changes: Partial<Position> = {}): Position {
  return {
    accountId,
    currency: 'EUR',
    exponent: 2,
    bankId: 'BANK-A',
    settledMinor: 10_000_00,
    availableMinor: 10_000_00,
    spendableMinor: 10_000_00,
    projectedMinor: 10_000_00,
    floorMinor: 1_000_00,
    targetMinor: 5_000_00,
    ceilingMinor: 50_000_00,
    lowerBandMinor: 4_000_00,
    upperBandMinor: 7_000_00,
    lineMinor: 0,
    baseFactor: 1,
    price: PRICE_UNIT,
    opened: true,
    frozen: '',
    unlistedAtBank: [],
    ...changes,
  }
}

function rail(source: Position, destination: Position, changes: Partial<RailChannel> = {}): RailChannel {
  const reference = {
    railId: 'R',
    kind: 'TRANSFER',
    feeMinor: 0,
    feeBp: 0,
    minimumTicketMinor: 100,
    roundingMinor: 10,
  }
  const state = { reference, usedDate: -1, usedMinor: 0 } as unknown as RailChannel['rail']
  return {
    rail: state,
    source,
    destination,
    maximumMinor: 9_000_00,
    blocked: '',
    businessDate: 1,
    fx: null,
    ...changes,
  }
}

const resolved = {
  policy: { baseCurrency: 'EUR', limits: { instructionsPerCycle: 2 } },
  baseExponent: 2,
  maximumInstructionBaseMinor: 8_000_00,
  perCycleBaseMinor: 9_000_00,
  perDayBaseMinor: 20_000_00,
  rules: [],
  lenders: new Map([['LENDER', 700_00]]),
  concentration: new Map([['BANK-B', 12_000_00]]),
} as unknown as ResolvedPolicy

const a = position('A')
const b = position('B')
const transfer = (amountMinor: number, channel = rail(a, b)): Move =>
  priceMove('TRANSFER', channel, null, amountMinor)
const endsOf = (moves: readonly Move[]): Position[] =>
  moves
    .flatMap(({ rail, facility }) => [rail?.source, rail?.destination, facility?.account])
    .filter((end) => end !== undefined)

/** A state that knows the accounts of the moves, with balances of ten thousand. */
function stateOf(moves: readonly Move[], settledMinor = 10_000_00): GroupState {
  const state = newGroupState('g')
  for (const { accountId, currency, exponent } of endsOf(moves)) {
    const reference = { accountId, currency, currencyExponent: exponent }
    const account = { reference, settledMinor, reservedMinor: 0, incomingMinor: 0 } as AccountState
    state.accounts.set(accountId, account)
  }
  return state
}

const denialIn = (state: GroupState, moves: readonly Move[]) =>
  denialOf(state, resolved, [...new Set(endsOf(moves))], moves, NOON)?.code
const denial = (...moves: Move[]) => denialIn(stateOf(moves), moves)

test('a plain transfer passes', () => assert.equal(denial(transfer(4_000_00)), undefined))

test('each limit denies by its own code', () => {
  assert.equal(denial(transfer(0)), 'amount-not-positive')
  assert.equal(denial(transfer(-10)), 'amount-not-positive')
  assert.equal(denial(transfer(2 ** 52)), 'above-cycle-budget')
  assert.equal(denial(transfer(Number.NaN)), 'above-cycle-budget')
  assert.equal(denial(transfer(90)), 'below-minimum-ticket')
  assert.equal(denial(transfer(1_005)), 'not-a-multiple')
  assert.equal(denial(transfer(8_500_00)), 'above-maximum-instruction')
  assert.equal(denial(transfer(4_000_00, rail(a, b, { blocked: 'window-closed' }))), 'channel-blocked')
  assert.equal(denial(transfer(4_000_00, rail(a, b, { maximumMinor: 100 }))), 'above-channel-maximum')
  assert.equal(denial(transfer(4_000_00, rail(position('F', { frozen: 'held' }), b))), 'account-frozen')
  assert.equal(denial(transfer(4_000_00, rail(a, position('F', { frozen: 'held' })))), 'account-frozen')
})

test('the plan as a whole is held to the budgets and to the number of instructions', () => {
  const other = rail(position('C'), b)
  const third = rail(position('D'), b)
  assert.equal(denial(transfer(5_000_00), transfer(4_500_00, other)), 'above-cycle-budget')
  assert.equal(denial(transfer(100), transfer(100, other), transfer(100, third)), 'too-many-instructions')
  const state = stateOf([transfer(2_000_00)])
  state.movedTodayBaseMinor = 19_000_00
  assert.equal(denialIn(state, [transfer(2_000_00)]), 'above-day-budget')
})

test('what several moves take from one account is added up before the floor is compared', () => {
  const low = position('L', { spendableMinor: 6_000_00 })
  const first = transfer(3_000_00, rail(low, b))
  const second = transfer(2_000_10, rail(low, b))
  assert.equal(denial(first), undefined)
  assert.equal(denial(first, second), 'source-overdrawn')
  const withLine = position('L', { spendableMinor: 6_000_00, lineMinor: 100_00 })
  assert.equal(
    denial(transfer(3_000_00, rail(withLine, b)), transfer(2_000_10, rail(withLine, b))),
    undefined,
  )
})

test('a rail or facility takes one move a plan', () => {
  const channel = rail(a, b)
  assert.equal(denial(transfer(1_000_00, channel), transfer(1_000_00, channel)), 'channel-used-twice')
})

function credit(): FacilityChannel {
  const reference = { facilityId: 'F', lenderId: 'LENDER', minimumDrawMinor: 100, roundingMinor: 10 }
  return {
    facility: { reference },
    account: a,
    drawMaximumMinor: 500_00,
    repayMaximumMinor: 0,
    blocked: '',
    costPerDay: 0,
  } as unknown as FacilityChannel
}

test('an FX move without a price is denied, and a draw is held to the headroom', () => {
  const dollars = position('U', { currency: 'USD' })
  assert.equal(denial(priceMove('FX', rail(a, dollars), null, 1_000_00)), 'no-price')
  assert.equal(denial(priceMove('DRAW', null, credit(), 500_00)), undefined)
  assert.equal(denial(priceMove('DRAW', null, credit(), 500_10)), 'above-channel-maximum')
  assert.equal(denial(priceMove('REPAY', null, credit(), 100_00)), 'above-channel-maximum')
})

test('what is owed to a lender counts as a whole, and blocks draws when a part of it cannot be valued', () => {
  const draw = priceMove('DRAW', null, credit(), 500_00)
  const owing = (currency: string, outstandingMinor: number): GroupState => {
    const state = stateOf([draw])
    const reference = { accountId: 'X', currency, currencyExponent: 2 }
    state.accounts.set('X', { ...state.accounts.get('A')!, reference } as AccountState)
    const facility = { reference: { lenderId: 'LENDER', accountId: 'X', currency }, reservedDrawMinor: 0 }
    state.facilities.set('X', { ...facility, outstandingMinor } as unknown as FacilityState)
    return state
  }
  assert.equal(denialIn(owing('EUR', 200_00), [draw]), undefined)
  assert.equal(denialIn(owing('EUR', 200_01), [draw]), 'above-lender-limit')
  assert.equal(denialIn(owing('SEK', 1), [draw]), 'above-lender-limit')
  assert.equal(denialIn(owing('SEK', 0), [draw]), undefined)
})

test('a plan brings no more to a bank than its limit, but what lies there already may stay', () => {
  const there = position('T', { bankId: 'BANK-B' })
  const into = (amountMinor: number) => transfer(amountMinor, rail(a, there))
  assert.equal(denial(into(2_000_00)), undefined)
  assert.equal(denial(into(2_000_10)), 'above-concentration')
  const full = position('T', { bankId: 'BANK-B', projectedMinor: 50_000_00 })
  assert.equal(denial(transfer(100, rail(a, full))), 'above-concentration')
  assert.equal(denial(transfer(5_000_00, rail(full, a))), undefined)
  assert.equal(denial(transfer(5_000_00, rail(full, position('V', { bankId: 'BANK-B' })))), undefined)
  const krona = position('S', { bankId: 'BANK-B', currency: 'SEK', projectedMinor: 1 })
  const moves = [into(100)]
  assert.equal(denialOf(stateOf(moves), resolved, [a, there], moves, NOON), undefined)
  assert.equal(
    denialOf(stateOf(moves), resolved, [a, there, krona], moves, NOON)?.code,
    'above-concentration',
  )
})

test('accounts outside of the policy count at their bank, and one that is not known or valued puts it in doubt', () => {
  const beside = (changes: Partial<BankBalance>): BankBalance => ({
    currency: 'EUR',
    exponent: 2,
    projectedMinor: 1_000_00,
    price: PRICE_UNIT,
    opened: true,
    ...changes,
  })
  const withBeside = (amountMinor: number, ...unlistedAtBank: BankBalance[]) =>
    denial(transfer(amountMinor, rail(a, position('T', { bankId: 'BANK-B', unlistedAtBank }))))
  assert.equal(withBeside(1_000_00, beside({})), undefined)
  assert.equal(withBeside(1_000_10, beside({})), 'above-concentration')
  assert.equal(withBeside(2_000_00, beside({}), beside({ projectedMinor: -1_000_00 })), undefined)
  assert.equal(withBeside(100, beside({ projectedMinor: 0, opened: false })), 'above-concentration')
  // The price of the position is not believed: the quotes that are held have none for krona.
  assert.equal(withBeside(100, beside({ currency: 'SEK', projectedMinor: 0 })), 'above-concentration')
  assert.equal(
    denial(transfer(100, rail(a, position('T', { bankId: 'BANK-B', opened: false })))),
    'above-concentration',
  )
})

test('a limit from outside counts in its own currency, and as nothing while that cannot be valued', () => {
  const there = position('T', { bankId: 'BANK-C' })
  const move = transfer(1_000_00, rail(a, there))
  const limited = (currency: string, limitMinor: number): GroupState => {
    const state = stateOf([move, transfer(100, rail(a, position('D', { currency: 'USD' })))])
    const constraint = { kind: 'CONCENTRATION', subjectId: 'BANK-C', currency, limitMinor }
    state.constraints.set('C', constraint as RegulatoryConstraint)
    state.quotes.set('EUR/USD', { mid: 1.25 } as QuoteState)
    return state
  }
  assert.equal(denialIn(limited('EUR', 11_000_00), [move]), undefined)
  assert.equal(denialIn(limited('EUR', 10_999_99), [move]), 'above-concentration')
  assert.equal(denialIn(limited('USD', 13_750_00), [move]), undefined)
  assert.equal(denialIn(limited('USD', 13_749_99), [move]), 'above-concentration')
  assert.equal(denialIn(limited('GBP', 99_000_00), [move]), 'above-concentration')
})

test('a credit that would leave the exact range is denied before anything is held', () => {
  const move = transfer(4_000_00)
  assert.equal(denialIn(stateOf([move], 2 ** 52 - 100), [move]), 'balance-not-exact')
})

test('an error inside a check denies', () => {
  const broken = { ...transfer(1_000_00), rail: null, facility: null } as Move
  assert.notEqual(denial(broken), undefined)
})

test('conversion to base currency rounds the price up, and the sum once', () => {
  const yen = position('Y', { currency: 'JPY', exponent: 0 })
  const moves = [transfer(1_000, rail(yen, b)), transfer(1_000, rail(yen, a))]
  const state = stateOf(moves)
  state.quotes.set('JPY/EUR', { mid: 0.006111111111 } as QuoteState)
  assert.equal(sumBaseMinor(state, resolved, moves.slice(0, 1)), 612)
  assert.equal(sumBaseMinor(state, resolved, moves), 1_223)
  assert.throws(() => sumBaseMinor(newGroupState('g'), resolved, moves), /JPY can be valued/)
})
