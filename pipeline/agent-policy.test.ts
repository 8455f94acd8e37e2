/** What rules, the hourly budget and expiry do in the agent, on the small group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testEnvironment } from '../tests/support/environment.js'
import {
  account,
  type GroupDriver,
  id,
  movement,
  opening,
  POLICY_TEXT,
} from '../tests/support/small-group.js'
import { at, reasons, settle, started } from '../tests/support/small-group-session.js'
import { restoreAgent } from './agent.js'
import { toHex } from './identity.js'

const environment = await testEnvironment()
const OPENINGS = { openings: { OPERATING: 7_400_000_00 } }

const withRules = (...rules: string[]) =>
  `${POLICY_TEXT}rules:\n${rules.map((allow, index) => `  - { name: rule-${index}, allow: '${allow}' }\n`).join('')}`

const obligation = (accountId: string, amountMinor: number) => ({
  expectedFlowId: id(`due-${accountId}`),
  accountId,
  currency: 'EUR',
  amountMinor,
  expectedAt: at(600),
  kind: 'OTHER',
  timeSpecific: true,
  cancelled: false,
  counterpartyId: '',
})

async function afterSalaries(policy: string) {
  const { driver } = await started({ policy, ...OPENINGS })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const applied = driver.close(at(15))
  return { driver, applied, decision: applied.result.decisions[0]! }
}

test('a rule caps a ticket before the plan, so that the gate has nothing to deny', async () => {
  const { applied, decision } = await afterSalaries(withRules('move.amountMinor <= 90000050'))
  assert.equal(decision.outcome, 'ACTED', decision.reason)
  // 1,200,000 were wanted; 900,000.50 are allowed; steps are of 1,000.
  assert.deepEqual(
    applied.release.map(({ channelId, amountMinor }) => [channelId, amountMinor]),
    [['OPERATING-PAYROLL', 900_000_00]],
  )
})

test('a channel that no amount may pass is closed, and another may serve', async () => {
  const kindsWith = async (policy: string) => {
    const { driver } = await started({ policy, openings: { OPERATING: 5_000_000_00 } })
    driver.input('cash-movement', movement('tax', 'OPERATING', -3_000_000_00), at(10))
    driver.input('cash-movement', movement('supplier', 'DOLLARS', -700_000_00), at(10))
    return driver
      .close(at(15))
      .release.map(({ kind }) => kind)
      .sort()
  }
  assert.deepEqual(await kindsWith(POLICY_TEXT), ['DRAW', 'FX'])
  assert.deepEqual(await kindsWith(withRules('move.kind != "FX"')), ['DRAW'])
  assert.deepEqual(await kindsWith(withRules('channel.counterpartyId != "BANK-B"', 'move.kind != "FX"')), [
    'TRANSFER',
  ])
})

test('rules over balances and time count by the cycle', async () => {
  const left = 'balance.sourceAvailableMinor - move.amountMinor >= 650000000'
  const { applied } = await afterSalaries(withRules(left))
  assert.deepEqual(
    applied.release.map(({ channelId, amountMinor }) => [channelId, amountMinor]),
    [['OPERATING-PAYROLL', 900_000_00]],
  )
  const tooEarly = await afterSalaries(withRules('time.minuteOfDay >= 8 * 60 + 1 && time.dayOfWeek == 3'))
  assert.equal(tooEarly.applied.release.length, 0)
  tooEarly.driver.input('cash-movement', movement('more', 'PAYROLL', -100_000_00), at(70))
  assert.equal(tooEarly.driver.close(at(75)).release.length, 1)
})

test('a rule that fails denies everything, and a floor that cannot be held is told', async () => {
  const { driver } = await started({
    policy: withRules('move.amountMinor * 9223372036854775807 >= 0'),
    ...OPENINGS,
  })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_900_000_00), at(10))
  const { result, release } = driver.close(at(15))
  assert.equal(release.length, 0)
  assert.equal(result.decisions[0]!.reason, 'floor-cannot-be-held')
  assert.equal(result.alerts[0]!.severity, 'CRITICAL')
})

test('what an hour leaves bounds the plan; the next full hour is a new one, also after a snapshot', async () => {
  const policy = POLICY_TEXT.replace('perCycle: 15000000', 'perCycle: 1500000').replace(
    '  perDay:',
    '  perHour: 1500000\n  perDay:',
  )
  const { driver, applied } = await afterSalaries(policy)
  assert.deepEqual(
    applied.release.map(({ amountMinor }) => amountMinor),
    [1_200_000_00],
  )
  settle(driver, applied, at(60))
  driver.input('cash-movement', movement('more', 'PAYROLL', -1_000_000_00), at(120))
  const second = driver.close(at(125))
  // 300,000 of the hour's 1,500,000 are left.
  assert.deepEqual(
    second.release.map(({ amountMinor }) => amountMinor),
    [300_000_00],
  )
  const restored = restoreAgent(driver.agent.snapshot(), environment)
  driver.declareTo(restored)
  const outcomes = [30 * 60, 59 * 60, 60 * 60 + 5].map((seconds) => {
    driver.input('cash-movement', movement(`at-${seconds}`, 'PAYROLL', -200_000_00), at(seconds))
    const cycle = driver.nextCycle(at(seconds + 1))
    const original = driver.agent.apply(cycle)
    assert.deepEqual(restored.apply(cycle), original)
    return original.release.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  })
  assert.deepEqual(outcomes.slice(0, 2), [0, 0])
  assert.ok(outcomes[2]! > 0 && outcomes[2]! <= 1_500_000_00, `${outcomes[2]}`)
})

test('on its last day a policy decides, a microsecond later it refuses, and people are told', async () => {
  const lasts = await afterSalaries(`${POLICY_TEXT}expires: 2026-03-18\n`)
  assert.equal(lasts.applied.release.length, 1)
  const expired = await afterSalaries(`${POLICY_TEXT}expires: 2026-03-17\n`)
  assert.deepEqual(reasons(expired.applied), [])
  assert.equal(expired.applied.release.length, 0)
  assert.deepEqual([expired.decision.outcome, expired.decision.reason], ['REFUSED', 'policy-expired'])
  const [alert] = expired.applied.result.alerts
  assert.deepEqual([alert!.severity, alert!.code, alert!.subject], ['CRITICAL', 'policy-expired', 'group'])
  assert.equal(alert!.message, 'The plan was refused: policy-expired (policy small, last day 2026-03-17).')
  assert.equal(expired.applied.result.explanations.length, 1)
})

test('a limit on a bank counts an account there that the policy does not list, as it is projected', async () => {
  const policy = POLICY_TEXT.replace(
    'instructionsPerCycle: 8',
    'instructionsPerCycle: 8\n  concentration: [ { counterparty: BANK-B, limit: 3000000 } ]',
  )
  const sentWith = async (tell: (driver: GroupDriver) => void): Promise<number[]> => {
    const { driver } = await started({ policy, ...OPENINGS })
    tell(driver)
    driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
    return driver.close(at(15)).release.map(({ amountMinor }) => amountMinor)
  }
  const taxes = (balanceMinor?: number) => (driver: GroupDriver) => {
    driver.input('account', account('TAXES', 'BANK-B'), at(2))
    if (balanceMinor !== undefined) driver.input('balance-report', opening('TAXES', balanceMinor), at(3))
  }
  assert.deepEqual(await sentWith(() => {}), [1_200_000_00])
  // 800,000 are left there, and 1,500,000 in the other account: 700,000 more make 3,000,000.
  assert.deepEqual(await sentWith(taxes(1_500_000_00)), [700_000_00])
  const due = (driver: GroupDriver) => {
    taxes(1_500_000_00)(driver)
    driver.input('expected-flow', obligation('TAXES', -300_000_00), at(4))
  }
  assert.deepEqual(await sentWith(due), [1_000_000_00], 'what leaves the other account makes room')
  assert.deepEqual(await sentWith(taxes()), [], 'what lies in the other account is not known')
})

test('coverage above 100 keeps a part of the obligations as a floor, and dearer funding draws less gladly', async () => {
  const floors = async (margins: string): Promise<number[]> => {
    const { driver } = await started({ policy: `${POLICY_TEXT}${margins}`, ...OPENINGS })
    driver.input('expected-flow', obligation('PAYROLL', -1_500_000_00), at(10))
    const [explanation] = driver.close(at(15)).result.explanations
    return explanation!.accounts
      .filter(({ accountId }) => accountId === 'PAYROLL')
      .map(({ floorMinor }) => floorMinor)
  }
  assert.deepEqual(await floors(''), [500_000_00])
  assert.deepEqual(await floors('margins: { coveragePercent: 100 }\n'), [500_000_00])
  assert.deepEqual(await floors('margins: { coveragePercent: 150 }\n'), [750_000_00])
  const costOf = async (margins: string): Promise<number> => {
    const { driver } = await started({
      policy: `${POLICY_TEXT}${margins}`,
      openings: { OPERATING: 5_000_000_00 },
    })
    driver.input('cash-movement', movement('tax', 'OPERATING', -3_000_000_00), at(10))
    const applied = driver.close(at(15))
    assert.ok(applied.release.some(({ kind }) => kind === 'DRAW'))
    return applied.result.decisions[0]!.executedCost
  }
  assert.ok((await costOf('margins: { fundingCostPercent: 50 }\n')) > (await costOf('')))
})

test('with an optimizer that the policy does not list nothing is planned, and people are told', async () => {
  const listed = async (digests: string[]) => {
    const policy = `${POLICY_TEXT}optimizers: [${digests.map((digest) => `"${digest}"`).join(', ')}]\n`
    const { decision, applied } = await afterSalaries(policy)
    return {
      reason: decision.reason,
      sent: applied.release.length,
      codes: applied.result.alerts.map(({ code }) => code),
    }
  }
  const own = toHex(environment.optimizerDigest)
  assert.equal((await listed([own, '00'.repeat(32)])).sent, 1)
  const other = await listed(['00'.repeat(32)])
  assert.deepEqual([other.reason, other.sent], ['optimizer-not-approved', 0])
  assert.ok(other.codes.includes('optimizer-not-approved'))
})
