/** The agent on the small group: what becomes of its inputs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testEnvironment } from '../tests/support/environment.js'
import {
  account,
  encode,
  feedSmallGroup,
  GROUP,
  GroupDriver,
  id,
  MORNING,
  movement,
  opening,
  quote,
  rail,
  SECOND,
  TODAY,
} from '../tests/support/small-group.js'
import { at, names, reasons, settle, started } from '../tests/support/small-group-session.js'
import { createAgent, restoreAgent } from './agent.js'
import { toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'

const environment = await testEnvironment()

test('what cannot be used becomes a dead letter with its reason and leaves the state as it was', async () => {
  const { driver } = await started()
  const before = driver.agent.summary().currencies
  driver.input('cash-movement', movement('a', 'NOBODY', 100), at(5))
  driver.input('cash-movement', movement('b', 'PAYROLL', 100, { currency: 'USD' }), at(5))
  driver.input('cash-movement', movement('c', 'PAYROLL', 2 ** 52), at(5))
  driver.input('cash-movement', movement('d', 'PAYROLL', 100, { valueDate: TODAY + 3 }), at(5))
  driver.input('cash-movement', movement('e', 'PAYROLL', 100, { valueDate: TODAY + 300 }), at(5))
  driver.input('cash-movement', movement('f', 'PAYROLL', 100, { groupId: 'asia' }), at(5))
  driver.bytes('cash-movement', new Uint8Array([1, 2, 3]), at(5))
  driver.input('policy', { policyId: 'small', version: 2, document: 'mode: [' }, at(5))
  const applied = driver.close(at(6))
  assert.deepEqual(reasons(applied).sort(), [
    'date-outside-calendar',
    'date-outside-calendar',
    'invalid-policy',
    'out-of-range',
    'undecodable',
    'unknown-account',
    'unknown-currency',
    'wrong-group',
  ])
  assert.deepEqual(driver.agent.summary().currencies, before)
  assert.ok(applied.result.deadLetters.every((letter) => letter.detail !== '' && letter.source !== ''))
})

test('duplicates have no effect, late money is applied and named, gaps are counted', async () => {
  const { driver } = await started()
  const feed = { sourceId: 'bank-feed' }
  driver.input('cash-movement', movement('one', 'PAYROLL', 100, feed), at(5))
  driver.close(at(10))
  driver.input('cash-movement', movement('one', 'PAYROLL', 100, feed), at(5))
  driver.input('cash-movement', movement('two', 'PAYROLL', 200, { ...feed, sourceSequence: 5 }), at(6))
  driver.input('cash-movement', movement('three', 'PAYROLL', 300, { ...feed, sourceSequence: 3 }), at(12))
  const applied = driver.close(at(15))
  assert.deepEqual(names(applied), ['duplicate', 'late', 'accepted'])
  // Numbers 1 to 4 and 5 come as 3 and 5: 1, 2 and 4 are missing.
  assert.equal(applied.result.gaps, 3)
  const euro = driver.agent.summary().currencies.find((entry) => entry.currency === 'EUR')!
  assert.equal(euro.closingMinor, 9_000_000_00 + 2_000_000_00 + 600)
})

test('an id counts within its stream: a report with the id of a movement is no duplicate', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('one', 'PAYROLL', -1_200_000_00), at(10))
  const [order] = driver.close(at(15)).release
  const report = {
    executionId: id('one'),
    instructionId: order!.instructionId,
    status: 'SETTLED',
    reasonCode: '',
    settledMinor: order!.amountMinor,
    counterSettledMinor: order!.counterAmountMinor,
  }
  assert.deepEqual(names(driver.input('execution', report, at(20)).close(at(25))), ['accepted'])
  assert.deepEqual(names(driver.input('execution', report, at(20)).close(at(30))), ['duplicate'])
  assert.equal(driver.agent.outstanding().length, 0)
})

test('quotes are conflated in a cycle and an older one is superseded', async () => {
  const { driver } = await started()
  quote(driver, 1.2, at(5))
  driver.close(at(10))
  quote(driver, 1.1, at(3))
  assert.deepEqual(names(driver.close(at(15))), ['superseded'])
})

test('an account keeps its currency and exponent, or the balance would mean something else', async () => {
  const { driver } = await started()
  const payroll = account('PAYROLL', 'BANK-B')
  driver.input('account', { ...payroll, currencyExponent: 3 }, at(5))
  driver.input('account', { ...payroll, currency: 'USD' }, at(5))
  driver.input('account', { ...payroll, name: 'renamed' }, at(5))
  const applied = driver.close(at(10))
  assert.deepEqual(reasons(applied), ['invalid-reference', 'invalid-reference'])
})

test('accounts of one currency have one exponent', async () => {
  const { driver } = await started()
  driver.input('account', { ...account('MORE', 'BANK-B'), currencyExponent: 3 }, at(5))
  driver.input('account', { ...account('YEN', 'BANK-B', 'JPY'), currencyExponent: 0 }, at(5))
  driver.input('account', account('EURO', 'BANK-B'), at(5))
  const applied = driver.close(at(10))
  assert.deepEqual(names(applied), ['dead-letter', 'accepted', 'accepted'])
  assert.deepEqual(reasons(applied), ['invalid-reference'])
})

test('an FX rail is priced by the quote of its own pair, either way round', async () => {
  const { driver } = await started()
  const conversion = (railId: string, instrument: string) =>
    rail(railId, 'OPERATING', 'DOLLARS', { kind: 'FX', instrument })
  driver.input('rail', conversion('A', 'EUR/GBP'), at(5))
  driver.input('rail', conversion('B', ''), at(5))
  driver.input('rail', conversion('C', 'USD/EUR'), at(5))
  driver.input('rail', conversion('D', 'EUR/USD'), at(5))
  const applied = driver.close(at(10))
  assert.deepEqual(names(applied), ['dead-letter', 'dead-letter', 'accepted', 'accepted'])
  assert.deepEqual(reasons(applied), ['invalid-reference', 'invalid-reference'])
})

test('a constraint that cannot be right is refused: a floor in another currency, an unknown account, a negative limit', async () => {
  const { driver } = await started()
  const constraint = (constraintId: string, changes: object) => ({
    constraintId,
    kind: 'MINIMUM_BALANCE',
    subjectId: 'PAYROLL',
    currency: 'EUR',
    limitMinor: 600_000_00,
    active: true,
    ...changes,
  })
  driver.input('regulatory-constraint', constraint('A', { currency: 'USD' }), at(5))
  driver.input('regulatory-constraint', constraint('B', { subjectId: 'NOBODY' }), at(5))
  driver.input('regulatory-constraint', constraint('C', { limitMinor: -1 }), at(5))
  const concentration = { kind: 'CONCENTRATION', subjectId: 'BANK-A' }
  driver.input('regulatory-constraint', constraint('D', { ...concentration, currency: 'euro' }), at(5))
  driver.input('regulatory-constraint', constraint('E', { ...concentration, subjectId: '' }), at(5))
  const refused = driver.close(at(10))
  assert.deepEqual(reasons(refused), Array(5).fill('invalid-reference'))
  driver.input('regulatory-constraint', constraint('F', {}), at(11))
  driver.input('regulatory-constraint', constraint('G', { ...concentration, currency: 'USD' }), at(11))
  driver.input('regulatory-constraint', constraint('F', { active: false, currency: '' }), at(12))
  assert.deepEqual(names(driver.close(at(15))), ['accepted', 'accepted', 'accepted'])
})

test('a rate cannot pass as a price, nor a price as a rate', async () => {
  const { driver } = await started()
  const quoted = {
    groupId: '*',
    mid: 0.02,
    halfSpread1Bp: 0,
    halfSpread2Bp: 0,
    halfSpread3Bp: 0,
    depth1Minor: 0,
    depth2Minor: 0,
  }
  driver.input('quote', { ...quoted, kind: 'BASE_RATE', instrument: 'EUR/USD' }, at(5))
  driver.input('quote', { ...quoted, kind: 'FX_SPOT', instrument: 'RATE:EUR' }, at(5))
  driver.input('quote', { ...quoted, kind: 'REPO_RATE', instrument: 'RATE:EUR' }, at(5))
  driver.input('quote', { ...quoted, kind: 'REPO_RATE', instrument: 'GC-EUR' }, at(5))
  const applied = driver.close(at(10))
  assert.deepEqual(names(applied).sort(), ['accepted', 'dead-letter', 'dead-letter', 'dead-letter'])
})

test('an expected flow that is told after its movement, or told again, is not waited for', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  const flow = (name: string, amountMinor: number) => ({
    expectedFlowId: id(name),
    accountId: 'PAYROLL',
    currency: 'EUR',
    amountMinor,
    expectedAt: at(600),
    timeSpecific: false,
    cancelled: false,
  })
  driver.input('expected-flow', flow('known', -100_00), at(5))
  for (const name of ['known', 'unknown']) {
    driver.input('cash-movement', movement(name, 'PAYROLL', -100_00, { expectedFlowId: id(name) }), at(6))
  }
  driver.close(at(10))
  driver.input('expected-flow', flow('known', -1_200_000_00), at(11))
  driver.input('expected-flow', flow('unknown', -1_200_000_00), at(12))
  const applied = driver.close(at(15))
  assert.deepEqual(names(applied), ['superseded', 'superseded'])
  assert.equal(applied.release.length, 0)
  const restored = restoreAgent(driver.agent.snapshot(), environment)
  assert.deepEqual(restored.stateDigest(), driver.agent.stateDigest())
  driver.input('expected-flow', flow('still to come', -1_200_000_00), at(16))
  assert.equal(driver.close(at(20)).release.length, 1)
})

test('silence of a feed first widens the margins, then freezes its accounts', async () => {
  const { driver } = await started()
  driver.input('cash-movement', movement('heartbeat', 'PAYROLL', 1), at(1))
  driver.close(at(10))
  const refused = (applied: AppliedCycle) => applied.result.explanations[0]?.accounts
  const stale = driver.input('cash-movement', movement('x', 'PAYROLL', -1_200_000_00), at(2)).close(at(4000))
  const payroll = refused(stale)!.find((account) => account.accountId === 'PAYROLL')!
  assert.equal(payroll.floorMinor, 550_000_00)
  assert.equal(payroll.targetMinor, 2_200_000_00)
  const frozen = driver.close(at(8000))
  assert.equal(frozen.release.length, 0)
  assert.equal(frozen.result.decisions[0]!.outcome, 'NOTHING_TO_DO')
})

test('a balance report that disagrees freezes the account until one agrees', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  const report = (name: string, bookedMinor: number) => ({
    ...opening('PAYROLL', bookedMinor),
    reportId: id(name),
    kind: 'INTRADAY',
  })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(5))
  driver.input('balance-report', report('wrong', 5), at(6))
  const broken = driver.close(at(10))
  assert.equal(broken.release.length, 0)
  assert.equal(broken.result.alerts.at(-1)!.code, 'balance-break')
  driver.input('balance-report', report('right', 800_000_00), at(11))
  assert.equal(driver.close(at(15)).release.length, 1)
})

test('a balance report from before a settlement that arrives after it is no break', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  settle(driver, driver.close(at(15)), at(60))
  const before = { ...opening('PAYROLL', 800_000_00), reportId: id('before'), kind: 'INTRADAY' }
  const applied = driver.input('balance-report', before, at(50)).close(at(70))
  assert.deepEqual(applied.result.alerts, [])
})

test('the fold does not depend on the order of arrival within a cycle', async () => {
  const outcomes = [false, true].map((reversed) => {
    const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)))
    const first = driver.nextCycle(MORNING + SECOND)
    if (reversed) first.inputs.reverse()
    driver.agent.apply(first)
    return toHex(driver.agent.stateDigest())
  })
  assert.equal(outcomes[0], outcomes[1])
})

test('a payload of another stream is undecodable, not a crash', async () => {
  const { driver } = await started()
  driver.bytes(
    'cash-movement',
    encode('command', {
      commandId: id('x'),
      groupId: GROUP,
      sourceId: '',
      sourceSequence: 0,
      eventTime: 0,
      kind: 'HOLD',
      subject: 'group',
      author: '',
      reason: '',
    }),
    at(5),
  )
  assert.deepEqual(reasons(driver.close(at(6))), ['undecodable'])
})
