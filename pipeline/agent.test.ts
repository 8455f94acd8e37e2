import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testEnvironment } from '../tests/support/environment.js'
import {
  encode,
  feedSmallGroup,
  GROUP,
  GroupDriver,
  id,
  MORNING,
  movement,
  opening,
  POLICY_TEXT,
  quote,
  SECOND,
  type SmallGroupOptions,
  TODAY,
} from '../tests/support/small-group.js'
import { createAgent, restoreAgent } from './agent.js'
import { toHex } from './identity.js'
import { DISPOSITION_NAMES } from './perception/outcome.js'
import type { AppliedCycle } from './ports.js'

const environment = await testEnvironment()

async function started(
  options: SmallGroupOptions = {},
): Promise<{ driver: GroupDriver; first: AppliedCycle }> {
  const driver = feedSmallGroup(new GroupDriver(createAgent(GROUP, environment)), options)
  return { driver, first: driver.close(MORNING + SECOND) }
}

const at = (seconds: number) => MORNING + seconds * SECOND
const names = (applied: AppliedCycle) =>
  [...applied.result.dispositions].map((code) => DISPOSITION_NAMES[code])
const reasons = (applied: AppliedCycle) => applied.result.deadLetters.map((letter) => letter.reason)

function settle(driver: GroupDriver, applied: AppliedCycle, atMicros: number): AppliedCycle {
  for (const order of applied.release) {
    driver.input(
      'execution',
      {
        executionId: id(`settled-${toHex(order.instructionId)}`),
        instructionId: order.instructionId,
        status: 'SETTLED',
        reasonCode: '',
        settledMinor: order.amountMinor,
        counterSettledMinor: order.counterAmountMinor,
        sourceId: 'bank',
        sourceSequence: -1,
      },
      atMicros,
    )
  }
  return driver.close(atMicros + SECOND)
}

test('inside the bands there is nothing to do, and that is a decision', async () => {
  const { first } = await started({ openings: { OPERATING: 6_000_000_00 } })
  assert.deepEqual(reasons(first), [])
  assert.equal(first.result.decisions.length, 1)
  assert.equal(first.result.decisions[0]!.outcome, 'NOTHING_TO_DO')
  assert.equal(first.result.decisions[0]!.reason, 'inside-bands')
  assert.equal(first.release.length, 0)
})

test('a shortfall is funded from surplus, settles, and the books agree to the unit', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const acted = driver.close(at(15))
  const decision = acted.result.decisions[0]!
  assert.equal(decision.outcome, 'ACTED', decision.reason)
  assert.equal(acted.release.length, 1)
  const [order] = acted.release
  assert.equal(order!.channelId, 'OPERATING-PAYROLL')
  // Back to the target of 2,000,000 from 800,000, in steps of 1,000.
  assert.equal(order!.amountMinor, 1_200_000_00)
  assert.deepEqual(
    acted.result.instructionEvents.map((event) => event.state),
    ['PROPOSED', 'RESERVED', 'PERSISTED', 'SENT'],
  )
  assert.ok(decision.objective <= decision.executedCost + 1e-6, 'the LP is a lower bound')
  assert.ok(decision.executedCost < decision.doNothingCost)
  assert.ok(acted.result.explanations[0]!.text.includes('PAYROLL was projected at 800000.00 EUR'))

  // While it is on its way the amount is reserved and expected: nothing is ordered twice.
  const waiting = driver.close(at(30))
  assert.equal(waiting.result.instructions.length, 0)
  settle(driver, acted, at(60))
  const summary = driver.agent.summary()
  const euro = summary.currencies.find((entry) => entry.currency === 'EUR')!
  assert.equal(euro.closingMinor, 7_400_000_00 + 2_000_000_00 - 1_200_000_00)
  assert.equal(euro.closingMinor, euro.closingUnmanagedMinor)
  assert.deepEqual(summary.instructions, { SETTLED: 1 })
  assert.equal(driver.agent.outstanding().length, 0)
})

