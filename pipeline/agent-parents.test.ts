/** The agent holds a policy against those above it: at its activation, when it leaves the tree, and as the first of a group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testEnvironment } from '../tests/support/environment.js'
import { GovernedSession } from '../tests/support/governed-session.js'
import { feedSmallGroup, GROUP, GroupDriver, POLICY_TEXT } from '../tests/support/small-group.js'
import {
  approved,
  digestHexOf,
  inForce,
  send,
  small,
  type Text,
  tried,
  upper,
} from '../tests/support/small-group-parents.js'
import { at, ROSTER, reasons } from '../tests/support/small-group-session.js'
import { createAgent, restoreAgent } from './agent.js'
import { toHex } from './identity.js'
import { PEOPLE_LIMITS } from './perception/people-state.js'
import type { AppliedCycle } from './ports.js'
import { decodeState } from './state-codec.js'

const environment = await testEnvironment()

const house = upper('enterprise', 'house', 1)
const emea = upper('region', 'emea', 1, house)
const MORE: [string, string] = ['perDay: 100000000', 'perDay: 100000001']
const LESS: [string, string] = ['perDay: 100000000', 'perDay: 90000000']

const governed = (policy = POLICY_TEXT) => GovernedSession.of(policy)
const documents = ({ driver }: GovernedSession) => decodeState(driver.agent.snapshot()).people.documents
const policyOf = ({ driver }: GovernedSession) => decodeState(driver.agent.snapshot()).policy!
const details = (applied: AppliedCycle) => applied.result.deadLetters.map(({ detail }) => detail).join('\n')
const alerts = (applied: AppliedCycle) =>
  applied.result.alerts
    .filter(({ code }) => code.startsWith('policy-'))
    .map(({ code, severity }) => `${severity} ${code}`)

/** Under the roster, with a first policy below `emea`, all of whose texts had come. */
async function inTree(): Promise<GovernedSession> {
  const session = await GovernedSession.of(small(1, emea).document)
  send(session, house, emea)
  return session
}

test('a policy above the level of groups is kept, governs nothing, and is what its document says', async () => {
  const session = await governed()
  const kept = send(session, house)
  assert.deepEqual([reasons(kept), alerts(kept)], [[], []])
  assert.equal(policyOf(session).policyId, 'small')
  assert.equal(session.spend().release.length, 1)
  const renamed = send(session, { ...emea, policyId: 'another' })
  assert.deepEqual(reasons(renamed), ['invalid-reference'])
  assert.match(details(renamed), /the document is that of policy emea v1/)
  const broken = send(session, { ...emea, document: emea.document.replace('tier: 2', 'tier: 9') })
  assert.deepEqual([reasons(broken), alerts(broken)], [['invalid-policy'], ['CRITICAL policy-refused']])
  assert.deepEqual([...documents(session).keys()], [digestHexOf(house)])
})

test('a version that only tightens its parents goes on trial, a looser one is refused with its first looser key', async () => {
  const session = await governed()
  send(session, house, emea)
  const refused = tried(session, small(2, emea, MORE, ['perCycle: 15000000', 'perCycle: 15000001']))
  assert.deepEqual(reasons(refused), ['not-permitted'])
  assert.match(
    details(refused),
    /^policy small v2:\d+:\d+: looser than emea: limits\.perCycle 15000001 is above the parent's 15000000, and 1 more \(give 15000000 or less\)$/,
  )
  assert.deepEqual(reasons(tried(session, small(3, emea, LESS))), [])
})

test('a parent that is looser than its own refuses the child too', async () => {
  const session = await governed()
  const loose = upper('region', 'emea', 2, house, MORE)
  send(session, house, loose)
  const refused = tried(session, small(2, loose))
  assert.match(details(refused), /^policy emea v2:\d+:\d+: looser than house: limits\.perDay 100000001/)
})

