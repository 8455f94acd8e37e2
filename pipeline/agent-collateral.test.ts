/** Secured facilities: collateral is with the lender before anything is drawn on it, and comes back when nothing is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '../schemas/canonical-json.js'
import type { Instruction } from '../schemas/generated/types.js'
import { testEnvironment } from '../tests/support/environment.js'
import { GovernedSession } from '../tests/support/governed-session.js'
import {
  feedSmallGroup,
  GROUP,
  GroupDriver,
  MORNING,
  movement,
  POLICY_TEXT,
  SECOND,
} from '../tests/support/small-group.js'
import {
  answered,
  asset,
  feedBonds,
  report,
  SECURED,
  shape,
  valuation,
} from '../tests/support/small-group-collateral.js'
import { at, ROSTER, reasons } from '../tests/support/small-group-session.js'
import { createAgent, restoreAgent } from './agent.js'
import { formatUuid, toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'
import { decodeState } from './state-codec.js'

const environment = await testEnvironment()

interface Start {
  readonly policy?: string
  readonly bonds?: object
  readonly facility?: object
  readonly approve?: () => boolean
}

/** OPERATING falls to half a million, its floor is one million: only a draw helps. */
function short({ policy = POLICY_TEXT, bonds, facility, approve = () => false }: Start = {}) {
  const driver = new GroupDriver(createAgent(GROUP, environment, approve))
  const openings = { OPERATING: 5_000_000_00, PAYROLL: 2_000_000_00 }
  feedSmallGroup(driver, { policy, openings, facility: { ...SECURED, ...facility } })
  feedBonds(driver, bonds)
  driver.close(MORNING + SECOND)
  driver.input('cash-movement', movement('tax', 'OPERATING', -4_500_000_00), at(9))
  return { driver, acted: driver.close(at(15)) }
}

const stateOf = (driver: GroupDriver) => decodeState(driver.agent.snapshot())
const pledgeOf = (driver: GroupDriver, assetId = 'BUND') =>
  stateOf(driver).collateral.get(assetId)!.pledges.get('RCF')
const steps = (applied: AppliedCycle, order: Instruction) =>
  applied.result.instructionEvents
    .filter(({ instructionId }) => toHex(instructionId) === toHex(order.instructionId))
    .map(({ state, reasonCode }) => `${state} ${reasonCode}`.trim())
const alerts = (applied: AppliedCycle) => applied.result.alerts.map(({ code }) => code)

const parts = (pledgedParts: number, comingParts = 0, leavingParts = 0) => ({
  pledgedParts,
  comingParts,
  leavingParts,
})

test('the pledge goes first: used at once, covering when it is settled, and then the draw leaves', () => {
  const { driver, acted } = short()
  assert.deepEqual(shape(acted), ['0 PLEDGE -1', '1 DRAW 0'])
  const [pledge, draw] = acted.result.instructions as [Instruction, Instruction]
  assert.deepEqual(acted.release, [pledge])
  assert.deepEqual([pledge.assetId, pledge.channelId, pledge.sourceAccountId], ['BUND', 'RCF', ''])
  // 98 % of the value, of which 1 % is not planned with, and no thousandth of the holding more than that takes.
  const covers = (millionths: number) => (10_000_000_00 * 0.98 * millionths * 0.99) / 1_000_000
  assert.ok(
    covers(pledge.assetParts) >= draw.amountMinor && covers(pledge.assetParts - 1_000) < draw.amountMinor,
  )
  assert.equal(pledge.amountMinor, (10_000_000_00 * pledge.assetParts) / 1_000_000)
  assert.deepEqual(pledgeOf(driver), parts(0, pledge.assetParts))
  const held = acted.result.reservations.map(({ subjectKind, subjectId, state }) => [
    subjectKind,
    subjectId,
    state,
  ])
  assert.deepEqual(held, [
    ['ASSET', 'BUND', 'PENDING'],
    ['FACILITY', 'RCF', 'PENDING'],
  ])
  assert.deepEqual(driver.close(at(30)).release, [], 'an accepted pledge covers nothing')

  const pledged = answered(driver, pledge, 'SETTLED', at(100))
  assert.deepEqual(pledged.release, [draw], 'the same record that was decided')
  assert.deepEqual(pledgeOf(driver), parts(pledge.assetParts))
  const drawn = answered(driver, draw, 'SETTLED', at(400))
  assert.deepEqual(reasons(drawn), [])
  const state = stateOf(driver)
  assert.equal(state.facilities.get('RCF')!.outstandingMinor, draw.amountMinor)
  assert.equal(state.movedTodayBaseMinor, draw.amountMinor, 'collateral is no cash')
})

