import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WeirError } from '../../pipeline/errors.js'
import { migrate, readMigrations, splitStatements } from './migrate.js'
import { connect } from './target.js'
import { engineMissing, withEngine } from './testing/engine.js'

const skip = engineMissing()

interface Created {
  readonly name: string
  readonly create_table_query: string
}

test('statements end at line ends, comments are left out', () => {
  assert.deepEqual(splitStatements("-- a;\nSELECT ';x';\n\nSELECT 2;  \n-- end"), ["SELECT ';x'", 'SELECT 2'])
})

test('migrations apply once, and a second time on top change nothing', { skip }, async () => {
  await withEngine(async (target) => {
    const migrations = readMigrations()
    const writer = connect(target.writer())
    const created = async (): Promise<Created[]> => {
      const query =
        'SELECT name, create_table_query FROM system.tables WHERE database = currentDatabase() ORDER BY name'
      return (await writer.query({ query, format: 'JSONEachRow' })).json<Created>()
    }
    try {
      assert.deepEqual(
        await migrate(target.writer()),
        migrations.map((migration) => migration.number),
      )
      const once = await created()
      assert.deepEqual(await migrate(target.writer()), [])
      assert.deepEqual(await created(), once)
      // As after a crash between the last statement and its record: everything runs again.
      await writer.command({ query: 'TRUNCATE TABLE migrations' })
      assert.equal((await migrate(target.writer())).length, migrations.length)
      assert.deepEqual(await created(), once)
      assert.ok(once.length >= 28)
    } finally {
      await writer.close()
    }
  })
})

test('every table, view and column says what it is', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const analyst = connect(target.analyst())
    try {
      const query = `
        SELECT name AS subject FROM system.tables WHERE database = 'weir' AND comment = ''
        UNION ALL
        SELECT concat(table, '.', name) FROM system.columns WHERE database = 'weir' AND comment = ''
          AND table IN (SELECT name FROM system.tables WHERE database = 'weir' AND engine = 'MergeTree')`
      const rows = await (await analyst.query({ query, format: 'JSONEachRow' })).json<{ subject: string }>()
      assert.deepEqual(rows, [])
      const views = "SELECT name FROM system.tables WHERE database = 'weir' AND engine = 'View'"
      const names = await (await analyst.query({ query: views, format: 'JSONEachRow' })).json<{
        name: string
      }>()
      assert.ok(names.length >= 12)
      for (const { name } of names) {
        const result = await analyst.query({ query: `SELECT * FROM ${name}`, format: 'JSONEachRow' })
        assert.deepEqual(await result.json(), [], name)
      }
    } finally {
      await analyst.close()
    }
  })
})

test('a changed or unknown migration is refused', { skip }, async () => {
  await withEngine(async (target) => {
    const migrations = readMigrations()
    await migrate(target.writer(), migrations)
    const changed = migrations.map((migration) => ({ ...migration, digest: 'other' }))
    for (const other of [changed, migrations.slice(0, -1)]) {
      await assert.rejects(
        migrate(target.writer(), other),
        (error: unknown) =>
          error instanceof WeirError && error.code === 'WEIR_CLICKHOUSE' && error.remedy !== undefined,
      )
    }
  })
})
