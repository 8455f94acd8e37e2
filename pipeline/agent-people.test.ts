/** The agent under a roster: who may command it, what a command does, and what a forged, late or repeated one does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SIMULATED_PEOPLE, SIMULATED_ROSTER, simulatedRoster } from '../sandbox/people.js'
import { canonicalJson, type Json } from '../schemas/canonical-json.js'
import type { Command } from '../schemas/generated/types.js'
import { testEnvironment } from '../tests/support/environment.js'
import { type GivenOrder, GovernedSession } from '../tests/support/governed-session.js'
import { GROUP, POLICY_TEXT, type SmallGroupOptions } from '../tests/support/small-group.js'
import { at, names, ROSTER, reasons, started } from '../tests/support/small-group-session.js'
import { restoreAgent } from './agent.js'
import { formatUuid, fromHex, sha256, toHex } from './identity.js'

const digestOf = (text: string): Uint8Array => sha256(Buffer.from(text, 'utf8'))

/** The small group under the simulated roster, with a shortfall to come whenever `spend` is called. */
async function governed(options: SmallGroupOptions = {}) {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 }, ...options })
  driver.input('roster', ROSTER, at(2))
  driver.close(at(3))
  return GovernedSession.on(driver)
}

const kill = (subject: string, author = 'olga'): GivenOrder => ({ kind: 'KILL', subject, author })

test('a command without a roster, of another roster, of nobody known, or for a role that the author lacks has no effect', async () => {
  const { driver } = await started()
  const alone = GovernedSession.on(driver)
  assert.deepEqual(reasons(alone.order(kill('group:europe'))), ['no-roster'])
  const session = await governed()
  assert.deepEqual(reasons(session.order({ ...kill('all'), rosterId: 'another' })), ['other-roster'])
  assert.deepEqual(reasons(session.order(kill('all', 'mallory'))), ['unknown-author'])
  assert.deepEqual(reasons(session.order({ kind: 'LIFT', subject: 'kill:00', author: 'olga' })), [
    'not-permitted',
  ])
  assert.deepEqual(reasons(session.order(kill('all', 'paul'))), ['not-permitted'])
  assert.equal(session.spend().release.length, 1, 'nothing was killed')
})

test('a command that another key has signed, or that was changed after it was signed, has no effect', async () => {
  const session = await governed()
  assert.deepEqual(reasons(session.order(kill('all'), 'omar')), ['bad-signature'])
  const signed = session.command(kill('rail:OPERATING-PAYROLL'))
  const changes: Partial<Command>[] = [
    { subject: 'rail:OPERATING-DOLLARS' },
    { reason: 'another' },
    { kind: 'HOLD' },
    { expiresAt: signed.expiresAt + 1 },
    { eventTime: signed.eventTime - 1 },
    { detail: '{}' },
    { credential: 'x' },
    { commandId: Buffer.alloc(16, 7) },
    { groupId: '*' },
    { author: 'omar' },
    { signature: Buffer.alloc(64) },
    { signature: Buffer.from(signed.signature.subarray(0, 63)) },
  ]
  for (const change of changes)
    assert.deepEqual(
      reasons(session.give({ ...signed, ...change })),
      ['bad-signature'],
      JSON.stringify(change),
    )
  assert.equal(session.spend().release.length, 1)
})

test('every bit of a signature counts', async () => {
  const session = await governed()
  const signed = session.command(kill('all'))
  for (let bit = 0; bit < 512; bit += 37) {
    const signature = Buffer.from(signed.signature)
    signature[bit >> 3] = (signature[bit >> 3] as number) ^ (1 << (bit & 7))
    assert.deepEqual(reasons(session.give({ ...signed, signature })), ['bad-signature'])
  }
  assert.deepEqual(reasons(session.give(signed)), [])
})

test('a command counts once, and not after its time, and not before', async () => {
  const session = await governed()
  const held = session.command({ kind: 'HOLD', subject: 'group', author: 'olga' })
  assert.deepEqual(names(session.give(held)), ['accepted'])
  session.order({ kind: 'RELEASE', subject: 'group', author: 'olga' })
  assert.deepEqual(names(session.give(held)), ['duplicate'], 'replayed')
  const late = session.command({ ...kill('all'), expiresAtMicros: at(session.second + 0.5) })
  assert.deepEqual(reasons(session.give(late)), ['expired-command'])
  const early = session.command({ ...kill('all'), atMicros: at(session.second + 3_600) })
  session.driver.input('command', early, at(session.second))
  assert.deepEqual(reasons(session.close()), ['expired-command'])
  const endless = session.command({ ...kill('all'), expiresAtMicros: at(session.second + 90_000) })
  assert.deepEqual(reasons(session.give(endless)), ['invalid-command'])
  assert.equal(session.spend().release.length, 1)
})