test('a rejected pledge cancels the draw, frees the asset, and people are told', () => {
  const { driver, acted } = short()
  const [pledge, draw] = acted.result.instructions as [Instruction, Instruction]
  const broken = answered(driver, pledge, 'REJECTED', at(60))
  assert.deepEqual(steps(broken, draw), ['CANCELLED predecessor-failed'])
  assert.match(
    broken.result.alerts.find(({ code }) => code === 'plan-broken')!.message,
    /Leg 1 was not sent \(predecessor-failed\)\. Done: nothing; not done: leg 0 PLEDGE RCF .*, leg 1 DRAW RCF/,
  )
  // Its compensation is the next plan, which begins with nothing pledged.
  const again = broken.result.instructions
  assert.deepEqual(shape(broken), ['0 PLEDGE -1', '1 DRAW 0'])
  assert.deepEqual(pledgeOf(driver), parts(0, again[0]!.assetParts))
  assert.equal(stateOf(driver).facilities.get('RCF')!.reservedDrawMinor, again[1]!.amountMinor)
})

test('a draw that is rejected behind its pledge is told, and what is pledged is used by the next plan', () => {
  const { driver, acted } = short()
  const [pledge, draw] = acted.result.instructions as [Instruction, Instruction]
  answered(driver, pledge, 'SETTLED', at(100))
  const broken = answered(driver, draw, 'REJECTED', at(200))
  const told = broken.result.alerts.find(({ code }) => code === 'plan-broken')
  assert.match(
    told!.message,
    /Leg 1 was not done \(rejected:AM04\)\. Done: leg 0 PLEDGE RCF .*; not done: leg 1 DRAW RCF/,
  )
  assert.deepEqual(shape(broken), ['0 DRAW -1'])
  assert.deepEqual(pledgeOf(driver), parts(pledge.assetParts))
})

test('when nothing needs to be drawn any more, the collateral is asked back, and is free when it has come', () => {
  const { driver, acted } = short()
  const [pledge, draw] = acted.result.instructions as [Instruction, Instruction]
  answered(driver, pledge, 'SETTLED', at(100))
  driver.input('cash-movement', movement('customers', 'OPERATING', 4_500_000_00), at(150))
  assert.ok(alerts(answered(driver, draw, 'REJECTED', at(200))).includes('plan-broken'))
  const released = driver.close(at(1_000))
  assert.deepEqual(shape(released), ['0 RELEASE -1'])
  const [release] = released.result.instructions as [Instruction]
  assert.equal(release.assetParts, pledge.assetParts)
  assert.deepEqual(pledgeOf(driver), parts(pledge.assetParts, 0, pledge.assetParts))
  assert.deepEqual(
    released.result.decisions.map(({ outcome }) => outcome),
    ['ACTED'],
  )
  assert.deepEqual(shape(answered(driver, release, 'SETTLED', at(1_100))), [])
  assert.equal(pledgeOf(driver), undefined)
})

test('a pledge that is worth less when it has settled holds the draw back', () => {
  const { driver, acted } = short()
  const [pledge, draw] = acted.result.instructions as [Instruction, Instruction]
  driver.input('collateral-valuation', valuation('BUND', 9_000_000_00), at(50))
  const fallen = answered(driver, pledge, 'SETTLED', at(100))
  assert.deepEqual(steps(fallen, draw), ['CANCELLED gate-denied:draw-not-covered'])
  assert.ok(alerts(fallen).includes('plan-broken'))
  // What is missing is pledged on top, and no more.
  assert.deepEqual(shape(fallen), ['0 PLEDGE -1', '1 DRAW 0'])
  assert.ok(fallen.result.instructions[0]!.assetParts < pledge.assetParts / 2)
})

