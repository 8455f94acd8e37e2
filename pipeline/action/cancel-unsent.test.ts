import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstructionState } from '../../schemas/generated/types.js'
import { CycleCollector } from '../perception/outcome.js'
import {
  type AccountState,
  newGroupState,
  type OpenInstruction,
  type PendingPlan,
} from '../perception/state.js'
import { cancelUnsent } from './cancel-unsent.js'

test('what waits for people lapses, what waits for a leg gives its hold back, and what a venue has or is final stays as it is', () => {
  const states: InstructionState[] = [
    'AWAITING_APPROVAL',
    'RESERVED',
    'SENT',
    'ACCEPTED',
    'UNKNOWN',
    'SETTLED',
    'REJECTED',
    'EXPIRED',
  ]
  const state = newGroupState('g')
  const source = { reference: { currencyExponent: 2 }, reservedMinor: 700 } as unknown as AccountState
  state.accounts.set('A', source)
  const ids = states.map((_, index) => index.toString(16).padStart(32, '0'))
  for (const [index, step] of states.entries()) {
    const one = { decisionId: ids[index], kind: 'TRANSFER', sourceAccountId: 'A', amountMinor: 700 }
    state.instructions.set(ids[index]!, { ...one, instructionId: ids[index], state: step } as OpenInstruction)
  }
  const pending = { decisionId: ids[0], instructionIds: [ids[0]], makers: [] } as unknown as PendingPlan
  state.pendingPlans.set(ids[0]!, pending)
  const collector = new CycleCollector(state, 3, 1_000)
  cancelUnsent(collector, 'policy-rolled-back')
  assert.deepEqual(
    [...state.instructions.values()].map((one) => one.state),
    ['EXPIRED', 'CANCELLED', ...states.slice(2)],
  )
  assert.equal(source.reservedMinor, 0)
  assert.equal(state.pendingPlans.size, 0)
  assert.deepEqual(
    collector.instructionEvents.map((event) => [event.state, event.reasonCode]),
    [
      ['EXPIRED', 'policy-rolled-back'],
      ['CANCELLED', 'policy-rolled-back'],
    ],
  )
})
