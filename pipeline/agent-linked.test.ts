/** Plans whose legs wait for each other: a draw, then the transfer that it pays for, on the small group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signAs } from '../sandbox/people.js'
import type { Instruction } from '../schemas/generated/types.js'
import { testEnvironment } from '../tests/support/environment.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  id,
  MORNING,
  movement,
  POLICY_TEXT,
  SECOND,
} from '../tests/support/small-group.js'
import { at, ROSTER } from '../tests/support/small-group-session.js'
import { createAgent } from './agent.js'
import { toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'
import { decodeState } from './state-codec.js'

const environment = await testEnvironment()

/** OPERATING has 200,000 above its floor, PAYROLL falls to 100,000, its floor is 500,000: only a draw can pay for that. */
function chained(policy = POLICY_TEXT) {
  const people = { approve: false }
  const agent = createAgent(GROUP, environment, () => people.approve)
  const openings = { OPERATING: 5_000_000_00, PAYROLL: 2_000_000_00 }
  const driver = feedSmallGroup(new GroupDriver(agent), { policy, openings })
  driver.close(MORNING + SECOND)
  driver.input('cash-movement', movement('tax', 'OPERATING', -3_800_000_00), at(9))
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_900_000_00), at(10))
  return { driver, people, acted: driver.close(at(15)) }
}

const answer = (order: Instruction, status: string, part = 1) => ({
  executionId: id(`${status}-${toHex(order.instructionId)}`),
  instructionId: order.instructionId,
  status,
  reasonCode: status === 'REJECTED' ? 'AM04' : '',
  settledMinor: status === 'SETTLED' ? order.amountMinor * part : 0,
  counterSettledMinor: status === 'SETTLED' ? order.counterAmountMinor * part : 0,
  sourceId: 'bank',
  sourceSequence: -1,
})

const stateOf = (driver: GroupDriver) => decodeState(driver.agent.snapshot())
const steps = (applied: AppliedCycle, order: Instruction) =>
  applied.result.instructionEvents
    .filter(({ instructionId }) => toHex(instructionId) === toHex(order.instructionId))
    .map(({ state, reasonCode }) => `${state} ${reasonCode}`.trim())
const holds = (applied: AppliedCycle, order: Instruction) =>
  applied.result.reservations
    .filter(({ instructionId }) => toHex(instructionId) === toHex(order.instructionId))
    .map(({ state }) => state)

function legsOf(applied: AppliedCycle): { draw: Instruction; transfer: Instruction } {
  const { instructions } = applied.result
  assert.deepEqual(
    instructions.map(({ kind, leg, dependsOn }) => [kind, leg, dependsOn]),
    [
      ['DRAW', 0, -1],
      ['TRANSFER', 1, 0],
    ],
  )
  return { draw: instructions[0]!, transfer: instructions[1]! }
}

test('the draw goes, the transfer is held and goes when the draw is settled', () => {
  const { driver, acted } = chained()
  const { draw, transfer } = legsOf(acted)
  assert.deepEqual(acted.release, [draw])
  assert.deepEqual(steps(acted, transfer), ['PROPOSED', 'RESERVED'])
  assert.ok(transfer.amountMinor >= 400_000_00 && transfer.amountMinor > 200_000_00)
  const waiting = driver.close(at(30))
  assert.deepEqual([waiting.release, waiting.result.reservations], [[], []])
  assert.deepEqual(driver.agent.outstanding(), [draw])

  const paid = driver.input('execution', answer(draw, 'SETTLED'), at(300)).close(at(301))
  assert.deepEqual(steps(paid, transfer), ['PERSISTED', 'SENT'])
  assert.deepEqual(paid.release, [transfer], 'the same record that was decided')
  assert.deepEqual([holds(paid, draw), holds(paid, transfer)], [['POSTED'], []])
  const done = driver.input('execution', answer(transfer, 'SETTLED'), at(360)).close(at(361))
  assert.deepEqual(holds(done, transfer), ['POSTED'])
  const state = stateOf(driver)
  assert.ok(state.accounts.get('PAYROLL')!.settledMinor >= 500_000_00)
  assert.ok(state.accounts.get('OPERATING')!.settledMinor >= 1_000_000_00)
})