test("what the lender does not take, what is too old, and what may be anybody's covers nothing", () => {
  const nothing = [{ eligible: false }, { level: 'OTHER' }, { level: 'LEVEL_2B' }, { groupId: '*' }]
  for (const bonds of nothing) {
    const { acted } = short({ bonds })
    assert.ok(!shape(acted).join().includes('DRAW'), JSON.stringify(bonds))
    assert.ok(!shape(acted).join().includes('PLEDGE'), JSON.stringify(bonds))
  }
  const old = short({
    policy: POLICY_TEXT.replace(
      'quote: { widenAfterSeconds: 600, widenSpreadPercent: 100, freezeAfterSeconds: 7200 }',
      'quote: { widenAfterSeconds: 5, widenSpreadPercent: 100, freezeAfterSeconds: 10 }',
    ),
  })
  assert.ok(!shape(old.acted).join().includes('DRAW'))
})

test('the policy counts a part of the value: half of it takes twice the parts', () => {
  const whole = short().acted.result.instructions[0]!
  const policy = POLICY_TEXT.replace(
    'expectedFlows:',
    'margins: { collateralValuePercent: 50 }\nexpectedFlows:',
  )
  const half = short({ policy }).acted.result.instructions[0]!
  assert.ok(Math.abs(half.assetParts - 2 * whole.assetParts) <= 2_000)
})

test('several assets are pledged one after the other, and a failure in between leaves no draw', () => {
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)), {
    openings: { OPERATING: 5_000_000_00 },
    facility: SECURED,
  })
  feedBonds(driver)
  driver.input('collateral-valuation', valuation('BUND', 2_000_000_00), MORNING + 2)
  driver.input('collateral-asset', asset('OAT', { level: 'LEVEL_2A' }))
  driver.input('collateral-valuation', valuation('OAT', 30_000_000_00, { currency: 'USD', haircutBp: 1_500 }))
  driver.close(MORNING + SECOND)
  // Nothing can be moved from elsewhere: both assets are needed where one is too small.
  driver.input(
    'collateral-valuation',
    valuation('OAT', 4_000_000_00, { currency: 'USD', haircutBp: 1_500 }),
    at(5),
  )
  driver.input('cash-movement', movement('tax', 'OPERATING', -4_800_000_00), at(9))
  const acted = driver.close(at(15))
  assert.deepEqual(shape(acted), ['0 PLEDGE -1', '1 PLEDGE 0', '2 DRAW 1'])
  const [first, second, draw] = acted.result.instructions as [Instruction, Instruction, Instruction]
  assert.deepEqual(acted.release, [first])
  assert.ok(draw.expiresAt > second.expiresAt && second.expiresAt > first.expiresAt)
  assert.deepEqual(answered(driver, first, 'SETTLED', at(100)).release, [second])
  const broken = answered(driver, second, 'REJECTED', at(200))
  assert.deepEqual(steps(broken, draw), ['CANCELLED predecessor-failed'])
  assert.match(
    broken.result.alerts.find(({ code }) => code === 'plan-broken')!.message,
    /Done: leg 0 PLEDGE .*not done: leg 1 PLEDGE .*leg 2 DRAW/,
  )
})

test('pledge, draw, transfer: each leg waits for the one before it', () => {
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)), {
    openings: { OPERATING: 5_000_000_00, PAYROLL: 2_000_000_00 },
    facility: SECURED,
  })
  feedBonds(driver)
  driver.close(MORNING + SECOND)
  driver.input('cash-movement', movement('tax', 'OPERATING', -3_800_000_00), at(9))
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_900_000_00), at(10))
  const acted = driver.close(at(15))
  assert.deepEqual(shape(acted), ['0 PLEDGE -1', '1 DRAW 0', '2 TRANSFER 1'])
  const [pledge, draw, transfer] = acted.result.instructions as [Instruction, Instruction, Instruction]
  assert.deepEqual(answered(driver, pledge, 'SETTLED', at(100)).release, [draw])
  assert.deepEqual(answered(driver, draw, 'SETTLED', at(300)).release[0], transfer)
})