test('a kill stops what it names within its cycle, survives a restart, and two people lift it', async () => {
  for (const subject of [
    'all',
    `group:${GROUP}`,
    'account:PAYROLL',
    'rail:OPERATING-PAYROLL',
    'instruction-kind:TRANSFER',
  ]) {
    const session = await governed()
    const command = session.command(kill(subject))
    session.driver.input('command', command, at(session.second))
    assert.equal(session.spend().release.length, 0, subject)
    const restored = restoreAgent(session.driver.agent.snapshot(), await testEnvironment())
    assert.deepEqual(restored.stateDigest(), session.driver.agent.stateDigest())
    const lift = { kind: 'LIFT' as const, subject: `kill:${formatUuid(toHex(command.commandId))}` }
    assert.deepEqual(reasons(session.order({ ...lift, author: 'rosa' })), [])
    assert.deepEqual(reasons(session.order({ ...lift, author: 'rosa' })), [], 'a second time')
    assert.equal(session.spend().release.length, 0, 'one person is not two')
    const lifted = session.order({ ...lift, author: 'ada' })
    assert.ok(lifted.result.alerts.some(({ code }) => code === 'kill-lifted'))
    assert.ok(session.spend().release.length > 0, subject)
    assert.deepEqual(reasons(session.order({ ...lift, author: 'axel' })), ['invalid-command'])
  }
})

test('a kill of something else leaves the rest alone', async () => {
  const session = await governed()
  for (const subject of [
    'account:DOLLARS',
    'instruction-kind:FX',
    'facility:LINE',
    'group:asia',
    'entity:ELSEWHERE',
  ])
    session.order(kill(subject))
  assert.equal(session.spend().release.length, 1)
})

test('a person with a list of entities commands these alone', async () => {
  const text = simulatedRoster().replace('person: olga\n', 'person: olga\n    entities: [ELSEWHERE]\n')
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('roster', { ...ROSTER, document: text }, at(2))
  driver.close(at(3))
  const session = GovernedSession.on(driver)
  for (const subject of ['all', `group:${GROUP}`, 'account:PAYROLL', 'rail:OPERATING-PAYROLL'])
    assert.deepEqual(reasons(session.order(kill(subject))), ['not-permitted'], subject)
  assert.deepEqual(reasons(session.order(kill('entity:ELSEWHERE'))), [])
})

test('a roster is changed by one administrator and approved by another, in any order of arrival', async () => {
  const { olga: _, ...others } = SIMULATED_PEOPLE
  const document = simulatedRoster(2, others)
  const subject = `roster:${SIMULATED_ROSTER}`
  const digest = digestOf(document)
  const propose: GivenOrder = { kind: 'PROPOSE', subject, digest, author: 'ada' }
  const approve = (author: string): GivenOrder => ({ kind: 'APPROVE', subject, digest, author })
  const orders: readonly (readonly string[])[] = [
    ['document', 'propose', 'approve'],
    ['approve', 'document', 'propose'],
    ['propose', 'approve', 'document'],
  ]
  for (const order of orders) {
    const session = await governed()
    for (const step of order) {
      assert.deepEqual(reasons(session.order({ kind: 'RELEASE', subject: 'group', author: 'olga' })), [])
      if (step === 'document') {
        session.driver.input(
          'roster',
          { rosterId: SIMULATED_ROSTER, version: 2, document },
          at(session.second),
        )
        session.close()
      } else if (step === 'propose') session.order(propose)
      else {
        session.order(approve('ada'))
        session.order(approve('anna'))
        session.order(approve('axel'))
      }
    }
    assert.deepEqual(reasons(session.order(kill('all'))), ['unknown-author'], order.join())
  }
})

