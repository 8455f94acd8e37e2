/** Who put policies and rosters in force is proven from leaves and records, and whoever speaks for another or has signed in is believed as the roster says. */
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { createAgent } from '../../../pipeline/agent.js'
import { formatCredential } from '../../../pipeline/governance/people/credential.js'
import { toHex } from '../../../pipeline/identity.js'
import { publicKeyOf, SIMULATED_PEOPLE, simulatedRoster } from '../../../sandbox/people.js'
import { canonicalJson } from '../../../schemas/canonical-json.js'
import { SCHEMA_JSON } from '../../../schemas/generated/schemas.js'
import { testEnvironment } from '../../../tests/support/environment.js'
import {
  demandVerified,
  exported,
  forgedLeaf,
  pointOf,
  SUPERVISED,
  TWO,
  textOf,
} from '../../../tests/support/governed-bundle.js'
import {
  type GivenOrder,
  GovernedSession,
  journalOf,
  planOf,
} from '../../../tests/support/governed-session.js'
import { feedSmallGroup, GROUP, GroupDriver } from '../../../tests/support/small-group.js'
import { inForce, send, small, upper } from '../../../tests/support/small-group-parents.js'
import { at, ROSTER } from '../../../tests/support/small-group-session.js'
import { alertOf, candidate, digestOf, SmallGroupTrial } from '../../../tests/support/small-group-trial.js'
import { recordReader } from '../../journal/record-reader.js'
import type { Bundle, BundledLeaf } from './bundle.js'

test('who proposed, approved and activated a policy is proven, in each stage of its trial and after it was rolled back', async () => {
  const trial = await SmallGroupTrial.approved(candidate())
  trial.go('shadow')
  const shadowed = trial.pay()
  trial.pay()
  const canary = trial.go('canary')
  const later = trial.pay()
  trial.rollBack()
  const after = trial.pay()
  const journal = journalOf(trial.driver, trial.cycles, trial.applied)
  const inForce = async ({ result }: typeof after): Promise<[Bundle, string]> => {
    const decision = result.decisions.find(({ arm }) => arm === '') ?? assert.fail('nothing was decided')
    const bundle = await exported(journal, toHex(decision.decisionId))
    await demandVerified(bundle)
    return [bundle, (await pointOf(bundle, 'policy')).detail]
  }
  assert.match((await inForce(shadowed))[1], /small version 1, .*taken as it came/)
  const proven =
    /small version 2, .*change:second proposed by paul, approved by anna and rosa, taken to canary by paul$/
  assert.match((await inForce(canary))[1], proven)
  const [bundle, told] = await inForce(later)
  assert.match(told, proven)
  assert.match((await inForce(after))[1], /small version 1, .*change:second after it rolled back by olga$/)

  const without = (index: number, isLeafToo: boolean): Bundle => {
    const orders = bundle.leaves.filter((leaf) => textOf(leaf).kind === 'command')
    return {
      ...bundle,
      leaves: isLeafToo ? bundle.leaves.filter((leaf) => leaf !== orders[index]) : bundle.leaves,
      commands: bundle.commands.filter((_, other) => other !== index),
    }
  }
  for (let index = 0; index < bundle.commands.length; index++)
    for (const isLeafToo of [false, true])
      for (const name of ['policy', 'approvals'] as const) {
        const { holds, detail } = await pointOf(without(index, isLeafToo), name)
        assert.equal(holds, false)
        assert.match(detail, /that it rests on|were logged before|was not proposed|approvals that count are/)
      }
})

