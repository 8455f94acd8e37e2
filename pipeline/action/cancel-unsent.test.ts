import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InstructionState } from '../../schemas/generated/types.js'
import { CycleCollector } from '../perception/outcome.js'
import { newGroupState, type OpenInstruction } from '../perception/state.js'
import { cancelUnsent } from './cancel-unsent.js'

test('what is not sent lapses with the reason; what a venue has, or what is final, stays as it is', () => {
  const states: InstructionState[] = [
    'PROPOSED',
    'SENT',
    'ACCEPTED',
    'UNKNOWN',
    'SETTLED',
    'REJECTED',
    'EXPIRED',
  ]
  const state = newGroupState('g')
  for (const [index, step] of states.entries()) {
    const instructionId = index.toString(16).padStart(32, '0')
    state.instructions.set(instructionId, { instructionId, state: step } as OpenInstruction)
  }
  const collector = new CycleCollector(state, 3, 1_000)
  cancelUnsent(collector, 'policy-rolled-back')
  assert.deepEqual(
    [...state.instructions.values()].map((one) => one.state),
    ['EXPIRED', ...states.slice(1)],
  )
  assert.deepEqual(
    collector.instructionEvents.map((event) => [event.state, event.reasonCode]),
    [['EXPIRED', 'policy-rolled-back']],
  )
})
