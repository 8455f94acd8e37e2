import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { test } from 'node:test'
import { NO_DIGEST } from '../../pipeline/identity.js'
import { fileJournal } from '../journal/journal-port.js'
import { migrate, readMigrations } from './migrate.js'
import { Projection } from './projector/projection.js'
import { Projector } from './projector/projector.js'
import { RangeRows } from './projector/range.js'
import { Analyst } from './queries/analyst.js'
import { explain } from './queries/explain.js'
import { lineage } from './queries/lineage.js'
import { type ClickHouseTarget, connect } from './target.js'
import { engineMissing, silentLog, tableContents, withEngine } from './testing/engine.js'
import { makeSyntheticDay } from './testing/synthetic-day.js'
import { verifyPartition } from './verification/verify.js'

const skip = engineMissing()
const OLD_MIGRATIONS = 6
const day = makeSyntheticDay({ seed: 3, groups: 2, cycles: 20, movements: 5, configuration: NO_DIGEST })
const HALF = 47
/** Of migrations 7 to 12. */
const LATER_COLUMNS = [
  ['journal_partition', 'UInt32'],
  ['plan_digest', 'String'],
  ['arm', 'String'],
  ['configuration', 'String'],
  ['depends_on', 'Int32'],
  ['asset_id', 'String'],
  ['asset_parts', 'UInt32'],
] as const
/** As the projector of version 6 called this journal. */
const journal = fileJournal(day.read)

/** What a version of Weir before migration 7 left: its rows, its done range, and a second range that was cut off. */
async function projectAsBefore(target: ClickHouseTarget): Promise<void> {
  const client = connect(target.writer())
  const rows = new RangeRows(0)
  const projection = new Projection()
  for (const entry of day.entries.slice(0, HALF)) projection.add(rows, entry)
  const resume = projection.resumePlace({ sequence: HALF, offset: -1, checksum: 0 })
  const journalId = await journal.identify()
  const ledger = async (first: number, last: number, state: string): Promise<void> => {
    await client.command({
      query: `INSERT INTO projection_ranges (journal_id, epoch, first_sequence, last_sequence, state, resume_sequence)
        VALUES ('${journalId}', 1, ${first}, ${last}, '${state}', ${resume.sequence})`,
    })
  }
  const insertRows = async (): Promise<void> => {
    for (const { table, columns, bytes } of rows.inserts()) {
      // The tables had no such columns: the rows are put in through one that has them.
      await client.command({ query: `CREATE TABLE carried AS ${table}` })
      const later = LATER_COLUMNS.filter(([name]) => columns.includes(`\`${name}\``))
      for (const [name, type] of later)
        await client.command({ query: `ALTER TABLE carried ADD COLUMN ${name} ${type}` })
      const { stream } = await client.exec({
        query: `INSERT INTO carried (${columns.join(', ')}) FORMAT RowBinary`,
        values: Readable.from([bytes], { objectMode: false }),
      })
      await finished(stream.resume())
      await client.command({
        query: `INSERT INTO ${table} SELECT * EXCEPT (${later.map(([name]) => name).join(', ')}) FROM carried`,
      })
      await client.command({ query: 'DROP TABLE carried' })
    }
  }
  try {
    await ledger(0, HALF - 1, 'intended')
    await insertRows()
    await ledger(0, HALF - 1, 'done')
    await ledger(HALF, HALF + 9, 'intended')
  } finally {
    await client.close()
  }
}

async function answers(target: ClickHouseTarget): Promise<unknown> {
  const client = connect(target.analyst())
  try {
    const analyst = new Analyst(client)
    const instructions = await analyst.rows<{ id: string }>(
      'SELECT toString(instruction_id) AS id FROM instructions ORDER BY group_id, cycle LIMIT 3',
    )
    const found: unknown[] = []
    for (const { id } of instructions) found.push(await explain(analyst, id), await traced(analyst, id))
    found.push(await traced(analyst, 'cash-movement/morning.avro:7'))
    for (const view of ['why_sent', 'intraday_usage', 'input_quality', 'dead_letters_by_reason'])
      found.push((await analyst.rows(`SELECT * FROM ${view}`)).map((row) => JSON.stringify(row)).sort())
    return found
  } finally {
    await client.close()
  }
}

/** The partition is new in the answers. */
async function traced(analyst: Analyst, id: string): Promise<unknown> {
  return JSON.parse(
    JSON.stringify(await lineage(analyst, id, 2), (key, value) =>
      key === 'journalPartition' ? undefined : value,
    ),
  )
}

test('a database of version 6 is brought up to date without loss, and its cut-off range is repeated', {
  skip,
}, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer(), readMigrations().slice(0, OLD_MIGRATIONS))
    await projectAsBefore(target)
    const later = readMigrations().length - OLD_MIGRATIONS
    assert.deepEqual(
      await migrate(target.writer()),
      Array.from({ length: later }, (_, index) => OLD_MIGRATIONS + 1 + index),
    )
    const before = await answers(target)
    assert.ok(JSON.stringify(before).length > 5_000)
    const { signal } = new AbortController()
    const projector = await Projector.open({ journal, connection: target.writer(), log: silentLog, signal })
    assert.equal(projector.next, HALF)
    await projector.projectUntil(HALF + 10)
    await projector.projectUntil(day.entries.length)
    await projector.close()
    const contents = await tableContents(target)
    const client = connect(target.writer())
    const verdict = await verifyPartition(client, journal)
    await client.close()
    assert.equal(verdict.equal, true, JSON.stringify(verdict))
    const after = await answers(target)
    await withEngine(async (fresh) => {
      await migrate(fresh.writer())
      const all = await Projector.open({ journal, connection: fresh.writer(), log: silentLog, signal })
      await all.projectUntil(HALF)
      assert.deepEqual(await answers(fresh), before)
      await all.projectUntil(day.entries.length)
      await all.close()
      assert.deepEqual(await tableContents(fresh), contents)
      assert.deepEqual(await answers(fresh), after)
    })
  })
})