test('dollars are bought when they run short, at a cost that the record states', async () => {
  const { driver } = await started()
  driver.input('cash-movement', movement('supplier', 'DOLLARS', -700_000_00), at(10))
  const acted = driver.close(at(15))
  const [order] = acted.release
  assert.equal(order?.kind, 'FX')
  assert.equal(order.currency, 'EUR')
  assert.equal(order.counterCurrency, 'USD')
  // 0.3 bp of half spread at 1.10, rounded down to steps of 1,000 euros.
  const expected = Math.floor((order.amountMinor - Math.ceil(order.amountMinor * 0.00003)) * 1.1)
  assert.equal(order.counterAmountMinor, expected)
  assert.ok(Math.abs(order.counterAmountMinor - 700_000_00) < 2_000_00)
})

test('a report that credits an implausible amount is refused and the instruction stays open', async () => {
  const { driver } = await started()
  driver.input('cash-movement', movement('supplier', 'DOLLARS', -700_000_00), at(10))
  const [order] = driver.close(at(15)).release
  const settled = (name: string, counterSettledMinor: number) => ({
    executionId: id(name),
    instructionId: order!.instructionId,
    status: 'SETTLED',
    reasonCode: '',
    settledMinor: order!.amountMinor,
    counterSettledMinor,
    sourceSequence: -1,
  })
  const refused = driver
    .input('execution', settled('wrong', order!.counterAmountMinor * 2), at(20))
    .close(at(25))
  assert.deepEqual(reasons(refused), ['out-of-range'])
  assert.equal(driver.agent.outstanding().length, 1)
  driver.input('execution', settled('right', order!.counterAmountMinor - 7), at(30)).close(at(35))
  assert.equal(driver.agent.outstanding().length, 0)
})

test('when no account has surplus the facility is drawn, and repaid when the cash is back', async () => {
  const { driver } = await started({ openings: { OPERATING: 5_000_000_00 } })
  driver.input('cash-movement', movement('tax', 'OPERATING', -4_600_000_00), at(10))
  const drawn = driver.close(at(15))
  assert.deepEqual(
    drawn.release.map((order) => order.kind),
    ['DRAW'],
  )
  const settled = settle(driver, drawn, at(400))
  assert.equal(settled.result.reservations[0]!.state, 'POSTED')
  driver.input('cash-movement', movement('receipt', 'OPERATING', 9_000_000_00), at(420))
  const repaid = driver.close(at(425))
  assert.deepEqual(
    repaid.release.map((order) => order.kind),
    ['REPAY'],
  )
})

test('a limit on a lender caps the draw, and says so', async () => {
  const policy = POLICY_TEXT.replace(
    'instructionsPerCycle: 8',
    'instructionsPerCycle: 8\n  lenders: [{ counterparty: BANK-B, limit: 1500000 }]',
  )
  const { driver } = await started({ policy, openings: { OPERATING: 5_000_000_00 } })
  driver.input('cash-movement', movement('tax', 'OPERATING', -3_000_000_00), at(10))
  const drawn = driver.close(at(15))
  const draws = (applied: AppliedCycle) => applied.release.filter(({ kind }) => kind === 'DRAW')
  assert.deepEqual(
    draws(drawn).map(({ amountMinor }) => amountMinor),
    [1_500_000_00],
  )
  assert.ok(drawn.result.explanations[0]!.bindings.some(({ row }) => row === 'lender:BANK-B'))
  driver.input('cash-movement', movement('more', 'OPERATING', -400_000_00), at(20))
  assert.deepEqual(draws(driver.close(at(25))), [])
})

test('a floor that no plan can hold refuses the plan and calls people', async () => {
  const { driver } = await started({ openings: { OPERATING: 5_000_000_00 } })
  driver.input('cash-movement', movement('disaster', 'OPERATING', -40_000_000_00), at(10))
  const refused = driver.close(at(15))
  assert.equal(refused.result.decisions[0]!.outcome, 'REFUSED')
  assert.equal(refused.result.decisions[0]!.reason, 'floor-cannot-be-held')
  assert.equal(refused.release.length, 0)
  assert.equal(refused.result.alerts.at(-1)!.severity, 'CRITICAL')
})

