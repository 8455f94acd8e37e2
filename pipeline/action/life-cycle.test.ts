import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstructionState } from '../../schemas/generated/types.js'
import { isFinal, isOutstanding, type LifeCycleEvent, nextState } from './life-cycle.js'

const STATES: InstructionState[] = [
  'PROPOSED',
  'RESERVED',
  'PERSISTED',
  'SENT',
  'ACCEPTED',
  'SETTLED',
  'REJECTED',
  'EXPIRED',
  'CANCELLED',
  'UNKNOWN',
]
const EVENTS: LifeCycleEvent[] = [
  'reserve',
  'persist',
  'send',
  'accepted',
  'pending',
  'settled',
  'rejected',
  'cancelled',
  'no-answer',
  'lapse',
]

test('every state times every event: final states take none, and nothing is sent that was not persisted', () => {
  for (const state of STATES) {
    for (const event of EVENTS) {
      const next = nextState(state, event)
      if (isFinal(state)) assert.equal(next, undefined, `${state} takes ${event}`)
      if (next === 'SENT') assert.equal(state, 'PERSISTED')
      if (next === 'PERSISTED') assert.equal(state, 'RESERVED')
      if (next === 'SETTLED') assert.ok(isOutstanding(state))
      if (next !== undefined) assert.notEqual(next, state)
    }
  }
})

test('an instruction without an answer never goes back to a state in which it would be sent', () => {
  const reachable = new Set<InstructionState>()
  const visit = (state: InstructionState) => {
    if (reachable.has(state)) return
    reachable.add(state)
    for (const event of EVENTS) {
      const next = nextState(state, event)
      if (next !== undefined) visit(next)
    }
  }
  visit('UNKNOWN')
  assert.deepEqual([...reachable].sort(), ['ACCEPTED', 'CANCELLED', 'REJECTED', 'SETTLED', 'UNKNOWN'])
})

test('from every state that holds a reservation a final one can be reached', () => {
  for (const state of STATES.filter(isOutstanding)) {
    assert.ok(EVENTS.some((event) => isFinal(nextState(state, event) ?? state)))
  }
})
