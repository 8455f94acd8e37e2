/** `weir policy replay` and `weir policy status` as a user runs them, on a day that was lived through. */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { PolicyComparison } from '../../sandbox/backtest/policy-comparison.js'
import type { PolicyStatus } from '../../sinks/rollout/policy-status.js'
import { root } from '../house/repository.js'
import { weir } from './weir-process.js'

let cwd = ''
before(async () => {
  cwd = mkdtempSync(join(os.tmpdir(), 'weir-policy-trial-'))
  const day = await weir(['sandbox', 'day', '--seed', '3', '--scale', '0.01', '--out', 'day', '--json'], {
    cwd,
  })
  assert.equal(day.code, 0, day.stderr)
  const run = await weir(['run', '--input', 'day', '--data-dir', 'data', '--no-clickhouse', '--json'], {
    cwd,
  })
  assert.equal(run.code, 0, run.stderr)
  const text = readFileSync(join(root, 'policies', 'europe.yaml'), 'utf8')
  writeFileSync(join(cwd, 'same.yaml'), text)
  writeFileSync(
    join(cwd, 'calm.yaml'),
    text.replace(/^version: .*$/m, 'version: 2').replace(/churnBp: .*/, 'churnBp: 40'),
  )
  writeFileSync(join(cwd, 'other.yaml'), text.replace('group: europe', 'group: antarctica'))
})
after(() => rmSync(cwd, { recursive: true, force: true }))

const ask = (...args: string[]) => weir(['policy', ...args, '--data-dir', 'data'], { cwd })

test('the policy of the day does again what was done, and a calmer one less, told by the same prices', async () => {
  const compare = async (file: string) => {
    const { code, stdout, stderr } = await ask('replay', file, '--json')
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as PolicyComparison
  }
  const same = await compare('same.yaml')
  assert.deepEqual([same.reproduced, same.differences], [true, 0])
  assert.deepEqual(same.candidate, same.former)
  const calm = await compare('calm.yaml')
  assert.equal(calm.reproduced, true)
  assert.ok(calm.differences > 0 && calm.firstDifferences.length <= 10)
  assert.ok(calm.candidate.instructions < calm.former.instructions)
  const told = await ask('replay', 'calm.yaml')
  assert.match(
    told.stdout,
    /^Group europe, [\d,]+ cycles of the days stored in data; costs and floors by europe-intraday v1$/m,
  )
  assert.match(
    told.stdout,
    new RegExp(`^${calm.differences} cycles would have been decided differently\\.$`, 'm'),
  )
})

test('a group that the run has not is told with those that it has', async () => {
  const { code, stderr, stdout } = await ask('replay', 'other.yaml')
  assert.equal(code, 2)
  assert.equal(stdout, '')
  assert.match(stderr, /^weir: data: the run has no group antarctica \(its groups are .*europe/)
})

test('the status tells the policy in force of every group', async () => {
  const { code, stdout } = await ask('status', '--json')
  assert.equal(code, 0)
  const status = JSON.parse(stdout) as PolicyStatus
  assert.deepEqual(
    status.inForce.map(({ groupId, version }) => [groupId, version]),
    ['asia-pacific', 'europe', 'north-america', 'treasury-centre'].map((name) => [name, 1]),
  )
  assert.deepEqual(status.changes, [])
  assert.match((await ask('status')).stdout, /^europe +europe-intraday +1 +[0-9a-f]{12} /m)
})
