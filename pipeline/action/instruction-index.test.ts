/** The index of instructions: at every step what a walk over the state gives, in its order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { InstructionEvent, InstructionState } from '../../schemas/generated/types.js'
import { fromHex } from '../identity.js'
import { type GroupState, newGroupState, type OpenInstruction } from '../perception/state.js'
import { InstructionIndex } from './instruction-index.js'
import { isFinal, isOutstanding } from './life-cycle.js'

const HOUR = 3_600_000_000
const DAY = 24 * HOUR
const states: readonly InstructionState[] = ['PROPOSED', 'SENT', 'ACCEPTED', 'UNKNOWN', 'SETTLED', 'REJECTED']

const steps = fc.array(
  fc.record({
    hours: fc.nat(20),
    news: fc.nat(2),
    changes: fc.array(fc.tuple(fc.nat(), fc.constantFrom(...states)), { maxLength: 3 }),
  }),
  { maxLength: 40 },
)

function idOf(number: number): string {
  return number.toString(16).padStart(32, '0')
}

function outstandingByWalk(state: GroupState): string[] {
  return [...state.instructions].filter(([, one]) => isOutstanding(one.state)).map(([id]) => id)
}

test('outstanding ones in the order of the state, and final ones forgotten after a day', () => {
  fc.assert(
    fc.property(steps, fc.nat(40), (list, restoredAt) => {
      const state = newGroupState('g')
      const kept = new Map<string, OpenInstruction>()
      let index = new InstructionIndex(state)
      let [now, number] = [0, 0]
      for (const [cycle, { hours, news, changes }] of list.entries()) {
        now += hours * HOUR
        const moved = new Set<string>()
        const move = (id: string, next: InstructionState) => {
          const held = state.instructions.get(id)!
          held.state = next
          held.stateAtMicros = now
          moved.add(id)
        }
        for (let fresh = 0; fresh < news; fresh++) {
          const instructionId = idOf(number++)
          const held = { instructionId, cycle } as OpenInstruction
          state.instructions.set(instructionId, held)
          kept.set(instructionId, held)
          move(instructionId, 'SENT')
        }
        const open = [...state.instructions.values()].filter((one) => !isFinal(one.state))
        for (const [pick, next] of changes)
          if (open.length > 0) move(open[pick % open.length]!.instructionId, next)
        // Begun in the middle it derives everything anew, as after a restart.
        if (cycle === restoredAt) index = new InstructionIndex(state)
        const events = [...moved].map((id) => ({ instructionId: fromHex(id) }) as InstructionEvent)
        index.update(events, cycle, now)
        for (const [id, one] of kept) if (isFinal(one.state) && now - one.stateAtMicros > DAY) kept.delete(id)
        assert.deepEqual([...state.instructions.keys()], [...kept.keys()])
        assert.deepEqual(
          [...index.outstanding()].map((one) => one.instructionId),
          outstandingByWalk(state),
        )
      }
    }),
    { numRuns: 300 },
  )
})
