/**
 * Inserts encoded rows so that each arrives once, however often an attempt is cut off and whoever else tries.
 *
 * Every insert is under the fence: the server inserts nothing for a projector that was taken over. A first insert carries a
 * deduplication token made of table, journal and range; the server drops a second insert with the token, which settles
 * what was under way in the name of an earlier claim. (A projector may sleep between the head and the rows of its request: the
 * server cuts it off after 30 s of silence, `http_receive_timeout`, long before the token is forgotten.)
 *
 * After an attempt of unknown outcome that is not enough. Tokens are forgotten after many inserts, so the repeat leaves out what is
 * there already. And a server that is killed notes a token before it commits the part: then the token refuses
 * rows that are missing. So the rows are counted, and what is short is inserted under a token of its own, again
 * without what is there; one query id sees to it that the server runs one such statement at a time. Rows of a part arrive together, so
 * what is there is told by journal entry and part. Nothing is ever deleted: a delete that is late would take what another put there.
 * Depends on `@clickhouse/client`.
 */
import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { invariant } from '../../../pipeline/errors.js'
import { failedStatement } from '../failure.js'
import { type ServerTable, type ServerTables, structureOf } from './columns.js'
import { type Claim, FENCE, fencedStatement, fenceParameters } from './fence.js'
import type { TableInsert } from './range.js'

export interface RangeKey {
  /** In whose name the range is inserted. */
  readonly claim: Claim
  readonly first: number
  readonly last: number
}

/** Inserts run side by side: each waits for files more than for a processor. */
const INSERTS_AT_ONCE = 3

/** `table:journal-id:first-last`; the same range has the same tokens for ever. */
export function deduplicationToken(table: string, { claim, first, last }: RangeKey): string {
  return `${table}:${claim.journalId}:${first}-${last}`
}

export class Inserter {
  readonly #client: ClickHouseClient
  readonly #tables: ServerTables

  constructor(client: ClickHouseClient, tables: ServerTables) {
    this.#client = client
    this.#tables = tables
  }

  /**
   * Inserts every table of a range; `inserted` is called after each. Throws `WEIR_FENCED` when the claim does not hold any more.
   * @param uncertain some of the rows may be in
   */
  async insertRange(
    key: RangeKey,
    inserts: readonly TableInsert[],
    uncertain: boolean,
    inserted: (table: string) => Promise<void>,
  ): Promise<void> {
    const queue = [...inserts]
    const work = async (): Promise<void> => {
      for (let insert = queue.shift(); insert !== undefined; insert = queue.shift()) {
        await this.insertTable(key, insert, uncertain ? 'missing' : 'all')
        await inserted(insert.table)
      }
    }
    const workers = await Promise.allSettled(Array.from({ length: INSERTS_AT_ONCE }, work))
    for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
    if (uncertain) await this.#verifyRange(key, inserts)
  }

  /** Sends the rows as one block, so that the token stands for all of them. */
  async insertTable(key: RangeKey, insert: TableInsert, which: 'all' | 'missing' | 'mend'): Promise<void> {
    const table = this.#tables.get(insert.table)
    invariant(table !== undefined, `the database has a table ${insert.table}`)
    const { claim, first, last } = key
    const token = deduplicationToken(insert.table, key)
    try {
      const { stream } = await this.#client.exec({
        query: statementOf(insert, table, which !== 'all'),
        query_params: {
          ...fenceParameters(claim),
          first,
          last,
          structure: structureOf(table, insert.columns),
        },
        values: Readable.from([insert.bytes], { objectMode: false }),
        ...(which === 'mend' ? { query_id: `weir-mend:${claim.journalId}:${insert.table}` } : {}),
        clickhouse_settings: {
          insert_deduplicate: 1,
          insert_deduplication_token: which === 'mend' ? `${token}:mended:${randomUUID()}` : token,
          async_insert: 0,
          max_threads: 1,
          max_insert_threads: '1',
          max_insert_block_size: String(Math.max(insert.rows, 1)),
          max_block_size: String(Math.max(insert.rows, 1)),
          min_insert_block_size_rows: String(Math.max(insert.rows, 1)),
          min_insert_block_size_bytes: '0',
          input_format_parallel_parsing: 0,
          wait_end_of_query: 1,
        },
      })
      // An unread response would hold its connection.
      await finished(stream.resume())
    } catch (error) {
      throw fencedStatement(error, `insert into ${insert.table}, partition ${claim.partition}`)
    }
  }

  /** Compares what a range should have put into each table with what is there, and mends what is missing. */
  async #verifyRange(key: RangeKey, inserts: readonly TableInsert[]): Promise<void> {
    const { first, last } = key
    for (const insert of inserts) {
      const found = await this.#countRows(insert.table, key)
      if (found === insert.rows) continue
      invariant(
        found < insert.rows,
        `${insert.table} holds ${found} of ${insert.rows} rows of ${first}-${last}`,
      )
      await this.insertTable(key, insert, 'mend')
      const mended = await this.#countRows(insert.table, key)
      invariant(mended === insert.rows, `${insert.table} could not be mended for ${first}-${last}`)
    }
  }

  async #countRows(table: string, { claim, first, last }: RangeKey): Promise<number> {
    const query = `SELECT count() AS rows FROM ${table} WHERE ${OF_RANGE}`
    try {
      const found = await this.#client.query({
        query,
        query_params: { partition: claim.partition, first, last },
        format: 'JSONEachRow',
      })
      const [row] = await found.json<{ rows: number | string }>()
      return Number(row?.rows)
    } catch (error) {
      throw failedStatement(error, `counting ${table}`)
    }
  }
}

const OF_RANGE =
  'journal_partition = {partition: UInt32} AND sequence BETWEEN {first: UInt64} AND {last: UInt64}'

function statementOf(
  { table, columns }: TableInsert,
  { partitionKey }: ServerTable,
  missing: boolean,
): string {
  const list = columns.join(', ')
  const rest = missing
    ? ` AND (sequence, ${partitionKey}) NOT IN (SELECT sequence, ${partitionKey} FROM ${table} WHERE ${OF_RANGE})`
    : ''
  return `INSERT INTO ${table} (${list}) SELECT ${list} FROM input({structure: String}) WHERE ${FENCE}${rest} FORMAT RowBinary`
}
