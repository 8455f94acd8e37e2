/**
 * The table `projection_ranges`: which ranges of a journal partition were begun and which are complete.
 *
 * ```
 * epoch  first  last    state
 *   1        0   4095   intended   before the first insert of the range
 *   1        0   4095   done       after the last
 *   1     4096   8191   intended   cut off here: the next start repeats 4096-8191 and nothing else
 * ```
 * Done ranges follow each other without gaps. The bounds of an intended range bind, because some of its rows
 * may be in. Of two intended ranges with one beginning that of the later claim holds: the earlier one arrived when its
 * claim was taken over already, so that none of its rows can be in (`fence.ts`).
 * Depends on `@clickhouse/client`.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { JOURNAL_BEGIN, type JournalPlace } from '../../journal/journal-port.js'
import { failedStatement } from '../failure.js'
import { type Claim, FENCE, fencedStatement, fenceParameters } from './fence.js'
import type { RangeKey } from './inserter.js'

export interface Resumption {
  /** First entry that is not in a done range. */
  readonly next: number
  /** Last entry of a range that was begun at `next` and must be repeated; undefined when none was. */
  readonly intendedLast: number | undefined
  /** In front of the oldest entry that rows of entries from `next` on are made from. */
  readonly resume: JournalPlace
}

interface LedgerRow {
  readonly first_sequence: string
  readonly last_sequence: string
  readonly state: string
  readonly resume_sequence: string
  readonly resume_offset: string
  readonly resume_checksum: number
}

/** Where the projection of the claimed partition stands. */
export async function readResumption(client: ClickHouseClient, claim: Claim): Promise<Resumption> {
  const rows = await readLedger(client, claim.partition)
  let next = 0
  let resume = JOURNAL_BEGIN
  for (const row of rows) {
    if (row.state !== 'done' || Number(row.last_sequence) < next) continue
    next = Number(row.last_sequence) + 1
    resume = {
      sequence: Number(row.resume_sequence),
      offset: Number(row.resume_offset),
      checksum: row.resume_checksum,
    }
  }
  const intended = rows.findLast((row) => row.state === 'intended' && Number(row.first_sequence) === next)
  return { next, resume, intendedLast: intended === undefined ? undefined : Number(intended.last_sequence) }
}

/** The last done range and everything after it, by claim: what came before has no say. */
async function readLedger(client: ClickHouseClient, partition: number): Promise<LedgerRow[]> {
  const query = `
    SELECT toString(first_sequence) AS first_sequence, toString(last_sequence) AS last_sequence, state,
      toString(resume_sequence) AS resume_sequence, toString(resume_offset) AS resume_offset, resume_checksum
    FROM projection_ranges AS r
    WHERE r.journal_partition = {partition: UInt32} AND r.last_sequence >=
      (
        SELECT maxIf(last_sequence, state = 'done') FROM projection_ranges
        WHERE journal_partition = {partition: UInt32}
      )
    ORDER BY r.epoch, r.owner`
  try {
    const found = await client.query({ query, query_params: { partition }, format: 'JSONEachRow' })
    return await found.json<LedgerRow>()
  } catch (error) {
    throw failedStatement(error, 'projection_ranges')
  }
}

/**
 * Writes down that a range is about to be inserted, or that it is complete.
 * Throws `WEIR_FENCED` when the claim does not hold any more.
 */
export async function recordRange(
  client: ClickHouseClient,
  key: RangeKey,
  state: 'intended' | 'done',
  resume: JournalPlace,
): Promise<void> {
  const { claim, first, last } = key
  const { epoch, owner, journalId } = claim
  const query = `
    INSERT INTO projection_ranges (journal_partition, journal_id, epoch, owner, first_sequence, last_sequence, state,
      resume_sequence, resume_offset, resume_checksum)
    SELECT {partition: UInt32}, {journalId: UUID}, {epoch: UInt64}, {owner: UUID}, {first: UInt64}, {last: UInt64},
      {state: String}, {resumeSequence: UInt64}, {resumeOffset: Int64}, {resumeChecksum: Int32}
    WHERE ${FENCE}`
  const place = {
    resumeSequence: resume.sequence,
    resumeOffset: resume.offset,
    resumeChecksum: resume.checksum,
  }
  try {
    await client.command({
      query,
      query_params: { ...fenceParameters(claim), journalId, first, last, state, ...place },
      clickhouse_settings: {
        insert_deduplicate: 1,
        insert_deduplication_token: `projection_ranges:${journalId}:${first}-${last}:${epoch}:${owner}:${state}`,
        async_insert: 0,
        wait_end_of_query: 1,
      },
    })
  } catch (error) {
    throw fencedStatement(error, `projection_ranges, partition ${claim.partition}`)
  }
}
