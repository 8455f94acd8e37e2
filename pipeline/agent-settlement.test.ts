/** How instructions end: in part, by a balance report, by a report that contradicts another, on the small group. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instruction } from '../schemas/generated/types.js'
import { type GroupDriver, id, movement, POLICY_TEXT } from '../tests/support/small-group.js'
import { at, reasons, settle, started } from '../tests/support/small-group-session.js'
import { toHex } from './identity.js'
import type { AppliedCycle } from './ports.js'
import { decodeState } from './state-codec.js'

const stateOf = (driver: GroupDriver) => decodeState(driver.agent.snapshot())
const alerts = (applied: AppliedCycle) => applied.result.alerts.map(({ code }) => code)
const reservations = (applied: AppliedCycle, order: Instruction) =>
  applied.result.reservations
    .filter(({ instructionId }) => toHex(instructionId) === toHex(order.instructionId))
    .map(({ state, amountMinor }) => [state, amountMinor])

async function sent(policy = POLICY_TEXT) {
  const { driver } = await started({ policy, openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const acted = driver.close(at(15))
  return { driver, acted, order: acted.release[0]! }
}

const execution = (order: Instruction, name: string, fields: object) => ({
  executionId: id(name),
  instructionId: order.instructionId,
  status: 'SETTLED',
  reasonCode: '',
  settledMinor: 0,
  counterSettledMinor: 0,
  sourceId: 'bank',
  sourceSequence: -1,
  ...fields,
})

const report = (accountId: string, bookedMinor: number, name = `report-${accountId}`) => ({
  reportId: id(name),
  accountId,
  currency: 'EUR',
  kind: 'INTRADAY',
  bookedMinor,
})

test('a settlement of less posts what was moved and gives the rest back, in two records that add up', async () => {
  const { driver, order } = await sent()
  const part = { settledMinor: 700_000_00, counterSettledMinor: 700_000_00 }
  const settled = driver.input('execution', execution(order, 'part', part), at(60)).close(at(61))
  assert.deepEqual(reservations(settled, order), [
    ['PARTLY_POSTED', 700_000_00],
    ['VOIDED', 500_000_00],
  ])
  const state = stateOf(driver)
  assert.equal(state.accounts.get('OPERATING')!.settledMinor, 7_400_000_00 - 700_000_00)
  assert.equal(state.accounts.get('PAYROLL')!.settledMinor, 800_000_00 + 700_000_00)
  const held = settled.release.reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  assert.equal(state.accounts.get('OPERATING')!.reservedMinor, held, 'only what was ordered anew is held')
  assert.deepEqual([...state.instructions.values()][0]!.state, 'SETTLED')
})

/** The bank is silent; the venue was asked and said nothing. */
async function unknown(policy?: string) {
  const made = await sent(policy)
  const asked = made.driver.close(at(15 + 660))
  assert.equal(asked.query.length, 1)
  assert.equal(stateOf(made.driver).instructions.get(toHex(made.order.instructionId))!.state, 'UNKNOWN')
  return made
}

test('a balance report that one silent instruction explains settles it, and the account is not frozen', async () => {
  const { driver, order } = await unknown()
  driver.input('balance-report', report('OPERATING', 6_200_000_00), at(700))
  const settled = driver.close(at(701))
  assert.deepEqual(
    settled.result.instructionEvents.map(({ state, reasonCode, eventTime }) => [
      state,
      reasonCode,
      eventTime,
    ]),
    [['SETTLED', 'account-report', at(700)]],
  )
  assert.deepEqual(reservations(settled, order), [['POSTED', 1_200_000_00]])
  assert.deepEqual(alerts(settled), ['balance-break', 'settled-by-report'])
  const state = stateOf(driver)
  const { settledMinor, reservedMinor, breakMinor } = state.accounts.get('OPERATING')!
  assert.deepEqual([settledMinor, reservedMinor, breakMinor], [6_200_000_00, 0, 0])
  assert.equal(state.accounts.get('PAYROLL')!.settledMinor, 2_000_000_00)

  // What the venue says later: the same changes nothing, another amount or fate is a contradiction.
  const same = { settledMinor: 1_200_000_00, counterSettledMinor: 1_200_000_00 }
  assert.deepEqual(
    alerts(driver.input('execution', execution(order, 'same', same), at(710)).close(at(711))),
    [],
  )
  const less = { settledMinor: 1_000_000_00, counterSettledMinor: 1_000_000_00 }
  const contradicted = driver.input('execution', execution(order, 'less', less), at(720)).close(at(721))
  assert.deepEqual(alerts(contradicted), ['contradictory-report'])
  const rejected = { status: 'REJECTED', reasonCode: 'AC04' }
  assert.deepEqual(
    alerts(driver.input('execution', execution(order, 'no', rejected), at(730)).close(at(731))),
    ['contradictory-report'],
  )
  assert.deepEqual(stateOf(driver).accounts.get('OPERATING')!.settledMinor, 6_200_000_00)
})

