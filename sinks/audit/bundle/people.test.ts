/** Bundles of groups that people govern: who approved is proven offline, and no approval can be replaced, dropped, moved or bound to something else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../../pipeline/identity.js'
import { SIMULATED_PEOPLE, signAs, simulatedRoster } from '../../../sandbox/people.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'
import type { Command } from '../../../schemas/generated/types.js'
import {
  demandVerified,
  exported,
  forgedLeaf,
  pointOf,
  SUPERVISED,
  TWO,
  textOf,
} from '../../../tests/support/governed-bundle.js'
import { type GivenOrder, GovernedSession, planOf } from '../../../tests/support/governed-session.js'
import { GROUP, movement, POLICY_TEXT } from '../../../tests/support/small-group.js'
import { feedBonds, SECURED } from '../../../tests/support/small-group-collateral.js'
import { at, ROSTER } from '../../../tests/support/small-group-session.js'
import { digestOf } from '../../../tests/support/small-group-trial.js'
import type { Bundle, BundledLeaf } from './bundle.js'

interface Approved {
  readonly session: GovernedSession
  readonly id: string
  readonly plan: ReturnType<typeof planOf>['plan']
  readonly bundle: Bundle
}

/** A plan that two people let go, and that settled. */
async function approvedByTwo(): Promise<Approved> {
  const session = await GovernedSession.of(TWO)
  const { id, plan } = planOf(session.spend())
  assert.equal(session.order({ kind: 'APPROVE', ...plan, author: 'anna' }).release.length, 0)
  const released = session.order({ kind: 'APPROVE', ...plan, author: 'rosa' })
  assert.equal(released.release.length, 1)
  session.settle(released)
  return { session, id, plan, bundle: await exported(session.journal, id) }
}

test('a plan that two people approved is proven with its voices, and from the beginning of the group too', async () => {
  const { session, id, bundle } = await approvedByTwo()
  await demandVerified(bundle)
  await demandVerified(await exported(session.journal, id, true))
  assert.deepEqual([bundle.rosters.length, bundle.commands.length], [1, 2])
  const { detail, facts } = await pointOf(bundle, 'approvals')
  assert.match(
    detail,
    /^approved by anna, rosa; needed were 2 of approver, risk-officer; roster simulated v1/,
  )
  const { releases, roster } = facts as { releases: { approvedBy: unknown }[]; roster: { digest: string } }
  assert.deepEqual(releases[0]?.approvedBy, [
    { person: 'anna', inTheNameOf: 'anna' },
    { person: 'rosa', inTheNameOf: 'rosa' },
  ])
  assert.equal(roster.digest, toHex(digestOf(ROSTER.document)))
  assert.match((await pointOf(bundle, 'policy')).detail, /taken as it came: the group had no roster$/)
})

test('a plan that waits or was rejected says so, and a decision of an autonomous policy needs nobody', async () => {
  const session = await GovernedSession.of(SUPERVISED)
  const { id, plan } = planOf(session.spend())
  const waiting = await exported(session.journal, id)
  await demandVerified(waiting)
  assert.match((await pointOf(waiting, 'approvals')).detail, /^needs 1 of approver; not released/)
  session.order({ kind: 'REJECT', ...plan, author: 'rosa' })
  const rejected = await exported(session.journal, id)
  await demandVerified(rejected)
  assert.match((await pointOf(rejected, 'approvals')).detail, /not released; REJECT decision:/)
  const autonomous = await GovernedSession.of(POLICY_TEXT)
  const acted = planOf(autonomous.spend())
  const bundle = await exported(autonomous.journal, acted.id)
  await demandVerified(bundle)
  assert.match(
    (await pointOf(bundle, 'approvals')).detail,
    /^the policy is autonomous: no approval is asked for/,
  )
})

test('a decision that finds its plan waiting already verifies in ten points', async () => {
  const session = await GovernedSession.of(
    SUPERVISED.replace('reconsiderAfterSeconds: 900', 'reconsiderAfterSeconds: 60'),
  )
  session.spend()
  const [again] = session.closeAt(at(80)).result.decisions
  assert.equal(again?.reason, 'plan-awaits-approval')
  await demandVerified(await exported(session.journal, toHex(again.decisionId)))
})

