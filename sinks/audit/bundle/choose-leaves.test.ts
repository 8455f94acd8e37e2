import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseLeaves, type ProvingLog } from './choose-leaves.js'

const NOTHING = new Uint8Array(0)

function logOf(...leaves: readonly object[]): ProvingLog {
  return {
    size: leaves.length,
    record: async (index) => Buffer.from(JSON.stringify(leaves[index]), 'utf8'),
    inclusionProof: async () => [],
    consistencyProof: async () => [],
    checkpoint: () => NOTHING,
  }
}

const [inForce, shadow] = ['a1'.repeat(16), 'b2'.repeat(16)]
const leaf = (id: string, sequence: number, entry: number, more: object = {}) => ({
  kind: 'decision',
  group: 'europe',
  sequence,
  journal: { partition: 0, entry },
  id,
  policy: { digest: 'c3' },
  digests: { history: '' },
  ...more,
})

test('a decision that was made beside the policy in force has no bundle; one in force has that of its cycle as before', async () => {
  const next = 'd4'.repeat(16)
  const log = logOf(leaf(inForce, 0, 4), leaf(shadow, 1, 4, { arm: 'shadow' }), leaf(next, 2, 9))
  await assert.rejects(chooseLeaves(log, shadow, false), /made beside the policy in force \(shadow\)/)
  assert.deepEqual((await chooseLeaves(log, inForce, false))?.indices, [0, 1])
  const chosen = await chooseLeaves(log, next, false)
  assert.deepEqual([chosen?.indices, chosen?.firstMade], [[0, 1, 2], 2])
  assert.equal(await chooseLeaves(log, 'e5'.repeat(16), false), undefined)
})
