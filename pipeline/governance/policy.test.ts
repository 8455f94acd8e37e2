/** Reading policies: the good one in full, and every kind of mistake with its place and remedy. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { edited, GROUP_POLICY } from '../../tests/support/policy-text.js'
import { WeirError } from '../errors.js'
import { type Policy, parsePolicy } from './policy.js'

/** One account, and no limit by lender. */
const GOOD = edited(
  GROUP_POLICY,
  [GROUP_POLICY.slice(GROUP_POLICY.indexOf('  - account: FR-'), GROUP_POLICY.indexOf('limits:')), ''],
  ['  lenders: [ { counterparty: BANK-L, limit: 50000000 } ]\n', ''],
)

/** The one line that a user would see. */
function refusal(text: string): string {
  try {
    parsePolicy(text, 'p.yaml')
  } catch (error) {
    assert.ok(error instanceof WeirError, `not a WeirError: ${error}`)
    assert.equal(error.code, 'WEIR_POLICY')
    const line = error.toLine()
    assert.equal(line.includes('\n'), false)
    assert.match(line, /^p\.yaml:[0-9]+:[0-9]+: /)
    return line
  }
  assert.fail('the policy was accepted')
}

test('what is no text is refused where it begins to be none, and nothing unprintable is quoted', () => {
  assert.match(
    refusal('\u007fELF\u0002\u0000'),
    /^p\.yaml:1:1: the policy holds U\+007F, so it is no text \(/,
  )
  const last = GOOD.split('\n').length
  assert.ok(refusal(`${GOOD}# \u0000`).startsWith(`p.yaml:${last}:3: the policy holds U+0000`))
  assert.match(refusal('mode: \ud800'), /^p\.yaml:1:7: the policy holds U\+D800/)
  assert.match(
    refusal(GOOD.replace('mode: autonomous', 'mode: "\\u202Eauto\\e[2J"')),
    /mode is '<U\+202E>auto<U\+001B>\[2J'/,
  )
  const key = refusal(`"\\u202E\\e[2J${'k'.repeat(900)}": 1\n${GOOD}`)
  assert.match(key, /unknown key '<U\+202E><U\+001B>\[2Jkkk/)
  assert.ok(key.length < 600, `${key.length} characters`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that there is none is what is tested
  assert.doesNotMatch(refusal('"\\0\\x07": {'), /[\u0000-\u001f]/)
})

test('a good policy is read in full, amounts with their exact digits', () => {
  const policy = parsePolicy(GOOD, 'p.yaml')
  assert.equal(policy.policyId, 'europe-intraday')
  assert.equal(policy.version, 3)
  assert.equal(policy.groupId, 'europe')
  assert.equal(policy.mode, 'autonomous')
  assert.deepEqual(policy.costs.shortfallBpPerDay, [1, 5, 50])
  assert.equal(policy.costs.surplusBpPerYear, 0)
  assert.deepEqual(policy.accounts, [
    {
      accountId: 'DE-OPERATING',
      floor: '2500000',
      target: '12000000.10',
      ceiling: '30000000',
      band: { lowerPercent: 20, upperPercent: 50 },
    },
  ])
  assert.deepEqual(policy.limits.concentration, [{ counterpartyId: 'BANK-A', limit: '80000000' }])
  assert.equal(policy.staleness.quote.widenSpreadPercent, 100)
  assert.deepEqual(policy.digest, createHash('sha256').update(GOOD).digest())
})

test('every mistake is told with its place, cause and remedy', () => {
  const cases: [from: string, to: string, expected: string][] = [
    [
      'tolerancePercent: 2 }',
      'tolerancePerCent: 2, x: 1 }',
      "p.yaml:8:66: unknown key 'tolerancePerCent' in deliberation (did you mean 'tolerancePercent'?)",
    ],
    [
      'owner: group-treasury',
      'colour: blue',
      "p.yaml:4:1: unknown key 'colour' in the policy (known keys: policy,",
    ],
    ['tier: 2\n', '', "p.yaml:1:1: the policy has no key 'tier' (add it;"],
    [
      'version: 3',
      'version: three',
      "p.yaml:2:10: version is 'three', not integer (Increasing number of the version.)",
    ],
    ['tier: 2', 'tier: 9', "p.yaml:5:7: tier is '9', more than 4 ("],
    [
      'mode: autonomous',
      'mode: yolo',
      "p.yaml:6:7: mode is 'yolo' (use one of: shadow, advise, supervised, autonomous)",
    ],
    [
      'baseCurrency: EUR',
      'baseCurrency: euro',
      "p.yaml:7:15: baseCurrency is 'euro' (it must match ^[A-Z]{3}$)",
    ],
    [
      '[1, 5, 50]',
      '[1, 5]',
      'p.yaml:10:22: costs.shortfallBpPerDay has the wrong number of items (minItems is 3)',
    ],
    ['[1, 5, 50]', '[5, 1, 50]', 'p.yaml:10:22: shortfallBpPerDay is not ascending (prices must not fall'],
    ['floor: 2_500_000', 'floor: -1', "p.yaml:16:12: accounts[0].floor is '-1', less than 0 ("],
    [
      'floor: 2_500_000',
      'floor: 25e5',
      'p.yaml:16:12: accounts[0].floor is not an amount (write plain digits: 2500000 or 2500000.50)',
    ],
    ['floor: 2_500_000', 'floor: 0x10', 'p.yaml:16:12: accounts[0].floor is not an amount ('],
    ['floor: 2_500_000', 'floor: .inf', 'p.yaml:16:12: accounts[0].floor is '],
    ['floor: 2_500_000', 'floor: 2,500,000', "p.yaml:16:12: accounts[0].floor is '2,500,000' ("],
    [
      'floor: 2_500_000',
      'floor: 12000000.11',
      'p.yaml:16:12: floor 12000000.11 of DE-OPERATING is above its target 12000000.10 (',
    ],
    [
      'ceiling: "30000000"',
      'ceiling: 1',
      'p.yaml:17:13: target 12000000.10 of DE-OPERATING is above its ceiling 1 (',
    ],
    [
      'freezeAfterSeconds: 7200',
      'freezeAfterSeconds: 1800',
      'p.yaml:28:77: staleness.account freezes after 1800 s, not later than it widens (give more than 1800)',
    ],
    [
      'perCycle: 60000000',
      'perCycle: 900000000.01',
      'p.yaml:22:13: perCycle 900000000.01 is above perDay 900000000 (',
    ],
    [
      'limit: 80000000 } ]',
      'limit: 8 }, { counterparty: BANK-A, limit: 9 } ]',
      'p.yaml:25:72: BANK-A is listed twice (keep one entry)',
    ],
    ['tier: 2', 'tier: 2\ntier: 3', 'p.yaml:6:1: Map keys must be unique (correct the YAML)'],
    ['tier: 2', 'tier: [2', 'p.yaml:6:'],
    ['owner: group-treasury', 'owner: *boss', 'p.yaml:4:8: '],
    ['accounts:\n', 'accounts: &all\n', 'ok'],
    ['owner: group-treasury', 'owner: !!binary aGVsbG8=', "p.yaml:4:17: owner is 'aGVsbG8=', not string ("],
    ['tier: 2', '? [a, b]\n: 2', 'p.yaml:5:3: a key is not a plain word ('],
    ['tier: 2', '2: 2', 'p.yaml:5:1: a key is not a plain word ('],
  ]
  for (const [from, to, expected] of cases) {
    assert.ok(GOOD.includes(from), from)
    const text = GOOD.replace(from, to)
    if (expected === 'ok') parsePolicy(text, 'p.yaml')
    else assert.ok(refusal(text).startsWith(expected), `${refusal(text)}\nshould start with\n${expected}`)
  }
})

test('text that is no policy at all is refused in one line', () => {
  for (const text of ['', 'hello', '[]', '42', '---\n---\n', '\u0000', '%YAML 9.9\n---\nx', '\t- x'])
    refusal(text)
  assert.match(refusal(`${GOOD}---\na: 1\n`), /^p\.yaml:32:/)
})

test('hostile documents cost little: 10 MB, deep nesting, alias bombs', () => {
  const started = process.cpuUsage()
  assert.match(refusal('x'.repeat(10_000_000)), /larger than 256 KiB/)
  refusal('['.repeat(200_000))
  refusal('{a: '.repeat(50_000))
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]']
  for (let level = 0; level < 9; level++) {
    const name = String.fromCharCode(98 + level)
    const before = String.fromCharCode(97 + level)
    bomb.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(',')}]`)
  }
  assert.match(refusal(bomb.join('\n')), /alias '\*a' is not allowed/)
  refusal(`accounts: [${'{},'.repeat(60_000)}{}]`)
  const { user } = process.cpuUsage(started)
  assert.ok(user < 20_000_000, `took ${user / 1e6} s of CPU`)
})

test('no text makes it throw anything but WEIR_POLICY', () => {
  const mutation = fc.record({
    at: fc.nat(GOOD.length),
    remove: fc.nat(30),
    insert: fc.string({ unit: 'grapheme', maxLength: 8 }),
  })
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 4 }), (mutations) => {
      let text = GOOD
      for (const { at, remove, insert } of mutations)
        text = text.slice(0, at) + insert + text.slice(at + remove)
      try {
        parsePolicy(text, 'p.yaml')
      } catch (error) {
        assert.ok(error instanceof WeirError && error.code === 'WEIR_POLICY', `${error}\n${text}`)
      }
    }),
    { seed: 20260318, numRuns: 1500 },
  )
})
test('every policy in policies/ is valid and named after its group', () => {
  const folder = new URL('../../../policies/', import.meta.url)
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  assert.ok(files.length >= 4)
  for (const name of files) {
    const policy: Policy = parsePolicy(readFileSync(new URL(name, folder), 'utf8'), `policies/${name}`)
    assert.equal(name, `${policy.groupId}.yaml`)
  }
})
