import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { formatUuid, toHex } from '../../../pipeline/identity.js'
import type { CycleResult } from '../../../schemas/generated/types.js'
import { fileJournal } from '../../journal/journal-port.js'
import { EmbeddedServer } from '../embedded/server.js'
import { migrate } from '../migrate.js'
import { Projector } from '../projector/projector.js'
import { connect, embeddedTarget } from '../target.js'
import { engineMissing, silentLog, temporaryDirectory } from '../testing/engine.js'
import { makeSyntheticDay, movementId } from '../testing/synthetic-day.js'
import { shadowOf, withShadows } from '../testing/synthetic-trial.js'
import { Analyst } from './analyst.js'
import { explain } from './explain.js'
import { lineage } from './lineage.js'
import { runSql } from './sql.js'

const skip = engineMissing()
const day = makeSyntheticDay({ seed: 5, groups: 2, cycles: 31, movements: 6 })
const results = day.entries.flatMap(({ body }) =>
  'weir.CycleResult' in body ? [body['weir.CycleResult']] : [],
)
const inputsOf = new Map(
  day.entries.flatMap(({ body }) =>
    'weir.Cycle' in body
      ? [[`${body['weir.Cycle'].groupId} ${body['weir.Cycle'].cycle}`, body['weir.Cycle'].inputs] as const]
      : [],
  ),
)
const directory = temporaryDirectory()
let server: EmbeddedServer
let analyst: Analyst

before(async () => {
  if (skip !== false) return
  server = await EmbeddedServer.start({ directory: directory.path, log: silentLog })
  const target = embeddedTarget(server)
  await migrate(target.writer())
  const signal = new AbortController().signal
  const projector = await Projector.open({
    // A trial all day long: what is asked about decisions must be answered as without one.
    journal: fileJournal(withShadows(day).read),
    connection: target.writer(),
    log: silentLog,
    signal,
  })
  await projector.projectUntil(day.entries.length)
  await projector.close()
  analyst = new Analyst(connect(target.analyst()))
})

after(async () => {
  await analyst?.client.close()
  await server?.stop()
  directory.remove()
})

function idOf(bytes: Uint8Array): string {
  return formatUuid(toHex(bytes))
}

/** Coordinates of the inputs that were applied in the group's cycles after `from` up to `until`. */
function appliedBetween(groupId: string, from: number, until: number): string[] {
  const mine = results.filter((one) => one.groupId === groupId && one.cycle > from && one.cycle <= until)
  return mine.flatMap((one) =>
    (inputsOf.get(`${groupId} ${one.cycle}`) ?? [])
      .filter((_, index) => [0, 3].includes(one.dispositions[index]!))
      .map((input) => `${input.source}:${input.position}`),
  )
}

function acted(): CycleResult {
  return results.find((one) => one.instructions.length > 0 && one.cycle > 6)!
}

const SOURCES = [
  'account/accounts.avro',
  'policy/policies.avro',
  'cash-movement/morning.avro',
  'quote/fx.avro',
  'venue:BANK',
  'expected-flow/calendar.avro',
]

test('an instruction leads back to its decision, policy and every input with file and position', {
  skip,
}, async () => {
  const { instructions, decisions } = acted()
  const [instruction] = instructions
  const [decision] = decisions
  const found = await lineage(analyst, idOf(instruction!.instructionId), 1)
  assert.ok(found.kind === 'instruction')
  assert.equal(found.decision.decisionId, idOf(decision!.decisionId))
  assert.equal(found.instructions[0]!.amountMinor, instruction!.amountMinor)
  assert.deepEqual(
    found.events.slice(0, 4).map((event) => event.state),
    ['PROPOSED', 'RESERVED', 'PERSISTED', 'SENT'],
  )
  assert.equal(found.executions.length, 1)
  const expected = appliedBetween(decision!.groupId, decision!.previousCycle, decision!.cycle)
  const fresh = found.inputs.filter((input) => input.role === 'new')
  assert.ok(expected.length > 3)
  assert.deepEqual(
    fresh.map((input) => `${SOURCES.indexOf(input.source)}:${input.position}`),
    expected,
  )
  assert.ok(found.inputs.some((input) => input.role === 'standing' && input.touched.startsWith('policy:')))
  assert.deepEqual(found.history, [])
})

