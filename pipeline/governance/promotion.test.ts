/** What a promotion does next, by what the groups told and by what they refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Promotion, type PromotionPlan } from './promotion.js'
import type { ChangeRollout, GroupRollout, NextStep } from './rollout.js'
import { inconclusiveMessage, notApprovedMessage } from './trial-alerts.js'

const PLAN: PromotionPlan = { change: 'lower', digest: 'd1', patience: 3, rollsBack: false }
const FULL: NextStep = {
  command: 'ACTIVATE',
  stage: 'full',
  groups: ['asia', 'europe'],
  why: 'the canary kept its guardrails',
}
const WAITS: NextStep = { command: 'none', state: 'waits', why: 'the canary goes on' }

function group(groupId: string, changes: Partial<GroupRollout> = {}): GroupRollout {
  return {
    groupId,
    policyId: `policy-of-${groupId}`,
    version: 2,
    digest: '',
    stage: 'canary',
    decisions: 20,
    isReady: true,
    note: '',
    inCohort: true,
    hasDocument: true,
    wantedDecisions: 20,
    ...changes,
  }
}

function change(next: NextStep, changes: Partial<ChangeRollout> = {}): readonly ChangeRollout[] {
  const groups = [group('asia'), group('europe')]
  return [
    {
      change: 'lower',
      digest: 'd1',
      author: 'paul',
      voices: 2,
      approvedBy: ['anna', 'rosa'],
      groups,
      next,
      ...changes,
    },
  ]
}

const refusal = (detail: string) => ({
  groupId: 'asia',
  stage: 'full' as const,
  reason: 'not-permitted',
  detail,
})

test('it orders what is next, waits for what is not there yet, and ends with what the change has come to', () => {
  const promotion = new Promotion(PLAN)
  assert.deepEqual(promotion.next([]), { kind: 'wait', why: 'it is not proposed yet' })
  assert.deepEqual(promotion.next(change(WAITS)), { kind: 'wait', why: WAITS.why })
  const { command: _, ...full } = FULL as Extract<NextStep, { command: 'ACTIVATE' }>
  assert.deepEqual(promotion.next(change(FULL)), { kind: 'activate', ...full })
  for (const state of ['in-force', 'taken-back', 'withdrawn'] as const)
    assert.deepEqual(promotion.next(change({ command: 'none', state, why: 'so' })), {
      kind: 'end',
      end: state,
      why: 'so',
    })
})

test('another change of the same name is never promoted', () => {
  const move = new Promotion(PLAN).next(change(FULL, { digest: 'd2' }))
  assert.equal(move.kind === 'end' && move.end, 'another-change')
})

test('a trial that one group took back ends the promotion, or is taken back in the others', () => {
  const next: NextStep = { command: 'ROLLBACK', groups: ['europe'], why: 'asia took it back' }
  assert.deepEqual(new Promotion(PLAN).next(change(next)), {
    kind: 'end',
    end: 'taken-back',
    why: 'asia took it back; it is still on trial in europe',
  })
  assert.deepEqual(new Promotion({ ...PLAN, rollsBack: true }).next(change(next)), {
    kind: 'roll-back',
    groups: ['europe'],
    why: 'asia took it back',
  })
})

test('a refusal that waiting does not mend ends it, unless the group is past that stage by then', () => {
  const promotion = new Promotion(PLAN)
  promotion.refused(refusal('ACTIVATE needs one of the roles operator'), change(FULL))
  const move = promotion.next(change(FULL))
  assert.deepEqual(move, {
    kind: 'end',
    end: 'refused',
    why: 'asia refused full: not-permitted: ACTIVATE needs one of the roles operator',
  })
  const others: NextStep = { ...FULL, groups: ['europe'] } as NextStep
  const further = promotion.next(change(others))
  assert.deepEqual(further.kind === 'activate' && further.groups, ['europe'])
})

test('a stage that is not shown yet is asked for again after a tenth more decisions, and meanwhile the others go on', () => {
  const promotion = new Promotion(PLAN)
  const at = (decisions: number) => change(FULL, { groups: [group('asia', { decisions }), group('europe')] })
  promotion.refused(refusal(inconclusiveMessage(['churn below 50 %'], 20)), at(20))
  const groupsOf = (decisions: number) => {
    const move = promotion.next(at(decisions))
    return move.kind === 'activate' ? move.groups : move
  }
  assert.deepEqual(groupsOf(21), ['europe'])
  assert.deepEqual(groupsOf(22), ['asia', 'europe'])
})

test('a group that many decisions do not decide is given up, whether it never was ready or is refused', () => {
  const open = (decisions: number) =>
    change(WAITS, { groups: [group('asia', { decisions, isReady: false }), group('europe')] })
  const promotion = new Promotion(PLAN)
  assert.equal(promotion.next(open(59)).kind, 'wait')
  const move = promotion.next(open(60))
  assert.equal(move.kind === 'end' && move.end, 'inconclusive')
  assert.match(move.why, /^asia has made 60 decisions as canary, where 20 are asked for/)
  const onlyAsia = (decisions: number) =>
    change({ ...FULL, groups: ['asia'] } as NextStep, { groups: [group('asia', { decisions })] })
  promotion.refused(refusal(inconclusiveMessage(['churn below 50 %'], 58)), onlyAsia(58))
  assert.equal(promotion.next(onlyAsia(59)).kind, 'wait')
  promotion.refused(refusal(inconclusiveMessage(['churn below 50 %'], 60)), onlyAsia(60))
  const over = promotion.next(onlyAsia(60))
  assert.equal(over.kind === 'end' && over.end, 'inconclusive')
})

test('what is not approved enough is ordered again after another voice', () => {
  const shadow: NextStep = { command: 'ACTIVATE', stage: 'shadow', groups: ['asia'], why: 'approved' }
  const at = (voices: number) =>
    change(shadow, { voices, groups: [group('asia', { stage: 'proposed', wantedDecisions: 0 })] })
  const promotion = new Promotion(PLAN)
  promotion.refused({ ...refusal(notApprovedMessage('change:lower', 'paul')), stage: 'shadow' }, at(2))
  const waiting = promotion.next(at(2))
  assert.equal(waiting.kind, 'wait')
  assert.match(waiting.why, /^asia refused shadow: not-permitted: change:lower is not approved/)
  assert.equal(promotion.next(at(3)).kind, 'activate')
})
