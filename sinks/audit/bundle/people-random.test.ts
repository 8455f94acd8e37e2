/** Orders at random, taken or refused by the agent: what the agent has decided under is what the leaves tell, decision by decision. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toHex } from '../../../pipeline/identity.js'
import { SIMULATED_PEOPLE, simulatedRoster } from '../../../sandbox/people.js'
import { Random } from '../../../sandbox/random.js'
import { canonicalJson, type Json } from '../../../schemas/canonical-json.js'
import { SUPERVISED } from '../../../tests/support/governed-bundle.js'
import { type GivenOrder, GovernedSession, planOf } from '../../../tests/support/governed-session.js'
import { GROUP } from '../../../tests/support/small-group.js'
import { at } from '../../../tests/support/small-group-session.js'
import { digestOf } from '../../../tests/support/small-group-trial.js'
import { appendLeaves } from '../leaves/audit-projection.js'
import { replayDecision } from '../replay/replay-decision.js'
import { KEY, ORIGIN, openTestLog } from '../testing/logs.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { Evidence } from './evidence.js'
import { exportDecision } from './export-decision.js'
import { approvalsPoint } from './points/approvals.js'
import { ask } from './points/point.js'
import { policyPoint } from './points/policy.js'

const CANARY = 'canary: { cohortPercent: 100, shadowDecisions: 1, decisions: 1 }'
const APPROVALS = 'approvals: { required: 1, roles: [approver, risk-officer], withinSeconds: 600 }'
const POLICY = SUPERVISED.replace('reconsiderAfterSeconds: 900', 'reconsiderAfterSeconds: 30').replace(
  'expectedFlows:',
  `${CANARY}\n${APPROVALS}\nexpectedFlows:`,
)
const STEPS = 90
const EXAMINED = 10

const changes = [2, 3].map((version) => {
  const document = POLICY.replace('version: 1', `version: ${version}`)
  const digest = toHex(digestOf(document))
  const entries = [{ kind: 'policy', group: GROUP, policy: 'small', version, digest }]
  const detail = canonicalJson({ change: `v${version}`, entries } as unknown as Json)
  return { version, document, detail, subject: `change:v${version}`, digest: digestOf(detail) }
})
const { olga: _, ...fewer } = SIMULATED_PEOPLE
const roster = simulatedRoster(2, fewer)
const people = Object.keys(SIMULATED_PEOPLE)

/** Mostly what moves things on, by whoever: half of it is refused. */
function randomOrder(random: Random, session: GovernedSession): GivenOrder {
  const pick = <T>(list: readonly T[]): T => list[random.integer(0, list.length - 1)] as T
  const author = pick(people)
  const change = pick(changes)
  const about = { subject: change.subject, digest: change.digest }
  const plans = session.applied.filter(({ result }) =>
    result.decisions.some(({ outcome }) => outcome === 'ACTED'),
  )
  const lastPlan = plans.at(-1)
  const detail = pick(['', '', '', canonicalJson({ for: pick(people) })])
  const governing: readonly GivenOrder[] = [
    { kind: 'PROPOSE', ...about, author: pick(['paul', 'ada', author]), detail: change.detail },
    { kind: 'APPROVE', ...about, author, detail },
    { kind: 'APPROVE', ...about, author: pick(['anna', 'rosa']) },
    {
      kind: 'ACTIVATE',
      ...about,
      author: 'paul',
      detail: canonicalJson({ stage: pick(['canary', 'full']) }),
    },
    {
      kind: 'ACTIVATE',
      ...about,
      author: 'paul',
      detail: canonicalJson({ stage: pick(['canary', 'full']) }),
    },
    { kind: pick(['ROLLBACK', 'REJECT'] as const), ...about, author: pick(['olga', 'paul', author]) },
    { kind: 'PROPOSE', subject: 'roster:simulated', digest: digestOf(roster), author: pick(['ada', author]) },
    {
      kind: 'APPROVE',
      subject: 'roster:simulated',
      digest: digestOf(roster),
      author: pick(['axel', author]),
    },
    {
      kind: 'DELEGATE',
      subject: `person:${pick(people)}`,
      author: pick(['anna', 'rosa', author]),
      detail: canonicalJson({ roles: [pick(['approver', 'risk-officer'])], until: at(session.second + 60) }),
    },
    { kind: 'REVOKE', subject: `person:${pick(people)}`, author: pick(['anna', 'rosa']) },
  ]
  if (lastPlan === undefined || random.uniform() < 0.6) return pick(governing)
  return { kind: pick(['APPROVE', 'APPROVE', 'REJECT'] as const), ...planOf(lastPlan).plan, author, detail }
}

