/** A policy on trial in an agent: the shadow that changes nothing, the canary, the guardrails that take it back, and its promotion. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '../schemas/canonical-json.js'
import { testEnvironment } from '../tests/support/environment.js'
import { movement } from '../tests/support/small-group.js'
import { at, reasons } from '../tests/support/small-group-session.js'
import { alertOf, candidate, SmallGroupTrial } from '../tests/support/small-group-trial.js'
import { restoreAgent } from './agent.js'
import { toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'

/** Keeps hardly anything where salaries are paid from. */
const silly = (text: string): string =>
  text.replace(
    'PAYROLL, floor: 500000, target: 2000000, ceiling: 8000000',
    'PAYROLL, floor: 500000, target: 700000, ceiling: 8000000',
  )

const armsOf = ({ result }: AppliedCycle) => result.decisions.map(({ arm }) => arm)
const versionsOf = ({ result }: AppliedCycle) => result.decisions.map(({ policyVersion }) => policyVersion)

test('a shadow decides beside the policy in force, with an id of its own and no effect', async () => {
  const trial = await SmallGroupTrial.approved(candidate())
  assert.deepEqual(reasons(trial.go('shadow')), [])
  const { result, release } = trial.pay()
  const [inForce, shadow] = result.decisions
  assert.deepEqual([inForce?.arm, shadow?.arm], ['', 'shadow'])
  assert.deepEqual([inForce?.policyVersion, shadow?.policyVersion], [1, 2])
  assert.notDeepEqual(inForce?.decisionId, shadow?.decisionId)
  assert.deepEqual([inForce?.instructions, shadow?.instructions], [1, 0])
  assert.deepEqual([inForce?.outcome, shadow?.outcome], ['ACTED', 'ACTED'])
  assert.equal(shadow?.previousCycle, inForce?.previousCycle)
  assert.deepEqual(
    result.explanations.map(({ decisionId }) => toHex(decisionId)),
    result.decisions.map(({ decisionId }) => toHex(decisionId)),
  )
  assert.equal(release.length, 1)
  assert.deepEqual(release[0]?.decisionId, inForce?.decisionId)
})

test('a group with a shadow decides, instructs and reserves to the byte as one without', async () => {
  for (const change of [(text: string) => text, silly]) {
    const shadowed = await SmallGroupTrial.approved(
      candidate('cohortPercent: 100, costRegretBp: 10000', change),
    )
    const alone = await SmallGroupTrial.approved(candidate('cohortPercent: 100, costRegretBp: 10000', change))
    shadowed.go('shadow')
    alone.order({ kind: 'RELEASE', subject: 'group', author: 'olga' })
    let compared = 0
    for (const amount of [900_000_00, 10_00, 1_300_000_00, 600_000_00, 1_500_000_00, 450_000_00]) {
      const [a, b] = [shadowed.pay(amount), alone.pay(amount)]
      const inForce = a.result.decisions.filter(({ arm }) => arm === '')
      const ids = new Set(inForce.map(({ decisionId }) => toHex(decisionId)))
      assert.deepEqual(inForce, b.result.decisions)
      assert.deepEqual(
        a.result.explanations.filter(({ decisionId }) => ids.has(toHex(decisionId))),
        b.result.explanations,
      )
      assert.deepEqual(a.result.instructions, b.result.instructions)
      assert.deepEqual(a.result.instructionEvents, b.result.instructionEvents)
      assert.deepEqual(a.result.reservations, b.result.reservations)
      assert.deepEqual(a.release, b.release)
      compared += a.result.decisions.length - inForce.length
    }
    assert.ok(compared >= 4, `${compared} decisions of the shadow`)
  }
})

