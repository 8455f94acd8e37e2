/** The state of a change as read from a journal agrees with what the agent itself went through. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JournalBody } from '../../pipeline/ports.js'
import { GROUP } from '../../tests/support/small-group.js'
import { candidate, SmallGroupTrial } from '../../tests/support/small-group-trial.js'
import type { ProjectedJournal } from '../journal/journal-port.js'
import { readPolicyStatus } from './read-rollout.js'

/** Cycles are in a journal before their results, several ahead. */
const AHEAD = 3

function journalOf({ driver, cycles, applied }: SmallGroupTrial): ProjectedJournal {
  const bodies: JournalBody[] = driver.declarations().map((one) => ({ 'weir.SourceDeclaration': one }))
  for (let at = 0; at < cycles.length + AHEAD; at++) {
    const [cycle, result] = [cycles[at], applied[at - AHEAD]?.result]
    if (cycle !== undefined) bodies.push({ 'weir.Cycle': cycle })
    if (result !== undefined) bodies.push({ 'weir.CycleResult': result })
  }
  async function* read() {
    yield bodies.map((body, sequence) => ({ sequence, decode: () => body }))
  }
  return { partition: 0, name: 'memory', identify: async () => '', read }
}

test('a change is followed from its proposal to its canary and to the roll back', async () => {
  const plan = 'cohortPercent: 100, shadowDecisions: 2, decisions: 3'
  const trial = await SmallGroupTrial.approved(candidate(plan))
  const status = async () => {
    const { inForce, changes } = await readPolicyStatus(journalOf(trial), Number.POSITIVE_INFINITY)
    return { inForce: inForce[0], change: changes[0], group: changes[0]?.groups[0] }
  }
  const proposed = await status()
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
  const shadow = await status()
  assert.deepEqual(
    [shadow.group?.stage, shadow.group?.decisions, shadow.group?.isReady],
    ['shadow', 1, false],
  )
  assert.match(shadow.change?.next.why ?? '', /the shadow goes on in europe \(1 decisions\)/)
  trial.pay()
  assert.equal((await status()).change?.next.command, 'ACTIVATE')
  trial.go('canary')
  trial.pay()
  const canary = await status()
  assert.deepEqual([canary.group?.stage, canary.inForce?.version], ['canary', 2])
  const { digest } = canary.group ?? assert.fail('no group')
  assert.equal(canary.inForce?.digest, digest)
  trial.rollBack()
  const back = await status()
  assert.deepEqual([back.group?.stage, back.inForce?.version], ['rolled-back', 1])
  assert.match(back.group?.note ?? '', /in force again: olga: test/)
})