/** How a change goes its way when nobody disturbs it. */
function wayOf({ subject, digest, detail }: (typeof changes)[number]): readonly GivenOrder[] {
  const stage = (name: string) => canonicalJson({ stage: name })
  return [
    { kind: 'PROPOSE', subject, digest, author: 'paul', detail },
    { kind: 'APPROVE', subject, digest, author: 'anna' },
    { kind: 'APPROVE', subject, digest, author: 'rosa' },
    { kind: 'ACTIVATE', subject, digest, author: 'paul', detail: stage('shadow') },
    { kind: 'ACTIVATE', subject, digest, author: 'paul', detail: stage('canary') },
    { kind: 'ACTIVATE', subject, digest, author: 'paul', detail: stage('canary') },
  ]
}

async function randomSession(seed: number): Promise<GovernedSession> {
  const random = new Random('people', seed)
  const session = await GovernedSession.of(POLICY)
  const way = changes.flatMap(wayOf)
  for (let step = 0; step < STEPS; step++) {
    const { second } = session
    if (random.uniform() < 0.3) session.spend(random.integer(100_000_00, 900_000_00))
    else if (step % 9 === 0 || step < 3) {
      const { version, document } = changes[step % 2]!
      session.driver.input('policy', { policyId: 'small', version, document }, at(second))
      if (step > 30)
        session.driver.input('roster', { rosterId: 'simulated', version: 2, document: roster }, at(second))
      session.close()
    } else {
      // Two in a cycle, in any order of their times.
      for (const nonce of ['a', 'b'])
        session.add({
          nonce: `${step}${nonce}`,
          ...((nonce === 'a' && random.uniform() < 0.5 ? way.shift() : undefined) ??
            randomOrder(random, session)),
          atMicros: Math.round(at(second - random.uniform())),
          expiresAtMicros: at(second + random.integer(2, 60)),
        })
      session.close()
    }
  }
  return session
}

test('the policy in force and the voices that released a plan are told by the leaves as the agent had them', async () => {
  const versions = new Set<number>()
  const told = new Set<string>()
  for (let seed = 1; seed <= 4; seed++) {
    const session = await randomSession(seed)
    const { journal } = session
    const log = await openTestLog(new MemoryFiles())
    await appendLeaves(journal, log)
    const decisions = session.applied
      .flatMap(({ result }) => result.decisions)
      .filter(({ arm }) => arm === '')
    const step = Math.max(1, Math.floor(decisions.length / EXAMINED))
    for (const { decisionId, policyVersion } of decisions.filter((__, index) => index % step === 0)) {
      const bundle = (await exportDecision(log, journal, toHex(decisionId))) ?? assert.fail()
      const evidence = new Evidence(bundle, { origin: ORIGIN, logKeys: [KEY.verifier()] }, replayDecision)
      for (const [name, point] of [
        ['policy', policyPoint],
        ['approvals', approvalsPoint],
      ] as const) {
        const { holds, detail } = await ask(name, () => point(evidence))
        assert.ok(holds, `seed ${seed}, decision ${toHex(decisionId)}, ${name}: ${detail}`)
        told.add(
          detail
            .replace(/^small version \d+, \w+, [0-9a-f]+; /, '')
            .split(/[ ;]/, 2)
            .join(' '),
        )
      }
      versions.add(policyVersion)
    }
  }
  assert.ok(versions.size >= 2, `versions ${[...versions].join()}`)
  assert.ok(
    [...told].some((text) => text.startsWith('approved by')),
    [...told].join(' | '),
  )
})