test('what is pledged at first counts, and people are told once when it stops to cover', () => {
  const bonds = { pledgedFacilityId: 'RCF', pledgedParts: 300_000 }
  const { driver, acted } = short({ bonds, facility: { outstandingMinor: 2_500_000_00 } })
  const [pledge, draw] = acted.result.instructions as [Instruction, Instruction]
  // 300,000 parts cover 2.94 million, of which 0.44 are not drawn yet.
  const missing = draw.amountMinor - 440_000_00
  const covers = (millionths: number) => (10_000_000_00 * 0.98 * millionths * 0.99) / 1_000_000
  assert.ok(covers(pledge.assetParts) >= missing && covers(pledge.assetParts - 1_000) < missing)
  answered(driver, pledge, 'SETTLED', at(100))
  answered(driver, draw, 'SETTLED', at(300))
  const fallen = driver.input('collateral-valuation', valuation('BUND', 5_000_000_00), at(400)).close(at(401))
  assert.equal(fallen.result.alerts.find(({ code }) => code === 'collateral-short')?.severity, 'CRITICAL')
  assert.ok(!alerts(driver.close(at(402))).includes('collateral-short'))
  driver.input('cash-movement', movement('more', 'OPERATING', -900_000_00), at(410))
  assert.ok(
    !shape(driver.close(at(415)))
      .join()
      .includes('DRAW'),
    'nothing more is drawn',
  )
  const risen = driver.input('collateral-valuation', valuation('BUND', 11_000_000_00), at(500)).close(at(501))
  assert.ok(alerts(risen).includes('collateral-covers'))
})

test('collateral is delivered whole, and bad reference data is refused', () => {
  const { driver, acted } = short()
  const [pledge] = acted.result.instructions as [Instruction]
  assert.deepEqual(reasons(driver.input('execution', report(pledge, 'SETTLED', 0.5), at(60)).close(at(61))), [
    'out-of-range',
  ])
  assert.deepEqual(pledgeOf(driver), parts(0, pledge.assetParts))
  for (const [changes, reason] of [
    [{ pledgedFacilityId: 'RCF', pledgedParts: 1_000_001 }, 'out-of-range'],
    [{ pledgedFacilityId: 'RCF', pledgedParts: -1 }, 'out-of-range'],
    [{ pledgedParts: 5 }, 'invalid-reference'],
  ] as const) {
    assert.deepEqual(reasons(driver.input('collateral-asset', asset('X', changes), at(70)).close(at(71))), [
      reason,
    ])
    assert.equal(stateOf(driver).collateral.get('X'), undefined)
  }
})

test('in mode supervised people approve assets and parts, and a revaluation leaves them the plan that they approved', () => {
  const people = { approve: false }
  const policy = POLICY_TEXT.replace('mode: autonomous', 'mode: supervised')
  const { driver, acted } = short({ policy, approve: () => people.approve })
  const [pledge, draw] = acted.result.instructions as [Instruction, Instruction]
  assert.deepEqual([acted.release, pledgeOf(driver)], [[], undefined])
  // Worth more than it was, so that the same parts still cover.
  driver.input('collateral-valuation', valuation('BUND', 10_100_000_00), at(18))
  people.approve = true
  const released = driver.close(at(20))
  assert.deepEqual(released.release, [pledge])
  assert.deepEqual(answered(driver, pledge, 'SETTLED', at(100)).release, [draw])
})

test('an agent that is restored goes on as the first would have', () => {
  const { driver, acted } = short()
  const [pledge] = acted.result.instructions as [Instruction]
  const again = restoreAgent(driver.agent.snapshot(), environment)
  const cycle = driver.input('execution', report(pledge, 'SETTLED'), at(100)).nextCycle(at(101))
  driver.declareTo(again)
  assert.deepEqual(again.apply(cycle).result, driver.agent.apply(cycle).result)
  assert.deepEqual(again.stateDigest(), driver.agent.stateDigest())
})