test('a rejected draw withdraws the transfer, voids its hold once, and the next plan starts from the true state', () => {
  const { driver, acted } = chained()
  const { draw, transfer } = legsOf(acted)
  const broken = driver.input('execution', answer(draw, 'REJECTED'), at(60)).close(at(61))
  assert.deepEqual(steps(broken, transfer), ['CANCELLED predecessor-failed'])
  assert.deepEqual([holds(broken, draw), holds(broken, transfer)], [['VOIDED'], ['VOIDED']])
  const alert = broken.result.alerts.find(({ code }) => code === 'plan-broken')
  assert.equal(alert?.severity, 'CRITICAL')
  assert.match(
    alert.message,
    /Leg 1 was not sent \(predecessor-failed\)\. Done: nothing; not done: leg 0 DRAW RCF .*, leg 1 TRANSFER/,
  )
  // The compensation is a plan of its own: here the same need, with new ids.
  const again = legsOf(broken)
  assert.notDeepEqual(again.draw.instructionId, draw.instructionId)
  assert.deepEqual(broken.release, [again.draw])
  const { reservedMinor } = stateOf(driver).accounts.get('OPERATING')!
  assert.equal(reservedMinor, again.transfer.amountMinor)
})

test('a silent draw lets the hold of the transfer expire; settled later, the cash is there and nothing is sent behind', () => {
  const { driver, acted } = chained()
  const { draw, transfer } = legsOf(acted)
  const silent = driver.close(at(15 + 300 + 600))
  assert.deepEqual(steps(silent, draw), ['UNKNOWN no-answer'])
  assert.deepEqual(steps(silent, transfer), ['EXPIRED predecessor-silent'])
  assert.deepEqual(holds(silent, transfer), ['EXPIRED'])
  assert.match(silent.result.alerts.find(({ code }) => code === 'plan-broken')!.message, /open: leg 0 DRAW/)
  const late = driver.input('execution', answer(draw, 'SETTLED'), at(1000)).close(at(1001))
  assert.deepEqual([holds(late, draw), holds(late, transfer)], [['POSTED'], []])
  assert.ok(!late.release.some(({ instructionId }) => toHex(instructionId) === toHex(transfer.instructionId)))
})

test('a draw that brings less than the transfer needs withdraws it by the gate', () => {
  const { driver, acted } = chained()
  const { draw, transfer } = legsOf(acted)
  const part = 0.125
  assert.ok(draw.amountMinor * part + 200_000_00 < transfer.amountMinor)
  const short = driver.input('execution', answer(draw, 'SETTLED', part), at(300)).close(at(301))
  assert.deepEqual(holds(short, draw), ['PARTLY_POSTED', 'VOIDED'])
  assert.deepEqual(steps(short, transfer), ['CANCELLED gate-denied:source-overdrawn'])
  assert.match(short.result.alerts.find(({ code }) => code === 'plan-broken')!.message, /Done: leg 0 DRAW/)
})

test('a policy that sends nothing any more, or a held rail, stops the leg that waits', () => {
  for (const stop of ['advise', 'hold'] as const) {
    const { driver, acted } = chained()
    const { draw, transfer } = legsOf(acted)
    if (stop === 'advise') {
      const document = POLICY_TEXT.replace('version: 1', 'version: 2').replace('autonomous', 'advise')
      driver.input('policy', { policyId: 'small', version: 2, document }, at(20))
    } else {
      driver.input('roster', ROSTER, at(19))
      const subject = 'rail:OPERATING-PAYROLL'
      const order = {
        groupId: GROUP,
        author: 'olga',
        kind: 'HOLD',
        subject,
        reason: 'test',
        atMicros: at(20),
      } as const
      driver.input('command', signAs(order), at(20))
    }
    const stopped = driver.input('execution', answer(draw, 'SETTLED'), at(300)).close(at(301))
    const reason = stop === 'advise' ? 'mode-advise' : 'channel-blocked'
    assert.deepEqual(steps(stopped, transfer), [`CANCELLED gate-denied:${reason}`])
    assert.deepEqual(holds(stopped, transfer), ['VOIDED'])
    assert.equal(stateOf(driver).accounts.get('OPERATING')!.reservedMinor, 0)
  }
})

test('in mode supervised people approve the whole plan, and the second leg still waits for the first', () => {
  const { driver, people, acted } = chained(POLICY_TEXT.replace('mode: autonomous', 'mode: supervised'))
  const { draw, transfer } = legsOf(acted)
  assert.deepEqual([acted.release, acted.result.reservations], [[], []])
  people.approve = true
  const released = driver.close(at(20))
  assert.deepEqual(released.release, [draw])
  assert.deepEqual([steps(released, draw).at(-1), steps(released, transfer)], ['SENT', ['RESERVED']])
  const paid = driver.input('execution', answer(draw, 'SETTLED'), at(300)).close(at(301))
  assert.deepEqual(paid.release[0], transfer)
})