test('a report of another difference settles nothing: the account is frozen and the venue is asked again', async () => {
  const { driver, order } = await unknown()
  driver.input('balance-report', report('OPERATING', 6_200_000_01), at(700))
  const broken = driver.close(at(701))
  assert.deepEqual(broken.result.instructionEvents, [])
  assert.deepEqual(alerts(broken), ['balance-break'])
  assert.equal(stateOf(driver).instructions.get(toHex(order.instructionId))!.state, 'UNKNOWN')
})

test('a report on the other account that speaks against it settles nothing', async () => {
  const { driver } = await unknown()
  // The bank of PAYROLL has not got the money, so what left OPERATING was something else.
  driver.input('balance-report', report('PAYROLL', 800_000_00), at(699))
  driver.input('balance-report', report('OPERATING', 6_200_000_00), at(700))
  assert.deepEqual(driver.close(at(701)).result.instructionEvents, [])
})

test('a report from before the instruction was sent explains nothing', async () => {
  const { driver } = await started({ openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  driver.close(at(15))
  driver.close(at(15 + 660))
  driver.input('balance-report', report('OPERATING', 6_200_000_00), at(12))
  assert.deepEqual(driver.close(at(700)).result.instructionEvents, [])
})

test('where two instructions would explain the report, none is settled; the answer of one settles both', async () => {
  // Steps of 100,000: two tickets of the same size on their way from one account.
  const policy = POLICY_TEXT.replace('maximumInstruction: 10000000', 'maximumInstruction: 600000')
  const { driver } = await started({ policy, openings: { OPERATING: 7_400_000_00 } })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const first = driver.close(at(15))
  driver.input('cash-movement', movement('nudge', 'PAYROLL', -100_000_00), at(20))
  const second = driver.close(at(25))
  const orders = [...first.release, ...second.release]
  assert.deepEqual(
    orders.map(({ amountMinor }) => amountMinor),
    [600_000_00, 600_000_00],
  )
  driver.close(at(25 + 660))
  driver.input('balance-report', report('OPERATING', 6_800_000_00), at(700))
  const doubtful = driver.close(at(701))
  assert.deepEqual(doubtful.result.instructionEvents, [])
  const rejected = { status: 'REJECTED', reasonCode: 'AC04' }
  driver.input('execution', execution(orders[0]!, 'rejected', rejected), at(710))
  const clear = driver.close(at(711))
  const fates = clear.result.instructionEvents
    .filter(({ state }) => state === 'REJECTED' || state === 'SETTLED')
    .map(({ instructionId, state }) => [toHex(instructionId), state])
  assert.deepEqual(fates, [
    [toHex(orders[0]!.instructionId), 'REJECTED'],
    [toHex(orders[1]!.instructionId), 'SETTLED'],
  ])
})

test('word of an instruction that waits for people and was never sent changes nothing and is told', async () => {
  const { driver } = await started({
    policy: POLICY_TEXT.replace('mode: autonomous', 'mode: supervised'),
    openings: { OPERATING: 7_400_000_00 },
  })
  driver.input('cash-movement', movement('salaries', 'PAYROLL', -1_200_000_00), at(10))
  const [order] = driver.close(at(15)).result.instructions
  const all = { settledMinor: 1_200_000_00, counterSettledMinor: 1_200_000_00 }
  const told = driver.input('execution', execution(order!, 'odd', all), at(20)).close(at(21))
  assert.deepEqual([reasons(told), alerts(told)], [[], ['contradictory-report']])
  assert.equal(stateOf(driver).accounts.get('OPERATING')!.settledMinor, 7_400_000_00)
})

test('a second settlement of the same amounts is no contradiction', async () => {
  const { driver, acted, order } = await sent()
  settle(driver, acted, at(60))
  const same = { settledMinor: order.amountMinor, counterSettledMinor: order.counterAmountMinor }
  assert.deepEqual(
    alerts(driver.input('execution', execution(order, 'again', same), at(70)).close(at(71))),
    [],
  )
})
