/**
 * Inserts encoded rows so that each arrives once, however often an attempt is cut off.
 *
 * An insert carries a deduplication token made of table, journal and range; the server drops a second insert
 * with the token. After an attempt of unknown outcome the rows of the range are counted as well, because the
 * server notes a token before it commits the part: killed in between, it would refuse the repeat and hold
 * nothing. What then is missing is removed as a whole and inserted under a token of its own.
 * Depends on `@clickhouse/client`.
 */
import { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { invariant } from '../../../pipeline/errors.js'
import { failedStatement } from '../failure.js'
import type { TableInsert } from './range.js'

export interface RangeKey {
  /** UUID in its text form. */
  readonly journalId: string
  readonly first: number
  readonly last: number
}

/** Inserts run side by side: each waits for files more than for a processor. */
const INSERTS_AT_ONCE = 3

/** `table:journal-id:first-last`; the same range has the same tokens for ever. */
export function deduplicationToken(table: string, key: RangeKey): string {
  return `${table}:${key.journalId}:${key.first}-${key.last}`
}

/** Inserts every table of a range. `inserted` is called after each table. */
export async function insertRange(
  client: ClickHouseClient,
  key: RangeKey,
  inserts: readonly TableInsert[],
  inserted: (table: string) => Promise<void>,
): Promise<void> {
  const queue = [...inserts]
  const work = async (): Promise<void> => {
    for (let insert = queue.shift(); insert !== undefined; insert = queue.shift()) {
      await insertTable(client, insert, deduplicationToken(insert.table, key))
      await inserted(insert.table)
    }
  }
  const workers = await Promise.allSettled(Array.from({ length: INSERTS_AT_ONCE }, work))
  for (const worker of workers) if (worker.status === 'rejected') throw worker.reason
}

/** Sends the rows as one block, so that the token stands for all of them. */
export async function insertTable(
  client: ClickHouseClient,
  insert: TableInsert,
  token: string,
): Promise<void> {
  const query = `INSERT INTO ${insert.table} (${insert.columns.join(', ')}) FORMAT RowBinary`
  try {
    const { stream } = await client.exec({
      query,
      values: Readable.from([insert.bytes], { objectMode: false }),
      clickhouse_settings: {
        insert_deduplicate: 1,
        insert_deduplication_token: token,
        async_insert: 0,
        max_insert_threads: '1',
        max_insert_block_size: String(Math.max(insert.rows, 1)),
        input_format_parallel_parsing: 0,
        wait_end_of_query: 1,
      },
    })
    // An unread response would hold its connection.
    await finished(stream.resume())
  } catch (error) {
    throw failedStatement(error, `insert into ${insert.table}`)
  }
}

/** Compares what a range should have put into each table with what is there, and mends what is missing. */
export async function verifyRange(
  client: ClickHouseClient,
  key: RangeKey,
  inserts: readonly TableInsert[],
): Promise<void> {
  for (const insert of inserts) {
    const found = await countRows(client, insert.table, key)
    if (found === insert.rows) continue
    invariant(
      found < insert.rows,
      `${insert.table} holds ${found} of ${insert.rows} rows of ${key.first}-${key.last}`,
    )
    await mend(client, insert, key)
    const mended = await countRows(client, insert.table, key)
    invariant(mended === insert.rows, `${insert.table} could not be mended for ${key.first}-${key.last}`)
  }
}

async function mend(client: ClickHouseClient, insert: TableInsert, key: RangeKey): Promise<void> {
  const query = `ALTER TABLE ${insert.table} DELETE WHERE sequence BETWEEN {first: UInt64} AND {last: UInt64}`
  try {
    await client.command({
      query,
      query_params: { first: key.first, last: key.last },
      clickhouse_settings: { mutations_sync: '1', wait_end_of_query: 1 },
    })
  } catch (error) {
    throw failedStatement(error, `mending ${insert.table}`)
  }
  // Never seen before and never used again: a mend that is cut off finds rows missing and mends anew.
  await insertTable(
    client,
    insert,
    `${deduplicationToken(insert.table, key)}:mended:${process.hrtime.bigint()}`,
  )
}

async function countRows(client: ClickHouseClient, table: string, key: RangeKey): Promise<number> {
  const query = `SELECT count() AS rows FROM ${table} WHERE sequence BETWEEN {first: UInt64} AND {last: UInt64}`
  try {
    const result = await client.query({
      query,
      query_params: { first: key.first, last: key.last },
      format: 'JSONEachRow',
    })
    const [row] = await result.json<{ rows: number | string }>()
    return Number(row?.rows)
  } catch (error) {
    throw failedStatement(error, `counting ${table}`)
  }
}