test('a call for collateral is answered by people: a forced pledge is approved by another person and ends it', async () => {
  const bonds = { pledgedFacilityId: 'RCF', pledgedParts: 300_000 }
  const driver = new GroupDriver(createAgent(GROUP, environment))
  const facility = { ...SECURED, outstandingMinor: 2_900_000_00 }
  feedBonds(feedSmallGroup(driver, { openings: { OPERATING: 5_000_000_00 }, facility }), bonds)
  driver.input('roster', ROSTER, at(1)).close(at(1))
  const fallen = driver.input('collateral-valuation', valuation('BUND', 9_000_000_00), at(2)).close(at(3))
  assert.ok(alerts(fallen).includes('collateral-short'))
  const session = GovernedSession.on(driver)
  const moves = [{ assetId: 'BUND', assetParts: 50_000, channel: 'RCF', kind: 'PLEDGE' }]
  const force = { kind: 'FORCE', subject: 'group', author: 'olga' } as const
  const forced = session.order({ ...force, detail: canonicalJson({ moves }) })
  const plan = forced.result.decisions.find(({ trigger }) => trigger === 'override')!
  const subject = `decision:${formatUuid(toHex(plan.decisionId))}`
  const [pledge] = session.order({
    kind: 'APPROVE',
    subject,
    digest: plan.planDigest,
    author: 'anna',
  }).release
  assert.deepEqual([pledge?.kind, pledge?.assetId, pledge?.assetParts], ['PLEDGE', 'BUND', 50_000])
  assert.ok(alerts(answered(driver, pledge!, 'SETTLED', at(60))).includes('collateral-covers'))
  assert.deepEqual(pledgeOf(driver), parts(350_000))
  for (const [changes, reason] of [
    [{ assetParts: 650_001 }, 'gate-denied:asset-not-free'],
    [{ assetId: 'OTHER' }, 'channel-unknown'],
  ] as const) {
    session.second = 100
    const refused = session.order({
      ...force,
      nonce: reason,
      detail: canonicalJson({ moves: [{ ...moves[0]!, ...changes }] }),
    })
    assert.equal(refused.result.decisions.find(({ trigger }) => trigger === 'override')?.reason, reason)
  }
})

test('the best effort of a case pledges, too, and is sent when people choose it and approve', async () => {
  const driver = new GroupDriver(createAgent(GROUP, environment))
  feedBonds(feedSmallGroup(driver, { openings: { OPERATING: 5_000_000_00 }, facility: SECURED }))
  driver.input('roster', ROSTER, at(1)).close(at(1))
  driver.input('cash-movement', movement('disaster', 'OPERATING', -40_000_000_00), at(2))
  const refused = driver.close(at(3))
  const opened = refused.result.alerts.find(({ code }) => code === 'case-opened')!
  assert.match(opened.message, /best-effort \(.*PLEDGE RCF BUND [0-9]+, .*DRAW RCF [0-9]+/)
  const session = GovernedSession.on(driver)
  const detail = canonicalJson({ option: 'best-effort' })
  const chosen = session.order({ kind: 'ANSWER', subject: opened.subject, author: 'olga', detail })
  const kinds = chosen.result.instructions.map(({ kind }) => kind)
  assert.deepEqual([kinds[0], kinds.includes('DRAW')], ['PLEDGE', true])
  const plan = chosen.result.decisions.find(({ trigger }) => trigger === 'override')!
  const subject = `decision:${formatUuid(toHex(plan.decisionId))}`
  const approved = session.order({ kind: 'APPROVE', subject, digest: plan.planDigest, author: 'anna' })
  assert.ok(approved.release.some(({ kind }) => kind === 'PLEDGE'))
  assert.ok(!approved.release.some(({ kind }) => kind === 'DRAW'), 'it waits for its collateral')
})
