/** `weir policy lint` and `weir policy diff` as a user runs them. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { above, edited, GROUP_POLICY } from '../support/policy-text.js'
import { weir } from './weir-process.js'

const house = above('enterprise', 'house')
const parent = (text: string) =>
  `level: group\nparent: { policy: house, digest: ${createHash('sha256').update(text).digest('hex')} }`
const europe = edited(
  GROUP_POLICY,
  ['group: europe', `group: europe\n${parent(house)}`],
  ['perDay: 900000000', 'perDay: 800000000'],
)

let cwd = ''
before(() => {
  cwd = mkdtempSync(join(os.tmpdir(), 'weir-policy-'))
  mkdirSync(join(cwd, 'parents'))
  const files: Record<string, string> = {
    'parents/house.yaml': house,
    'europe.yaml': europe,
    'looser.yaml': edited(europe, ['perDay: 800000000', 'perDay: 900000001']),
    'plain.yaml': GROUP_POLICY,
    'newer.yaml': edited(
      GROUP_POLICY,
      ['perCycle: 60000000', 'perCycle: 50000000'],
      ['churnBp: 0.001', 'churnBp: 0.002'],
    ),
    'wider.yaml': edited(
      GROUP_POLICY,
      ['mode: autonomous', 'mode: advise'],
      ['perDay: 900000000', 'perDay: 1000000000'],
    ),
    'large.yaml': 'x'.repeat(10_000_000),
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(cwd, name), text)
})
after(() => rmSync(cwd, { recursive: true, force: true }))

const run = (...args: string[]) => weir(['policy', ...args], { cwd })

test('a file without a parent is linted by itself', async () => {
  const { code, stdout, stderr } = await run('lint', 'plain.yaml')
  assert.equal(stderr, '')
  assert.match(
    stdout,
    /^plain\.yaml: ok: europe-intraday version 3 for group europe, autonomous, 2 accounts, digest [0-9a-f]{12}\n$/,
  )
  assert.equal(code, 0)
})

test('a child is proven against its parents, and refused where it is looser', async () => {
  const good = await run('lint', 'europe.yaml', '--policies', 'parents')
  assert.equal(good.stderr, '')
  assert.match(good.stdout, /^europe\.yaml: ok: .*, tightens house version 3\n$/)
  assert.equal(good.code, 0)
  const loose = await run('lint', 'looser.yaml', '--policies', 'parents')
  assert.equal(loose.stdout, '')
  assert.equal(
    loose.stderr,
    "weir: looser.yaml:30:11: looser than house: limits.perDay 900000001 is above the parent's 900000000 (give 900000000 or less)\n",
  )
  assert.equal(loose.code, 2)
  const alone = await run('lint', 'europe.yaml')
  assert.equal(
    alone.stderr,
    'weir: europe.yaml:5:9: nothing is proven against the parent house (give its folder with --policies DIR)\n',
  )
  assert.equal(alone.code, 2)
  const absent = await run('lint', 'europe.yaml', '--policies', 'absent')
  assert.equal(absent.stderr, 'weir: absent: no such file (give the path of a folder of YAML files)\n')
  assert.equal(absent.code, 2)
})

test('--json has the parents with their digests, as a child must name them', async () => {
  const { stdout, code } = await run(
    'lint',
    'europe.yaml',
    'parents/house.yaml',
    '--policies',
    'parents',
    '--json',
  )
  assert.equal(code, 0)
  const { valid, policies } = JSON.parse(stdout)
  assert.equal(valid, true)
  assert.deepEqual(
    [policies[0].level, policies[0].parents[0].policyId, policies[1].level],
    ['group', 'house', 'enterprise'],
  )
  assert.equal(policies[0].parents[0].digest, policies[1].digest)
  assert.ok(europe.includes(policies[1].digest))
})

test('diff says what changes, by how much and which way', async () => {
  const { code, stdout, stderr } = await run('diff', 'plain.yaml', 'newer.yaml')
  assert.equal(stderr, '')
  assert.equal(
    stdout,
    'costs.churnBp: 0.001 -> 0.002, higher by 0.001 (100.0 %): neither\n' +
      'limits.perCycle: 60000000 -> 50000000, lower by 10000000 (16.7 %): tightens\n' +
      'newer.yaml only tightens plain.yaml.\n',
  )
  assert.equal(code, 0)
  const wider = await run('diff', 'plain.yaml', 'wider.yaml')
  assert.match(wider.stdout, /^mode: autonomous -> advise: tightens\nlimits\.perDay: .*: loosens\n/)
  assert.match(
    wider.stdout,
    /wider\.yaml does not only tighten plain\.yaml: limits\.perDay 1000000000 is above the parent's 900000000\.\n$/,
  )
  assert.equal(
    (await run('diff', 'plain.yaml', 'plain.yaml')).stdout,
    'plain.yaml allows the same as plain.yaml.\n',
  )
  const json = JSON.parse((await run('diff', 'plain.yaml', 'wider.yaml', '--json')).stdout)
  assert.deepEqual([json.tightens, json.changes.length, json.changes[0].effect], [false, 2, 'tightens'])
})

test('files that are too large, missing or no policy end with one line and exit code 2', async () => {
  for (const [args, says] of [
    [
      ['lint', 'large.yaml'],
      /^weir: large\.yaml:1:1: the policy is larger than 256 KiB \(split the group\)\n$/,
    ],
    [
      ['diff', 'plain.yaml', 'large.yaml'],
      /^weir: large\.yaml:1:1: the policy is larger than 256 KiB \(split the group\)\n$/,
    ],
    [['diff', 'plain.yaml', 'none.yaml'], /^weir: none\.yaml: no such file \(/],
    [['lint', 'plain.yaml', '--policies', 'plain.yaml'], /^weir: plain\.yaml: no folder \(/],
    [['diff', 'plain.yaml'], /^weir: after: missing required argument|^weir: /],
  ] as const) {
    const { code, stderr, stdout } = await run(...args)
    assert.match(stderr, says)
    assert.deepEqual([code, stdout], [2, ''])
  }
})
