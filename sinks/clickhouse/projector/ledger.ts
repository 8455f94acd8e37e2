/**
 * The table `projection_ranges`: which ranges of the journal were begun and which are complete.
 *
 * ```
 * epoch  first  last    state
 *   1        0   4095   intended   before the first insert of the range
 *   1        0   4095   done       after the last
 *   1     4096   8191   intended   cut off here: the next start repeats 4096-8191 and nothing else
 * ```
 * Done ranges follow each other without gaps. The bounds of an intended range bind, because some of its rows
 * may be in. Two intended ranges with one beginning come from a projector that was cut off before it knew
 * that its row had arrived, and so before it inserted: the later epoch holds.
 * Depends on `@clickhouse/client`.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { WeirError } from '../../../pipeline/errors.js'
import { failedStatement } from '../failure.js'
import type { RangeKey } from './inserter.js'

export interface Resumption {
  /** Number of this start of the projector. */
  readonly epoch: number
  /** First entry that is not in a done range. */
  readonly next: number
  /** Last entry of a range that was begun at `next` and must be repeated; undefined when none was. */
  readonly intendedLast: number | undefined
  /** Oldest entry that rows of entries from `next` on are made from. */
  readonly resumeSequence: number
}

interface LedgerRow {
  readonly journal_id: string
  readonly epoch: string
  readonly first_sequence: string
  readonly last_sequence: string
  readonly state: string
  readonly resume_sequence: string
}

/** Where the projection of a journal stands. Throws `WEIR_CLICKHOUSE` when the database holds another journal. */
export async function readResumption(client: ClickHouseClient, journalId: string): Promise<Resumption> {
  const rows = await readLedger(client)
  const stranger = rows.find((row) => row.journal_id !== journalId)
  if (stranger !== undefined) {
    throw new WeirError(
      'WEIR_CLICKHOUSE',
      `the database holds journal ${stranger.journal_id}, not ${journalId}`,
      {
        place: 'projection_ranges',
        remedy:
          'give each data directory a database of its own (WEIR_CLICKHOUSE_DATABASE), or drop the old one',
      },
    )
  }
  let next = 0
  let resumeSequence = 0
  let epoch = 0
  for (const row of rows) {
    epoch = Math.max(epoch, Number(row.epoch))
    if (row.state !== 'done' || Number(row.last_sequence) < next) continue
    next = Number(row.last_sequence) + 1
    resumeSequence = Number(row.resume_sequence)
  }
  return { epoch: epoch + 1, next, resumeSequence, intendedLast: intendedFrom(rows, next) }
}

function intendedFrom(rows: readonly LedgerRow[], next: number): number | undefined {
  const intended = rows.filter((row) => row.state === 'intended' && Number(row.first_sequence) === next)
  intended.sort((a, b) => Number(b.epoch) - Number(a.epoch))
  return intended[0] === undefined ? undefined : Number(intended[0].last_sequence)
}

/** The last done range and everything after it: what came before has no say. */
async function readLedger(client: ClickHouseClient): Promise<LedgerRow[]> {
  const query = `
    SELECT journal_id, toString(epoch) AS epoch, toString(first_sequence) AS first_sequence,
      toString(last_sequence) AS last_sequence, state, toString(resume_sequence) AS resume_sequence
    FROM projection_ranges
    WHERE projection_ranges.last_sequence >=
      (SELECT maxIf(last_sequence, state = 'done') FROM projection_ranges)
    ORDER BY projection_ranges.last_sequence`
  try {
    return await (await client.query({ query, format: 'JSONEachRow' })).json<LedgerRow>()
  } catch (error) {
    throw failedStatement(error, 'projection_ranges')
  }
}

/** Writes down that a range is about to be inserted, or that it is complete. */
export async function recordRange(
  client: ClickHouseClient,
  key: RangeKey,
  epoch: number,
  state: 'intended' | 'done',
  resumeSequence: number,
): Promise<void> {
  const { journalId, first, last } = key
  const row = {
    journal_id: journalId,
    epoch,
    first_sequence: first,
    last_sequence: last,
    state,
    resume_sequence: resumeSequence,
  }
  try {
    await client.insert({
      table: 'projection_ranges',
      values: [row],
      format: 'JSONEachRow',
      clickhouse_settings: {
        insert_deduplicate: 1,
        insert_deduplication_token: `projection_ranges:${journalId}:${first}-${last}:${epoch}:${state}`,
        async_insert: 0,
        wait_end_of_query: 1,
      },
    })
  } catch (error) {
    throw failedStatement(error, 'projection_ranges')
  }
}
