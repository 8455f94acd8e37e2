/** Plans and people: who must agree before something is sent, and plans that people make in place of the agent's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { canonicalJson } from '../schemas/canonical-json.js'
import { type GivenOrder, GovernedSession } from '../tests/support/governed-session.js'
import { POLICY_TEXT } from '../tests/support/small-group.js'
import { at, ROSTER, reasons, started } from '../tests/support/small-group-session.js'
import { formatUuid, fromHex, toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'

const SUPERVISED = POLICY_TEXT.replace('mode: autonomous', 'mode: supervised')

/** The decision of a result that made a plan, as commands name it. */
function planOf(applied: AppliedCycle) {
  const decision = applied.result.decisions.find(({ outcome }) => outcome === 'ACTED')
  assert.ok(decision !== undefined, JSON.stringify(applied.result.decisions.map(({ reason }) => reason)))
  return { subject: `decision:${formatUuid(toHex(decision.decisionId))}`, digest: decision.planDigest }
}

const states = (applied: AppliedCycle) => applied.result.instructionEvents.map(({ state }) => state)
const codes = (applied: AppliedCycle) => applied.result.alerts.map(({ code }) => code)

test('a plan waits, is sent in the cycle of the approval, and only by someone with the role and for its digest', async () => {
  const session = await GovernedSession.of(SUPERVISED)
  const planned = session.spend()
  assert.deepEqual(states(planned), ['PROPOSED', 'AWAITING_APPROVAL'])
  const plan = planOf(planned)
  const approve: GivenOrder = { kind: 'APPROVE', ...plan, author: 'anna' }
  assert.deepEqual(reasons(session.order({ ...approve, author: 'olga' })), ['not-permitted'])
  const another = fromHex('22'.repeat(32))
  assert.deepEqual(reasons(session.order({ ...approve, digest: another })), ['invalid-command'])
  assert.deepEqual(
    reasons(session.order({ ...approve, subject: `decision:${formatUuid('0'.repeat(32))}` })),
    ['invalid-command'],
  )
  const approved = session.order(approve)
  assert.deepEqual(states(approved), ['RESERVED', 'PERSISTED', 'SENT'])
  assert.equal(approved.release.length, 1)
  assert.deepEqual(reasons(session.order(approve)), ['invalid-command'], 'it waits no more')
})

test('an approval of a plan that changed since, or that came after its time, is refused and sends nothing', async () => {
  const session = await GovernedSession.of(SUPERVISED)
  const plan = planOf(session.spend())
  const changed = session.spend(300_000_00)
  assert.ok(states(changed).includes('EXPIRED'), 'the first plan lapsed')
  const late = session.order({ kind: 'APPROVE', ...plan, author: 'anna' })
  assert.deepEqual(reasons(late), ['invalid-command'])
  assert.equal(late.release.length, 0)
  const second = planOf(changed)
  session.second += 3_600
  const overdue = session.order({ kind: 'APPROVE', ...second, author: 'anna' })
  assert.deepEqual(reasons(overdue), ['invalid-command'])
  assert.equal(overdue.release.length, 0)
})

test('two seats are taken by two people, and a voice counts while it lives and its owner has the role', async () => {
  const two = SUPERVISED.replace(
    'expectedFlows:',
    'approvals: { required: 2, roles: [approver, risk-officer], withinSeconds: 3600 }\nexpectedFlows:',
  )
  const session = await GovernedSession.of(two)
  const plan = planOf(session.spend())
  const voice = (author: string, more: Partial<GivenOrder> = {}): GivenOrder => ({
    kind: 'APPROVE',
    ...plan,
    author,
    ...more,
  })
  assert.equal(session.order(voice('anna')).release.length, 0)
  assert.equal(session.order(voice('anna')).release.length, 0, 'one person is not two')
  const short = session.order(voice('rosa', { expiresAtMicros: at(session.second + 1.5) }))
  assert.equal(short.release.length, 1, 'anna and rosa')
  const other = await GovernedSession.of(two)
  const otherPlan = planOf(other.spend())
  const early: GivenOrder = {
    kind: 'APPROVE',
    ...otherPlan,
    author: 'anna',
    expiresAtMicros: at(other.second + 1.5),
  }
  assert.equal(other.order(early).release.length, 0)
  assert.equal(
    other.order({ kind: 'APPROVE', ...otherPlan, author: 'rosa' }).release.length,
    0,
    'anna is silent again',
  )
  assert.equal(other.order({ kind: 'APPROVE', ...otherPlan, author: 'abel' }).release.length, 1)
})