test('from proposal to full: a group of the cohort goes through shadow and canary, and each stage wants its decisions', async () => {
  const trial = await SmallGroupTrial.approved(
    candidate('cohortPercent: 100, shadowDecisions: 2, decisions: 3'),
  )
  assert.deepEqual(reasons(trial.go('canary')), ['not-permitted'], 'not before a shadow')
  trial.go('shadow')
  assert.deepEqual(reasons(trial.go('canary')), ['not-permitted'], 'not before two decisions')
  trial.pay()
  assert.match(alertOf(trial.pay(), 'policy-ready')?.message ?? '', /from shadow to canary after 2 decisions/)
  const begun = trial.go('canary')
  assert.deepEqual(reasons(begun), [])
  assert.deepEqual(versionsOf(begun), [2, 1], 'the new one decides at once, the former beside it')
  assert.deepEqual(armsOf(begun), ['', 'baseline'])
  for (let at = 0; at < 4; at++) assert.deepEqual(versionsOf(trial.pay()), [2, 1])
  const early = trial.go('full')
  assert.match(early.result.deadLetters[0]?.detail ?? '', /^inconclusive, hold: cost regret below 1 bp/)
  let ready: string | undefined
  for (let at = 0; at < 40 && ready === undefined; at++) ready = alertOf(trial.pay(), 'policy-ready')?.message
  assert.match(ready ?? '', /small v2 may go from canary to full/)
  assert.deepEqual(reasons(trial.go('full')), [])
  const { result } = trial.pay()
  assert.deepEqual([armsOf({ result } as AppliedCycle), result.decisions[0]?.policyVersion], [[''], 2])
})

test('a group outside the cohort goes from shadow to full, and an order to be a canary is not about it', async () => {
  const trial = await SmallGroupTrial.approved(
    candidate('cohortPercent: 0, shadowDecisions: 1, decisions: 3'),
  )
  trial.go('shadow')
  trial.pay()
  assert.deepEqual(reasons(trial.go('canary')), [])
  assert.deepEqual(armsOf(trial.pay()), ['', 'shadow'])
  assert.deepEqual(reasons(trial.go('full')), [])
  assert.deepEqual(versionsOf(trial.pay()), [2])
})

/** Above the former floor, and dear by the former prices. */
const frugal = (text: string): string =>
  text.replace(
    'PAYROLL, floor: 500000, target: 2000000, ceiling: 8000000',
    'PAYROLL, floor: 500000, target: 1000000, ceiling: 8000000',
  )

test('a canary that plans worse than the former policy is rolled back by itself, and the former one decides in the same cycle', async () => {
  const trial = await SmallGroupTrial.approved(
    candidate('cohortPercent: 100, shadowDecisions: 1, decisions: 3', frugal),
  )
  trial.go('shadow')
  trial.pay()
  assert.deepEqual(reasons(trial.go('canary')), [])
  let payments = 0
  while (trial.ended === undefined && payments++ < 40) trial.pay(150_000_00)
  const ended = trial.ended ?? assert.fail('it goes on')
  const alert = alertOf(ended, 'policy-rolled-back')
  assert.equal(alert?.severity, 'CRITICAL')
  assert.match(alert?.message ?? '', /is in force again: guardrail cost-regret: cost regret [0-9.]+ bp/)
  assert.ok(payments <= 25, `after ${payments}`)
  const { result } = ended
  assert.deepEqual(
    result.decisions.map(({ arm, policyVersion, trigger }) => [arm, policyVersion, trigger === 'policy']),
    [
      ['', 1, true],
      ['canary', 2, false],
    ],
  )
  assert.deepEqual(result.decisions[0]?.outcome, 'ACTED', 'it mends what the canary left')
  assert.deepEqual(versionsOf(trial.pay()), [1])
  assert.deepEqual(reasons(trial.go('full')), ['not-permitted'])
})

test('a canary that lets an account run down to where the former floor breaks is taken back in that cycle', async () => {
  const trial = await SmallGroupTrial.approved(candidate('cohortPercent: 100, shadowDecisions: 1', silly))
  trial.go('shadow')
  trial.pay()
  trial.go('canary')
  for (let payment = 0; trial.ended === undefined && payment < 12; payment++) trial.pay(300_000_00)
  const { result, release } = trial.ended ?? assert.fail('it goes on')
  assert.match(
    alertOf({ result } as AppliedCycle, 'policy-rolled-back')?.message ?? '',
    /guardrail floor: PAYROLL/,
  )
  assert.deepEqual(
    result.decisions.map(({ arm, policyVersion, trigger }) => [arm, policyVersion, trigger]),
    [['', 1, 'policy']],
  )
  assert.equal(release.length, 1)
})

