/**
 * docs/governance.md as somebody new would try it, by the commands alone: a policy is proposed, approved by two others, tried as a shadow and a
 * canary, taken back by a guardrail that it breaks, and an outsider verifies the decision that followed.
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { formatUuid, toHex } from '../../pipeline/identity.js'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'
import { SIMULATED_ROSTER } from '../../sandbox/people.js'
import { GROUP, MORNING, movement, POLICY_TEXT, SECOND } from '../support/small-group.js'
import { writeGovernedDay, writeKeys } from '../support/small-group-day.js'
import { weir, withFolder } from './weir-process.js'

const PAYMENT_MINOR = 300_000_00
const PAYMENTS = 14
const EVERY_SECONDS = 60
/** Two payments are made while the new version is a shadow. */
const CANARY_AT_SECONDS = 150

const at = (seconds: number): string => new Date((MORNING + seconds * SECOND) / 1_000).toISOString()

/** Keeps hardly anything where salaries are paid from. */
const WORSE = POLICY_TEXT.replace('version: 1', 'version: 2')
  .replace('PAYROLL, floor: 500000, target: 2000000', 'PAYROLL, floor: 500000, target: 700000')
  .replace(
    'expectedFlows:',
    'canary: { cohortPercent: 100, shadowDecisions: 1, decisions: 50 }\nexpectedFlows:',
  )

interface Status {
  readonly changes: readonly {
    readonly change: string
    readonly approvedBy: readonly string[]
    readonly groups: readonly { readonly stage: string; readonly note: string }[]
  }[]
}

test('a worse policy is proposed, approved, canaried and rolled back by itself, and the next decision is verified offline', async () => {
  await withFolder(async (folder) => {
    writeKeys(join(folder, 'keys'))
    writeFileSync(join(folder, 'worse.yaml'), WORSE)
    writeGovernedDay(join(folder, 'day'), (day) => {
      for (let payment = 1; payment <= PAYMENTS; payment++) {
        const seconds = payment * EVERY_SECONDS
        day.input(
          'cash-movement',
          movement(`salaries ${payment}`, 'PAYROLL', -PAYMENT_MINOR),
          MORNING + seconds * SECOND,
        )
      }
    })
    const command = async (words: readonly string[]): Promise<string> => {
      const outcome = await weir(words, { cwd: folder })
      assert.equal(outcome.code, 0, outcome.stderr + outcome.stdout)
      return outcome.stdout
    }
    const as = (person: string, seconds: number, words: readonly string[]): Promise<string> => {
      const who = ['--as', person, '--key', join('keys', `${person}.key`), '--roster', SIMULATED_ROSTER]
      const how = ['--at', at(seconds), '--expires-in', '2h', '--out', 'day', '--reason', 'a trial', '--yes']
      return command(['policy', ...words, ...who, ...how])
    }
    await as('paul', 20, ['propose', 'worse.yaml', '--change', 'less-cash'])
    await as('anna', 25, ['approve', 'less-cash'])
    await as('rosa', 30, ['approve', 'less-cash'])
    await as('paul', 40, ['activate', 'less-cash', '--stage', 'shadow'])
    await as('paul', CANARY_AT_SECONDS, ['activate', 'less-cash', '--stage', 'canary'])
    await command(['run', '--input', 'day', '--data-dir', 'data', '--no-clickhouse', '--json'])

    const status = JSON.parse(await command(['policy', 'status', '--data-dir', 'data', '--json'])) as Status
    const [change] = status.changes
    assert.deepEqual(
      [change?.change, [...(change?.approvedBy ?? [])].sort()],
      ['less-cash', ['anna', 'rosa']],
    )
    assert.equal(change?.groups[0]?.stage, 'rolled-back', JSON.stringify(status))
    assert.match(change?.groups[0]?.note ?? '', /guardrail floor: PAYROLL/)

    const decision = await firstAfterRollback(join(folder, 'data', 'journal'))
    mkdirSync(join(folder, 'outsider'))
    const publicKey = (await command(['audit', 'key', 'weir.example/walk', '--out', 'audit.key'])).trim()
    await command(['audit', 'append', '--data-dir', 'data', '--key', 'audit.key'])
    const bundle = join('outsider', 'decision.bundle')
    await command(['audit', 'export', decision, '--data-dir', 'data', '--keys', publicKey, '--out', bundle])
    const told = await weir(['audit', 'verify', 'decision.bundle', '--keys', publicKey], {
      cwd: join(folder, 'outsider'),
    })
    assert.equal(told.code, 0, told.stdout + told.stderr)
  })
})

/** The decision of the policy of before, made in the cycle that took the canary back. */
async function firstAfterRollback(folder: string): Promise<string> {
  let wasCanary = false
  for await (const entries of readJournal(folder, 0, Number.MAX_SAFE_INTEGER))
    for (const entry of entries) {
      const body = entry.decode()
      if (!('weir.CycleResult' in body)) continue
      for (const { arm, policyVersion, decisionId, groupId } of body['weir.CycleResult'].decisions) {
        if (groupId !== GROUP || arm !== '') continue
        if (wasCanary && policyVersion === 1) return formatUuid(toHex(decisionId))
        wasCanary ||= policyVersion === 2
      }
    }
  return assert.fail('no decision after a canary')
}
