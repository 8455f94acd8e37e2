/** The agent on the small group: what it decides, orders and does with the answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { signAs } from '../sandbox/people.js'
import { testEnvironment } from '../tests/support/environment.js'
import { GROUP, id, movement, POLICY_TEXT, quote, rail } from '../tests/support/small-group.js'
import { at, names, ROSTER, reasons, settle, started } from '../tests/support/small-group-session.js'
import { restoreAgent } from './agent.js'
import { formatUuid, toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'

const environment = await testEnvironment()

test('inside the bands there is nothing to do, and that is a decision', async () => {
  const { first } = await started({ openings: { OPERATING: 6_000_000_00 } })
  assert.deepEqual(reasons(first), [])
  assert.equal(first.result.decisions.length, 1)
  assert.equal(first.result.decisions[0]!.outcome, 'NOTHING_TO_DO')
  assert.equal(first.result.decisions[0]!.reason, 'inside-bands')
  assert.equal(first.release.length, 0)
  const [explanation] = first.result.explanations
  assert.match(explanation!.text, /^Every account that may move is inside its band/)
  assert.equal(explanation!.accounts.find(({ accountId }) => accountId === 'PAYROLL')!.floorMinor, 500_000_00)
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

test('an instruction as large as the policy allows passes the gate, in a currency other than the base', async () => {
  // The largest amount whose value is within the limit, where price and limit are no round numbers.
  const policy = POLICY_TEXT.replace('baseCurrency: EUR', 'baseCurrency: USD').replace(
    'maximumInstruction: 10000000',
    'maximumInstruction: 8123456.78',
  )
  const { driver } = await started({ policy, openings: { OPERATING: 60_000_000_00 } })
  quote(driver, 1.08765432123, at(5))
  const unlimited = { roundingMinor: 1, minimumTicketMinor: 1, maximumTicketMinor: 90_000_000_00 }
  driver.input('rail', rail('OPERATING-PAYROLL', 'OPERATING', 'PAYROLL', unlimited), at(5))
  driver.input('cash-movement', movement('all', 'PAYROLL', -9_000_000_00), at(10))
  const applied = driver.close(at(15))
  assert.equal(applied.result.decisions[0]!.reason, 'rebalanced')
  assert.equal(applied.release[0]!.channelId, 'OPERATING-PAYROLL')
  assert.equal(applied.release[0]!.amountMinor, 746_878_545)
})

test('of two tickets where one may go, the one goes that mends a floor', async () => {
  const policy = POLICY_TEXT.replace('instructionsPerCycle: 8', 'instructionsPerCycle: 1').replace(
    'target: 1000000, ceiling: 9000000',
    'target: 4000000, ceiling: 9000000',
  )
  const { driver } = await started({
    policy,
    openings: { OPERATING: 7_400_000_00, DOLLARS: 4_000_000_00 },
  })
  driver.input('cash-movement', movement('receipt', 'OPERATING', 9_000_000_00), at(9))
  driver.input('cash-movement', movement('supplier', 'DOLLARS', -3_500_000_00), at(10))
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_600_000_00), at(10))
  const applied = driver.close(at(15))
  assert.deepEqual(
    applied.release.map(({ channelId }) => channelId),
    ['OPERATING-PAYROLL'],
  )
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
  const named = `instruction:${formatUuid(toHex(acted.release[0]!.instructionId))}`
  assert.equal(rejected.result.touched[0], named)
  assert.equal(rejected.result.alerts[0]!.subject, named)
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

test('a floor that rises above the balance is mended at once, not when the last result has aged', async () => {
  // Inside the band at 520,000 over a floor of 500,000; missing numbers of the feed raise the floor by 5 %.
  const policy = POLICY_TEXT.replace(
    'PAYROLL, floor: 500000, target: 2000000, ceiling: 8000000, band: { lowerPercent: 20,',
    'PAYROLL, floor: 500000, target: 2000000, ceiling: 8000000, band: { lowerPercent: 90,',
  )
  const { driver, first } = await started({
    policy,
    openings: { OPERATING: 6_000_000_00, PAYROLL: 520_000_00 },
  })
  assert.equal(first.result.decisions[0]!.reason, 'inside-bands')
  driver.input('cash-movement', movement('a', 'OPERATING', 1), at(10))
  assert.deepEqual(driver.close(at(15)).result.decisions, [])
  driver.input('cash-movement', movement('b', 'OPERATING', 1, { sourceSequence: 9 }), at(20))
  const mended = driver.close(at(25))
  assert.equal(mended.result.decisions[0]?.trigger, 'changed')
  assert.equal(mended.release[0]?.destinationAccountId, 'PAYROLL')
})

test('a hold freezes at once, a release lifts it', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  const command = (kind: 'HOLD' | 'RELEASE', seconds: number) =>
    signAs({
      groupId: GROUP,
      author: 'olga',
      kind,
      subject: 'rail:OPERATING-PAYROLL',
      reason: 'test',
      atMicros: at(seconds),
    })
  driver.input('roster', ROSTER, at(2))
  driver.input('command', command('HOLD', 5), at(5))
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(6))
  assert.equal(driver.close(at(10)).release.length, 0)
  driver.input('command', command('RELEASE', 11), at(11))
  driver.input('cash-movement', movement('more', 'PAYROLL', -100_000_00), at(12))
  assert.equal(driver.close(at(15)).release.length, 1)
})

test('in mode advise people are told of the plan, and nothing is reserved or released', async () => {
  const policy = POLICY_TEXT.replace('mode: autonomous', 'mode: advise')
  const { driver } = await started({ policy, openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const advised = driver.close(at(15))
  assert.equal(advised.result.instructions.length, 1)
  assert.equal(advised.release.length, 0)
  assert.deepEqual(advised.result.reservations, [])
  assert.equal(advised.result.instructionEvents.at(-1)!.state, 'EXPIRED')
  const [alert] = advised.result.alerts
  assert.equal(alert?.code, 'plan-proposed')
  assert.equal(alert.subject, `decision:${formatUuid(toHex(advised.result.decisions[0]!.decisionId))}`)
  assert.equal(alert.message, 'Proposed, nothing was sent: Move 1200000.00 EUR from OPERATING to PAYROLL.')
})

test('in mode shadow the plan is recorded and nobody is told', async () => {
  const policy = POLICY_TEXT.replace('mode: autonomous', 'mode: shadow')
  const { driver } = await started({ policy, openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const { result, release } = driver.close(at(15))
  assert.equal(result.instructions.length, 1)
  assert.deepEqual([result.alerts, release], [[], []])
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

test('a final instruction is forgotten a day after its cycle, whatever the clock of the venue says', async () => {
  for (const skewSeconds of [-5 * 86_400, 5 * 86_400]) {
    const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
    driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
    const [order] = driver.close(at(15)).release
    const report = (status: string) => ({
      executionId: id(status),
      instructionId: order!.instructionId,
      status,
      reasonCode: '',
      settledMinor: order!.amountMinor,
      counterSettledMinor: order!.counterAmountMinor,
      sourceSequence: -1,
    })
    driver.input('execution', report('SETTLED'), at(20 + skewSeconds)).close(at(25))
    const contradicted = driver.input('execution', report('REJECTED'), at(30)).close(at(35))
    assert.deepEqual(reasons(contradicted), [])
    assert.deepEqual(driver.agent.summary().instructions, { SETTLED: 1 })
    driver.close(at(25 + 86_401))
    assert.deepEqual(driver.agent.summary().instructions, {})
  }
})
