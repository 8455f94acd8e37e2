/** Generated models are of the published kind and the same on every call; streams change what they say. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STREAM_KINDS } from './problem.js'
import { publishedRebalancing, WHERE_PUBLISHED } from './published-models.js'
import { generatedRebalancing } from './rebalancing-stream.js'

test('twelve columns and two rows a pool, twelve rows for all, entries of one', () => {
  for (const pools of [8, 32, 2048]) {
    const { model } = generatedRebalancing(pools, 'tick', 1)
    assert.deepEqual(
      [model.rows, model.columns, model.value.length],
      [2 * pools + 12, 12 * pools, 29 * pools],
    )
    assert.ok(model.value.every((value) => Math.abs(value) === 1))
  }
})

test('a generated model and its streams follow from the size alone', () => {
  for (const kind of STREAM_KINDS)
    assert.deepEqual(generatedRebalancing(8, kind, 5), generatedRebalancing(8, kind, 5))
})

test('a tick moves two balances, a batch all, a mixed step limits and costs too', () => {
  const [tick, batch, mixed] = STREAM_KINDS.map((kind) => generatedRebalancing(32, kind, 1).steps[0]!)
  const sizes = [tick!, batch!].map(({ rows, columns, costs }) =>
    [rows, columns, costs].map(({ index }) => index.length),
  )
  assert.deepEqual(sizes, [
    [2, 0, 0],
    [32, 0, 0],
  ])
  assert.ok(mixed!.rows.index.length === 32 && mixed!.columns.index.length > 0)
  for (const { index } of [tick!.rows, mixed!.columns, mixed!.costs])
    assert.deepEqual(
      [...index],
      [...new Set(index)].sort((a, b) => a - b),
    )
})

const published = publishedRebalancing(8, 'tick')
const skip = published === undefined ? `SKIPPED: no published models in ${WHERE_PUBLISHED}` : false

test('as large as the published model of that many pools', { skip }, () => {
  const own = generatedRebalancing(8, 'tick', 1).model
  const { rows, columns, value } = published!.model
  assert.deepEqual([own.rows, own.columns, own.value.length], [rows, columns, value.length])
})