test('a shadow rests on the inputs of the decision in force, is told as without effect, and is summed up apart', {
  skip,
}, async () => {
  const [decision] = acted().decisions as [CycleResult['decisions'][number]]
  const inForce = await lineage(analyst, idOf(decision.decisionId), 1)
  const shadow = await lineage(analyst, idOf(shadowOf(decision).decisionId), 1)
  assert.ok(inForce.kind === 'decision' && shadow.kind === 'decision')
  assert.deepEqual(shadow.inputs, inForce.inputs)
  assert.deepEqual([inForce.decision?.arm, shadow.decision?.arm], ['', 'shadow'])
  assert.deepEqual(shadow.instructions, [])
  const explained = await explain(analyst, idOf(shadowOf(decision).decisionId))
  assert.deepEqual([explained.decision.arm, explained.decision.policyVersion], ['shadow', 2])
  const total = results.reduce((sum, one) => sum + one.decisions.length, 0)
  const sums = async (view: string, sum: string) =>
    (await analyst.rows(`SELECT arm, ${sum} AS n FROM ${view} GROUP BY arm ORDER BY arm`, {})).map(
      ({ arm, n }) => [arm, Number(n)],
    )
  assert.deepEqual(await sums('decision_outcomes', 'sum(decisions)'), [
    ['', total],
    ['shadow', total],
  ])
  assert.deepEqual(await sums('policy_costs', 'sum(decisions)'), [
    ['', total],
    ['shadow', total],
  ])
  assert.deepEqual(await sums('trial_pairs', 'uniqExact(decision_in_force, decision_beside)'), [
    ['shadow', total],
  ])
})

test('depth 2 adds everything that touched its accounts, reports on its instructions included', {
  skip,
}, async () => {
  const { instructions, groupId, cycle } = acted()
  const [{ sourceAccountId, destinationAccountId, instructionId }] = instructions as [
    (typeof instructions)[number],
  ]
  const found = await lineage(analyst, idOf(instructionId), 2)
  assert.ok(found.kind === 'instruction')
  const touched = [`account:${sourceAccountId}`, `account:${destinationAccountId}`]
  let expected = 0
  for (const one of results.filter((result) => result.groupId === groupId && result.cycle <= cycle)) {
    one.touched.forEach((what, index) => {
      const applied = [0, 3].includes(one.dispositions[index]!)
      if (applied && (touched.includes(what) || what.startsWith('instruction:'))) expected += 1
    })
  }
  assert.equal(found.history.length, expected)
  assert.ok(found.history.some((input) => input.stream === 'execution'))
})

test('a payment leads forward to its decision, instructions and executions, by id and by place', {
  skip,
}, async () => {
  const { groupId, cycle, decisions } = acted()
  const id = idOf(movementId(groupId, cycle, 0))
  const found = await lineage(analyst, id, 1)
  assert.ok(found.kind === 'input')
  assert.equal(found.effects.length, 1)
  const [effect] = found.effects
  assert.equal(effect!.input.recordId, id)
  assert.deepEqual(
    effect!.decisions.map((decision) => decision.decisionId),
    decisions.map((decision) => idOf(decision.decisionId)),
  )
  assert.equal(effect!.instructions.length, 1)
  assert.equal(effect!.executions.length, 1)
  const place = `${effect!.input.source}:${effect!.input.position}`
  const byPlace = await lineage(analyst, place, 1)
  assert.ok(byPlace.kind === 'input')
  assert.deepEqual(byPlace.effects, found.effects)
})

test('a dead letter says why, a duplicate changed nothing, a report leads to its instruction', {
  skip,
}, async () => {
  const refused = results.find((one) => one.deadLetters.length > 0)!.deadLetters[0]!
  const dead = await lineage(analyst, `${refused.source}:${refused.position}`, 1)
  assert.ok(dead.kind === 'input')
  assert.match(dead.effects[0]!.refusal, /unknown-account/)
  assert.deepEqual(dead.effects[0]!.decisions, [])
  const report = results.flatMap((one) => one.instructionEvents).find((event) => event.state === 'SETTLED')!
  const found = await lineage(analyst, idOf(report.executionId).replaceAll('-', '').toUpperCase(), 1)
  assert.ok(found.kind === 'input')
  assert.ok(found.effects[0]!.instructions.some((one) => one.instructionId === idOf(report.instructionId)))
})

test('explain gives accounts, binding limits, cost and proof, by decision and by instruction', {
  skip,
}, async () => {
  const { decisions, instructions, explanations } = acted()
  const [decision] = decisions
  const found = await explain(analyst, idOf(decision!.decisionId))
  assert.equal(found.text, explanations[0]!.text)
  assert.deepEqual(
    found.accounts,
    explanations[0]!.accounts.map((account) => ({ ...account })),
  )
  assert.deepEqual(
    found.bindings,
    explanations[0]!.bindings.map((binding) => ({ ...binding })),
  )
  assert.equal(found.solver?.iterations, decision!.iterations)
  assert.equal(found.solver?.modelDigest, toHex(decision!.modelDigest))
  assert.equal(found.saving, decision!.doNothingCost - decision!.executedCost)
  assert.deepEqual(await explain(analyst, idOf(instructions[0]!.instructionId)), found)
  const idle = results.flatMap((one) => one.decisions).find((one) => one.outcome === 'NOTHING_TO_DO')!
  const quiet = await explain(analyst, idOf(idle.decisionId))
  assert.equal(quiet.solver, null)
  assert.ok(quiet.text !== '' && quiet.accounts.length > 0)
})