test('a version whose parents have not all come is refused until they have', async () => {
  const session = await governed()
  const child = small(2, emea)
  send(session, child)
  const activate = approved(session, child)
  const without = session.order(activate)
  assert.deepEqual(reasons(without), ['invalid-command'])
  assert.match(
    details(without),
    new RegExp(
      `^policy small v2:5:\\d+: its parent emea has not come \\(send its text of digest ${digestHexOf(emea)} `,
    ),
  )
  send(session, emea)
  assert.match(details(session.order(activate)), /^policy emea v1:4:\d+: its parent house has not come \(/)
  send(session, house)
  assert.deepEqual(reasons(session.order(activate)), [])
})

test('a group policy is no parent, and neither is a text under another name', async () => {
  const session = await governed()
  const other = small(7, undefined)
  send(session, other, house)
  assert.match(details(tried(session, small(2, { ...other, policyId: 'small' }))), /small is above itself/)
  assert.match(
    details(tried(session, small(3, { ...house, policyId: 'emea' }))),
    /the digest is that of house, not of emea/,
  )
})

test('a version that leaves the tree is held against the policies that were above the one in force', async () => {
  const apac = upper('region', 'apac', 1, undefined, MORE)
  for (const [parent, edit, looserThan] of [
    [undefined, MORE, 'emea'],
    [apac, MORE, 'emea'],
    [undefined, LESS, undefined],
    [apac, LESS, undefined],
    // What stays above by its name need not be proven twice; what does not must.
    [house, LESS, undefined],
  ] as const) {
    const session = await inTree()
    send(session, apac)
    const applied = tried(session, small(2, parent, edit))
    const title = `${parent?.policyId} ${edit[1]}`
    if (looserThan === undefined) assert.equal(details(applied), '', title)
    else {
      assert.deepEqual(reasons(applied), ['not-permitted'], title)
      assert.match(details(applied), new RegExp(`looser than ${looserThan}: limits\\.perDay`), title)
    }
  }
})

test('leaving is refused while what was above the policy in force has not come', async () => {
  const session = await governed(small(1, emea).document)
  const refused = tried(session, small(2, undefined, LESS))
  assert.deepEqual(reasons(refused), ['invalid-command'])
  assert.match(
    details(refused),
    new RegExp(`^emea, above the policy in force, has not come .*${digestHexOf(emea)}`),
  )
})

test('a newer text of the parent is part of what is approved; one that drops its own parent is not free of it', async () => {
  const session = await inTree()
  const wider = upper('region', 'emea', 2, upper('enterprise', 'house', 2, undefined, MORE), MORE)
  send(session, upper('enterprise', 'house', 2, undefined, MORE), wider)
  const raised = inForce(session, small(2, wider, MORE))
  assert.deepEqual([reasons(raised), policyOf(session).version], [[], 2])
  const rootless = upper('region', 'emea', 3, undefined, ['perDay: 100000000', 'perDay: 100000002'])
  send(session, rootless)
  const refused = tried(session, small(3, rootless, ['perDay: 100000000', 'perDay: 100000002']))
  assert.match(
    details(refused),
    /looser than house: limits\.perDay 100000002 is above the parent's 100000001/,
  )
  assert.deepEqual(reasons(tried(session, small(4, rootless))), [])
})

/** A group without people, given texts one cycle each. */
async function unruled(...texts: readonly (readonly Text[])[]) {
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)))
  driver.close(at(1))
  const applied = texts.map((some, index) => {
    for (const text of some) driver.input('policy', text, at(2 + index))
    return driver.close(at(3 + index))
  })
  return { driver, applied, versionInForce: () => decodeState(driver.agent.snapshot()).policy!.version }
}

test('a policy that is taken as it comes is proven against what is there, and what is missing is told once', async () => {
  const loose = await unruled([house], [emea], [small(2, emea, MORE)])
  assert.deepEqual(loose.applied.map(reasons), [[], [], ['invalid-policy']])
  assert.deepEqual(alerts(loose.applied[2]!), ['CRITICAL policy-refused'])
  assert.equal(loose.versionInForce(), 1)
  const child = small(2, emea)
  const early = await unruled([child], [child], [emea], [house], [house])
  assert.deepEqual(early.applied.map(alerts), [
    ['WARNING policy-unproven'],
    [],
    [],
    ['INFO policy-proven'],
    [],
  ])
  assert.match(early.applied[0]!.result.alerts[0]!.message, /its parent emea has not come/)
  assert.equal(early.versionInForce(), 2)
  // What is there refuses it, although the root has not come.
  const halfway = await unruled([emea], [small(2, emea, MORE)], [small(3, emea)])
  assert.deepEqual(halfway.applied.map(reasons), [[], ['invalid-policy'], []])
  assert.deepEqual(alerts(halfway.applied[2]!), ['WARNING policy-unproven'])
})

