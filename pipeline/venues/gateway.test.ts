/** Offsets never pass a record that the venue does not have yet. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Instruction } from '../../schemas/generated/types.js'
import type { RealTimeVenue } from '../ports.js'
import { VenueGateway } from './gateway.js'
import { OffsetProgress } from './offset-progress.js'

test('progress is the oldest unfinished record, whatever the order of ends and repetitions', () => {
  const order = fc.array(fc.nat({ max: 30 }), { maxLength: 60 })
  fc.assert(
    fc.property(fc.nat({ max: 30 }), order, (count, ends) => {
      const progress = new OffsetProgress()
      assert.equal(progress.done, -1)
      const open = new Map<number, number>()
      for (let offset = 10; offset < 10 + count; offset++) {
        const times = (offset % 3) + 1
        for (let time = 0; time < times; time++) progress.begin(offset)
        open.set(offset, times)
      }
      for (const end of ends) {
        const offset = 10 + end
        const left = open.get(offset) ?? 0
        if (left === 0) continue
        progress.end(offset)
        if (left === 1) open.delete(offset)
        else open.set(offset, left - 1)
        assert.equal(progress.done, Math.min(10 + count, ...open.keys()))
      }
    }),
    { seed: 20261129, numRuns: 500 },
  )
})

function instructionFor(venueId: string): Instruction {
  return { venueId, instructionId: new Uint8Array(16) } as Instruction
}

test('what a venue has not taken for good, and what fails, is never done; what is not for it is at once', async () => {
  const settle: ((failure?: Error) => void)[] = []
  const asked: Instruction[] = []
  const handed = () =>
    new Promise<void>((resolve, reject) => {
      settle.push((failure) => (failure === undefined ? resolve() : reject(failure)))
    })
  const venue: RealTimeVenue = {
    venueId: 'bank',
    send: handed,
    query: (instruction) => {
      asked.push(instruction)
      return handed()
    },
  }
  const failures: unknown[] = []
  const gateway = new VenueGateway(venue, (error) => failures.push(error))
  const at = (offset: number) => ({ topic: 'instruction', partition: 3, offset })
  gateway.take('instruction', at(5), instructionFor('bank'))
  gateway.take('instruction', at(6), instructionFor('desk'))
  gateway.take('query', at(7), instructionFor('bank'))
  gateway.take('instruction', at(8), undefined)
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(gateway.done(), [at(5)])
  settle[1]?.()
  await turn()
  assert.deepEqual(gateway.done(), [at(5)])
  settle[0]?.()
  await turn()
  assert.deepEqual(gateway.done(), [at(9)])
  assert.equal(asked.length, 1)
  assert.deepEqual(gateway.counts, { instructions: 1, queries: 1, passedOver: 1 })
  gateway.take('instruction', at(9), instructionFor('bank'))
  settle[2]?.(new Error('the disk is full'))
  await turn()
  assert.deepEqual(gateway.done(), [at(9)])
  assert.equal(failures.length, 1)
})
