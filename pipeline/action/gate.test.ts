import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FacilityChannel, RailChannel } from '../deliberation/channels.js'
import { type Move, priceMove } from '../deliberation/plan.js'
import type { Position } from '../deliberation/positions.js'
import type { ResolvedPolicy } from '../deliberation/resolved-policy.js'
import { type AccountState, type GroupState, newGroupState } from '../perception/state.js'
import { baseMinor, denialOf } from './gate.js'

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
    frozen: '',
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
  policy: { limits: { instructionsPerCycle: 2 } },
  maximumInstructionBaseMinor: 8_000_00,
  perCycleBaseMinor: 9_000_00,
  perDayBaseMinor: 20_000_00,
  lenders: new Map(),
} as unknown as ResolvedPolicy

const a = position('A')
const b = position('B')
const transfer = (amountMinor: number, channel = rail(a, b)): Move =>
  priceMove('TRANSFER', channel, null, amountMinor)
/** A state that knows the accounts of the moves, with balances of ten thousand. */
function stateOf(moves: readonly Move[], settledMinor = 10_000_00): GroupState {
  const state = newGroupState('g')
  for (const move of moves) {
    for (const end of [move.rail?.source, move.rail?.destination, move.facility?.account]) {
      const account = { settledMinor, reservedMinor: 0, incomingMinor: 0 } as AccountState
      if (end !== undefined) state.accounts.set(end.accountId, account)
    }
  }
  return state
}

const denial = (...moves: Move[]) => denialOf(stateOf(moves), resolved, moves)?.code

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
  assert.equal(denialOf(state, resolved, [transfer(2_000_00)])?.code, 'above-day-budget')
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

test('an FX move without a price is denied, and a draw is held to the headroom', () => {
  assert.equal(
    denial(priceMove('FX', rail(a, position('U', { currency: 'USD' })), null, 1_000_00)),
    'no-price',
  )
  const reference = { facilityId: 'F', minimumDrawMinor: 100, roundingMinor: 10 }
  const facility = {
    facility: { reference },
    account: a,
    drawMaximumMinor: 500_00,
    repayMaximumMinor: 0,
    blocked: '',
    costPerDay: 0,
  } as unknown as FacilityChannel
  assert.equal(denial(priceMove('DRAW', null, facility, 500_00)), undefined)
  assert.equal(denial(priceMove('DRAW', null, facility, 500_10)), 'above-channel-maximum')
  assert.equal(denial(priceMove('REPAY', null, facility, 100_00)), 'above-channel-maximum')
})

test('a credit that would leave the exact range is denied before anything is held', () => {
  const move = transfer(4_000_00)
  assert.equal(denialOf(stateOf([move], 2 ** 52 - 100), resolved, [move])?.code, 'balance-not-exact')
})

test('an error inside a check denies', () => {
  const broken = { ...transfer(1_000_00), rail: null, facility: null } as Move
  assert.notEqual(denial(broken), undefined)
})

test('conversion to base currency rounds up', () => {
  const yen = position('Y', { currency: 'JPY', exponent: 0, baseFactor: 0.6111111111 })
  assert.equal(baseMinor(transfer(1_000, rail(yen, b))), 612n)
})
