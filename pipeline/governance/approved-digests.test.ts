/** What a list of approved digests lets decide: any when there is none, else exactly what it lists. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_DIGEST, sha256, toHex } from '../identity.js'
import { unapprovedConfiguration, unapprovedOptimizer } from './approved-digests.js'

const digest = sha256(Buffer.from('a configuration'))
const other = sha256(Buffer.from('another'))

test('a policy that lists none lets any decide', () => {
  assert.equal(unapprovedConfiguration({ configurations: [] }, NO_DIGEST), undefined)
  assert.equal(unapprovedOptimizer({ optimizers: [] }, toHex(digest)), undefined)
})

test('a policy that lists some lets those decide and no other, one that was not told least of all', () => {
  const configurations = [toHex(other), toHex(digest)]
  assert.equal(unapprovedConfiguration({ configurations }, digest), undefined)
  assert.deepEqual(unapprovedConfiguration({ configurations }, NO_DIGEST), {
    reason: 'configuration-not-approved',
    subject: `configuration ${'0'.repeat(64)}`,
  })
  for (const cut of [digest.subarray(1), digest.subarray(0, 31), new Uint8Array(0)])
    assert.equal(
      unapprovedConfiguration({ configurations }, cut)?.reason,
      'configuration-not-approved',
      'a part of a listed one',
    )
  assert.equal(unapprovedOptimizer({ optimizers: [toHex(digest)] }, toHex(digest)), undefined)
  assert.deepEqual(unapprovedOptimizer({ optimizers: [toHex(digest)] }, toHex(other)), {
    reason: 'optimizer-not-approved',
    subject: `optimizer ${toHex(other)}`,
  })
})
