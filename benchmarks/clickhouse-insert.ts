/**
 * Inserting rows of `inputs` into ClickHouse over loopback HTTP, encoding included: the projector's RowBinary with a
 * deduplication token, beside the client's own JSONEachRow without one. Both into the embedded engine.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pino from 'pino'
import { EmbeddedServer } from '../sinks/clickhouse/embedded/server.js'
import { migrate } from '../sinks/clickhouse/migrate.js'
import { readServerTables } from '../sinks/clickhouse/projector/columns.js'
import { claimPartition } from '../sinks/clickhouse/projector/fence.js'
import { Inserter } from '../sinks/clickhouse/projector/inserter.js'
import { RangeRows } from '../sinks/clickhouse/projector/range.js'
import { inputsTable } from '../sinks/clickhouse/projector/rows/input-rows.js'
import { connect, embeddedTarget } from '../sinks/clickhouse/target.js'
import { FILE_JOURNAL } from '../sinks/journal/journal-port.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'

const ROWS = 20_000

type InputRow = Parameters<typeof inputsTable.encode>[1]

function rows(round: number): InputRow[] {
  const arrivedAt = 1_773_820_800_000_000
  return Array.from({ length: ROWS }, (_, i) => ({
    groupId: 'europe',
    cycle: Math.floor(i / 20),
    inputIndex: i % 20,
    source: 3,
    stream: 'cash-movement',
    sourceName: 'cash-movement/europe.avro',
    position: round * ROWS + i,
    arrivedAt: arrivedAt + i * 1_000,
    eventTime: arrivedAt + i * 1_000,
    disposition: 'accepted',
    touched: `account:ACCOUNT-${i % 12}`,
    recordId: Uint8Array.from({ length: 16 }, (_, b) => (i * 31 + b * 17 + round) & 255),
    accountId: `ACCOUNT-${i % 12}`,
    amountMinor: (i * 7919) % 100_000_000,
    currency: 'EUR',
    kind: 'CUSTOMER_PAYMENT',
    schemaFingerprint: 'a'.repeat(64),
    closedAt: arrivedAt + 5_000_000,
    sequence: round * ROWS + i,
  }))
}

/** One sample: microseconds a row. */
function inserting(
  name: string,
  role: Contender['role'],
  insert: (list: InputRow[], round: number) => Promise<void>,
) {
  let round = 0
  return {
    name,
    role,
    async round(samples: number[]) {
      const list = rows(round)
      const before = nowMicros()
      await insert(list, round++)
      samples.push((nowMicros() - before) / ROWS)
    },
  }
}

export const clickhouseInsert: Scenario = {
  name: 'clickhouse-insert',
  measures: `one row of 19 columns into the embedded ClickHouse, in inserts of ${ROWS}`,
  warmUpRounds: 2,
  rounds: 8,
  async contenders() {
    const directory = mkdtempSync(join(tmpdir(), 'weir-bench-'))
    const server = await EmbeddedServer.start({
      directory: join(directory, 'clickhouse'),
      log: pino({ level: 'error' }, pino.destination(2)),
    })
    const connection = embeddedTarget(server).writer()
    await migrate(connection)
    const client = connect(connection)
    await client.command({ query: 'CREATE TABLE inputs_json AS inputs' })
    const range = new RangeRows(0)
    const inserter = new Inserter(client, await readServerTables(client))
    const claim = await claimPartition(client, 0, '00000000-0000-8000-8000-000000000000', FILE_JOURNAL)
    return {
      list: [
        inserting('weir RowBinary, token', 'weir', async (list, round) => {
          range.reset()
          for (const row of list) range.add(inputsTable, row)
          const key = { claim, first: round * ROWS, last: (round + 1) * ROWS - 1 }
          for (const insert of range.inserts()) await inserter.insertTable(key, insert, 'all')
        }),
        inserting('client JSONEachRow', 'peer', async (list) => {
          await client.insert({ table: 'inputs_json', values: list.map(toJson), format: 'JSONEachRow' })
        }),
      ],
      async close() {
        await client.close()
        await server.stop()
        rmSync(directory, { recursive: true, force: true })
      },
    }
  },
}

/** As one would write it: snake case, times as decimal seconds, ids as text. */
function toJson(row: InputRow): Record<string, unknown> {
  const hex = Buffer.from(row.recordId!).toString('hex')
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  const seconds = (micros: number) => (micros / 1e6).toFixed(6)
  return {
    group_id: row.groupId,
    cycle: row.cycle,
    input_index: row.inputIndex,
    source: row.source,
    stream: row.stream,
    source_name: row.sourceName,
    position: row.position,
    arrived_at: seconds(row.arrivedAt),
    event_time: seconds(row.eventTime!),
    disposition: row.disposition,
    touched: row.touched,
    record_id: uuid,
    account_id: row.accountId,
    amount_minor: row.amountMinor,
    currency: row.currency,
    kind: row.kind,
    schema_fingerprint: row.schemaFingerprint,
    closed_at: seconds(row.closedAt),
    sequence: row.sequence,
  }
}
