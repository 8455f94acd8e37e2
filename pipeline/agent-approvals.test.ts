/** Mode `supervised`: plans that wait for people, and what ends their waiting, on the small group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signAs } from '../sandbox/people.js'
import { testEnvironment } from '../tests/support/environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  MORNING,
  movement,
  POLICY_TEXT,
  quote,
  SECOND,
} from '../tests/support/small-group.js'
import { at, ROSTER, settle } from '../tests/support/small-group-session.js'
import { approvalsComplete } from './action/approval-port.js'
import { forbidPlan, pendingPlans } from './action/pending-plans.js'
import { planDigest } from './action/plan-digest.js'
import { createAgent, restoreAgent } from './agent.js'
import { NO_DIGEST, toHex } from './identity.js'
import { CycleCollector } from './perception/outcome.js'
import type { AppliedCycle } from './ports.js'
import { decodeState } from './state-codec.js'

const environment = await testEnvironment()
const SUPERVISED = POLICY_TEXT.replace('mode: autonomous', 'mode: supervised')

/** A group whose PAYROLL is short of 1,200,000, the plan for it waiting, and a switch with which people say yes. */
function waiting(policy = SUPERVISED) {
  const people = { approve: false }
  const agent = createAgent(GROUP, environment, () => people.approve)
  const driver = feedSmallGroup(new GroupDriver(agent), { policy, openings: { OPERATING: 7_400_000_00 } })
  driver.close(MORNING + SECOND)
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  return { driver, people, proposed: driver.close(at(15)) }
}

const steps = (applied: AppliedCycle) =>
  applied.result.instructionEvents.map(({ state, reasonCode }) => `${state} ${reasonCode}`.trim())
const alerts = (applied: AppliedCycle) => applied.result.alerts.map(({ code }) => code)
const stateOf = (driver: GroupDriver) => decodeState(driver.agent.snapshot())

test('a plan waits for people, holds nothing, and people are told how many must approve until when', () => {
  const { driver, proposed } = waiting()
  assert.deepEqual(steps(proposed), ['PROPOSED', 'AWAITING_APPROVAL'])
  assert.deepEqual([proposed.release, proposed.result.reservations], [[], []])
  assert.deepEqual(alerts(proposed), ['plan-awaits-approval'])
  assert.equal(
    proposed.result.alerts[0]!.message,
    'Waits until 2026-03-18T08:15:15.000Z for approval by 1 of approver: Move 1200000.00 EUR from OPERATING to PAYROLL.',
  )
  const [plan] = pendingPlans(stateOf(driver))
  const [decision] = proposed.result.decisions
  assert.equal(plan!.planDigestHex, toHex(decision!.planDigest))
  assert.notDeepEqual(decision!.planDigest, NO_DIGEST)
  assert.equal(plan!.decisionId, toHex(decision!.decisionId))
  assert.deepEqual(
    plan!.legs.map(({ channelId, amountMinor }) => [channelId, amountMinor]),
    [['OPERATING-PAYROLL', 1_200_000_00]],
  )
  assert.deepEqual([plan!.sinceMicros, plan!.approveByMicros], [at(15), at(15 + 900)])
  assert.equal(driver.agent.outstanding().length, 0)
})

test('approved, it is judged again, reserved and sent under the same ids; it settles like any other', () => {
  const { driver, people, proposed } = waiting()
  people.approve = true
  const released = driver.close(at(20))
  assert.deepEqual(steps(released), ['RESERVED', 'PERSISTED', 'SENT'])
  assert.deepEqual(
    released.result.reservations.map(({ state, amountMinor }) => [state, amountMinor]),
    [['PENDING', 1_200_000_00]],
  )
  assert.deepEqual(released.release, proposed.result.instructions, 'what is sent is what was approved')
  assert.deepEqual(pendingPlans(stateOf(driver)), [])
  assert.equal(driver.agent.outstanding().length, 1)
  // The venue has its full time from the sending on.
  assert.equal(driver.close(at(20 + 659)).query.length, 0)
  assert.equal(driver.close(at(20 + 660)).query.length, 1)
  const settled = settle(driver, released, at(700))
  assert.deepEqual(steps(settled), ['SETTLED'])
  assert.deepEqual(driver.agent.summary().instructions, { SETTLED: 1 })
})

