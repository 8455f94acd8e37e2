/** Ctrl-C on `weir run --follow` with the embedded ClickHouse: it drains, leaves no process, and the next start goes on. */
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SIMULATED_ROSTER } from '../../sandbox/people.js'
import { engineMissing } from '../../sinks/clickhouse/testing/engine.js'
import { writeGovernedDay, writeKeys } from '../support/small-group-day.js'
import { type Outcome, weir, withFolder } from './weir-process.js'

const skip = engineMissing()
/** The machine may be busy; nothing is measured here. */
const BOUND_MS = 180_000

interface Report {
  readonly inputs: number
  readonly clickhouse: { readonly entries: number; readonly behind?: string }
}

/** A run that follows, as a shell starts it; then Ctrl-C, which reaches everything in its process group. */
async function followed(folder: string, use: () => Promise<void>): Promise<Report> {
  let child: ChildProcess | undefined
  const running = weir(
    ['run', '--input', 'day', '--data-dir', 'data', '--follow', '--json', '--config', 'weir.yaml'],
    {
      cwd: folder,
      boundMs: 2 * BOUND_MS,
      ownGroup: true,
      onStart: (started) => {
        child = started
      },
    },
  )
  const untilMs = performance.now() + BOUND_MS
  while (!existsSync(join(folder, 'data', 'commands')) && performance.now() < untilMs)
    await new Promise((resolve) => setTimeout(resolve, 50))
  let outcome: Outcome
  try {
    await use()
  } finally {
    process.kill(-(child?.pid ?? assert.fail('it was not started')), 'SIGINT')
    outcome = await running
  }
  assert.equal(outcome.code, 0, outcome.stderr)
  assert.deepEqual(outcome.left, [])
  return JSON.parse(outcome.stdout) as Report
}

test('what was ordered before Ctrl-C is in the journal and in ClickHouse, and the next start goes on from there', {
  skip,
}, async () => {
  await withFolder(async (folder) => {
    writeGovernedDay(join(folder, 'day'))
    writeKeys(join(folder, 'keys'))
    writeFileSync(join(folder, 'weir.yaml'), 'cycleMillis: 200\nworkers: 1\n')
    const order = async (words: readonly string[]): Promise<void> => {
      const who = ['--as', 'olga', '--key', join('keys', 'olga.key'), '--roster', SIMULATED_ROSTER]
      const how = ['--data-dir', 'data', '--group', 'europe', '--reason', 'a test', '--yes']
      const { code, stderr, stdout } = await weir([...words, ...who, ...how], { cwd: folder })
      assert.equal(code, 0, stderr + stdout)
    }
    const commands = async (): Promise<string[]> => {
      const query = 'SELECT kind FROM commands ORDER BY cycle'
      const { code, stdout, stderr } = await weir(['sql', query, '--data-dir', 'data', '--json'], {
        cwd: folder,
      })
      assert.equal(code, 0, stderr)
      return [...stdout.matchAll(/HOLD|RELEASE/g)].map(([kind]) => kind)
    }
    const first = await followed(folder, () => order(['hold', 'account:PAYROLL']))
    assert.equal(first.clickhouse.behind, undefined)
    assert.deepEqual(await commands(), ['HOLD'])
    const second = await followed(folder, () => order(['release', 'account:PAYROLL']))
    assert.equal(second.inputs, first.inputs)
    assert.ok(second.clickhouse.entries > first.clickhouse.entries)
    assert.deepEqual(await commands(), ['HOLD', 'RELEASE'])
    assert.ok(!readdirSync(join(folder, 'data')).includes('lock'), 'the data directory is left locked')
    const replayed = await weir(['replay', '--data-dir', 'data', '--json'], { cwd: folder })
    assert.equal(replayed.code, 0, replayed.stdout + replayed.stderr)
  })
})