test('policies above the level of groups have leaves, say their level, and are in force nowhere', async () => {
  const house = upper('enterprise', 'house', 1)
  const emea = upper('region', 'emea', 4, house)
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, await testEnvironment())), {
    policy: small(1, emea).document,
    openings: { OPERATING: 7_400_000_00 },
  })
  const session = GovernedSession.on(driver)
  session.closeAt(at(1))
  // Before there is a roster a policy of the group would be in force as it came.
  send(session, house, emea)
  const told = async (id: string): Promise<Bundle> => {
    const bundle = await exported(session.journal, id)
    await demandVerified(bundle)
    return bundle
  }
  const bundle = await told(planOf(session.spend()).id)
  assert.match((await pointOf(bundle, 'policy')).detail, /^small version 1, .*taken as it came/)
  const policies = bundle.leaves.map(textOf).filter(({ kind }) => kind === 'policy')
  assert.deepEqual(
    policies.map(({ id, version, level }) => [id, version, level]),
    [
      ['small', 1, undefined],
      ['house', 1, 'enterprise'],
      ['emea', 4, 'region'],
    ],
  )
  driver.input('roster', ROSTER, at(session.second))
  session.close()
  inForce(session, small(2, emea))
  const [decision] = session.spend().result.decisions
  const later = await told(toHex((decision ?? assert.fail('nothing was decided')).decisionId))
  assert.match((await pointOf(later, 'policy')).detail, /^small version 2, .*taken to full by paul$/)
})

test('a canary that the agent ended by itself leaves the former policy in force, and the bundle says so', async () => {
  const silly = (text: string) =>
    text.replace('PAYROLL, floor: 500000, target: 2000000', 'PAYROLL, floor: 500000, target: 700000')
  const trial = await SmallGroupTrial.approved(
    candidate('cohortPercent: 100, shadowDecisions: 1, decisions: 50, costRegretBp: 10000', silly),
  )
  trial.go('shadow')
  trial.pay()
  trial.go('canary')
  for (let turn = 0; turn < 12 && trial.ended === undefined; turn++) trial.pay(1_500_000_00)
  assert.ok(alertOf(trial.ended ?? assert.fail('it was never ended'), 'policy-rolled-back') !== undefined)
  const decision = trial.pay().result.decisions.find(({ arm }) => arm === '') ?? assert.fail()
  assert.equal(decision.policyVersion, 1)
  const journal = journalOf(trial.driver, trial.cycles, trial.applied)
  for (const { decisionId, arm } of trial.applied.flatMap(({ result }) => result.decisions).slice(-6))
    if (arm === '') await demandVerified(await exported(journal, toHex(decisionId)))
  const bundle = await exported(journal, toHex(decision.decisionId))
  assert.match((await pointOf(bundle, 'policy')).detail, /the agent has ended the canary that followed it$/)
})

test('voices are held against the roster of their time: a new one is followed, and who has left counts no more', async () => {
  const session = await GovernedSession.of(TWO)
  const { anna: _, ...others } = SIMULATED_PEOPLE
  const document = simulatedRoster(2, others)
  const governs = { subject: 'roster:simulated', digest: digestOf(document) }
  const before = planOf(session.spend())
  session.order({ kind: 'APPROVE', ...before.plan, author: 'anna' })
  session.driver.input('roster', { rosterId: 'simulated', version: 2, document }, at(session.second))
  session.order({ kind: 'PROPOSE', ...governs, author: 'ada' })
  session.order({ kind: 'APPROVE', ...governs, author: 'axel' })
  assert.equal(
    session.order({ kind: 'APPROVE', ...before.plan, author: 'rosa' }).release.length,
    0,
    'anna has left',
  )
  assert.equal(session.order({ kind: 'APPROVE', ...before.plan, author: 'abel' }).release.length, 1)
  const bundle = await exported(session.journal, before.id)
  await demandVerified(bundle)
  assert.match((await pointOf(bundle, 'approvals')).detail, /^approved by rosa, abel; needed were 2/)
  assert.equal(bundle.rosters.length, 2)
  // A forger who leaves the second roster out, and all that put it in force, would have anna's voice counted.
  const isOfRoster = (leaf: BundledLeaf): boolean =>
    textOf(leaf).subject === 'roster:simulated' ||
    (textOf(leaf).kind === 'roster' && textOf(leaf).version === 2)
  const forged = {
    ...bundle,
    leaves: bundle.leaves.filter((leaf) => !isOfRoster(leaf)),
    rosters: bundle.rosters.slice(0, 1),
    commands: bundle.commands.filter((_, index) => index !== 1 && index !== 2),
  }
  const { holds, detail } = await pointOf(forged, 'approvals')
  assert.equal(holds, false)
  assert.match(detail, /orders on them were logged before leaf/)
})