test('a roster of one administrator, or with one key for two, is refused', async () => {
  const session = await governed()
  const bad = [
    simulatedRoster(2, { ada: ['admin'] }),
    simulatedRoster(2).replace(
      /(person: omar[^"]+")[^"]+/,
      `$1${/olga[^"]+"([^"]+)/.exec(simulatedRoster())?.[1]}`,
    ),
    'roster: simulated',
    '\u0000',
  ]
  for (const document of bad) {
    session.driver.input('roster', { rosterId: SIMULATED_ROSTER, version: 2, document }, at(session.second))
    assert.deepEqual(reasons(session.close()), ['invalid-roster'])
  }
})

interface Proposal {
  readonly document: string
  readonly propose: GivenOrder
  readonly digest: Uint8Array
  readonly subject: string
}

function proposal(document: string): Proposal {
  const digest = toHex(digestOf(document))
  const entries = [{ kind: 'policy', group: GROUP, policy: 'small', version: 2, digest }]
  const detail = canonicalJson({ change: 'tighter', entries } as unknown as Json)
  const subject = 'change:tighter'
  const propose: GivenOrder = { kind: 'PROPOSE', subject, author: 'paul', digest: digestOf(detail), detail }
  return { document, propose, digest: digestOf(detail), subject }
}

const TIGHTER = POLICY_TEXT.replace('version: 1', 'version: 2').replace(
  'expectedFlows:',
  'canary: { cohortPercent: 0, shadowDecisions: 1, decisions: 1 }\nexpectedFlows:',
)

test('under a roster a new policy waits for two others with different duties, and for its author to activate it', async () => {
  const session = await governed()
  const { document, propose, digest, subject } = proposal(TIGHTER)
  const voice = (author: string): GivenOrder => ({ kind: 'APPROVE', subject, digest, author })
  const activate: GivenOrder = {
    kind: 'ACTIVATE',
    subject,
    digest,
    author: 'paul',
    detail: canonicalJson({ stage: 'shadow' }),
  }
  session.driver.input('policy', { policyId: 'small', version: 2, document }, at(session.second))
  assert.deepEqual(names(session.close()), ['accepted'])
  assert.deepEqual(reasons(session.order(activate)), ['invalid-command'], 'not proposed')
  assert.deepEqual(reasons(session.order(propose)), [])
  assert.deepEqual(reasons(session.order(propose)), ['invalid-command'], 'twice')
  assert.deepEqual(reasons(session.order(activate)), ['not-permitted'])
  session.order(voice('anna'))
  session.order(voice('abel'))
  assert.deepEqual(reasons(session.order(activate)), ['not-permitted'], 'two approvers and no risk officer')
  session.order({ ...voice('rosa'), digest: fromHex('11'.repeat(32)) })
  assert.deepEqual(reasons(session.order(activate)), ['not-permitted'], 'a voice for something else')
  session.order(voice('rosa'))
  assert.deepEqual(reasons(session.order(activate)), [])
  const [decision] = session.spend().result.decisions
  assert.equal(decision?.policyVersion, 1, 'a shadow decides nothing')
})

test("whoever proposed a change cannot be one of its voices, in nobody's name", async () => {
  const people = {
    ...SIMULATED_PEOPLE,
    paul: ['policy-author', 'approver'] as const,
    rosa: ['risk-officer'] as const,
  }
  const { driver } = await started()
  driver.input('roster', { ...ROSTER, document: simulatedRoster(1, people) }, at(2))
  driver.close(at(3))
  const session = GovernedSession.on(driver)
  const { document, propose, digest, subject } = proposal(TIGHTER)
  session.driver.input('policy', { policyId: 'small', version: 2, document }, at(session.second))
  session.order(propose)
  const voice = (author: string, detail = ''): GivenOrder => ({
    kind: 'APPROVE',
    subject,
    digest,
    author,
    detail,
  })
  const activate: GivenOrder = {
    kind: 'ACTIVATE',
    subject,
    digest,
    author: 'olga',
    detail: canonicalJson({ stage: 'shadow' }),
  }
  session.order(voice('paul'))
  session.order(voice('rosa'))
  assert.deepEqual(reasons(session.order(activate)), ['not-permitted'])
  const until = at(session.second + 3_600)
  const delegation: GivenOrder = {
    kind: 'DELEGATE',
    subject: 'person:omar',
    author: 'paul',
    detail: canonicalJson({ roles: ['approver'], until }),
  }
  assert.deepEqual(reasons(session.order(voice('omar', canonicalJson({ for: 'paul' })))), ['not-permitted'])
  assert.deepEqual(reasons(session.order(delegation)), [])
  session.order(voice('omar', canonicalJson({ for: 'paul' })))
  assert.deepEqual(reasons(session.order(activate)), ['not-permitted'], "the proposer's own authority")
  session.order({ ...delegation, author: 'anna' })
  session.order(voice('omar', canonicalJson({ for: 'anna' })))
  assert.deepEqual(reasons(session.order(activate)), [], 'omar in the name of anna')
})

test('a delegation ends at its time and when it is taken back, and so do its voices', async () => {
  const session = await governed()
  const { document, propose, digest, subject } = proposal(TIGHTER)
  session.driver.input('policy', { policyId: 'small', version: 2, document }, at(session.second))
  session.order(propose)
  session.order({ kind: 'APPROVE', subject, digest, author: 'rosa' })
  const detail = canonicalJson({ roles: ['approver'], until: at(session.second + 3_600) })
  session.order({ kind: 'DELEGATE', subject: 'person:omar', author: 'anna', detail })
  session.order({ kind: 'APPROVE', subject, digest, author: 'omar', detail: canonicalJson({ for: 'anna' }) })
  session.order({ kind: 'REVOKE', subject: 'person:omar', author: 'anna' })
  const activate: GivenOrder = {
    kind: 'ACTIVATE',
    subject,
    digest,
    author: 'paul',
    detail: canonicalJson({ stage: 'shadow' }),
  }
  assert.deepEqual(reasons(session.order(activate)), ['not-permitted'])
})

test('who has delegated one role lets nobody reject or approve with another', async () => {
  const people = { ...SIMULATED_PEOPLE, anna: ['approver', 'operator'] as const }
  const { driver } = await started()
  driver.input('roster', { ...ROSTER, document: simulatedRoster(1, people) }, at(2))
  driver.close(at(3))
  const session = GovernedSession.on(driver)
  const { propose, digest, subject } = proposal(TIGHTER)
  session.order(propose)
  const detail = canonicalJson({ roles: ['operator'], until: at(session.second + 3_600) })
  assert.deepEqual(
    reasons(session.order({ kind: 'DELEGATE', subject: 'person:paul', author: 'anna', detail })),
    [],
  )
  for (const kind of ['REJECT', 'APPROVE'] as const) {
    const order: GivenOrder = {
      kind,
      subject,
      digest,
      author: 'omar',
      detail: canonicalJson({ for: 'anna' }),
    }
    assert.deepEqual(reasons(session.order(order)), ['not-permitted'])
    assert.deepEqual(reasons(session.order({ ...order, author: 'paul' })), ['not-permitted'])
  }
})

test('a change that was rejected is gone, and a policy that was not proposed never rules', async () => {
  const session = await governed()
  const { document, propose, digest, subject } = proposal(TIGHTER)
  session.driver.input('policy', { policyId: 'small', version: 2, document }, at(session.second))
  session.order(propose)
  session.order({ kind: 'APPROVE', subject, digest, author: 'anna' })
  session.order({ kind: 'APPROVE', subject, digest, author: 'rosa' })
  assert.deepEqual(reasons(session.order({ kind: 'REJECT', subject, digest, author: 'remy' })), [])
  const activate: GivenOrder = {
    kind: 'ACTIVATE',
    subject,
    digest,
    author: 'paul',
    detail: canonicalJson({ stage: 'full' }),
  }
  assert.deepEqual(reasons(session.order(activate)), ['invalid-command'])
  assert.equal(session.spend().result.decisions[0]?.policyVersion, 1)
})

test('details of another form than the kind asks for are refused, whatever they are', async () => {
  const session = await governed()
  const bad = [
    '',
    '{}',
    '[]',
    'null',
    '{"stage":"none"}',
    '{ "stage": "full" }',
    '{"stage":"full","more":1}',
    '\u0000',
    '{"stage":',
  ]
  for (const detail of bad) {
    const order: GivenOrder = {
      kind: 'ADJUST',
      subject: 'decision:00',
      digest: digestOf('x'),
      author: 'olga',
      detail,
    }
    assert.deepEqual(reasons(session.order(order)), ['invalid-command'], detail)
    const delegate: GivenOrder = { kind: 'DELEGATE', subject: 'person:omar', author: 'anna', detail }
    assert.deepEqual(reasons(session.order(delegate)), ['invalid-command'], detail)
  }
})
