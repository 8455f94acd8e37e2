/** The state of a change as read from a journal agrees with what the agent itself went through. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JournalBody } from '../../pipeline/ports.js'
import { GROUP } from '../../tests/support/small-group.js'
import { candidate, SmallGroupTrial } from '../../tests/support/small-group-trial.js'
import { type PolicyStatus, PolicyStatusView } from './policy-status.js'

/** Cycles are in a journal before their results, several ahead. */
const AHEAD = 3

function statusOf({ driver, cycles, applied }: SmallGroupTrial): PolicyStatus {
  const bodies: JournalBody[] = driver.declarations().map((one) => ({ 'weir.SourceDeclaration': one }))
  for (let at = 0; at < cycles.length + AHEAD; at++) {
    const [cycle, result] = [cycles[at], applied[at - AHEAD]?.result]
    if (cycle !== undefined) bodies.push({ 'weir.Cycle': cycle })
    if (result !== undefined) bodies.push({ 'weir.CycleResult': result })
  }
  const view = new PolicyStatusView()
  for (const body of bodies) view.take(0, body)
  return view.status
}

test('a change is followed from its proposal to its canary and to the roll back', async () => {
  const plan = 'cohortPercent: 100, shadowDecisions: 2, decisions: 3'
  const trial = await SmallGroupTrial.approved(candidate(plan))
  const status = () => {
    const { inForce, changes } = statusOf(trial)
    return { inForce: inForce[0], change: changes[0], group: changes[0]?.groups[0] }
  }
  const proposed = status()
  assert.deepEqual(
    [proposed.change?.change, proposed.change?.author, proposed.change?.approvedBy],
    ['second', 'paul', ['anna', 'rosa']],
  )
  assert.equal(proposed.group?.inCohort, true)
  assert.deepEqual(proposed.change?.next, {
    command: 'ACTIVATE',
    stage: 'shadow',
    groups: [GROUP],
    why: 'approved by anna, rosa',
  })
  trial.go('shadow')
  trial.pay()
  const shadow = status()
  assert.deepEqual(
    [shadow.group?.stage, shadow.group?.decisions, shadow.group?.isReady],
    ['shadow', 1, false],
  )
  assert.match(shadow.change?.next.why ?? '', /the shadow goes on in europe \(1 decisions\)/)
  trial.pay()
  assert.equal(status().change?.next.command, 'ACTIVATE')
  trial.go('canary')
  trial.pay()
  const canary = status()
  assert.deepEqual([canary.group?.stage, canary.inForce?.version], ['canary', 2])
  const { digest } = canary.group ?? assert.fail('no group')
  assert.equal(canary.inForce?.digest, digest)
  trial.rollBack()
  const back = status()
  assert.deepEqual([back.group?.stage, back.inForce?.version], ['rolled-back', 1])
  assert.match(back.group?.note ?? '', /in force again: olga: test/)
})
