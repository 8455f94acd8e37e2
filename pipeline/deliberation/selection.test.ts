import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FacilityChannel, RailChannel } from './channels.js'
import { type Move, priceMove } from './plan.js'
import { planLimits } from './plan-limits.js'
import type { Position } from './positions.js'
import { selectMoves } from './selection.js'
import { limitValue, PRICE_UNIT } from './valuation.js'

function position(accountId: string, projectedMinor: number, bankId = 'BANK-A'): Position {
  const levels = { floorMinor: 100, targetMinor: 1_000, spendableMinor: projectedMinor, lineMinor: 0 }
  return { accountId, bankId, projectedMinor, price: PRICE_UNIT, frozen: '', ...levels } as Position
}

function transfer(source: Position, destination: Position, amountMinor: number): Move {
  const reference = { railId: `${source.accountId}-${destination.accountId}`, feeMinor: 0, feeBp: 0 }
  const rail = { rail: { reference }, source, destination, fx: null } as unknown as RailChannel
  return priceMove('TRANSFER', rail, null, amountMinor)
}

function repay(account: Position, amountMinor: number): Move {
  const reference = { facilityId: 'F', lenderId: 'L' }
  return priceMove(
    'REPAY',
    null,
    { facility: { reference }, account } as unknown as FacilityChannel,
    amountMinor,
  )
}

const pool = position('POOL', 10_000)
const low = position('LOW', 40)
const fine = position('FINE', 500)
const positions = [pool, low, fine]
const none = { budget: limitValue(1_000_000), lenders: new Map(), banks: new Map() }
const select = (moves: readonly Move[], most: number, limits = none) =>
  selectMoves(planLimits(limits, positions), positions, moves, most)

test('the largest go, and a plan within the number stays as it is', () => {
  const moves = [transfer(pool, fine, 200), repay(pool, 300), transfer(fine, pool, 100)]
  assert.deepEqual(select(moves, 3), { moves })
  assert.deepEqual(select(moves, 2), { moves: moves.slice(0, 2) })
})

test('a small ticket that holds up a floor goes before a large one that does not', () => {
  const mends = transfer(pool, low, 60)
  assert.deepEqual(select([transfer(pool, fine, 500), repay(pool, 5_000), mends], 1), { moves: [mends] })
})

test('a ticket that takes cash away from a full bank goes before one that does not', () => {
  const away = transfer(position('FULL', 1_000, 'BANK-B'), pool, 50)
  const into = transfer(pool, position('SHORT', 60, 'BANK-B'), 50)
  const moves = [away, into, repay(pool, 5_000)]
  const ends = [pool, away.rail!.source, into.rail!.destination]
  const limits = { ...none, banks: new Map([['BANK-B', limitValue(1_060)]]) }
  const selected = selectMoves(planLimits(limits, ends), ends, moves, 2)
  assert.deepEqual(selected, { moves: [away, into] })
})

test('more floors than instructions are named, not broken', () => {
  const second = position('SECOND', 0)
  const moves = [transfer(pool, low, 60), transfer(pool, second, 200)]
  assert.deepEqual(selectMoves([], [pool, low, second], moves, 1), { broken: low })
})