test('an approval that is dropped, replaced, moved to another decision or bound to another digest fails at its point', async () => {
  const { bundle, plan } = await approvedByTwo()
  const { leaves, commands } = bundle
  const place = leaves.findIndex((leaf) => textOf(leaf).order === 'APPROVE' && textOf(leaf).author === 'rosa')
  const [anna] = commands
  const having = (leaf: BundledLeaf | undefined, record: Uint8Array | undefined): Bundle => ({
    ...bundle,
    leaves: leaves.flatMap((one, index) => (index !== place ? [one] : leaf === undefined ? [] : [leaf])),
    commands: record === undefined ? [anna!] : [anna!, record],
  })
  const failure = async (changed: Bundle): Promise<string> => {
    const { holds, detail } = await pointOf(changed, 'approvals')
    assert.equal(holds, false, detail)
    return detail
  }
  const voice = (changes: Partial<GivenOrder> = {}, keyOf?: string): Command => ({
    sourceId: 'desk',
    sourceSequence: -1,
    ...signAs(
      {
        kind: 'APPROVE',
        ...plan,
        author: 'rosa',
        groupId: GROUP,
        reason: 'test',
        atMicros: at(8),
        ...changes,
      },
      keyOf,
    ),
  })
  const forged = (changes?: Partial<GivenOrder>, keyOf?: string): Bundle => {
    const command = voice(changes, keyOf)
    return having(forgedLeaf(leaves[place]!, command), encodeRecord('command', command))
  }
  assert.match(
    await failure(having(leaves[place], undefined)),
    /2 orders logged that it rests on, 1 are there/,
  )
  assert.match(
    await failure(having(undefined, undefined)),
    /needs 2 of .*, and was released at leaf \d+ by anna$/,
  )
  assert.match(await failure(having(leaves[place], anna)), /is another record than was logged/)
  assert.match(
    await failure(having(leaves[place], encodeRecord('command', voice()))),
    /is another record than was logged/,
  )
  const other = encodeRecord('command', voice({ subject: 'decision:00000000-0000-0000-0000-000000000000' }))
  assert.match(await failure(having(leaves[place], other)), /another record/)
  assert.match(
    await failure(forged({ subject: 'decision:00000000-0000-0000-0000-000000000000' })),
    /1 orders logged that it rests on, 2 are there/,
  )
  assert.match(
    await failure(forged({ digest: Buffer.alloc(32, 7) })),
    /by anna: that of rosa, leaf \d+, is for another plan/,
  )
  assert.match(await failure(forged({}, 'olga')), /does not count: bad-signature/)
  assert.match(await failure(forged({ author: 'mallory' })), /does not count: unknown-author/)
  assert.match(await failure(forged({ author: 'anna' })), /released at leaf \d+ by anna$/)
  assert.match(await failure(forged({ author: 'olga' })), /does not count: not-permitted/)
  assert.match(await failure(forged({ groupId: 'asia' })), /is addressed to the group asia/)
  assert.match(await failure(forged({ rosterId: 'another' })), /does not count: other-roster/)
  assert.match(
    await failure(forged({ atMicros: at(-7_200), expiresAtMicros: at(-3_600) })),
    /does not count: expired-command/,
  )
  // Nothing but its time of ending is in the way of the voice: it was alive when it came and not at the release.
  const early = voice({ expiresAtMicros: at(8.8) })
  const at9 = leaves[place]!
  const text = { ...textOf(at9), taken: at(8.5) }
  const aged: BundledLeaf = { ...at9, record: Buffer.from(canonicalJson(text as unknown as Json), 'utf8') }
  assert.match(
    await failure(having(forgedLeaf(aged, early), encodeRecord('command', early))),
    /that of rosa, leaf \d+, had ended/,
  )
  const roster = Buffer.from(simulatedRoster(1, { ...SIMULATED_PEOPLE, olga: ['approver'] }))
  assert.match(
    await failure({ ...bundle, rosters: [roster] }),
    /the roster of leaf \d+ is not that of its digest/,
  )
  assert.match(await failure({ ...bundle, rosters: [] }), /1 rosters logged, 0 are there/)
  const hidden = leaves.filter((leaf) => textOf(leaf).kind !== 'roster')
  assert.match(
    await failure({ ...bundle, leaves: hidden, rosters: [] }),
    /orders on them were logged before leaf/,
  )
  const unasked = leaves.filter((leaf) => textOf(leaf).state !== 'AWAITING_APPROVAL')
  assert.match(await failure({ ...bundle, leaves: unasked }), /let go that has not waited/)
})

