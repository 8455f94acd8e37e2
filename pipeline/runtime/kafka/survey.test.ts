/** What a leader answers, and what it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumerClient, Library } from './client.js'
import { faultKindOf } from './faults.js'
import { Surveyor } from './survey.js'

interface Answer {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly error?: unknown
}

/** A client that answers each request with the next of the given answers. */
function surveyor(...answers: readonly (readonly Answer[])[]): Surveyor {
  let asked = 0
  const admin = {
    listOffsets: (_: unknown, __: unknown, done: (error: unknown, result: readonly Answer[]) => void) =>
      done(undefined, answers[asked++] ?? []),
  }
  const library = {
    AdminClient: { createFrom: () => admin },
    OffsetSpec: { EARLIEST: 'earliest', LATEST: 'latest' },
    IsolationLevel: { READ_COMMITTED: 1, READ_UNCOMMITTED: 0 },
  }
  const client = { getMetadata: (_: unknown, done: () => void) => done() }
  return new Surveyor(library as unknown as Library, client as unknown as ConsumerClient)
}

const place = { topic: 'weir.cycle', partition: 0 }

test('a partition extends from its first offset to its last', async () => {
  const [extent] = await surveyor([{ ...place, offset: 3 }], [{ ...place, offset: 9 }]).survey(
    [place],
    'written',
  )
  assert.deepEqual(extent, { ...place, begin: 3, end: 9, error: undefined })
})

test('an offset that is none is no place to read from, and is asked for again', async () => {
  // As the client answers while the leader has just come: librdkafka's offset that is invalid, and no error.
  const nothing = [{ ...place, offset: -1001 }]
  for (const answers of [
    [nothing, [{ ...place, offset: 9 }]],
    [[{ ...place, offset: 3 }], nothing],
  ]) {
    const [extent] = await surveyor(...answers).survey([place], 'written')
    assert.equal(faultKindOf(extent?.error), 'retriable')
  }
})

test('a refusal stays what it is', async () => {
  const refused = { ...place, offset: -1001, error: { message: 'no right', code: 29 } }
  const [extent] = await surveyor([refused], [refused]).survey([place], 'written')
  assert.equal(faultKindOf(extent?.error), 'refused')
})
