/**
 * A day with kills in it, from files through journal into ClickHouse: the tables agree with what the run reports, every
 * record is accounted for, every instruction leads back to files, and the cookbook's queries run on it.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readJournal } from '../pipeline/runtime/journal/reader.js'
import { EmbeddedServer } from '../sinks/clickhouse/embedded/server.js'
import { migrate } from '../sinks/clickhouse/migrate.js'
import { ProjectorThread } from '../sinks/clickhouse/projector/thread.js'
import { Analyst } from '../sinks/clickhouse/queries/analyst.js'
import { explain } from '../sinks/clickhouse/queries/explain.js'
import { lineage } from '../sinks/clickhouse/queries/lineage.js'
import { runSql } from '../sinks/clickhouse/queries/sql.js'
import { type Connection, connect, embeddedTarget } from '../sinks/clickhouse/target.js'
import { engineMissing, silentLog, temporaryDirectory } from '../sinks/clickhouse/testing/engine.js'
import { writeSmallDay } from './kill/small-day.js'

const skip = engineMissing()
const directory = temporaryDirectory()
const RUN = fileURLToPath(new URL('./kill/run-small-day.js', import.meta.url))
const RUN_BOUND_MS = 120_000

interface Told {
  readonly inputs: number
  readonly executions: number
  readonly cycles: number
  readonly decisions: { readonly acted: number; readonly nothingToDo: number; readonly refused: number }
  readonly instructions: { readonly total: number; readonly byState: Readonly<Record<string, number>> }
  readonly deadLetters: number
}

let told: Told
let server: EmbeddedServer
let analyst: Analyst

/** One start of the run; undefined when it was killed on the way. */
function runDay(crashAt: string | undefined): Told | undefined {
  const crash = crashAt === undefined ? {} : { WEIR_TEST_CRASH: crashAt }
  const run = spawnSync(
    process.execPath,
    [RUN, join(directory.path, 'input'), join(directory.path, 'data')],
    {
      env: { ...process.env, ...crash },
      encoding: 'utf8',
      timeout: RUN_BOUND_MS,
    },
  )
  if (run.signal === 'SIGKILL') return undefined
  assert.equal(run.status, 0, run.stderr)
  return JSON.parse(run.stdout) as Told
}

before(async () => {
  if (skip !== false) return
  writeSmallDay(join(directory.path, 'input'))
  assert.equal(runDay('cycle-appended:150'), undefined)
  assert.equal(runDay('result-appended:60'), undefined)
  told = runDay(undefined)!
  server = await EmbeddedServer.start({ directory: join(directory.path, 'clickhouse'), log: silentLog })
  const target = embeddedTarget(server)
  await migrate(target.writer())
  await projectWhileTheEngineDies(target.writer())
  analyst = new Analyst(connect(target.analyst()))
})

/** Announces the journal in three pieces and kills the engine after the first two. */
async function projectWhileTheEngineDies(connection: Connection): Promise<void> {
  const journalDirectory = join(directory.path, 'data', 'journal')
  let entries = 0
  for await (const batch of readJournal(journalDirectory, 0, Number.MAX_SAFE_INTEGER)) entries += batch.length
  const thread = new ProjectorThread({ journalDirectory, connection, log: silentLog })
  for (const part of [0.3, 0.6, 1]) {
    await thread.drain(Math.floor(entries * part), RUN_BOUND_MS)
    if (part < 1) process.kill(server.enginePid, 'SIGKILL')
  }
  await thread.stop()
  await untilAnswered(connection)
}

/** The engine that was killed last is coming back. */
async function untilAnswered(connection: Connection): Promise<void> {
  const client = connect(connection)
  for (let attempts = 0; !(await client.ping({ select: true })).success; attempts++) {
    assert.ok(attempts < 500, 'the engine comes back')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await client.close()
}

after(async () => {
  await analyst?.client.close()
  await server?.stop()
  directory.remove()
})

/** The one row of a query, as numbers. */
async function numbers(query: string): Promise<Record<string, number>> {
  const [row] = await analyst.rows<Record<string, string>>(query)
  return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)]))
}

async function countsBy(query: string): Promise<Record<string, number>> {
  const rows = await analyst.rows<{ name: string; rows: string }>(query)
  return Object.fromEntries(rows.map((row) => [row.name, Number(row.rows)]))
}

