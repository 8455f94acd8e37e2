/** The log against a real ClickHouse: equal when it was projected from the same journal, and every kind of difference named. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ClickHouseClient } from '@clickhouse/client'
import { canonicalJson } from '../../../schemas/canonical-json.js'
import { GovernedSession, planOf } from '../../../tests/support/governed-session.js'
import { POLICY_TEXT } from '../../../tests/support/small-group.js'
import { at } from '../../../tests/support/small-group-session.js'
import { migrate } from '../../clickhouse/migrate.js'
import { Projector } from '../../clickhouse/projector/projector.js'
import { connect } from '../../clickhouse/target.js'
import { engineMissing, silentLog, withEngine } from '../../clickhouse/testing/engine.js'
import { makeSyntheticDay } from '../../clickhouse/testing/synthetic-day.js'
import { fileJournal, JOURNAL_BEGIN } from '../../journal/journal-port.js'
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

test('what people ordered, approved and who they are is compared too, in whatever order a cycle was given it', {
  skip,
}, async () => {
  const session = await GovernedSession.of(POLICY_TEXT.replace('mode: autonomous', 'mode: supervised'))
  const { plan } = planOf(session.spend())
  const detail = canonicalJson({ moves: [{ amountMinor: 1, channel: 'NOWHERE', kind: 'TRANSFER' }] })
  // Given in one cycle, in another order than that of their times.
  session.add({ kind: 'APPROVE', ...plan, author: 'anna', atMicros: at(session.second) })
  session.add({ kind: 'HOLD', subject: 'account:DOLLARS', author: 'olga', atMicros: at(session.second - 1) })
  session.add({ kind: 'FORCE', subject: 'group', author: 'omar', detail, atMicros: at(session.second - 2) })
  session.add({ kind: 'LIFT', subject: 'kill:00', author: 'olga' })
  assert.equal(session.close().release.length, 1)
  session.spend(150_000_00)
  const { journal } = session
  await withEngine(async (target) => {
    await migrate(target.writer())
    const log = await openTestLog(new MemoryFiles())
    await appendLeaves(journal, log)
    const signal = new AbortController().signal
    const projector = await Projector.open({ connection: target.writer(), journal, log: silentLog, signal })
    let entries = 0
    for await (const batch of journal.read(JOURNAL_BEGIN, Number.MAX_SAFE_INTEGER)) entries += batch.length
    await projector.projectUntil(entries)
    await projector.close()
    const client = connect(target.writer())
    const reader = connect(target.analyst())
    try {
      const equal = await compareRows(reader, log, 0)
      assert.deepEqual([equal.equal, equal.differences, equal.behindEntries], [true, [], 0])
      for (const [query, expected] of [
        [
          "ALTER TABLE commands UPDATE author = 'omar' WHERE kind = 'HOLD'",
          /^author is olga in the log, omar/,
        ],
        ["ALTER TABLE approvals UPDATE digest = '00' WHERE 1", /^digest is [0-9a-f]{64} in the log, 00 in/],
        ["ALTER TABLE rosters UPDATE document = '' WHERE 1", /^document is /],
        ["ALTER TABLE commands DELETE WHERE kind = 'FORCE'", /^the log has it, ClickHouse has not$/],
      ] as const) {
        await change(client, query)
        const told = (await compareRows(reader, log, 0)).differences.map(({ what }) => what)
        assert.ok(
          told.some((what) => expected.test(what)),
          JSON.stringify(told),
        )
      }
    } finally {
      await client.close()
      await reader.close()
    }
  })
})