test('a voice in the name of another counts by the delegation, and not after it was taken back', async () => {
  const session = await GovernedSession.of(SUPERVISED)
  const delegate = { kind: 'DELEGATE', subject: 'person:omar', author: 'anna' } as const
  session.order({ ...delegate, detail: canonicalJson({ roles: ['approver'], until: at(100_000) }) })
  const { id, plan } = planOf(session.spend())
  const released = session.order({
    kind: 'APPROVE',
    ...plan,
    author: 'omar',
    detail: canonicalJson({ for: 'anna' }),
  })
  assert.equal(released.release.length, 1)
  session.order({ kind: 'REVOKE', subject: 'person:omar', author: 'anna' })
  const bundle = await exported(session.journal, id)
  await demandVerified(bundle)
  assert.match((await pointOf(bundle, 'approvals')).detail, /^approved by omar for anna/)
  const place = bundle.leaves.findIndex((leaf) => textOf(leaf).order === 'DELEGATE')
  const forged = {
    ...bundle,
    leaves: bundle.leaves.filter((_, index) => index !== place),
    commands: bundle.commands.slice(1),
  }
  assert.equal((await pointOf(forged, 'approvals')).holds, false)
  // With the count of a forged log set right too, nothing stands behind the voice.
  const recounted = forged.leaves.map((leaf) => {
    const text = textOf(leaf)
    if (text.governing === undefined || leaf.index < place) return leaf
    return { ...leaf, record: Buffer.from(canonicalJson({ ...text, governing: Number(text.governing) - 1 })) }
  })
  const { holds, detail } = await pointOf({ ...forged, leaves: recounted }, 'approvals')
  assert.equal(holds, false)
  assert.match(
    detail,
    /APPROVE of decision:.* by omar, is in the name of anna, who has delegated nothing for that/,
  )
})

test('who has signed in is believed by the word of an authority of the roster, for as long as it lasts', async () => {
  const authority = generateKeyPairSync('ed25519')
  const der = authority.publicKey.export({ format: 'der', type: 'spki' })
  const issuer = 'https://login.example'
  const document = [
    simulatedRoster().replace(
      /( {2}- person: anna\n {4}roles: .*\n) {4}keys: .*\n/,
      `$1    signIns: [{ issuer: "${issuer}", subject: anna }]\n`,
    ),
    'authorities:',
    `  - { authority: desk, key: "${der.subarray(-32).toString('base64')}", issuers: ["${issuer}"] }`,
    '',
  ].join('\n')
  const session = await GovernedSession.of(SUPERVISED, { ...ROSTER, document })
  const { id, plan } = planOf(session.spend())
  const given = { authority: 'desk', issuer, subject: 'anna', keyBase64: publicKeyOf('a session of anna') }
  const credential = formatCredential(
    { ...given, notBeforeMicros: at(0), expiresMicros: at(3_600) },
    (bytes) => sign(null, bytes, authority.privateKey),
  )
  const order: GivenOrder = { kind: 'APPROVE', ...plan, author: 'anna', credential }
  assert.equal(session.order(order, 'a session of anna').release.length, 1)
  const bundle = await exported(session.journal, id)
  await demandVerified(bundle)
  assert.match((await pointOf(bundle, 'approvals')).detail, /^approved by anna/)
  const record = bundle.commands[0] ?? assert.fail()
  const stranger = Buffer.from(record)
  const at0 = stranger.indexOf('"signature":"') + '"signature":"'.length
  stranger[at0] = stranger[at0] === 0x41 ? 0x42 : 0x41
  const changed = recordReader('command', SCHEMA_JSON.command)(stranger) ?? assert.fail()
  const leaves = bundle.leaves.map((leaf) =>
    textOf(leaf).order === 'APPROVE' ? forgedLeaf(leaf, changed) : leaf,
  )
  const { holds, detail } = await pointOf({ ...bundle, leaves, commands: [stranger] }, 'approvals')
  assert.equal(holds, false)
  assert.match(detail, /does not count: bad-signature/)
})
