/** Which child tightens: every key by itself in both directions, what has no direction, and the table in the documentation. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { edited, GROUP_POLICY } from '../../tests/support/policy-text.js'
import { parsePolicy } from './policy.js'
import policySchema from './policy.schema.json' with { type: 'json' }
import { describeChange, differences } from './policy-difference.js'
import { proveTightening } from './tightening.js'
import { TIGHTENING, tighteningTable } from './tightening-table.js'

/** A parent with every optional key. */
const PARENT = edited(
  GROUP_POLICY,
  ['version: 3', 'version: 3\nlevel: group\nexpires: 2027-06-30'],
  ['mode: autonomous', 'mode: supervised'],
  ['  perDay:', '  perHour: 100000000\n  perDay:'],
  [
    'expectedFlows:',
    'margins: { fundingCostPercent: 20, collateralValuePercent: 80, coveragePercent: 105 }\nexpectedFlows:',
  ],
  [
    'expectedFlows:',
    'approvals: { required: 2, roles: [approver, admin], withinSeconds: 600, largeAmount: 5000000, requiredAboveLarge: 3 }\nexpectedFlows:',
  ],
  ['expectedFlows:', `optimizers: ["${'1'.repeat(64)}", "${'2'.repeat(64)}"]\nexpectedFlows:`],
  [
    'expectedFlows:',
    'canary: { cohortPercent: 20, shadowDecisions: 40, decisions: 200, costRegretBp: 2, overridePercent: 4, solverFailurePercent: 3, churnPercent: 60 }\nexpectedFlows:',
  ],
  [
    'expectedFlows:',
    'rules:\n  - { name: small-fx, allow: \'move.kind != "FX" || move.amountMinor <= 500\' }\nexpectedFlows:',
  ],
)
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