test('a rejection gives the reservation back and the next deliberation tries anew', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const acted = driver.close(at(15))
  const rejection = {
    executionId: id('rejection'),
    instructionId: acted.release[0]!.instructionId,
    status: 'REJECTED',
    reasonCode: 'AC04',
    settledMinor: 0,
    counterSettledMinor: 0,
    sourceSequence: -1,
  }
  const rejected = driver.input('execution', rejection, at(20)).close(at(25))
  assert.deepEqual(
    rejected.result.reservations.map((step) => step.state),
    ['VOIDED', 'PENDING'],
  )
  assert.notDeepEqual(rejected.release[0]!.instructionId, acted.release[0]!.instructionId)
  const again = driver.input('execution', rejection, at(20)).close(at(30))
  assert.deepEqual(names(again), ['duplicate'])
})

test('silence makes an instruction unknown: it is asked about, keeps its reservation and its id', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const acted = driver.close(at(15))
  const asked = driver.close(at(15 + 60 + 600))
  assert.deepEqual(
    asked.query.map((order) => toHex(order.instructionId)),
    acted.release.map((order) => toHex(order.instructionId)),
  )
  assert.deepEqual(asked.result.reservations, [])
  assert.equal(asked.release.length, 0)
  assert.equal(driver.close(at(15 + 60 + 601)).query.length, 0)
  assert.equal(driver.close(at(15 + 60 + 1200)).query.length, 1)
  const settled = settle(driver, acted, at(2000))
  assert.equal(settled.result.instructionEvents[0]!.state, 'SETTLED')
})

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

test('quotes are conflated in a cycle and an older one is superseded', async () => {
  const { driver } = await started()
  quote(driver, 1.2, at(5))
  driver.close(at(10))
  quote(driver, 1.1, at(3))
  assert.deepEqual(names(driver.close(at(15))), ['superseded'])
})

test('an account keeps its currency and exponent, or the balance would mean something else', async () => {
  const { driver } = await started()
  const payroll = {
    accountId: 'PAYROLL',
    name: 'renamed',
    entityId: 'ENTITY',
    bankId: 'BANK-B',
    currency: 'EUR',
    currencyExponent: 2,
    feedId: '',
    calendarId: 'TARGET',
    intradayLineMinor: 0,
    controllable: true,
  }
  driver.input('account', { ...payroll, currencyExponent: 3 }, at(5))
  driver.input('account', { ...payroll, currency: 'USD' }, at(5))
  driver.input('account', payroll, at(5))
  const applied = driver.close(at(10))
  assert.deepEqual(reasons(applied), ['invalid-reference', 'invalid-reference'])
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

test('a hold freezes at once, a release lifts it', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  const command = (kind: string, name: string) => ({
    commandId: id(name),
    kind,
    subject: 'rail:OPERATING-PAYROLL',
    author: 'ann',
    reason: 'test',
  })
  driver.input('command', command('HOLD', 'hold'), at(5))
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(6))
  assert.equal(driver.close(at(10)).release.length, 0)
  driver.input('command', command('RELEASE', 'release'), at(11))
  driver.input('cash-movement', movement('more', 'PAYROLL', -100_000_00), at(12))
  assert.equal(driver.close(at(15)).release.length, 1)
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

test('in mode advise the plan is recorded and nothing is reserved or released', async () => {
  const policy = POLICY_TEXT.replace('mode: autonomous', 'mode: advise')
  const { driver } = await started({ policy, openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const advised = driver.close(at(15))
  assert.equal(advised.result.instructions.length, 1)
  assert.equal(advised.release.length, 0)
  assert.deepEqual(advised.result.reservations, [])
  assert.equal(advised.result.instructionEvents.at(-1)!.state, 'EXPIRED')
})

test('an agent restored from a snapshot goes on to the same bytes', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  driver.close(at(15))
  const restored = restoreAgent(driver.agent.snapshot(), environment)
  assert.deepEqual(restored.stateDigest(), driver.agent.stateDigest())
  driver.declareTo(restored)
  for (let step = 0; step < 50; step++) {
    const amount = (step % 7) * 150_000_00 - 400_000_00
    driver.input(
      'cash-movement',
      movement(`m${step}`, step % 2 === 0 ? 'PAYROLL' : 'DOLLARS', amount),
      at(20 + step),
    )
    const cycle = driver.nextCycle(at(20 + step + 1))
    const original = driver.agent.apply(cycle)
    const copy = restored.apply(cycle)
    assert.deepEqual(copy, original)
  }
  assert.deepEqual(restored.snapshot(), driver.agent.snapshot())
  assert.deepEqual(restored.decisionDigest(), driver.agent.decisionDigest())
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
