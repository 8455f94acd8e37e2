/** A parent with every key of a policy, and for each key that has a direction a tighter and a looser text. */
import { edited, GROUP_POLICY } from './policy-text.js'

/** A parent with every optional key. */
export const PARENT = edited(
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
  ['expectedFlows:', `configurations: ["${'4'.repeat(64)}", "${'5'.repeat(64)}"]\nexpectedFlows:`],
  [
    'expectedFlows:',
    'canary: { cohortPercent: 20, shadowDecisions: 40, decisions: 200, costRegretBp: 2, overridePercent: 4, solverFailurePercent: 3, churnPercent: 60 }\nexpectedFlows:',
  ],
  [
    'expectedFlows:',
    'rules:\n  - { name: small-fx, allow: \'move.kind != "FX" || move.amountMinor <= 500\' }\nexpectedFlows:',
  ],
)

/** Text of the key, tighter, looser, and how the difference from tighter is told. */
export const DIRECTED: readonly (readonly [from: string, tighter: string, looser: string, told: string])[] = [
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
    `, "${'5'.repeat(64)}"]`,
    ']',
    `, "${'5'.repeat(64)}", "${'6'.repeat(64)}"]`,
    `configurations: ${'4'.repeat(64)}, ${'5'.repeat(64)} -> ${'4'.repeat(64)}: tightens`,
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
