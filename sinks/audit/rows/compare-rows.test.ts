/** The log against a real ClickHouse: equal when it was projected from the same journal, and every kind of difference named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClickHouseClient } from '@clickhouse/client'
import { migrate } from '../../clickhouse/migrate.js'
import { Projector } from '../../clickhouse/projector/projector.js'
import { connect } from '../../clickhouse/target.js'
import { engineMissing, silentLog, withEngine } from '../../clickhouse/testing/engine.js'
import { makeSyntheticDay } from '../../clickhouse/testing/synthetic-day.js'
import { fileJournal } from '../../journal/journal-port.js'
import { appendLeaves } from '../leaves/audit-projection.js'
import { openTestLog } from '../testing/logs.js'
import { MemoryFiles } from '../testing/memory-files.js'
import { compareRows } from './compare-rows.js'

const skip = engineMissing()
const day = makeSyntheticDay({ seed: 11, groups: 3, cycles: 60, movements: 3 })
const journal = fileJournal(day.read)
const PROJECTED = Math.floor(day.entries.length * 0.8)

const change = (client: ClickHouseClient, query: string) =>
  client.command({ query, clickhouse_settings: { mutations_sync: '2' } })

test('rows are what the log says, and the first that are not are named', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const log = await openTestLog(new MemoryFiles())
    await appendLeaves(journal, log)
    const projector = await Projector.open({
      connection: target.writer(),
      journal,
      log: silentLog,
      signal: new AbortController().signal,
    })
    await projector.projectUntil(PROJECTED)
    await projector.close()
    const client = connect(target.writer())
    const reader = connect(target.analyst())
    const compare = () => compareRows(reader, log, 0)
    try {
      const equal = await compare()
      assert.deepEqual([equal.equal, equal.differences, equal.more], [true, [], 0])
      const lastLeaf = JSON.parse(Buffer.from(await log.record(log.size - 1)).toString()) as {
        journal: { entry: number }
      }
      assert.equal(equal.behindEntries, lastLeaf.journal.entry + 1 - PROJECTED)
      assert.ok(equal.compared > 30)

      await change(client, "ALTER TABLE decisions UPDATE reason = 'nothing of the kind' WHERE cycle = 3")
      const reasons = await compare()
      assert.equal(reasons.equal, false)
      assert.ok(reasons.differences.length > 0)
      assert.match(
        reasons.differences[0]?.what ?? '',
        /^reason is .* in the log, nothing of the kind in ClickHouse$/,
      )

      await change(client, 'ALTER TABLE instruction_events DELETE WHERE 1')
      const gone = await compare()
      assert.equal(gone.differences.length, 20)
      assert.ok(gone.more > 0)
      assert.ok(gone.differences.some(({ what }) => what === 'the log has it, ClickHouse has not'))

      await change(client, 'INSERT INTO instructions SELECT * FROM instructions LIMIT 1')
      const doubled = await compare()
      assert.ok(
        doubled.differences.some(
          ({ table, what }) => table === 'instructions' && /the log has not/.test(what),
        ),
      )
    } finally {
      await client.close()
      await reader.close()
    }
  })
})