/** Text of the key, tighter, looser, and how the difference from tighter is told. */
const DIRECTED: readonly (readonly [from: string, tighter: string, looser: string, told: string])[] = [
  ['mode: supervised', 'mode: advise', 'mode: autonomous', 'mode: supervised -> advise: tightens'],
  [
    'expires: 2027-06-30',
    'expires: 2027-06-29',
    'expires: 2027-07-01',
    'expires: 2027-06-30 -> 2027-06-29: tightens',
  ],
  [
    'floor: 2_500_000',
    'floor: 2_500_000.01',
    'floor: 2_499_999.99',
    'accounts[DE-OPERATING].floor: 2500000 -> 2500000.01, higher by 0.01 (0.0 %): tightens',
  ],
  [
    'ceiling: "30000000"',
    'ceiling: 29_000_000',
    'ceiling: 30_000_000.5',
    'accounts[DE-OPERATING].ceiling: 30000000 -> 29000000, lower by 1000000 (3.3 %): tightens',
  ],
  [
    'maximumInstruction: 25000000',
    'maximumInstruction: 1',
    'maximumInstruction: 25000001',
    'limits.maximumInstruction: 25000000 -> 1, lower by 24999999 (100.0 %): tightens',
  ],
  [
    'perCycle: 60000000',
    'perCycle: 50000000',
    'perCycle: 60000000.01',
    'limits.perCycle: 60000000 -> 50000000, lower by 10000000 (16.7 %): tightens',
  ],
  [
    'perHour: 100000000',
    'perHour: 99000000',
    'perHour: 100000001',
    'limits.perHour: 100000000 -> 99000000, lower by 1000000 (1.0 %): tightens',
  ],
  [
    'perDay: 900000000',
    'perDay: 800000000',
    'perDay: 900000001',
    'limits.perDay: 900000000 -> 800000000, lower by 100000000 (11.1 %): tightens',
  ],
  [
    'instructionsPerCycle: 12',
    'instructionsPerCycle: 11',
    'instructionsPerCycle: 13',
    'limits.instructionsPerCycle: 12 -> 11, lower by 1 (8.3 %): tightens',
  ],
  [
    'BANK-A, limit: 80000000',
    'BANK-A, limit: 79999999.5',
    'BANK-A, limit: 80000001',
    'limits.concentration[BANK-A]: 80000000 -> 79999999.5, lower by 0.5 (0.0 %): tightens',
  ],
  [
    'BANK-L, limit: 50000000',
    'BANK-L, limit: 0',
    'BANK-L, limit: 50000001',
    'limits.lenders[BANK-L]: 50000000 -> 0, lower by 50000000 (100.0 %): tightens',
  ],
  ['required: 2', 'required: 3', 'required: 1', 'approvals.required: 2 -> 3, higher by 1 (50.0 %): tightens'],
  [
    'roles: [approver, admin]',
    'roles: [admin]',
    'roles: [approver, admin, risk-officer]',
    'approvals.roles: admin, approver -> admin: tightens',
  ],
  [
    'withinSeconds: 600',
    'withinSeconds: 599',
    'withinSeconds: 601',
    'approvals.withinSeconds: 600 -> 599, lower by 1 (0.2 %): tightens',
  ],
  [
    'largeAmount: 5000000',
    'largeAmount: 4000000',
    'largeAmount: 5000000.01',
    'approvals.largeAmount: 5000000 -> 4000000, lower by 1000000 (20.0 %): tightens',
  ],
  [
    'requiredAboveLarge: 3',
    'requiredAboveLarge: 4',
    'requiredAboveLarge: 2',
    'approvals.requiredAboveLarge: 3 -> 4, higher by 1 (33.3 %): tightens',
  ],
  [
    'cohortPercent: 20',
    'cohortPercent: 19',
    'cohortPercent: 21',
    'canary.cohortPercent: 20 -> 19, lower by 1 (5.0 %): tightens',
  ],
  [
    'shadowDecisions: 40',
    'shadowDecisions: 41',
    'shadowDecisions: 39',
    'canary.shadowDecisions: 40 -> 41, higher by 1 (2.5 %): tightens',
  ],
  [
    ' decisions: 200',
    ' decisions: 201',
    ' decisions: 199',
    'canary.decisions: 200 -> 201, higher by 1 (0.5 %): tightens',
  ],
  [
    'costRegretBp: 2',
    'costRegretBp: 1',
    'costRegretBp: 3',
    'canary.costRegretBp: 2 -> 1, lower by 1 (50.0 %): tightens',
  ],
  [
    'overridePercent: 4',
    'overridePercent: 3',
    'overridePercent: 5',
    'canary.overridePercent: 4 -> 3, lower by 1 (25.0 %): tightens',
  ],
  [
    'solverFailurePercent: 3',
    'solverFailurePercent: 2',
    'solverFailurePercent: 4',
    'canary.solverFailurePercent: 3 -> 2, lower by 1 (33.3 %): tightens',
  ],
  [
    'churnPercent: 60',
    'churnPercent: 59',
    'churnPercent: 61',
    'canary.churnPercent: 60 -> 59, lower by 1 (1.7 %): tightens',
  ],
  [
    `, "${'2'.repeat(64)}"]`,
    ']',
    `, "${'2'.repeat(64)}", "${'3'.repeat(64)}"]`,
    `optimizers: ${'1'.repeat(64)}, ${'2'.repeat(64)} -> ${'1'.repeat(64)}: tightens`,
  ],
  [
    'fundingCostPercent: 20',
    'fundingCostPercent: 21',
    'fundingCostPercent: 19',
    'margins.fundingCostPercent: 20 -> 21, higher by 1 (5.0 %): tightens',
  ],
  [
    'collateralValuePercent: 80',
    'collateralValuePercent: 79',
    'collateralValuePercent: 81',
    'margins.collateralValuePercent: 80 -> 79, lower by 1 (1.3 %): tightens',
  ],
  [
    'coveragePercent: 105',
    'coveragePercent: 106',
    'coveragePercent: 104',
    'margins.coveragePercent: 105 -> 106, higher by 1 (1.0 %): tightens',
  ],
  [
    '{ widenAfterSeconds: 1800',
    '{ widenAfterSeconds: 1799',
    '{ widenAfterSeconds: 1801',
    'staleness.account.widenAfterSeconds: 1800 -> 1799, lower by 1 (0.1 %): tightens',
  ],
  [
    'widenPercent: 15',
    'widenPercent: 15.5',
    'widenPercent: 14.5',
    'staleness.account.widenPercent: 15 -> 15.5, higher by 0.5 (3.3 %): tightens',
  ],
  [
    'freezeAfterSeconds: 7200',
    'freezeAfterSeconds: 7199',
    'freezeAfterSeconds: 7201',
    'staleness.account.freezeAfterSeconds: 7200 -> 7199, lower by 1 (0.0 %): tightens',
  ],
  [
    '{ widenAfterSeconds: 300',
    '{ widenAfterSeconds: 299',
    '{ widenAfterSeconds: 301',
    'staleness.quote.widenAfterSeconds: 300 -> 299, lower by 1 (0.3 %): tightens',
  ],
  [
    'widenSpreadPercent: 100',
    'widenSpreadPercent: 101',
    'widenSpreadPercent: 99',
    'staleness.quote.widenSpreadPercent: 100 -> 101, higher by 1 (1.0 %): tightens',
  ],
  [
    'freezeAfterSeconds: 1800',
    'freezeAfterSeconds: 1799',
    'freezeAfterSeconds: 1801',
    'staleness.quote.freezeAfterSeconds: 1800 -> 1799, lower by 1 (0.1 %): tightens',
  ],
  [
    'gapWidenPercent: 10',
    'gapWidenPercent: 11',
    'gapWidenPercent: 9',
    'staleness.gapWidenPercent: 10 -> 11, higher by 1 (10.0 %): tightens',
  ],
  [
    'cutoffMarginSeconds: 300',
    'cutoffMarginSeconds: 301',
    'cutoffMarginSeconds: 299',
    'settlement.cutoffMarginSeconds: 300 -> 301, higher by 1 (0.3 %): tightens',
  ],
  [
    'move.amountMinor <= 500',
    'move.amountMinor <= 499',
    'move.amountMinor <= 501',
    'rules[small-fx]: move.kind != "FX" || move.amountMinor <= 500 -> move.kind != "FX" || move.amountMinor <= 499: tightens',
  ],
]

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

test('an account may be left out unless the sums at banks would miss it', () => {
  const text = PARENT.slice(PARENT.indexOf('  - account: FR-OPERATING'), PARENT.indexOf('limits:'))
  assert.match(
    judged([text, '']).proof.looser[0]!.message,
    /^FR-OPERATING is left out, and the parent limits what lies at banks/,
  )
  assert.equal(judged([text, ''], NO_BANKS).proof.tightens, true)
  assert.deepEqual(judged([text, ''], NO_BANKS).changes.map(describeChange), [
    'accounts[FR-OPERATING]: removed, was listed: tightens',
  ])
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