test('what is not approved in time lapses, and the next deliberation may propose it anew', () => {
  const { driver, people } = waiting()
  assert.deepEqual(steps(driver.close(at(15 + 899))), [])
  people.approve = true
  const late = driver.close(at(15 + 900))
  assert.deepEqual(steps(late).slice(0, 1), ['EXPIRED approval-expired'])
  assert.deepEqual(late.release, [], 'an approval in the cycle of the deadline is too late')
  assert.equal(alerts(late)[0], 'plan-lapsed')
  assert.deepEqual(late.result.reservations, [])
  const proposedAgain = late.result.decisions.some(({ outcome }) => outcome === 'ACTED')
  assert.equal(pendingPlans(stateOf(driver)).length, proposedAgain ? 1 : 0)
})

test('found again it stays as it is; another plan, or none, takes its place', () => {
  const policy = SUPERVISED.replace('reconsiderAfterSeconds: 900', 'reconsiderAfterSeconds: 60')
  const { driver, proposed } = waiting(policy)
  const same = driver.close(at(80))
  const [decision] = same.result.decisions
  assert.deepEqual([decision!.outcome, decision!.reason], ['NOTHING_TO_DO', 'plan-awaits-approval'])
  assert.deepEqual(decision!.planDigest, NO_DIGEST)
  assert.doesNotMatch(same.result.explanations[0]!.text, /Refused/)
  assert.match(same.result.explanations[0]!.text, /waits for approval already/)
  assert.deepEqual([steps(same), alerts(same)], [[], []])

  driver.input('cash-movement', movement('more', 'PAYROLL', -200_000_00), at(90))
  const other = driver.close(at(95))
  assert.deepEqual(steps(other), ['EXPIRED plan-changed', 'PROPOSED', 'AWAITING_APPROVAL'])
  assert.notDeepEqual(other.result.decisions[0]!.planDigest, proposed.result.decisions[0]!.planDigest)
  assert.equal(pendingPlans(stateOf(driver)).length, 1)

  driver.input('cash-movement', movement('receipt', 'PAYROLL', 1_400_000_00), at(100))
  const none = driver.close(at(105))
  assert.deepEqual(steps(none), ['EXPIRED plan-changed'])
  assert.equal(none.result.decisions[0]!.reason, 'inside-bands')
  assert.deepEqual(pendingPlans(stateOf(driver)), [])
})

test('an approved plan that the gate denies in the state of now lapses with the reason, and nothing is sent', () => {
  const { driver, people } = waiting()
  people.approve = true
  const subject = 'rail:OPERATING-PAYROLL'
  const atMicros = at(20)
  const hold = signAs({ groupId: GROUP, author: 'olga', kind: 'HOLD', subject, reason: 'test', atMicros })
  driver.input('roster', ROSTER, at(19))
  driver.input('command', hold, at(20))
  const denied = driver.close(at(25))
  assert.equal(steps(denied)[0], 'EXPIRED gate-denied:channel-blocked')
  assert.deepEqual([denied.release, denied.result.reservations], [[], []])
  assert.ok(alerts(denied).includes('plan-lapsed'))
})

test('a plan whose cash is gone when it is approved is not sent', () => {
  const { driver, people } = waiting()
  people.approve = true
  driver.input('cash-movement', movement('tax', 'OPERATING', -5_900_000_00), at(20))
  const denied = driver.close(at(25))
  assert.equal(steps(denied)[0], 'EXPIRED gate-denied:source-overdrawn')
  assert.ok(denied.release.every(({ channelId }) => channelId !== 'OPERATING-PAYROLL'))
})

test('a conversion is sent at the price that was approved or not at all', () => {
  for (const [mid, expected] of [
    [1.1001, 'RESERVED'],
    [1.12, 'EXPIRED gate-denied:price-moved'],
  ] as const) {
    const people = { approve: false }
    const agent = createAgent(GROUP, environment, () => people.approve)
    const driver = feedSmallGroup(new GroupDriver(agent), { policy: SUPERVISED })
    driver.close(MORNING + SECOND)
    driver.input('cash-movement', movement('supplier', 'DOLLARS', -700_000_00), at(10))
    const proposed = driver.close(at(15))
    quote(driver, mid, at(20))
    people.approve = true
    const next = driver.close(at(25))
    assert.equal(steps(next)[0], expected)
    if (expected === 'RESERVED') assert.deepEqual(next.release, proposed.result.instructions)
    else
      assert.ok(
        !next.release.some(
          ({ decisionId }) => toHex(decisionId) === toHex(proposed.result.decisions[0]!.decisionId),
        ),
      )
  }
})

