/** Cases: what the agent may not decide, put to people, with a default that sends nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SimulatedDraft, signAs } from '../sandbox/people.js'
import { canonicalJson } from '../schemas/canonical-json.js'
import { GROUP, type GroupDriver, movement } from '../tests/support/small-group.js'
import { at, ROSTER, reasons, started } from '../tests/support/small-group-session.js'
import { formatUuid, toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'

/** A floor that nothing within the limits can hold, and the alert of its case. */
async function disaster() {
  const { driver } = await started({ openings: { OPERATING: 5_000_000_00 } })
  driver.input('roster', ROSTER, at(2))
  driver.input('cash-movement', movement('disaster', 'OPERATING', -40_000_000_00), at(10))
  const refused = driver.close(at(15))
  const opened = alertOf(refused, 'case-opened')
  assert.ok(opened !== undefined)
  return { driver, opened }
}

const alertOf = (applied: AppliedCycle, code: string) =>
  applied.result.alerts.find((one) => one.code === code)

function command(driver: GroupDriver, seconds: number, draft: Partial<SimulatedDraft>): AppliedCycle {
  const full = { groupId: GROUP, reason: 'test', atMicros: at(seconds), nonce: String(seconds), ...draft }
  driver.input(
    'command',
    { sourceId: 'desk', sourceSequence: -1, ...signAs(full as SimulatedDraft) },
    at(seconds),
  )
  return driver.close(at(seconds + 1))
}

const answer = (subject: string, option: string, author = 'olga'): Partial<SimulatedDraft> => ({
  kind: 'ANSWER',
  subject,
  author,
  detail: canonicalJson({ option }),
})

test('a refusal opens one case with owner, deadline, costs and a default, however often it comes again', async () => {
  const { driver, opened } = await disaster()
  assert.match(opened.subject, /^case:[0-9a-f-]{36}$/)
  const form =
    /^floor-cannot-be-held \(OPERATING\): operator or risk-officer answers until 2026-03-18T\S+Z: hold \(.* EUR a day\) or best-effort \(.*\)\. By default: hold\.$/
  assert.match(opened.message, form)
  driver.input('cash-movement', movement('more', 'OPERATING', -1_000_000_00), at(20))
  const again = driver.close(at(25))
  assert.equal(again.result.decisions[0]?.reason, 'floor-cannot-be-held')
  assert.equal(alertOf(again, 'case-opened'), undefined)
})

test('nobody answers: nothing is sent, and people hear of it once', async () => {
  const { driver } = await disaster()
  const late = driver.close(at(15 + 3_601))
  assert.ok(alertOf(late, 'case-defaulted') !== undefined)
  assert.equal(late.release.length, 0)
  assert.equal(alertOf(driver.close(at(15 + 3_700)), 'case-defaulted'), undefined)
})

test('an answer is for those it is put to, for an option that there is, and once', async () => {
  const { driver, opened } = await disaster()
  assert.deepEqual(reasons(command(driver, 20, answer(opened.subject, 'hold', 'paul'))), ['not-permitted'])
  assert.deepEqual(reasons(command(driver, 22, answer(opened.subject, 'burn'))), ['invalid-command'])
  assert.deepEqual(reasons(command(driver, 24, answer(`case:${formatUuid('0'.repeat(32))}`, 'hold'))), [
    'invalid-command',
  ])
  const held = command(driver, 26, answer(opened.subject, 'hold'))
  assert.deepEqual(reasons(held), [])
  assert.equal(held.result.decisions.filter(({ trigger }) => trigger === 'override').length, 0)
  assert.deepEqual(reasons(command(driver, 28, answer(opened.subject, 'hold'))), ['invalid-command'])
})

test('best effort is a plan within every limit that others approve, and the case closes when the floor holds again', async () => {
  const { driver, opened } = await disaster()
  const chosen = command(driver, 20, answer(opened.subject, 'best-effort'))
  assert.deepEqual(reasons(chosen), [])
  const made = chosen.result.decisions.find(({ trigger }) => trigger === 'override')
  assert.ok(made !== undefined)
  assert.equal(made.outcome, 'ACTED', made.reason)
  assert.equal(made.reason, 'answer-by:olga')
  assert.equal(chosen.release.length, 0, 'it waits for another person')
  const plan = { subject: `decision:${formatUuid(toHex(made.decisionId))}`, digest: made.planDigest }
  const approved = command(driver, 22, { kind: 'APPROVE', author: 'anna', ...plan })
  assert.ok(approved.release.length > 0)
  driver.input('cash-movement', movement('rescue', 'OPERATING', 45_000_000_00), at(30))
  assert.ok(alertOf(driver.close(at(35)), 'case-closed') !== undefined)
})
