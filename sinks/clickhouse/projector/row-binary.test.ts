import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FILE_JOURNAL } from '../../journal/journal-port.js'
import { migrate } from '../migrate.js'
import { connect } from '../target.js'
import { engineMissing, withEngine } from '../testing/engine.js'
import { readServerTables } from './columns.js'
import { claimPartition } from './fence.js'
import { Inserter } from './inserter.js'
import { PARTITION_COLUMN, PROJECTED_TABLES } from './range.js'
import { RowBinaryWriter } from './row-binary.js'
import { arrayOf, bool, defineTable, float64, int32, int64, nullable, text, uint32, uuid } from './table.js'

const skip = engineMissing()

interface Sample {
  id: number
  signed: number
  small: number
  count: number
  flag: boolean
  ratio: number
  words: string
  name: string
  key: Uint8Array
  maybeKey: Uint8Array | null
  maybe: number | null
  list: readonly number[]
  names: readonly string[]
}

const samples = defineTable<Sample>('samples', {
  id: int64,
  signed: int64,
  small: int32,
  count: uint32,
  flag: bool,
  ratio: float64,
  words: text,
  name: text,
  key: uuid,
  maybeKey: nullable(uuid),
  maybe: nullable(int64),
  list: arrayOf(int64),
  names: arrayOf(text),
})

const DDL = `CREATE TABLE samples (id Int64, signed Int64, small Int32, count UInt32, flag Bool, ratio Float64,
  words String, name LowCardinality(String), key UUID, maybe_key Nullable(UUID), maybe Nullable(Int64),
  list Array(Int64), names Array(LowCardinality(String))) ENGINE = MergeTree ORDER BY id`

const integer = fc.maxSafeInteger()
const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
const words = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.string({ minLength: 120, maxLength: 140 }),
  fc.constant('é'.repeat(100)),
)

const sample = fc.record({
  signed: integer,
  small: fc.integer(),
  count: fc.nat(),
  flag: fc.boolean(),
  ratio: fc.double({ noNaN: true, noDefaultInfinity: true }),
  words,
  name: words,
  key: id,
  maybeKey: fc.option(id),
  maybe: fc.option(integer),
  list: fc.array(integer, { maxLength: 200 }),
  names: fc.array(words, { maxLength: 5 }),
})

function formatUuid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

test('what is written is what ClickHouse reads', { skip }, async () => {
  const given = fc
    .sample(sample, { numRuns: 2_000, seed: 11 })
    .map((one, index): Sample => ({ id: index, ...one, ratio: one.ratio === 0 ? 0 : one.ratio }))
  const writer = new RowBinaryWriter()
  for (const row of given) samples.encode(writer, row)
  await withEngine(async (target) => {
    await migrate(target.writer())
    const client = connect(target.writer())
    try {
      await client.command({ query: DDL })
      const insert = { table: 'samples', columns: samples.columns, rows: given.length, bytes: writer.bytes() }
      const inserter = new Inserter(client, await readServerTables(client))
      const claim = await claimPartition(client, 0, '00000000-0000-8000-8000-000000000000', FILE_JOURNAL)
      await inserter.insertTable({ claim, first: 0, last: 0 }, insert, 'all')
      const query = `SELECT id, toString(signed) AS signed, small, count, flag, ratio, words, name, key, maybe_key,
        if(maybe IS NULL, NULL, toString(maybe)) AS maybe, arrayMap(x -> toString(x), list) AS list, names
        FROM samples ORDER BY samples.id`
      const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<
        Record<string, unknown>
      >()
      assert.equal(rows.length, given.length)
      rows.forEach((row, index) => {
        const want = given[index]!
        assert.deepEqual(row, {
          ...row,
          signed: String(want.signed),
          small: want.small,
          count: want.count,
          flag: want.flag,
          ratio: want.ratio,
          words: want.words,
          name: want.name,
          key: formatUuid(want.key),
          maybe_key: want.maybeKey === null ? null : formatUuid(want.maybeKey),
          maybe: want.maybe === null ? null : String(want.maybe),
          list: want.list.map(String),
          names: want.names.map((name) => name),
        })
      })
    } finally {
      await client.close()
    }
  })
})

test('tables are written with exactly the columns that the migrations make', { skip }, async () => {
  await withEngine(async (target) => {
    await migrate(target.writer())
    const client = connect(target.writer())
    try {
      for (const { name, columns } of PROJECTED_TABLES) {
        const query = `SELECT name FROM system.columns WHERE database = currentDatabase() AND table = '${name}'`
        const rows = await (await client.query({ query, format: 'JSONEachRow' })).json<{ name: string }>()
        const made = rows.map((row) => `\`${row.name}\``)
        assert.deepEqual([...columns, PARTITION_COLUMN].sort(), made.sort(), name)
      }
    } finally {
      await client.close()
    }
  })
})

test('numbers that a column cannot hold exactly are a bug, not another number', () => {
  const writer = new RowBinaryWriter()
  assert.throws(() => writer.int64(2 ** 53), /WEIR_BUG|invariant/)
  assert.throws(() => writer.int64(0.5), /invariant/)
  assert.throws(() => writer.uint32(-1), /invariant/)
  assert.throws(() => writer.int32(2 ** 31), /invariant/)
  assert.throws(() => writer.uuid(new Uint8Array(15)), /invariant/)
})