test('a plan that was approved is not sent once something is killed, and says why', async () => {
  const session = await GovernedSession.of(SUPERVISED)
  const plan = planOf(session.spend())
  session.add({ kind: 'KILL', subject: 'account:PAYROLL', author: 'olga' })
  const approved = session.order({ kind: 'APPROVE', ...plan, author: 'anna', nonce: 'approval' })
  assert.equal(approved.release.length, 0)
  assert.ok(
    approved.result.instructionEvents.some(
      ({ state, reasonCode }) => state === 'EXPIRED' && /killed|frozen/.test(reasonCode),
    ),
  )
})

test('a plan that somebody rejects or forbids is cancelled, with the name', async () => {
  for (const order of [
    { kind: 'REJECT', author: 'rosa' },
    { kind: 'FORBID', author: 'olga' },
  ] as const) {
    const session = await GovernedSession.of(SUPERVISED)
    const { subject, digest } = planOf(session.spend())
    const bound = order.kind === 'REJECT' ? { digest } : {}
    const refused = session.order({ ...order, subject, ...bound })
    assert.deepEqual(states(refused), ['CANCELLED'])
    assert.equal(
      refused.result.instructionEvents[0]?.reasonCode,
      `${order.kind.toLowerCase()}-by:${order.author}`,
    )
  }
})

test('whoever adjusts a plan cannot approve it, another can, and the record says who made it', async () => {
  const people = ROSTER.document.replace('roles: [operator]', 'roles: [operator, approver]')
  const { driver } = await started({ policy: SUPERVISED, openings: { OPERATING: 7_400_000_00 } })
  driver.input('roster', { ...ROSTER, document: people }, at(2))
  driver.close(at(3))
  const session = GovernedSession.on(driver)
  const plan = planOf(session.spend())
  const detail = canonicalJson({ legs: [{ leg: 0, amountMinor: 700_000_00 }] })
  const adjusted = session.order({ kind: 'ADJUST', ...plan, author: 'olga', detail })
  assert.deepEqual(reasons(adjusted), [])
  const made = planOf(adjusted)
  const [decision] = adjusted.result.decisions
  assert.equal(decision?.trigger, 'override')
  assert.equal(decision?.reason, 'adjust-by:olga')
  assert.ok(states(adjusted).includes('CANCELLED'), 'the plan that it replaces')
  assert.equal(session.order({ kind: 'APPROVE', ...made, author: 'olga' }).release.length, 0)
  const [order] = session.order({ kind: 'APPROVE', ...made, author: 'anna' }).release
  assert.equal(order?.amountMinor, 700_000_00)
})

test('an adjustment that the gate denies leaves the plan that waits, and so does one of a leg that is not there', async () => {
  const session = await GovernedSession.of(SUPERVISED)
  const plan = planOf(session.spend())
  const adjust = (leg: number, amountMinor: number): GivenOrder => ({
    kind: 'ADJUST',
    ...plan,
    author: 'olga',
    detail: canonicalJson({ legs: [{ leg, amountMinor }] }),
  })
  const large = session.order(adjust(0, 9_999_999_000))
  assert.equal(large.result.decisions.find(({ trigger }) => trigger === 'override')?.outcome, 'REFUSED')
  assert.ok(codes(large).includes('override-refused'))
  assert.ok(codes(session.order(adjust(7, 1_000_00))).includes('override-refused'))
  assert.equal(session.order({ kind: 'APPROVE', ...plan, author: 'anna' }).release.length, 1)
})

test('a forced plan of an autonomous group waits for another person, and for the gate; in shadow nothing is forced', async () => {
  const detail = canonicalJson({
    moves: [{ amountMinor: 400_000_00, channel: 'OPERATING-PAYROLL', kind: 'TRANSFER' }],
  })
  const force: GivenOrder = { kind: 'FORCE', subject: 'group', author: 'olga', detail }
  const session = await GovernedSession.of(POLICY_TEXT)
  const forced = session.order(force)
  assert.deepEqual(reasons(forced), [])
  assert.equal(forced.release.length, 0)
  const plan = planOf(forced)
  const [order] = session.order({ kind: 'APPROVE', ...plan, author: 'anna' }).release
  assert.equal(order?.amountMinor, 400_000_00)
  for (const [channel, amountMinor] of [
    ['NOWHERE', 1_000_00],
    ['OPERATING-PAYROLL', 1],
    ['OPERATING-PAYROLL', 99_000_000_00],
  ] as const) {
    const bad = canonicalJson({ moves: [{ amountMinor, channel, kind: 'TRANSFER' }] })
    const refused = session.order({ ...force, detail: bad })
    assert.equal(
      refused.result.decisions.find(({ trigger }) => trigger === 'override')?.outcome,
      'REFUSED',
      channel,
    )
  }
  const shadow = await GovernedSession.of(POLICY_TEXT.replace('mode: autonomous', 'mode: shadow'))
  assert.equal(shadow.order(force).result.decisions[0]?.reason, 'mode-shadow')
})
