/** `weir policy promote` beside a run: promotes by decisions, is killed and goes on, ends at a roll-back and where nothing is shown. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SIMULATED_ROSTER } from '../../sandbox/people.js'
import { POLICY_TEXT } from '../support/small-group.js'
import { writeGovernedDay, writeKeys } from '../support/small-group-day.js'
import { withRun } from './following-run.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

/** The machine may be busy; nothing is measured here. */
const BOUND_MS = 120_000

/** Decides every second, so that trials take seconds. */
const FIRST = POLICY_TEXT.replace('reconsiderAfterSeconds: 900', 'reconsiderAfterSeconds: 1')

const version = (number: number, canary: string): string =>
  FIRST.replace('version: 1', `version: ${number}`).replace(
    'expectedFlows:',
    `canary: { ${canary} }\nexpectedFlows:`,
  )

interface Told {
  readonly end: string
  readonly orders: readonly { readonly result: string; readonly messages: readonly string[] }[]
  readonly groups: readonly { readonly stage: string; readonly decisions: number }[]
}

type Started = (child: ChildProcess) => void

function as(folder: string, person: string, words: readonly string[], onStart?: Started): Promise<Outcome> {
  const who = ['--as', person, '--key', join('keys', `${person}.key`), '--roster', SIMULATED_ROSTER]
  const args = ['policy', ...words, ...who, '--data-dir', 'data', '--reason', 'a trial', '--yes']
  return weir(args, {
    cwd: folder,
    boundMs: BOUND_MS,
    ...(onStart === undefined ? {} : { onStart }),
  })
}

async function done(told: Promise<Outcome>): Promise<Outcome> {
  const outcome = await told
  assert.equal(outcome.code, 0, outcome.stderr + outcome.stdout)
  return outcome
}

/** Proposed by paul; approved by those who are named. */
async function propose(folder: string, change: string, text: string): Promise<void> {
  writeFileSync(join(folder, `${change}.yaml`), text)
  await done(as(folder, 'paul', ['propose', `${change}.yaml`, '--change', change]))
}

async function approve(folder: string, change: string): Promise<void> {
  for (const person of ['anna', 'rosa']) await done(as(folder, person, ['approve', change]))
}

/** Waits until what the process prints matches. */
function printed(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let text = ''
    child.stdout?.on('data', (piece: string) => {
      text += piece
      if (pattern.test(text)) resolve()
    })
  })
}

test('a change is promoted as its group decides: killed in between, ended by a roll-back, given up when nothing is shown', async () => {
  await withFolder(async (folder) => {
    writeGovernedDay(join(folder, 'day'), undefined, { policy: FIRST })
    writeKeys(join(folder, 'keys'))
    await withRun(folder, () => promoteChanges(folder), { config: 'heartbeatMillis: 200\n' })
  })
})

async function promoteChanges(folder: string): Promise<void> {
  const promote = (change: string, more: readonly string[] = [], started?: Started) =>
    as(folder, 'paul', ['promote', change, ...more], started)

  // It may be begun before anybody has approved, is killed when the shadow has begun, and the next one only orders what is left.
  await propose(folder, 'calm', version(2, 'cohortPercent: 0, shadowDecisions: 5, decisions: 1'))
  let waiting: Promise<void> | undefined
  let begun: Promise<void> | undefined
  let first: ChildProcess | undefined
  const killed = promote('calm', [], (child) => {
    first = child
    waiting = printed(child, /so far nobody/)
    begun = printed(child, /is at the stage shadow/)
  })
  await Promise.race([waiting, killed])
  await approve(folder, 'calm')
  await Promise.race([begun, killed])
  first?.kill('SIGKILL')
  const { stdout } = await killed
  assert.match(stdout, /^waits: two others must approve it; so far nobody$/m)
  assert.match(stdout, /^activate shadow in europe: approved by anna, rosa$/m)
  const promoted = JSON.parse((await done(promote('calm', ['--json']))).stdout) as Told
  assert.deepEqual([promoted.end, promoted.groups[0]?.stage], ['in-force', 'full'])
  assert.deepEqual(
    promoted.orders.map(({ result, messages }) => [result, messages[0]]),
    [['effect', 'small v2 is at the stage full.']],
  )
  const again = await done(promote('calm'))
  assert.equal(again.stdout, 'calm: in-force: it is in force everywhere\n')

  // Nothing moves, so nothing is shown of what a plan of the canary costs.
  await propose(folder, 'open', version(3, 'cohortPercent: 100, shadowDecisions: 1, decisions: 1'))
  await approve(folder, 'open')
  const open = await promote('open', ['--patience', '3'])
  assert.equal(open.code, 4, open.stderr + open.stdout)
  assert.match(
    open.stdout,
    /^open: inconclusive: europe has made \d+ decisions as canary, where 1 are asked for/m,
  )

  // A person takes it back while the promotion follows it.
  let following: Promise<void> | undefined
  const ended = promote('open', [], (child) => {
    following = printed(child, /waits: the canary goes on/)
  })
  await Promise.race([following, ended])
  await done(as(folder, 'olga', ['rollback', 'open']))
  const back = await ended
  assert.equal(back.code, 3, back.stderr + back.stdout)
  assert.match(back.stdout, /^open: taken-back: it was taken back: .*in force again: olga: a trial$/m)

  const status = await done(weir(['policy', 'status', '--data-dir', 'data'], { cwd: folder }))
  assert.match(status.stdout, /^europe +small +2 /m)
}