test('what nobody knows is not found, in one line', { skip }, async () => {
  for (const id of [
    '00000000-0000-8000-8000-000000000000',
    'nowhere.avro:3',
    'x',
    '',
    "'; DROP TABLE inputs",
  ]) {
    for (const ask of [() => lineage(analyst, id, 1), () => explain(analyst, id)]) {
      await assert.rejects(
        ask,
        (error: unknown) =>
          error instanceof WeirError && error.code === 'WEIR_NOT_FOUND' && !error.toLine().includes('\n'),
      )
    }
  }
})

test('sql keeps 64-bit integers, ids and times exact, and NULL', { skip }, async () => {
  const statement = `SELECT toInt64(-9007199254740993) AS a, toUInt64(18446744073709551615) AS b, NULL AS c,
    toUUID('01234567-89ab-8def-8123-456789abcdef') AS d, toDateTime64('2026-03-02 06:00:00.123456', 6, 'UTC') AS e,
    toDecimal64('12345678901234.5678', 4) AS f, 1.5 AS g, [toInt64(9007199254740993)] AS h, nan AS i; `
  const answer = await runSql(analyst, statement, 10)
  assert.ok(answer.kind === 'table')
  assert.deepEqual(answer.rows, [
    [
      '-9007199254740993',
      '18446744073709551615',
      null,
      '01234567-89ab-8def-8123-456789abcdef',
      '2026-03-02 06:00:00.123456',
      '12345678901234.5678',
      1.5,
      ['9007199254740993'],
      'nan',
    ],
  ])
})

test('sql obeys FORMAT, cuts at the limit, and refuses to write', { skip }, async () => {
  const csv = await runSql(analyst, 'SELECT 1 AS a, 2 AS b FORMAT CSVWithNames', 10)
  assert.deepEqual(csv, { kind: 'text', text: '"a","b"\n1,2\n' })
  const cut = await runSql(analyst, 'SELECT position FROM inputs', 7)
  assert.ok(cut.kind === 'table' && cut.rows.length === 7 && cut.truncated)
  const whole = await runSql(analyst, 'SELECT count() FROM inputs', 7)
  assert.ok(whole.kind === 'table' && !whole.truncated)
  const refused = [
    'INSERT INTO alerts SELECT * FROM alerts',
    'DROP TABLE inputs',
    'TRUNCATE TABLE inputs',
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    'SELECT nothing FROM inputs',
    'SELEKT 1',
    'SELECT 1; SELECT 2',
    '',
  ]
  for (const statement of refused) {
    await assert.rejects(
      runSql(analyst, statement, 10),
      (error: unknown) =>
        error instanceof WeirError && error.code === 'WEIR_USAGE' && !error.toLine().includes('\n'),
      statement,
    )
  }
})

test('every query of the cookbook runs and finds something', { skip }, async () => {
  const text = readFileSync(new URL('../../../../docs/lineage.md', import.meta.url), 'utf8')
  const queries = [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map((match) => match[1]!)
  assert.ok(queries.length >= 15)
  // The day is a healthy one for these: rows would be a finding.
  const empty = new Set(['FROM solver_runs\nWHERE primal_residual > 1e-7'])
  for (const query of queries) {
    const answer = await runSql(analyst, query, 1_000)
    assert.ok(answer.kind === 'table', query)
    const healthy = [...empty].some((part) => query.includes(part))
    assert.equal(answer.rows.length === 0, healthy, query)
  }
})

test('intraday usage is the largest negative running net of settled payments', { skip }, async () => {
  const movements = await analyst.rows<{ account_id: string; event_time: string; amount_minor: string }>(
    `SELECT account_id, event_time, amount_minor FROM inputs
     WHERE stream = 'cash-movement' AND disposition IN ('accepted', 'late') ORDER BY event_time`,
  )
  const usage = await analyst.rows<{
    account_id: string
    maximum_usage_minor: string
    closing_net_minor: string
  }>('SELECT account_id, maximum_usage_minor, closing_net_minor FROM intraday_usage')
  assert.equal(usage.length, 6)
  for (const row of usage) {
    let net = 0
    let lowest = 0
    const mine = movements.filter((movement) => movement.account_id === row.account_id)
    mine.forEach((movement, index) => {
      net += Number(movement.amount_minor)
      if (mine[index + 1]?.event_time !== movement.event_time) lowest = Math.min(lowest, net)
    })
    assert.equal(Number(row.maximum_usage_minor), -lowest)
    assert.equal(Number(row.closing_net_minor), net)
  }
})
