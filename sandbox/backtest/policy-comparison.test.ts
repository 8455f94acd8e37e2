/** A candidate beside the policy of then on the same days: what is told of both, and where the two worlds part. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAgent } from '../../pipeline/agent.js'
import { sha256, toHex } from '../../pipeline/identity.js'
import type { AppliedCycle } from '../../pipeline/ports.js'
import type { Cycle, Execution } from '../../schemas/generated/types.js'
import { testEnvironment } from '../../tests/support/environment.js'
import { feedSmallGroup, GROUP, GroupDriver, movement, POLICY_TEXT } from '../../tests/support/small-group.js'
import { at } from '../../tests/support/small-group-session.js'
import { SimulatedBank } from '../bank/simulated-bank.js'
import { comparePolicies } from './policy-comparison.js'
import type { ReplaySource } from './replay-source.js'

const SEED = 11
const environment = await testEnvironment()

/** A morning of payments, lived through with the simulated bank as a run does. */
function morning(): { readonly source: ReplaySource; readonly cost: number; readonly released: number } {
  const agent = createAgent(GROUP, environment)
  const driver = feedSmallGroup(new GroupDriver(agent))
  const bank = new SimulatedBank({ venueId: 'bank', seed: SEED })
  const cycles: { cycle: Cycle; decisionDigest: Uint8Array }[] = []
  let reports: Execution[] = []
  let released = 0
  const close = (atMicros: number): AppliedCycle => {
    for (const report of reports.filter(({ eventTime }) => eventTime <= atMicros))
      driver.input('execution', report, report.eventTime)
    reports = reports.filter(({ eventTime }) => eventTime > atMicros)
    const cycle = driver.nextCycle(atMicros)
    const applied = agent.apply(cycle)
    cycles.push({ cycle, decisionDigest: applied.result.decisionDigest })
    released += applied.release.length
    for (const one of applied.release) bank.send(one, atMicros, (report) => reports.push(report))
    for (const one of applied.query) bank.query(one, atMicros, (report) => reports.push(report))
    return applied
  }
  close(at(1))
  for (let minute = 1; minute <= 60; minute++) {
    const second = 60 * minute
    if (minute % 4 === 0) {
      driver.input('cash-movement', movement(`out ${minute}`, 'PAYROLL', -600_000_00), at(second))
      driver.input('cash-movement', movement(`in ${minute}`, 'OPERATING', 600_000_00), at(second))
    }
    close(at(second + 1))
  }
  // Like the heartbeats after a day: until every report is there.
  for (let minute = 61; minute <= 180; minute += 10) close(at(60 * minute))
  const document = POLICY_TEXT
  const digestHex = toHex(sha256(Buffer.from(document, 'utf8')))
  const source: ReplaySource = {
    name: 'a morning',
    groupId: GROUP,
    inForce: { policyId: 'small', version: 1, digestHex, document },
    declarations: driver.declarations(),
    bankSeed: SEED,
    async *cycles() {
      yield* cycles
    },
  }
  return { source, cost: agent.summary().cost.managed, released }
}

const day = morning()
const version = (change: (text: string) => string) => ({
  policyId: 'small',
  version: 2,
  document: change(POLICY_TEXT.replace('version: 1', 'version: 2')),
})

test('the policy of then decides again as it did, and one that allows the same does the same at the same cost', async () => {
  const compared = await comparePolicies(
    day.source,
    version((text) => text),
    environment,
  )
  assert.equal(compared.reproduced, true)
  assert.deepEqual([compared.differences, compared.firstDifferences], [0, []])
  assert.equal(compared.former.cost, day.cost)
  assert.equal(compared.former.instructions, day.released)
  assert.ok(day.released >= 3, `${day.released} instructions`)
  assert.deepEqual({ ...compared.candidate, version: 1 }, compared.former)
})

test('another policy lives in a world of its own from the first thing that it does differently', async () => {
  const lower = version((text) =>
    text.replace('target: 2000000, ceiling: 8000000', 'target: 1000000, ceiling: 8000000'),
  )
  const compared = await comparePolicies(day.source, lower, environment)
  assert.equal(compared.reproduced, true)
  assert.ok(compared.differences > 0)
  const [first] = compared.firstDifferences
  assert.equal(first?.former?.outcome, 'ACTED')
  assert.equal(first?.former?.moves[0]?.channelId, 'OPERATING-PAYROLL')
  assert.notEqual(first?.candidate?.outcome, 'ACTED')
  const moved = (outcome: typeof compared.former) => outcome.movedMinor.EUR ?? 0
  assert.ok(moved(compared.candidate) > 0 && moved(compared.candidate) < moved(compared.former))
  assert.ok(compared.candidate.cost > compared.former.cost, 'by the prices of then it is dearer')
  assert.equal(compared.candidate.unanswered, 0, 'the simulated bank has answered what nobody sent then')
})

test('what the candidate says of prices and floors changes nothing of what its day is said to cost', async () => {
  const flattering = version((text) =>
    text
      .replace('shortfallBpPerDay: [1, 5, 50]', 'shortfallBpPerDay: [2, 10, 100]')
      .replace('floorViolationBp: 500', 'floorViolationBp: 1000')
      .replace('idleBpPerYear: 50', 'idleBpPerYear: 100')
      .replace('churnBp: 0.001', 'churnBp: 0.002'),
  )
  const compared = await comparePolicies(day.source, flattering, environment)
  // Twice every price ranks plans alike, so it does the same; told by its own prices the day would cost twice as much.
  assert.equal(compared.differences, 0)
  assert.equal(compared.candidate.cost, compared.former.cost)
})

test('days that were made by something else are told as such', async () => {
  const source: ReplaySource = {
    ...day.source,
    async *cycles() {
      for await (const one of day.source.cycles()) yield { ...one, decisionDigest: new Uint8Array(32) }
    },
  }
  assert.equal(
    (
      await comparePolicies(
        source,
        version((text) => text),
        environment,
      )
    ).reproduced,
    false,
  )
})