test('a canary whose lower level lets an account sink below the former floor ends at the first such cycle', async () => {
  const low = (text: string) =>
    text.replace(
      'PAYROLL, floor: 500000, target: 2000000, ceiling: 8000000',
      'PAYROLL, floor: 0, target: 100000, ceiling: 8000000',
    )
  const plan =
    'cohortPercent: 100, shadowDecisions: 1, decisions: 3, costRegretBp: 10000, churnPercent: 10000'
  const trial = await SmallGroupTrial.approved(candidate(plan, low))
  trial.go('shadow')
  trial.close()
  trial.pay(10_00)
  trial.second += 900
  trial.pay(10_00)
  const begun = trial.go('canary')
  assert.deepEqual(reasons(begun), [])
  const sunk = trial.payOpen(1_600_000_00)
  assert.match(alertOf(sunk, 'policy-rolled-back')?.message ?? '', /guardrail floor: PAYROLL/)
  assert.equal(sunk.result.decisions[0]?.policyVersion, 1)
  assert.equal(sunk.release.length, 1, 'the former policy fills it again at once')
})

test('a shadow that cannot be read in the currencies of the group ends, and nothing else changes', async () => {
  const odd = (text: string) => text.replace('perDay: 100000000', 'perDay: 100000000.001')
  const trial = await SmallGroupTrial.approved(candidate('cohortPercent: 100', odd))
  trial.go('shadow')
  const applied = trial.pay()
  assert.match(alertOf(applied, 'policy-rolled-back')?.message ?? '', /guardrail unusable/)
  assert.deepEqual(versionsOf(applied), [1])
  assert.equal(applied.release.length, 1)
})

test('a plan that people make in place of those of a canary counts against it', async () => {
  const trial = await SmallGroupTrial.approved(
    candidate('cohortPercent: 100, shadowDecisions: 1, overridePercent: 0'),
  )
  trial.go('shadow')
  trial.pay()
  trial.go('canary')
  const moves = [{ kind: 'TRANSFER', channel: 'OPERATING-PAYROLL', amountMinor: 10_000_00 }]
  const detail = canonicalJson({ moves })
  assert.deepEqual(reasons(trial.order({ kind: 'FORCE', subject: 'group', author: 'olga', detail })), [])
  const applied = trial.pay()
  assert.match(alertOf(applied, 'policy-rolled-back')?.message ?? '', /guardrail override: 1 of 2 decisions/)
})

test('a restart in the middle of a trial goes on with the same bytes', async () => {
  for (const stages of [['shadow'], ['shadow', 'canary']] as const) {
    const trial = await SmallGroupTrial.approved(
      candidate('cohortPercent: 100, shadowDecisions: 1, decisions: 3'),
    )
    for (const stage of stages) {
      assert.deepEqual(reasons(trial.go(stage)), [])
      trial.pay()
      trial.pay()
    }
    const agent = trial.driver.agent
    const restored = restoreAgent(agent.snapshot(), await testEnvironment())
    trial.driver.declareTo(restored)
    assert.deepEqual(restored.stateDigest(), agent.stateDigest())
    for (let payment = 0; payment < 4; payment++) {
      const name = `after the restart ${payment}`
      trial.driver.input('cash-movement', movement(name, 'PAYROLL', -700_000_00), at(trial.second))
      const cycle = trial.driver.nextCycle(at(++trial.second))
      const [a, b] = [agent.apply(cycle), restored.apply(cycle)]
      assert.deepEqual(b.result.decisions, a.result.decisions)
      assert.equal(armsOf(a).length, 2)
      assert.deepEqual(restored.snapshot(), agent.snapshot())
    }
  }
})

test('a person takes a canary back, and the former policy decides in the same cycle', async () => {
  const trial = await SmallGroupTrial.approved(
    candidate('cohortPercent: 100, shadowDecisions: 1, decisions: 3'),
  )
  trial.go('shadow')
  trial.pay()
  trial.go('canary')
  const back = trial.rollBack()
  assert.deepEqual(reasons(back), [])
  assert.deepEqual([armsOf(back), versionsOf(back)], [[''], [1]])
  assert.deepEqual(reasons(trial.go('shadow')), [], 'it may be tried again')
})
