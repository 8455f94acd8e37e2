/** Mistakes in the commands of people: each is one line with place and remedy, exit code 2, and nothing is sent or written. */
import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256, toHex } from '../../pipeline/identity.js'
import { SIMULATED_PEOPLE, simulatedRoster } from '../../sandbox/people.js'
import { GROUP, POLICY_TEXT } from '../support/small-group.js'
import { writeKeys } from '../support/small-group-day.js'
import { weir, withFolder } from './weir-process.js'

const who = ['--as', 'olga', '--key', 'keys/olga.key', '--roster', 'simulated', '--reason', 'a test', '--yes']
const out = ['--group', 'europe', '--out', 'letter']
const decision = '5b0f8c1e-3d0a-8c57-9f0e-2c4c8f6f9a11'
const digest = '3a'.repeat(32)

const ABOVE = POLICY_TEXT.replace('policy: small', 'policy: above').replace(
  `group: ${GROUP}`,
  'level: entity',
)
const CHILD = POLICY_TEXT.replace(
  'version: 1',
  `version: 2\nlevel: group\nparent: { policy: above, digest: ${toHex(sha256(Buffer.from(ABOVE, 'utf8')))} }`,
)

const mistakes: readonly (readonly [title: string, args: readonly string[], says: RegExp])[] = [
  [
    'no reason',
    ['kill', 'all', '--as', 'olga', '--key', 'k', '--roster', 'r', '--out', 'x'],
    /^--reason: this flag is needed \(see: weir kill --help\)/,
  ],
  ['no person', ['kill', 'all', '--reason', 'x', '--out', 'x'], /^--as: this flag is needed/],
  [
    'no place',
    ['kill', 'all', ...who],
    /^--config: nothing says where it goes \(give --config or --kafka.*--data-dir.*--out/,
  ],
  [
    'two places',
    ['kill', 'all', ...who, '--out', 'x', '--data-dir', 'y'],
    /^--out: --out and --data-dir name two places/,
  ],
  [
    'no such key',
    ['kill', 'all', ...who, ...out, '--key', 'none.key'],
    /^none\.key: the key file cannot be used: it cannot be read \(ENOENT\)/,
  ],
  [
    'a key that is none',
    ['kill', 'all', ...who, ...out, '--key', 'roster.yaml'],
    /^roster\.yaml: the key file cannot be used/,
  ],
  [
    'a credential that is none',
    ['kill', 'all', ...who, ...out, '--credential', 'empty'],
    /^empty: the credential cannot be used/,
  ],
  [
    'a subject that a command does not take',
    ['hold', 'entity:E', ...who, ...out],
    /^entity:E: it is no subject of hold \(subjects are group, account:ID/,
  ],
  [
    'a duration without a unit',
    ['kill', 'all', ...who, ...out, '--expires-in', '15'],
    /^--expires-in: '15' is not a duration.*such as 90s, 15m or 8h/,
  ],
  [
    'a time without its zone',
    ['kill', 'all', ...who, ...out, '--at', '2026-03-18T09:00:00'],
    /^--at: '2026-03-18T09:00:00' is not a time with its zone/,
  ],
  [
    'no terminal and no --yes',
    ['kill', 'all', ...who.slice(0, -1), ...out],
    /--yes: there is no terminal to ask on, and nothing was sent/,
  ],
  [
    'JSON and a question',
    ['kill', 'all', ...who.slice(0, -1), ...out, '--json'],
    /^--json: nobody can be asked/,
  ],
  [
    'an approval without a digest',
    ['approve', `decision:${decision}`, ...who, ...out],
    /^--digest: this flag is needed/,
  ],
  [
    'a digest that is none',
    ['approve', `decision:${decision}`, '--digest', 'abc', ...who, ...out],
    /^--digest: 'abc' is no digest/,
  ],
  ['an id of a kill that is none', ['lift', 'kill:7', ...who, ...out], /^kill:7: it is no id of a kill/],
  [
    'a leg without an amount',
    ['adjust', decision, '--digest', digest, '--leg', '0', ...who, ...out],
    /^--leg: '0' is no leg with an amount/,
  ],
  [
    'a move of an unknown kind',
    ['force', '--move', 'GIVE:X:5', ...who, ...out],
    /^--move: 'GIVE:X:5' is no move .*TRANSFER, FX, DRAW, REPAY/,
  ],
  [
    'a pledge of more than the whole holding',
    ['force', '--move', 'PLEDGE:REPO:BUND:1000001', ...who, ...out],
    /^--move: 'PLEDGE:REPO:BUND:1000001' is no collateral \(give PLEDGE:FACILITY:ASSET:PARTS with 1 to 1000000 millionths/,
  ],
  [
    'a role that is none',
    ['delegate', 'omar', '--roles', 'boss', '--until', '2026-03-20T17:00:00Z', ...who, ...out],
    /^--roles: there is no role 'boss'/,
  ],
  [
    'no manifest',
    ['policy', 'approve', 'q3', ...who, '--out', 'x'],
    /^q3\.change\.json: no such file \(give by --manifest/,
  ],
  [
    'a stage that is none',
    ['policy', 'activate', 'q3', '--manifest', 'q3.json', '--stage', 'all', ...who, '--out', 'x'],
    /^--stage: there is no stage 'all' \(stages are shadow, canary, full\)/,
  ],
  [
    'the manifest of another change',
    ['policy', 'approve', 'q4', '--manifest', 'q3.json', ...who, '--out', 'x'],
    /^q3\.json: it is the manifest of q3, not of q4/,
  ],
  [
    'a child of which nothing is proven',
    ['policy', 'propose', 'child.yaml', '--change', 'q3', ...who, '--out', 'x'],
    /^child\.yaml:\d+:\d+: nothing is proven against the parent above \(give its folder with --policies DIR\)/,
  ],
  [
    'a child that loosens its parent',
    ['policy', 'propose', 'looser.yaml', '--change', 'q3', '--policies', 'above', ...who, '--out', 'x'],
    /^looser\.yaml:\d+:\d+: looser than above: limits\.perDay 100000001 is above/,
  ],
  [
    'a roster with one admin',
    ['roster', 'check', 'roster.yaml'],
    /^roster\.yaml:\d+:\d+: 1 of the people is an admin \(name two at least/,
  ],
  [
    'a mistyped key of the person',
    ['kill', 'all', ...who, '--person-config', 'me.yaml'],
    /^me\.yaml:1:1: unknown key 'persn'.*did you mean 'person'/,
  ],
  [
    'no run in the data directory',
    ['kill', 'all', ...who, '--data-dir', 'nothing'],
    /^nothing: no run was begun in this data directory/,
  ],
  ['nothing to look at', ['pending'], /^--config: nothing says where it goes/],
  ['an instance that is to follow', ['run', '--follow'], /^--follow: only a run over a folder is followed/],
]

for (const [title, args, says] of mistakes)
  test(`${title}: one line, exit code 2, nothing written`, async () => {
    await withFolder(async (cwd) => {
      writeKeys(join(cwd, 'keys'), ['olga'])
      mkdirSync(join(cwd, 'more'))
      const { axel: _, ...others } = SIMULATED_PEOPLE
      writeFileSync(join(cwd, 'roster.yaml'), simulatedRoster(1, others), { mode: 0o600 })
      writeFileSync(join(cwd, 'empty'), '')
      writeFileSync(join(cwd, 'me.yaml'), 'persn: olga\n')
      const entry = `{"digest":"${digest}","group":"europe","kind":"policy","policy":"small","version":2}`
      writeFileSync(join(cwd, 'q3.json'), `{"change":"q3","entries":[${entry}]}`)
      mkdirSync(join(cwd, 'above'))
      writeFileSync(join(cwd, 'above', 'above.yaml'), ABOVE)
      writeFileSync(join(cwd, 'child.yaml'), CHILD)
      writeFileSync(join(cwd, 'looser.yaml'), CHILD.replace('perDay: 100000000', 'perDay: 100000001'))
      const before = readdirSync(cwd, { recursive: true })
      const { code, stderr } = await weir(args, { cwd, env: { WEIR_PERSON: '' } })
      assert.equal(code, 2, stderr)
      // What will happen is said before it is asked, on lines of their own.
      const last = stderr.trimEnd().split('\n').at(-1) ?? ''
      assert.match(last, /^weir: /, stderr)
      assert.match(last.slice('weir: '.length), says)
      assert.deepEqual(readdirSync(cwd, { recursive: true }), before)
    })
  })