test('whoever made a plan is named and is none of its voices, beside the decision of the agent in the same cycle', async () => {
  const people = ROSTER.document.replace('roles: [operator]', 'roles: [operator, approver]')
  const session = await GovernedSession.of(SUPERVISED, { ...ROSTER, document: people })
  const { plan } = planOf(session.spend())
  const detail = canonicalJson({ legs: [{ leg: 0, amountMinor: 700_000_00 }] })
  const adjusted = session.order({ kind: 'ADJUST', ...plan, author: 'olga', detail })
  const made = planOf(adjusted)
  assert.equal(session.order({ kind: 'APPROVE', ...made.plan, author: 'olga' }).release.length, 0)
  assert.equal(session.order({ kind: 'APPROVE', ...made.plan, author: 'anna' }).release.length, 1)
  session.spend(100_000_00)
  const bundle = await exported(session.journal, made.id)
  await demandVerified(bundle)
  const { detail: told } = await pointOf(bundle, 'approvals')
  assert.match(told, /^made by olga; approved by anna; needed were 1 of approver/)
  // Without the voice of anna there is that of its maker.
  const place = bundle.leaves.findIndex(
    (leaf) => textOf(leaf).order === 'APPROVE' && textOf(leaf).author === 'anna',
  )
  const forged = {
    ...bundle,
    leaves: bundle.leaves.filter((_, index) => index !== place),
    commands: bundle.commands.slice(0, -1),
  }
  const failed = await pointOf(forged, 'approvals')
  assert.equal(failed.holds, false)
  assert.match(failed.detail, /by olga: olga has made it/)
  for (const { decisionId, arm } of session.applied.flatMap(({ result }) => result.decisions))
    if (arm === '') await demandVerified(await exported(session.journal, toHex(decisionId)))
})

test('a forced plan of an autonomous group waits, and its maker is told', async () => {
  const session = await GovernedSession.of(POLICY_TEXT)
  const moves = [{ amountMinor: 400_000_00, channel: 'OPERATING-PAYROLL', kind: 'TRANSFER' }]
  const forced = session.order({
    kind: 'FORCE',
    subject: 'group',
    author: 'olga',
    detail: canonicalJson({ moves } as unknown as Json),
  })
  const { id, plan } = planOf(forced)
  assert.equal(session.order({ kind: 'APPROVE', ...plan, author: 'anna' }).release.length, 1)
  const bundle = await exported(session.journal, id)
  await demandVerified(bundle)
  assert.match((await pointOf(bundle, 'approvals')).detail, /^made by olga; approved by anna/)
  const refused = session.order({
    kind: 'FORCE',
    subject: 'group',
    author: 'olga',
    detail: canonicalJson({ moves: [{ ...moves[0], amountMinor: 99_000_000_00 }] } as unknown as Json),
  })
  const denied = refused.result.decisions.find(({ trigger }) => trigger === 'override')
  assert.equal(denied?.outcome, 'REFUSED')
  await demandVerified(await exported(session.journal, toHex(denied.decisionId)))
})

test('a plan above the large amount needs as many people as the prices of then say', async () => {
  const session = await GovernedSession.of(
    SUPERVISED.replace(
      'expectedFlows:',
      'approvals: { required: 1, roles: [approver, risk-officer], withinSeconds: 900, largeAmount: 1199999, requiredAboveLarge: 2 }\nexpectedFlows:',
    ),
  )
  const { id, plan } = planOf(session.spend())
  assert.equal(session.order({ kind: 'APPROVE', ...plan, author: 'anna' }).release.length, 0)
  assert.equal(session.order({ kind: 'APPROVE', ...plan, author: 'rosa' }).release.length, 1)
  const bundle = await exported(session.journal, id)
  await demandVerified(bundle)
  const place = bundle.leaves.findIndex((leaf) => textOf(leaf).author === 'anna')
  const leaves = bundle.leaves.filter((_, index) => index !== place)
  const { detail } = await pointOf({ ...bundle, leaves, commands: bundle.commands.slice(1) }, 'approvals')
  assert.match(detail, /^it needs 2 of approver, risk-officer, and was released at leaf \d+ by rosa$/)
})

test('a plan that pledges collateral is proven with its assets and parts, and so is what people approved', async () => {
  const openings = { OPERATING: 5_000_000_00 }
  const options = { facility: SECURED, openings }
  const session = await GovernedSession.of(SUPERVISED, ROSTER, options, (driver) => feedBonds(driver))
  session.driver.input('cash-movement', movement('tax', 'OPERATING', -4_500_000_00), at(session.second))
  const planned = session.close()
  assert.deepEqual(
    planned.result.instructions.map(({ kind }) => kind),
    ['PLEDGE', 'DRAW'],
  )
  const { id, plan } = planOf(planned)
  const approved = session.order({ kind: 'APPROVE', ...plan, author: 'anna' })
  assert.equal(approved.release.length, 1)
  session.settle(session.settle(approved))
  const bundle = await exported(session.journal, id)
  await demandVerified(bundle)
  // Another holding than the one that was approved.
  const place = bundle.leaves.findIndex((leaf) => textOf(leaf).action === 'PLEDGE')
  const leaf = bundle.leaves[place]!
  const other = { ...textOf(leaf), collateral: { asset: 'JUNK', parts: 1 } }
  const record = Buffer.from(canonicalJson(other as Json), 'utf8')
  const leaves = bundle.leaves.map((one, index) => (index === place ? { ...leaf, record } : one))
  const failed = await pointOf({ ...bundle, leaves }, 'approvals')
  assert.equal(failed.holds, false)
  assert.match(failed.detail, /the digest of the plan is not that of its instructions/)
})