test('the tables agree with what the run reports', { skip }, async () => {
  assert.ok(told.inputs > 500 && told.instructions.total > 10 && told.deadLetters > 0)
  const inputs = await numbers(`
    SELECT uniqExactIf((source, position), source_name NOT LIKE 'venue:%') AS files,
      uniqExactIf((source, position), source_name LIKE 'venue:%') AS reports FROM inputs`)
  assert.deepEqual(inputs, { files: told.inputs, reports: told.executions })
  const { cycles } = await numbers('SELECT count() AS cycles FROM cycles')
  assert.equal(cycles, told.cycles)
  const outcomes = await countsBy(
    "SELECT outcome AS name, count() AS rows FROM decisions WHERE arm = '' GROUP BY outcome",
  )
  const { acted, nothingToDo, refused } = told.decisions
  assert.deepEqual(
    { ACTED: 0, NOTHING_TO_DO: 0, REFUSED: 0, ...outcomes },
    { ACTED: acted, NOTHING_TO_DO: nothingToDo, REFUSED: refused },
  )
  const states = await countsBy(
    'SELECT state AS name, count() AS rows FROM instruction_states GROUP BY state',
  )
  const reported = Object.entries(told.instructions.byState).filter(([, count]) => count > 0)
  assert.deepEqual(states, Object.fromEntries(reported))
  const { letters } = await numbers('SELECT count() AS letters FROM dead_letters')
  assert.equal(letters, told.deadLetters)
})

test('nothing is lost or doubled: cycles and positions have no gaps and no repeats', { skip }, async () => {
  const gaps = await analyst.rows(`
    SELECT group_id FROM cycles GROUP BY group_id
    HAVING count() != max(cycle) + 1 OR uniqExact(cycle) != count()`)
  assert.deepEqual(gaps, [])
  const missing = await analyst.rows(`
    SELECT source_name, uniqExact(position) AS positions, max(position) + 1 AS expected FROM inputs
    GROUP BY source_name HAVING positions != expected`)
  assert.deepEqual(missing, [])
  const repeated = await analyst.rows(`
    SELECT group_id, source, position FROM inputs GROUP BY group_id, source, position HAVING count() > 1`)
  assert.deepEqual(repeated, [])
  const counted = await numbers(`
    SELECT (SELECT sum(inputs) FROM cycles) AS of_cycles, (SELECT count() FROM inputs) AS of_inputs`)
  assert.equal(counted.of_cycles, counted.of_inputs)
})

test('each applied input is new to exactly one decision, or came after the last', { skip }, async () => {
  const found = await numbers(`
    WITH last AS (SELECT group_id, max(cycle) AS cycle, count() AS decisions FROM decisions GROUP BY group_id)
    SELECT countIf(i.cycle <= l.cycle AND l.decisions > 0) AS applied,
      (SELECT count() FROM decision_inputs WHERE role = 'new') AS edges,
      (SELECT uniqExact(group_id, input_cycle, input_index) FROM decision_inputs WHERE role = 'new') AS different
    FROM inputs AS i LEFT JOIN last AS l ON l.group_id = i.group_id
    WHERE i.disposition IN ('accepted', 'late')`)
  assert.ok(found.applied! > 500)
  assert.deepEqual(found, { applied: found.applied, edges: found.applied, different: found.applied })
})

test('every instruction leads back to records of files and is explained', { skip }, async () => {
  const rows = await analyst.rows<{ id: string }>(
    'SELECT toString(instruction_id) AS id FROM instructions LIMIT 8',
  )
  for (const { id } of rows) {
    const found = await lineage(analyst, id, 2)
    assert.ok(found.kind === 'instruction')
    assert.ok(found.policy.source !== null)
    assert.ok(found.inputs.length > 10)
    assert.ok(found.history.length > 0)
    assert.equal(found.events[0]!.state, 'PROPOSED')
    const explained = await explain(analyst, id)
    assert.ok(explained.text !== '' && explained.accounts.length > 0 && explained.solver !== null)
  }
})

test('the queries of the cookbook run on it', { skip }, async () => {
  const text = readFileSync(new URL('../../docs/lineage.md', import.meta.url), 'utf8')
  const queries = [...text.matchAll(/^```sql\n([\s\S]*?)^```$/gm)].map((match) => match[1]!)
  let filled = 0
  for (const query of queries) {
    const answer = await runSql(analyst, query, 1_000)
    assert.ok(answer.kind === 'table', query)
    if (answer.rows.length > 0) filled += 1
  }
  assert.ok(filled >= 14)
})
