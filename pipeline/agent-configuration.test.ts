/** Configurations that a policy lists: what an agent does under another one, and how a new one goes the way of every change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '../schemas/canonical-json.js'
import { testEnvironment } from '../tests/support/environment.js'
import { GovernedSession, planOf } from '../tests/support/governed-session.js'
import { movement, POLICY_TEXT } from '../tests/support/small-group.js'
import { at, reasons, started } from '../tests/support/small-group-session.js'
import { alertOf, candidate, SmallGroupTrial } from '../tests/support/small-group-trial.js'
import { restoreAgent } from './agent.js'
import { sha256, toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'

const A = sha256(Buffer.from('heartbeatMillis: 5000'))
const B = sha256(Buffer.from('heartbeatMillis: 60000'))

const listing =
  (...digests: Uint8Array[]) =>
  (text: string): string =>
    `${text}configurations: [${digests.map((digest) => `"${toHex(digest)}"`).join(', ')}]\n`

const inForce = ({ result }: AppliedCycle) => {
  const decision = result.decisions.find(({ arm }) => arm === '')
  assert.ok(decision !== undefined, 'it has decided')
  const { outcome, reason, policyVersion } = decision
  return [outcome, reason, policyVersion]
}
const REFUSED = ['REFUSED', 'configuration-not-approved', 1]

test('under a configuration that is not listed nothing is planned or sent, and people are told which it is', async () => {
  const { driver } = await started({ policy: listing(A)(POLICY_TEXT), openings: { OPERATING: 7_400_000_00 } })
  const pay = (seconds: number) => {
    driver.input('cash-movement', movement(`salaries ${seconds}`, 'PAYROLL', -1_200_000_00), at(seconds))
    return driver.close(at(seconds + 5))
  }
  const ofBefore = pay(10)
  assert.deepEqual(inForce(ofBefore), REFUSED, 'a cycle that does not tell its configuration')
  driver.configuration = B
  const other = pay(20)
  assert.deepEqual(inForce(other), REFUSED)
  assert.equal(other.release.length, 0)
  assert.equal(other.result.decisions[0]?.solverStatus, 'not-run')
  const alert = alertOf(other, 'configuration-not-approved')
  assert.equal(alert?.severity, 'CRITICAL')
  assert.equal(
    alert?.message,
    `The plan was refused: configuration-not-approved (configuration ${toHex(B)}).`,
  )
  driver.configuration = A
  assert.equal(inForce(pay(30))[0], 'ACTED')
})

test('the configuration is that of the cycle: an agent that was restored decides by it to the same bytes', async () => {
  const { driver } = await started({ policy: listing(A)(POLICY_TEXT) })
  const restored = restoreAgent(driver.agent.snapshot(), await testEnvironment())
  for (const [index, configuration] of [A, B, A].entries()) {
    driver.configuration = configuration
    const seconds = 10 + 60 * index
    driver.input('cash-movement', movement(`salaries ${index}`, 'PAYROLL', -2_500_000_00), at(seconds))
    driver.declareTo(restored)
    const cycle = driver.nextCycle(at(seconds + 5))
    const applied = driver.agent.apply(cycle)
    assert.deepEqual(restored.apply(cycle), applied)
    assert.equal(inForce(applied)[1] === 'configuration-not-approved', configuration === B)
  }
  assert.deepEqual(restored.stateDigest(), driver.agent.stateDigest())
})

test('a new configuration goes the way of every change: refused, listed beside the old one, tried, in force', async () => {
  const canary = 'cohortPercent: 100, shadowDecisions: 2, decisions: 3'
  const trial = await SmallGroupTrial.approved(candidate(canary, listing(A, B)), listing(A)(POLICY_TEXT), A)
  assert.equal(inForce(trial.pay())[0], 'ACTED')
  // The instances were started anew with other settings.
  trial.driver.configuration = B
  const refused = trial.pay()
  assert.deepEqual(inForce(refused), REFUSED)
  assert.ok(alertOf(refused, 'configuration-not-approved') !== undefined)
  assert.deepEqual(reasons(trial.go('shadow')), [])
  const shadowed = trial.pay()
  assert.deepEqual(inForce(shadowed), REFUSED, 'a shadow has no effect')
  const shadow = shadowed.result.decisions.find(({ arm }) => arm === 'shadow')
  assert.deepEqual([shadow?.outcome, shadow?.policyVersion], ['ACTED', 2])
  trial.pay()
  const begun = trial.go('canary')
  assert.deepEqual(reasons(begun), [])
  assert.deepEqual(inForce(begun), ['ACTED', 'rebalanced', 2], 'it decides again at once')
  // Held against a policy that may not decide, it moves where that one moves nothing.
  for (let payments = 0; payments < 20 && trial.ended === undefined; payments++) trial.pay()
  const ended = trial.ended ?? assert.fail('it goes on')
  assert.match(alertOf(ended, 'policy-rolled-back')?.message ?? '', /guardrail churn/)
  assert.deepEqual(inForce(ended), REFUSED)
})

test('tried while the old configuration runs, it costs nothing, and the day it is started it decides', async () => {
  const canary = 'cohortPercent: 100, shadowDecisions: 1, decisions: 1'
  const trial = await SmallGroupTrial.approved(candidate(canary, listing(A, B)), listing(A)(POLICY_TEXT), A)
  trial.go('shadow')
  trial.pay()
  assert.deepEqual(reasons(trial.go('canary')), [])
  for (let payments = 0; payments < 45 && alertOf(trial.pay(), 'policy-ready') === undefined; payments++);
  assert.equal(trial.ended, undefined)
  assert.deepEqual(reasons(trial.go('full')), [])
  trial.driver.configuration = B
  assert.deepEqual(inForce(trial.pay()), ['ACTED', 'rebalanced', 2])
})

test('a plan that people approved is not sent under another configuration, and is sent when the listed one is back', async () => {
  const policy = listing(A)(POLICY_TEXT.replace('mode: autonomous', 'mode: supervised'))
  const approved = async (configuration: Uint8Array) => {
    const session = await governed(policy)
    const { plan } = planOf(session.spend())
    session.driver.configuration = configuration
    const voiced = session.order({ kind: 'APPROVE', ...plan, author: 'anna' })
    return { session, voiced }
  }
  assert.equal((await approved(A)).voiced.release.length, 1)
  const { session, voiced } = await approved(B)
  assert.deepEqual(reasons(voiced), [], 'the voice is taken')
  assert.equal(voiced.release.length, 0)
  session.driver.configuration = A
  assert.equal(session.close().release.length, 1)
})

test('a plan of a person is refused under another configuration like one of the agent', async () => {
  const forced = async (configuration: Uint8Array) => {
    const session = await governed(listing(A)(POLICY_TEXT))
    session.driver.configuration = configuration
    const moves = [{ kind: 'TRANSFER', channel: 'OPERATING-PAYROLL', amountMinor: 100_000_00 }]
    const { result } = session.order({
      kind: 'FORCE',
      subject: 'group',
      author: 'olga',
      detail: canonicalJson({ moves }),
    })
    const override = result.decisions.find(({ trigger }) => trigger === 'override')
    return [override?.outcome, override?.reason]
  }
  assert.deepEqual(await forced(A), ['ACTED', 'force-by:olga'])
  assert.deepEqual(await forced(B), ['REFUSED', 'configuration-not-approved'])
})

async function governed(policy: string): Promise<GovernedSession> {
  const session = await GovernedSession.of(policy)
  session.driver.configuration = A
  return session
}