test('parents that come after a looser policy was taken as it came are an alert, and it stays in force', async () => {
  const late = await unruled([small(2, emea, MORE)], [house], [emea])
  assert.deepEqual(late.applied.map(alerts), [['WARNING policy-unproven'], [], ['CRITICAL policy-looser']])
  assert.equal(late.versionInForce(), 2)
})

test('a first policy under a roster is judged like one without', async () => {
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)), { policy: ': no policy' })
  driver.input('roster', ROSTER, at(0))
  driver.close(at(1))
  const session = GovernedSession.on(driver)
  assert.deepEqual(reasons(send(session, house, emea)), [])
  assert.deepEqual(reasons(send(session, small(1, emea, MORE))), ['invalid-policy'])
  assert.deepEqual(alerts(send(session, small(2, emea))), [])
  assert.equal(policyOf(session).version, 2)
})

test('texts that nobody needs give way, oldest first; what is above the policy in force and above a change stays', async () => {
  const session = await inTree()
  const tight = upper('entity', 'legal', 1, emea, LESS)
  const child = small(2, tight, LESS)
  const unused = upper('region', 'unused', 1)
  send(session, unused, tight, child)
  const activate = approved(session, child)
  const many = Array.from({ length: PEOPLE_LIMITS.documents * 2 }, (_, at) => upper('region', `r${at}`, 1))
  for (const one of many) send(session, one)
  const kept = documents(session)
  assert.equal(kept.size, PEOPLE_LIMITS.documents)
  for (const one of [house, emea, tight, child, many.at(-1)!])
    assert.ok(kept.has(digestHexOf(one)), one.policyId)
  for (const one of [unused, many[0]!]) assert.ok(!kept.has(digestHexOf(one)), one.policyId)
  assert.deepEqual(reasons(session.order(activate)), [])
  // In force, it needs its own parents, and the former ones as long as they are above it.
  session.settle(session.spend())
  session.order({ ...activate, detail: '{"stage":"full"}' })
  for (const one of many) send(session, { ...one, version: 1 })
  for (const one of [house, emea, tight]) assert.ok(documents(session).has(digestHexOf(one)), one.policyId)
  assert.equal(policyOf(session).digestHex, digestHexOf(child))
})

test('a text that was forgotten can be sent again', async () => {
  const session = await governed()
  send(session, house, emea)
  for (let at = 0; at < PEOPLE_LIMITS.documents; at++) send(session, upper('region', `r${at}`, 1))
  const child = small(2, emea)
  send(session, child)
  const activate = approved(session, child)
  assert.match(details(session.order(activate)), /its parent emea has not come/)
  send(session, house, emea)
  assert.deepEqual(reasons(session.order(activate)), [])
})

test('a restored agent and a replay come to the same bytes, refusals and their words included', async () => {
  const session = await GovernedSession.of(small(1, emea).document)
  send(session, emea)
  const restored = restoreAgent(session.driver.agent.snapshot(), environment)
  const from = session.cycles.length
  assert.deepEqual(reasons(tried(session, small(2, undefined, MORE))), ['not-permitted'])
  send(session, house)
  assert.deepEqual(reasons(tried(session, small(3, emea, MORE))), ['not-permitted'])
  inForce(session, small(4, emea, LESS))
  const again = createAgent(GROUP, environment)
  for (const agent of [again, restored]) session.driver.declareTo(agent)
  for (const [index, cycle] of session.cycles.entries()) {
    const { result } = session.applied[index]!
    assert.deepEqual(again.apply(cycle).result, result)
    if (index >= from) assert.deepEqual(restored.apply(cycle).result, result)
  }
  const digests = [session.driver.agent, again, restored].map((agent) => toHex(agent.stateDigest()))
  assert.equal(new Set(digests).size, 1)
  assert.equal(policyOf(session).version, 4)
})
