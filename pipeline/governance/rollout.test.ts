/** How far a change is over its groups, and what is next, from what the groups tell. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_CANARY, isInCohort } from './canary.js'
import { type GroupReport, Rollout } from './rollout.js'
import { commandMessage, readCommand, readStage, type Stage, stageMessage } from './trial-alerts.js'

const SUBJECT = 'change:lower-targets'
const names = Array.from({ length: 40 }, (_, index) => `group-${index}`)
const COHORT = names.filter((name) => isInCohort(name, 10)).slice(0, 2)
const OTHERS = names.filter((name) => !isInCohort(name, 10)).slice(0, 2)
const GROUPS = [...COHORT, ...OTHERS]

const DIGEST = 'd'.repeat(64)
const entries = GROUPS.map((group) => ({
  kind: 'policy' as const,
  group,
  policy: `policy-of-${group}`,
  version: 2,
  digest: '0'.repeat(64),
}))

type Told = readonly [code: string, message: string]
const told = (...alerts: readonly Told[]): GroupReport['alerts'] =>
  alerts.map(([code, message]) => ({ code, message, subject: SUBJECT, raisedAt: 0 }))
const stage = (to: Stage): Told => ['policy-stage', stageMessage('p', 2, to)]
const decided = (arm: string): GroupReport['decisions'] => [
  { arm, policyId: 'p', policyVersion: 2, policyDigest: new Uint8Array(32) },
]

function proposed(documents = true): Rollout {
  const rollout = new Rollout(() => (documents ? DEFAULT_CANARY : undefined))
  rollout.propose({ change: 'lower-targets', entries }, DIGEST, 'paul')
  return rollout
}

function approved(): Rollout {
  const rollout = proposed()
  for (const groupId of GROUPS)
    for (const author of ['anna', 'rosa'])
      rollout.take({
        groupId,
        alerts: told(['command', commandMessage('APPROVE', SUBJECT, author, 'read: twice')]),
        decisions: [],
      })
  return rollout
}

function all(rollout: Rollout, groups: readonly string[], ...alerts: readonly Told[]): Rollout {
  for (const groupId of groups) rollout.take({ groupId, alerts: told(...alerts), decisions: [] })
  return rollout
}

const ready: Told = ['policy-ready', 'it may go on']
const nextOf = (rollout: Rollout) => rollout.changes()[0]?.next

test('a change waits for two others, then begins as a shadow in all its groups', () => {
  const begun = proposed()
  begun.propose({ change: 'lower-targets', entries }, DIGEST, 'paul')
  assert.match(nextOf(begun)?.why ?? '', /two others must approve it; so far nobody/)
  const rollout = approved()
  assert.deepEqual(rollout.changes()[0]?.approvedBy, ['anna', 'rosa'])
  assert.deepEqual(nextOf(rollout), {
    command: 'ACTIVATE',
    stage: 'shadow',
    groups: GROUPS,
    why: 'approved by anna, rosa',
  })
  assert.match(nextOf(proposed(false))?.why ?? '', /the policy of group-.* has not come/)
})

test('the cohort goes ahead when it is ready, and everybody when the canary kept its guardrails', () => {
  const rollout = all(approved(), GROUPS, stage('shadow'))
  rollout.take({ groupId: COHORT[0] ?? '', alerts: [], decisions: [...decided(''), ...decided('shadow')] })
  assert.match(
    nextOf(rollout)?.why ?? '',
    /^the shadow goes on in group-\d+ \(1 decisions\), group-\d+ \(0 dec/,
  )
  all(rollout, COHORT, ready)
  assert.deepEqual(nextOf(rollout), {
    command: 'ACTIVATE',
    stage: 'canary',
    groups: COHORT,
    why: 'the cohort has its decisions as a shadow',
  })
  all(rollout, COHORT, stage('canary'))
  rollout.take({ groupId: COHORT[1] ?? '', alerts: [], decisions: [...decided(''), ...decided('baseline')] })
  assert.deepEqual(
    rollout.changes()[0]?.groups.map((group) => group.decisions),
    [0, 1, 0, 0],
  )
  all(rollout, OTHERS, ready)
  assert.match(nextOf(rollout)?.why ?? '', /^the canary goes on in /)
  all(rollout, COHORT, ready)
  assert.deepEqual(nextOf(rollout), {
    command: 'ACTIVATE',
    stage: 'full',
    groups: GROUPS,
    why: 'the canary kept its guardrails',
  })
  all(rollout, GROUPS, stage('full'))
  assert.deepEqual(nextOf(rollout), {
    command: 'none',
    state: 'in-force',
    why: 'it is in force everywhere',
  })
})

test('a trial that one group took back is to be rolled back in the others', () => {
  const rollout = all(approved(), GROUPS, stage('shadow'), ready)
  all(rollout, COHORT, stage('canary'))
  all(rollout, COHORT.slice(0, 1), ['policy-rolled-back', 'guardrail floor: A'])
  assert.deepEqual(nextOf(rollout), {
    command: 'ROLLBACK',
    groups: [...COHORT.slice(1), ...OTHERS],
    why: `${COHORT[0]} took it back: guardrail floor: A`,
  })
  all(rollout, GROUPS, ['policy-rolled-back', 'ordered'])
  const ended = nextOf(rollout)
  assert.equal(ended?.command === 'none' && ended.state, 'taken-back')
  all(rollout, GROUPS, stage('shadow'))
  assert.match(nextOf(rollout)?.why ?? '', /^the shadow goes on/, 'it may be tried again')
})

test('a change that was withdrawn has no next step, and alerts of other changes are not about it', () => {
  const rollout = approved()
  rollout.take({
    groupId: GROUPS[0] ?? '',
    alerts: [{ ...told(stage('full'))[0]!, subject: 'change:another' }],
    decisions: [],
  })
  assert.equal(rollout.changes()[0]?.groups[0]?.stage, 'proposed')
  all(rollout, GROUPS, ['command', commandMessage('REJECT', SUBJECT, 'remy', 'no')])
  assert.deepEqual(nextOf(rollout), {
    command: 'none',
    state: 'withdrawn',
    why: 'it was withdrawn',
  })
})

test('what an alert says of a trial is read as it was written, and nothing else is', () => {
  for (const to of ['shadow', 'canary', 'full'] as const)
    assert.deepEqual(readStage(stageMessage('a v9 is at the stage full. b', 7, to)), {
      policyId: 'a v9 is at the stage full. b',
      version: 7,
      stage: to,
    })
  assert.equal(readStage('europe v2 is at the stage rolled-back.'), undefined)
  const message = commandMessage('APPROVE', SUBJECT, 'anna', 'x by y: z')
  assert.deepEqual(readCommand(message, SUBJECT), { kind: 'APPROVE', personId: 'anna' })
  assert.equal(readCommand(message, 'change:other'), undefined)
  assert.equal(readCommand('', SUBJECT), undefined)
})
