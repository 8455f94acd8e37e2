/** Floors and obligations that one plan keeps and the other does not, with accounts as small as they can be. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Move } from './deliberation/plan.js'
import type { Viewpoint } from './deliberation/plan-view.js'
import type { Position } from './deliberation/positions.js'
import { newGuardrails } from './governance/guardrails.js'
import type { TrialState } from './perception/people-state.js'
import { type AccountState, type GroupState, newGroupState } from './perception/state.js'
import { floorOfAction, observePlans, type Plan } from './trial-observation.js'

const NOON = Date.parse('2026-03-18T12:00:00Z') * 1000
const HOUR = 3_600_000_000

function position(accountId: string, projectedMinor: number): Position {
  return {
    accountId,
    currency: 'EUR',
    exponent: 2,
    availableMinor: projectedMinor,
    projectedMinor,
    floorMinor: 100,
    targetMinor: 1_000,
    ceilingMinor: 9_000,
    lineMinor: 0,
    baseFactor: 1,
  } as Position
}

const pool = position('POOL', 5_000)
const till = position('TILL', 50)

const resolved = {
  policy: {
    baseCurrency: 'EUR',
    deliberation: { horizonMinutes: 60 },
    costs: {
      shortfallBpPerDay: [1, 5, 50],
      floorViolationBp: 500,
      idleBpPerYear: 0,
      surplusBpPerYear: 0,
      churnBp: 0,
    },
  },
  baseExponent: 2,
  accounts: new Map([
    ['POOL', { floorMinor: 100 }],
    ['TILL', { floorMinor: 100 }],
  ]),
} as unknown as Viewpoint['resolved']

const trialOf = (forgone: readonly (readonly [string, number])[] = []): TrialState => ({
  changeHex: '',
  stage: 'canary',
  policyHex: '',
  previousHex: '',
  sinceCycle: 0,
  decisions: 0,
  guardrails: newGuardrails(),
  basis: null,
  forgone: new Map(forgone),
  overrides: 0,
  isReady: false,
})

function fill(amountMinor: number): Move {
  const rail = { source: pool, destination: till }
  return {
    kind: 'TRANSFER',
    rail,
    facility: null,
    amountMinor,
    counterAmountMinor: amountMinor,
    feeMinor: 0,
    spreadCostMinor: 0,
  } as unknown as Move
}

const plan = (...moves: Move[]): Plan => ({ deliberation: { solve: null } as Plan['deliberation'], moves })

function observed(state: GroupState, mine: Plan, theirs: Plan, trial = trialOf()) {
  const former = { resolved, positions: [pool, till] }
  return observePlans(state, trial, former, mine, theirs, NOON)
}

function withFlow(amountMinor: number, expectedAtMicros: number, timeSpecific = true): GroupState {
  const state = newGroupState('g')
  state.expectedFlows.set('f', { accountId: 'TILL', amountMinor, expectedAtMicros, timeSpecific })
  return state
}

test('a plan that leaves an account below the former floor is a breach where the other plan keeps it, and only there', () => {
  const state = newGroupState('g')
  assert.equal(observed(state, plan(), plan(fill(50))).observation.floorBreached, 'TILL')
  assert.equal(observed(state, plan(fill(50)), plan()).observation.floorBreached, '')
  assert.equal(observed(state, plan(), plan()).observation.floorBreached, '', 'neither keeps it')
  assert.equal(observed(state, plan(), plan(fill(49))).observation.floorBreached, '', 'a unit too little')
})

test('what the other plan would have left is remembered, and regret is the difference of both costs by one price', () => {
  const { forgone, observation } = observed(newGroupState('g'), plan(), plan(fill(950)))
  assert.deepEqual([...forgone], [['TILL', 950]])
  // 950 short of 1,000: 100 at 1 bp, 300 at 5 or 50 bp by piece, and 50 below the floor at 500 bp.
  assert.ok(observation.regretBaseMinor > 2.5)
  assert.deepEqual([observation.movedBaseMinor, observation.otherMovedBaseMinor], [0, 950])
})

test('an account that sank below its floor is the doing of the canary when what was forgone would have held it', () => {
  const state = newGroupState('g')
  const hold = (settledMinor: number) =>
    state.accounts.set('TILL', { settledMinor, opened: true } as AccountState)
  hold(99)
  assert.equal(floorOfAction(state, trialOf([['TILL', 1]]), resolved), 'TILL')
  assert.equal(floorOfAction(state, trialOf(), resolved), '', 'nothing was forgone')
  hold(98)
  assert.equal(floorOfAction(state, trialOf([['TILL', 1]]), resolved), '', 'it had sunk anyway')
  hold(100)
  assert.equal(floorOfAction(state, trialOf([['TILL', 1]]), resolved), '', 'the floor holds')
})

test('a payment at a set time that is due and cannot be made counts when the plan that was forgone could have made it', () => {
  const late = (state: GroupState, forgoneMinor: number) =>
    observed(state, plan(), plan(), trialOf([['TILL', forgoneMinor]])).observation.lateObligation
  assert.equal(late(withFlow(-80, NOON), 30), 'TILL')
  assert.equal(late(withFlow(-80, NOON), 29), '', 'not even then')
  assert.equal(late(withFlow(-50, NOON), 30), '', 'it can be paid')
  assert.equal(late(withFlow(-80, NOON + 1), 30), '', 'not due')
  assert.equal(late(withFlow(-80, NOON, false), 30), '', 'at no set time')
  assert.equal(late(withFlow(80, NOON), 30), '', 'a receipt')
})

test('a plan that leaves less than nothing for what is expected is late when a payment at a set time is among it', () => {
  const overdrawn = position('TILL', -10)
  const former = { resolved, positions: [pool, overdrawn] }
  const late = (state: GroupState) =>
    observePlans(state, trialOf(), former, plan(), plan(fill(10)), NOON).observation.lateObligation
  assert.equal(late(withFlow(-80, NOON + HOUR)), 'TILL')
  assert.equal(late(withFlow(-80, NOON + HOUR + 1)), '', 'beyond the horizon')
  assert.equal(late(newGroupState('g')), '')
})
