/** The model of an instruction's life: every state times every event, every sequence, and the page that shows the table. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { InstructionStateSymbols } from '../../schemas/generated/schemas.js'
import type { InstructionState } from '../../schemas/generated/types.js'
import {
  canFollow,
  isFinal,
  isHeld,
  isOutstanding,
  LIFE_CYCLE,
  type LifeCycleEvent,
  lifeCycleTable,
  nextState,
  type ReservationEffect,
  transitionOf,
} from './life-cycle.js'

const STATES: readonly InstructionState[] = InstructionStateSymbols
const EVENTS = [...new Set(LIFE_CYCLE.map(({ event }) => event))]
const FINAL: readonly InstructionState[] = ['SETTLED', 'REJECTED', 'EXPIRED', 'CANCELLED']

/** What a reservation is: not begun, pending, or how it ended. */
type Reservation = 'none' | 'pending' | Exclude<ReservationEffect, 'none' | 'hold'>

/** The reservation after an effect, by rules of its own: it begins once, from nothing, and ends once. */
function after(reservation: Reservation, effect: ReservationEffect): Reservation {
  if (effect === 'none') return reservation
  if (effect === 'hold') {
    assert.equal(reservation, 'none', 'a reservation begins once')
    return 'pending'
  }
  assert.equal(reservation, 'pending', `${effect} of a reservation that is ${reservation}`)
  return effect
}

interface Place {
  readonly state: InstructionState
  readonly reservation: Reservation
}

const START: Place = { state: 'PROPOSED', reservation: 'none' }

/** Every pair of state and reservation that any sequence of events leads to. */
function reachable(): Place[] {
  const found = new Map([[`${START.state}/${START.reservation}`, START]])
  for (const place of found.values()) {
    for (const event of EVENTS) {
      const step = transitionOf(place.state, event)
      if (step === undefined) continue
      const next = { state: step.to, reservation: after(place.reservation, step.reservation) }
      found.set(`${next.state}/${next.reservation}`, next)
    }
  }
  return [...found.values()]
}

test('no state has an event twice, and every state of the contract is reached', () => {
  const keys = LIFE_CYCLE.map(({ from, event }) => `${from}/${event}`)
  assert.equal(new Set(keys).size, keys.length)
  const states = new Set(reachable().map(({ state }) => state))
  assert.deepEqual(
    STATES.filter((state) => !states.has(state)),
    [],
  )
})

test('every state times every event: final ones take none, a step leads elsewhere, and nothing is sent before it is reserved and persisted', () => {
  for (const state of STATES) {
    assert.equal(isFinal(state), FINAL.includes(state), state)
    for (const event of EVENTS) {
      const step = transitionOf(state, event)
      assert.equal(nextState(state, event), step?.to)
      if (isFinal(state)) assert.equal(step, undefined, `${state} takes ${event}`)
      if (step === undefined) continue
      assert.notEqual(step.to, state, `${state} stays where it is after ${event}`)
      assert.ok(canFollow(state, step.to))
      assert.ok(step.causes.length > 0 && step.says.endsWith('.'))
      if (step.to === 'SENT') assert.equal(state, 'PERSISTED')
      if (step.to === 'PERSISTED') assert.equal(state, 'RESERVED')
      if (step.to === 'RESERVED') assert.ok(state === 'PROPOSED' || state === 'AWAITING_APPROVAL')
      if (step.to === 'SETTLED' || step.to === 'REJECTED') assert.ok(isOutstanding(state))
      // Only a venue, or its bank's report, ends what a venue has; only people release what waits for people.
      if (isOutstanding(state) && isFinal(step.to))
        assert.ok(step.causes.every((cause) => cause === 'venue' || cause === 'account report'))
      if (state === 'AWAITING_APPROVAL' && !isFinal(step.to)) assert.deepEqual(step.causes, ['person'])
    }
  }
})

test('in every place that events lead to, the state tells what the reservation is', () => {
  const places = reachable()
  assert.ok(places.length >= STATES.length)
  for (const { state, reservation } of places) {
    const place = `${state} with reservation ${reservation}`
    assert.equal(isHeld(state), reservation === 'pending', place)
    if (isOutstanding(state)) assert.ok(isHeld(state), place)
    if (state === 'PROPOSED' || state === 'AWAITING_APPROVAL') assert.equal(reservation, 'none', place)
    if (state === 'SETTLED') assert.ok(reservation === 'post' || reservation === 'part-post', place)
    if (state === 'REJECTED') assert.equal(reservation, 'void', place)
    if (isFinal(state)) assert.notEqual(reservation, 'pending', place)
  }
})

test('every sequence of events: what is held is ended once, and from everywhere an end can be reached', () => {
  // A walk never stands in a place twice but for UNKNOWN and ACCEPTED, which may follow each other: paths longer than twice the
  // number of states show no new pair of steps.
  const depth = STATES.length
  let walks = 0
  const walk = (state: InstructionState, effects: readonly ReservationEffect[], left: number): void => {
    walks++
    const holds = effects.filter((effect) => effect === 'hold').length
    const ends = effects.filter((effect) => effect !== 'hold').length
    assert.ok(holds <= 1 && ends <= holds, `${effects}`)
    if (isFinal(state)) assert.equal(ends, holds, `${state} after ${effects}`)
    if (left === 0) return
    for (const event of EVENTS) {
      const step = transitionOf(state, event)
      if (step === undefined) continue
      const next = step.reservation === 'none' ? effects : [...effects, step.reservation]
      walk(step.to, next, left - 1)
    }
  }
  walk('PROPOSED', [], depth)
  assert.ok(walks > 500, `${walks}`)
  for (const state of STATES) assert.ok(reachesEnd(state), state)
})

function reachesEnd(from: InstructionState): boolean {
  const seen = new Set<InstructionState>([from])
  for (const state of seen) {
    if (isFinal(state)) return true
    for (const event of EVENTS) {
      const next = nextState(state, event)
      if (next !== undefined) seen.add(next)
    }
  }
  return false
}

test('an instruction without an answer never goes back to a state in which it would be sent', () => {
  const seen = new Set<InstructionState>(['UNKNOWN'])
  for (const state of seen) {
    for (const event of EVENTS) {
      const next = nextState(state, event)
      if (next !== undefined) seen.add(next)
    }
  }
  assert.deepEqual([...seen].sort(), ['ACCEPTED', 'CANCELLED', 'REJECTED', 'SETTLED', 'UNKNOWN'])
})

test('each reservation effect is caused by an event of its own, wherever it happens', () => {
  const effects = new Map<LifeCycleEvent, ReservationEffect>()
  for (const { event, reservation } of LIFE_CYCLE) {
    assert.equal(effects.get(event) ?? reservation, reservation, event)
    effects.set(event, reservation)
  }
})

test('the documentation shows the table of the code', () => {
  const page = readFileSync(new URL('../../../docs/instruction-life-cycle.md', import.meta.url), 'utf8')
  assert.ok(
    page.includes(lifeCycleTable()),
    'put the output of lifeCycleTable() into docs/instruction-life-cycle.md',
  )
})
