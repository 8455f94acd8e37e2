/** Policy documents for tests: one good text, and edits of it. */

/** A policy of a group with every key that must be there. Amounts in EUR. */
export const GROUP_POLICY = `policy: europe-intraday
version: 3
group: europe
owner: group-treasury
tier: 2
mode: autonomous
baseCurrency: EUR
deliberation: { horizonMinutes: 60, reconsiderAfterSeconds: 900, tolerancePercent: 2 }
costs:
  shortfallBpPerDay: [1, 5, 50]
  floorViolationBp: 500
  idleBpPerYear: 50
  churnBp: 0.001
accounts:
  - account: DE-OPERATING
    floor: 2_500_000
    target: 12000000.10
    ceiling: "30000000"
    band: { lowerPercent: 20, upperPercent: 50 }
  - account: FR-OPERATING
    floor: 1_000_000
    target: 5_000_000
    ceiling: 9_000_000
    band: { lowerPercent: 20, upperPercent: 50 }
limits:
  maximumInstruction: 25000000
  perCycle: 60000000
  perDay: 900000000
  instructionsPerCycle: 12
  concentration: [ { counterparty: BANK-A, limit: 80000000 } ]
  lenders: [ { counterparty: BANK-L, limit: 50000000 } ]
expectedFlows: { inflowPercent: 50, outflowPercent: 100 }
staleness:
  account: { widenAfterSeconds: 1800, widenPercent: 15, freezeAfterSeconds: 7200 }
  quote: { widenAfterSeconds: 300, widenSpreadPercent: 100, freezeAfterSeconds: 1800 }
  gapWidenPercent: 10
settlement: { cutoffMarginSeconds: 300, answerWithinSeconds: 600 }
`

/** The text with each `from` replaced by its `to`; a `from` that is not there is a mistake of the test. */
export function edited(text: string, ...edits: readonly (readonly [from: string, to: string])[]): string {
  let made = text
  for (const [from, to] of edits) {
    if (!made.includes(from)) throw new Error(`not in the policy: ${from}`)
    made = made.replace(from, () => to)
  }
  return made
}

/** A policy above the level of groups, without accounts, that bounds the one above by the same numbers. */
export function above(level: string, name: string, parent = ''): string {
  const accounts = GROUP_POLICY.slice(GROUP_POLICY.indexOf('accounts:'), GROUP_POLICY.indexOf('limits:'))
  return edited(
    GROUP_POLICY,
    ['policy: europe-intraday', `policy: ${name}`],
    ['group: europe', `level: ${level}${parent === '' ? '' : `\n${parent}`}`],
    [accounts, ''],
  )
}