test('a new policy ends the waiting: what was approved was approved under the old one', () => {
  const { driver, people } = waiting()
  people.approve = true
  const document = SUPERVISED.replace('version: 1', 'version: 2').replace('supervised', 'autonomous')
  driver.input('policy', { policyId: 'small', version: 2, document }, at(20))
  const changed = driver.close(at(25))
  assert.equal(steps(changed)[0], 'EXPIRED policy-changed')
  // The plan of the new policy is an instruction of its own.
  assert.equal(changed.release.length, 1)
  assert.deepEqual(changed.release, changed.result.instructions)
})

test('a plan that somebody forbids is cancelled, and held nothing', () => {
  const { driver } = waiting()
  const state = stateOf(driver)
  const collector = new CycleCollector(state, 2, at(20))
  const [plan] = pendingPlans(state)
  forbidPlan(collector, plan!.decisionId, 'ann: no')
  assert.deepEqual(
    collector.instructionEvents.map((event) => [event.state, event.reasonCode]),
    [['CANCELLED', 'ann: no']],
  )
  assert.deepEqual([collector.reservations, pendingPlans(state)], [[], []])
  assert.equal(collector.alerts[0]!.code, 'plan-forbidden')
  forbidPlan(collector, plan!.decisionId, 'again')
  assert.equal(collector.instructionEvents.length, 1)
})

test('a large plan needs more people', () => {
  const large = (amount: number) =>
    SUPERVISED.replace(
      'expectedFlows:',
      `approvals: { required: 2, roles: [approver, risk-officer], withinSeconds: 60, largeAmount: ${amount}, requiredAboveLarge: 3 }\nexpectedFlows:`,
    )
  for (const [amount, required] of [
    [1_200_000, 2],
    [1_199_999, 3],
  ] as const) {
    const { driver } = waiting(large(amount))
    const [plan] = pendingPlans(stateOf(driver))
    assert.equal(plan!.required, required)
    assert.deepEqual(plan!.roles, ['approver', 'risk-officer'])
    assert.equal(plan!.approveByMicros, at(15 + 60))
  }
})

test('nobody can approve by default, and a waiting plan outlives a restart to the same bytes', () => {
  const { driver } = waiting()
  const state = stateOf(driver)
  assert.equal(approvalsComplete(state, pendingPlans(state)[0]!, at(10)), false)
  let isApproved = false
  const restored = restoreAgent(driver.agent.snapshot(), environment, () => isApproved)
  const other = restoreAgent(driver.agent.snapshot(), environment, () => isApproved)
  for (const agent of [restored, other]) driver.declareTo(agent)
  for (const seconds of [20, 30, 40]) {
    isApproved = seconds >= 30
    const cycle = driver.nextCycle(at(seconds))
    assert.deepEqual(restored.apply(cycle), other.apply(cycle))
  }
  assert.deepEqual(restored.snapshot(), other.snapshot())
  assert.equal(restored.outstanding().length, 1)
})

test('the digest of a plan is of its legs, their order and the policy, and of nothing that a quote moves', () => {
  const { driver } = waiting()
  const [plan] = pendingPlans(stateOf(driver))
  const position = { accountId: 'A', currency: 'EUR' }
  const move = (amountMinor: number, counterAmountMinor = amountMinor, railId = 'R') =>
    ({
      kind: 'TRANSFER',
      rail: {
        rail: { reference: { railId } },
        source: position,
        destination: { ...position, accountId: 'B' },
      },
      facility: null,
      amountMinor,
      counterAmountMinor,
    }) as never
  const digest = (moves: readonly never[], policy = 'aa') => toHex(planDigest(moves, policy))
  assert.equal(digest([move(1, 1)]), digest([move(1, 2)]))
  const others = [
    digest([move(1)]),
    digest([move(2)]),
    digest([move(1)], 'ab'),
    digest([move(1), move(2)]),
    digest([move(2), move(1)]),
    digest([move(1, 1, 'S')]),
    digest([]),
    plan!.planDigestHex,
  ]
  assert.equal(new Set(others).size, others.length)
})
