/**
 * Whether ClickHouse equals the journal: what the tables hold of a partition against what the journal says they must hold.
 *
 * The journal is folded into rows again, from its beginning up to where the projection says it is, and every row of
 * every table is compared, all bytes of it: by number and by a digest that does not depend on the order. Nothing is changed, and a
 * projector may go on meanwhile, because rows before its place do not change any more. Memory does not grow with the journal.
 * Depends on the projection and `@clickhouse/client`.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { WeirError } from '../../../pipeline/errors.js'
import { JOURNAL_BEGIN, type ProjectedJournal } from '../../journal/journal-port.js'
import { failedStatement } from '../failure.js'
import { readServerTables, type ServerTable, typeOfColumn } from '../projector/columns.js'
import { refuseStrangers } from '../projector/fence.js'
import { Projection } from '../projector/projection.js'
import { PARTITION_COLUMN, PROJECTED_TABLES } from '../projector/range.js'
import { RowBinaryWriter } from '../projector/row-binary.js'
import type { RowSink, Table } from '../projector/table.js'
import { MultisetDigest } from './multiset-digest.js'
import { RowSplitter } from './row-splitter.js'

export interface TableVerdict {
  readonly table: string
  readonly equal: boolean
  /** Rows by the journal, and rows found. */
  readonly expected: number
  readonly found: number
}

export interface PartitionVerdict {
  readonly partition: number
  readonly equal: boolean
  /** Entries that the projection says it holds; what comes after was not compared. */
  readonly entries: number
  readonly tables: readonly TableVerdict[]
}

/** Throws `WEIR_CLICKHOUSE` when the database holds another journal. */
export async function verifyPartition(
  client: ClickHouseClient,
  journal: ProjectedJournal,
): Promise<PartitionVerdict> {
  const { partition, name } = journal
  await refuseStrangers(client, partition, await journal.identify(), name)
  const entries = await projectedEntries(client, partition)
  const expected = await foldJournal(journal, entries)
  const serverTables = await readServerTables(client)
  const tables: TableVerdict[] = []
  for (const table of PROJECTED_TABLES) {
    const server = serverTables.get(table.name)
    if (server === undefined) throw notMigrated(table.name)
    const found = await readTable(client, table, server, partition, entries)
    const wanted = expected.of(table.name)
    const equal = found.rows === wanted.rows && found.hex === wanted.hex
    tables.push({ table: table.name, equal, expected: wanted.rows, found: found.rows })
  }
  return { partition, equal: tables.every(({ equal }) => equal), entries, tables }
}

/** How many entries of a partition the projection says it holds. */
export async function projectedEntries(client: ClickHouseClient, partition: number): Promise<number> {
  const query = `SELECT toString(maxOrNullIf(last_sequence, state = 'done') + 1) AS entries FROM projection_ranges
    WHERE journal_partition = {partition: UInt32}`
  try {
    const found = await client.query({ query, query_params: { partition }, format: 'JSONEachRow' })
    const [row] = await found.json<{ entries: string | null }>()
    return Number(row?.entries ?? 0)
  } catch (error) {
    throw failedStatement(error, 'projection_ranges')
  }
}

/** Digests rows instead of keeping them. */
class DigestedRows implements RowSink {
  readonly #partition: number
  readonly #writer = new RowBinaryWriter()
  readonly #tables = new Map<string, MultisetDigest>()

  constructor(partition: number) {
    this.#partition = partition
  }

  add<Row>(table: Table<Row>, row: Row): void {
    const writer = this.#writer
    writer.reset()
    table.encode(writer, row)
    writer.uint32(this.#partition)
    this.of(table.name).add(writer.bytes())
  }

  of(table: string): MultisetDigest {
    const known = this.#tables.get(table)
    if (known !== undefined) return known
    const digest = new MultisetDigest()
    this.#tables.set(table, digest)
    return digest
  }
}

async function foldJournal(journal: ProjectedJournal, entries: number): Promise<DigestedRows> {
  const rows = new DigestedRows(journal.partition)
  const projection = new Projection()
  let next = 0
  for await (const batch of journal.read(JOURNAL_BEGIN, entries)) {
    for (const entry of batch) projection.add(rows, entry)
    next += batch.length
  }
  if (next === entries) return rows
  throw new WeirError(
    'WEIR_JOURNAL',
    `the journal has ${next} of the ${entries} entries that were projected`,
    {
      place: `${journal.name}, partition ${journal.partition}`,
      remedy:
        'entries of the journal were lost after they were projected: restore the journal before anything else',
    },
  )
}

async function readTable(
  client: ClickHouseClient,
  { name, columns }: Table<never>,
  server: ServerTable,
  partition: number,
  entries: number,
): Promise<MultisetDigest> {
  const read = [...columns, PARTITION_COLUMN]
  const splitter = new RowSplitter(read.map((column) => typeOfColumn(server, column)))
  const digest = new MultisetDigest()
  const query = `SELECT ${read.join(', ')} FROM ${name}
    WHERE journal_partition = {partition: UInt32} AND sequence < {entries: UInt64} FORMAT RowBinary`
  try {
    const { stream } = await client.exec({ query, query_params: { partition, entries } })
    for await (const chunk of stream) splitter.push(chunk as Buffer, (row) => digest.add(row))
  } catch (error) {
    throw failedStatement(error, `reading ${name}`)
  }
  if (splitter.leftBytes > 0)
    throw new WeirError('WEIR_CLICKHOUSE', 'the answer ends in the middle of a row', {
      place: `reading ${name}`,
      retry: 'backoff',
    })
  return digest
}

function notMigrated(table: string): WeirError {
  return new WeirError('WEIR_CLICKHOUSE', `the database has no table ${table}`, {
    place: 'ClickHouse database',
    remedy: 'nothing was projected into it yet: run `weir project` first',
  })
}
