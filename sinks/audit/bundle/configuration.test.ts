/** Bundles of decisions under a configuration: a refusal for another one than the policy lists is proven, and cannot be told of another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256, toHex } from '../../../pipeline/identity.js'
import { decodeRecord, encodeRecord } from '../../../schemas/avro/registry.js'
import { demandVerified, exported, pointOf, verified } from '../../../tests/support/governed-bundle.js'
import { GovernedSession, planOf } from '../../../tests/support/governed-session.js'
import { POLICY_TEXT } from '../../../tests/support/small-group.js'
import type { Bundle } from './bundle.js'

const LISTED = sha256(Buffer.from('listed'))
const OTHER = sha256(Buffer.from('other'))
const POLICY = `${POLICY_TEXT}configurations: ["${toHex(LISTED)}"]\n`

/** A decision that acted under the listed configuration, and one after it that was refused under another. */
async function bothDecisions(fromStart: boolean): Promise<{ acted: Bundle; refused: Bundle }> {
  const session = await GovernedSession.of(POLICY)
  session.driver.configuration = LISTED
  const { id } = planOf(session.spend())
  session.driver.configuration = OTHER
  const { result } = session.spend(2_000_000_00)
  const [decision] = result.decisions
  assert.equal(decision?.reason, 'configuration-not-approved')
  return {
    acted: await exported(session.journal, id, fromStart),
    refused: await exported(session.journal, toHex(decision.decisionId), fromStart),
  }
}

test('a refused decision and one that acted verify in ten points, from a state and from the beginning', async () => {
  for (const fromStart of [false, true]) {
    const { acted, refused } = await bothDecisions(fromStart)
    await demandVerified(acted)
    await demandVerified(refused)
    assert.match((await pointOf(refused, 'sequence')).detail, /REFUSED: configuration-not-approved$/)
  }
})

test('a cycle in the name of another configuration is found, as is one that tells none', async () => {
  const { refused } = await bothDecisions(false)
  for (const configuration of [LISTED, new Uint8Array(32)]) {
    const cycles = refused.cycles.map((bytes) =>
      encodeRecord('cycle', {
        ...decodeRecord('cycle', bytes),
        configuration: Buffer.from(configuration),
      }),
    )
    const failed = (await verified({ ...refused, cycles })).filter(({ holds }) => !holds)
    assert.ok(
      failed.some(({ point }) => point === 'inputs'),
      JSON.stringify(failed),
    )
  }
})
