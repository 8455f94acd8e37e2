/** Which child tightens: every key by itself in both directions, what has no direction, and the table in the documentation. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { edited, GROUP_POLICY } from '../../tests/support/policy-text.js'
import { DIRECTED, PARENT } from '../../tests/support/tightening-cases.js'
import { parsePolicy } from './policy.js'
import policySchema from './policy.schema.json' with { type: 'json' }
import { describeChange, differences } from './policy-difference.js'
import { proveTightening } from './tightening.js'
import { TIGHTENING, tighteningTable } from './tightening-table.js'

const NO_BANKS = edited(PARENT, ['  concentration: [ { counterparty: BANK-A, limit: 80000000 } ]\n', ''])

type Edit = readonly [from: string, to: string]

function judged(edit: Edit, parent = PARENT) {
  const before = parsePolicy(parent, 'parent')
  const after = parsePolicy(edited(parent, edit), 'child')
  return { proof: proveTightening(before, after), changes: differences(before, after) }
}

test('a policy tightens itself, and nothing changes', () => {
  const same = parsePolicy(PARENT, 'p')
  assert.deepEqual(proveTightening(same, same), { tightens: true, looser: [], proven: [] })
  assert.deepEqual(differences(same, same), [])
})

for (const [from, tighter, looser, told] of DIRECTED) {
  test(`one step tighter is proven, one step looser is refused: ${from}`, () => {
    const down = judged([from, tighter])
    assert.deepEqual(down.proof.looser, [])
    assert.deepEqual(down.changes.map(describeChange), [told])
    const up = judged([from, looser])
    assert.equal(up.proof.looser.length, 1)
    assert.deepEqual(
      up.changes.map(({ effect }) => effect),
      ['loosens'],
    )
  })
}

test('what also changes the sums at banks is directed only where the parent limits none', () => {
  const cases = [
    ['horizonMinutes: 60', 'horizonMinutes: 61', 'horizonMinutes: 59'],
    ['inflowPercent: 50', 'inflowPercent: 49', 'inflowPercent: 51'],
    ['outflowPercent: 100', 'outflowPercent: 101', 'outflowPercent: 99'],
  ] as const
  for (const [from, tighter, looser] of cases) {
    assert.equal(judged([from, tighter], NO_BANKS).proof.tightens, true, tighter)
    assert.equal(judged([from, looser], NO_BANKS).proof.tightens, false, looser)
    for (const to of [tighter, looser]) {
      const { proof, changes } = judged([from, to])
      assert.match(proof.looser[0]!.message, /and the parent limits what lies at banks$/)
      assert.equal(changes[0]!.effect, 'unproven')
    }
  }
})

test('prices, targets within the floor and ceiling, and when to run are free', () => {
  const free: Edit[] = [
    ['[1, 5, 50]', '[2, 6, 60]'],
    ['floorViolationBp: 500', 'floorViolationBp: 1'],
    ['idleBpPerYear: 50', 'idleBpPerYear: 1'],
    ['idleBpPerYear: 50', 'idleBpPerYear: 50\n  surplusBpPerYear: 9'],
    ['churnBp: 0.001', 'churnBp: 1'],
    ['target: 12000000.10', 'target: 29000000'],
    ['lowerPercent: 20', 'lowerPercent: 30'],
    ['upperPercent: 50', 'upperPercent: 60'],
    ['reconsiderAfterSeconds: 900', 'reconsiderAfterSeconds: 9'],
    ['tolerancePercent: 2', 'tolerancePercent: 9'],
    ['answerWithinSeconds: 600', 'answerWithinSeconds: 9'],
    ['tier: 2', 'tier: 1'],
    ['owner: group-treasury', 'owner: somebody'],
  ]
  for (const edit of free) {
    const { proof, changes } = judged(edit)
    assert.equal(proof.tightens, true, edit[1])
    assert.ok(changes.every(({ effect }) => effect === 'neither'))
  }
})

test('what is left out, added, replaced or in another currency', () => {
  const rule = 'rules:\n  - { name: small-fx, allow: \'move.kind != "FX" || move.amountMinor <= 500\' }\n'
  const refused: [edit: Edit, message: string, path: string][] = [
    [
      ['  perHour: 100000000\n', ''],
      'limits.perHour is left out, and is 100000000 in the parent',
      'limits.perHour',
    ],
    [['expires: 2027-06-30\n', ''], 'the parent expires 2027-06-30, this policy never does', 'expires'],
    [
      ['fundingCostPercent: 20, ', ''],
      'margins.fundingCostPercent is left out, and is 20 in the parent',
      'margins.fundingCostPercent',
    ],
    [['baseCurrency: EUR', 'baseCurrency: USD'], "baseCurrency is USD, the parent's is EUR", 'baseCurrency'],
    [
      ['account: FR-OPERATING', 'account: IT-OPERATING'],
      'IT-OPERATING is no account of the parent',
      'accounts.1.account',
    ],
    [
      ['BANK-A, limit', 'BANK-B, limit'],
      'limits.concentration has no limit for BANK-A, and the parent has 80000000',
      'limits.concentration',
    ],
    [
      ['BANK-L, limit', 'BANK-M, limit'],
      'limits.lenders has no limit for BANK-L, and the parent has 50000000',
      'limits.lenders',
    ],
    [[rule, ''], "the parent's rule small-fx is missing", 'rules'],
    [
      ['move.amountMinor <= 500', 'move.counterAmountMinor <= 500'],
      'rule small-fx is not proven to only tighten the parent\'s: it allows a move with move.counterAmountMinor = 499, move.amountMinor = 501, move.kind = "FX"',
      'rules.0.allow',
    ],
  ]
  for (const [edit, message, path] of refused) {
    const { proof } = judged(edit)
    assert.equal(proof.tightens, false)
    assert.equal(proof.looser[0]!.message, message)
    assert.equal(proof.looser[0]!.path.join('.'), path)
  }
  const target = judged([
    'floor: 2_500_000\n    target: 12000000.10\n    ceiling: "30000000"',
    'floor: 31_000_000\n    target: 31_000_000\n    ceiling: 31_000_000',
  ])
  assert.match(
    target.proof.looser.map(({ message }) => message).join(),
    /target 31000000 of DE-OPERATING is outside/,
  )
  const added = judged(['limit: 50000000 } ]', 'limit: 50000000 }, { counterparty: BANK-N, limit: 1 } ]'])
  assert.deepEqual(
    [added.proof.tightens, added.changes.map(describeChange)],
    [true, ['limits.lenders[BANK-N]: added 1: tightens']],
  )
  const more = judged(['<= 500', '<= 499'])
  assert.deepEqual(more.proof.proven, [{ name: 'small-fx', cells: 8 }])
})

test('all rules of a policy share one budget of cases, so that a proof takes no longer for many of them', () => {
  const names = ['move.amountMinor', 'move.counterAmountMinor', 'balance.sourceSettledMinor']
  const cut = (name: string) => [1, 3, 5, 7, 9, 11, 13, 15].map((value) => `${name} != ${value}`)
  // 17 cells a name, 17 to the power of three for a rule: 13 rules fit.
  const wide = names.flatMap(cut).join(' && ')
  const rules = (count: number, more: string) =>
    `rules:\n${Array.from({ length: count }, (_, at) => `  - { name: r${at}, allow: '${wide}${more}' }\n`).join('')}`
  const proofOf = (count: number) => {
    const parent = parsePolicy(`${GROUP_POLICY}${rules(count, '')}`, 'parent')
    return proveTightening(parent, parsePolicy(`${GROUP_POLICY}${rules(count, ' && true')}`, 'child'))
  }
  assert.equal(proofOf(13).tightens, true)
  const { looser, proven } = proofOf(14)
  assert.equal(proven.length, 13)
  assert.match(looser[0]!.message, /^rule r13 .* it has more than 65536 cases less 63869 of other rules;/)
})

test('an account may be left out: banks count it all the same', () => {
  const text = PARENT.slice(PARENT.indexOf('  - account: FR-OPERATING'), PARENT.indexOf('limits:'))
  for (const parent of [PARENT, NO_BANKS]) {
    const { proof, changes } = judged([text, ''], parent)
    assert.deepEqual(proof.looser, [])
    assert.deepEqual(changes.map(describeChange), ['accounts[FR-OPERATING]: removed, was listed: tightens'])
  }
})

/** Keys of all leaves of the schema, lists of records as `name[]`. */
function leavesOf(schema: { properties?: object; items?: object; $ref?: string }, key: string): string[] {
  if (schema.properties !== undefined) {
    const entries = Object.entries(schema.properties) as [string, object][]
    return entries.flatMap(([name, inner]) => leavesOf(inner, key === '' ? name : `${key}.${name}`))
  }
  const items = schema.items as { properties?: object } | undefined
  return items?.properties === undefined ? [key] : leavesOf(items, `${key}[]`)
}

test('every key of the schema has its row in the table', () => {
  const covered = TIGHTENING.map(({ key }) => key)
  // A row of a list stands for its entries; the name of an entry and its number are judged together.
  const isCovered = (leaf: string) =>
    covered.some(
      (key) =>
        key === leaf ||
        (key.endsWith('[]') && leaf.startsWith(`${key}.`)) ||
        key.startsWith(`${leaf}[`) ||
        leaf.startsWith(`${key}.`),
    )
  const leaves = leavesOf(policySchema, '')
  assert.ok(leaves.length > 40, `${leaves.length}`)
  assert.deepEqual(
    leaves.filter((leaf) => !isCovered(leaf)),
    [],
  )
})

test('the documentation shows the table of the code', () => {
  const page = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8')
  assert.ok(page.includes(tighteningTable()), 'put the output of tighteningTable() into docs/policy.md')
})
