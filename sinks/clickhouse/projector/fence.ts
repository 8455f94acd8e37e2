/**
 * Who may project a partition: the last one that claimed it.
 *
 * A claim is a row of `projection_claims`. Every insert of a projector asks, on the server and in the same statement, whether its
 * claim is still the highest, so one that was taken over inserts nothing any more, however long it slept before it sent the
 * statement. What was under way when a claim came is settled by the deduplication tokens (`inserter.ts`).
 * Depends on `@clickhouse/client`.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { type ClickHouseClient, ClickHouseError } from '@clickhouse/client'
import { WeirError } from '../../../pipeline/errors.js'
import { failedStatement } from '../failure.js'

export interface Claim {
  readonly partition: number
  /** UUID in its text form. */
  readonly journalId: string
  readonly epoch: number
  readonly owner: string
}

/** Server code of `throwIf`. */
const THROWN = '395'

/** A condition that is true while the claim holds, and ends the statement otherwise. Its parameters: `fenceParameters`. */
export const FENCE = `throwIf(
    (SELECT max((epoch, owner)) FROM projection_claims WHERE journal_partition = {partition: UInt32})
      != ({epoch: UInt64}, {owner: UUID}), 'the claim was taken over') = 0`

export function fenceParameters({ partition, epoch, owner }: Claim) {
  return { partition, epoch, owner }
}

/** What a statement under the fence failed with. */
export function fencedStatement(error: unknown, place: string): WeirError {
  if (!(error instanceof ClickHouseError) || error.code !== THROWN) return failedStatement(error, place)
  return new WeirError('WEIR_FENCED', 'another projector has taken the partition of the journal over', {
    place,
    remedy: 'nothing is lost or doubled; keep one projector for a database and stop the others',
    cause: error,
  })
}

/** Fences whoever projects the partition. What is read after this is what the others have left. */
export async function claimPartition(
  client: ClickHouseClient,
  partition: number,
  journalId: string,
  journal: string,
): Promise<Claim> {
  const place = 'projection_claims'
  try {
    const query = `SELECT toString(max(epoch) + 1) AS epoch FROM projection_claims WHERE journal_partition = {partition: UInt32}`
    const found = await client.query({ query, query_params: { partition }, format: 'JSONEachRow' })
    const [row] = await found.json<{ epoch: string }>()
    const claim: Claim = { partition, journalId, epoch: Number(row?.epoch), owner: randomUUID() }
    const { epoch, owner } = claim
    const projector = `${hostname()} ${process.pid}`
    await client.insert({
      table: place,
      values: [{ journal_partition: partition, epoch, owner, journal_id: journalId, journal, projector }],
      format: 'JSONEachRow',
      clickhouse_settings: { async_insert: 0, wait_end_of_query: 1 },
    })
    return claim
  } catch (error) {
    throw failedStatement(error, place)
  }
}

/** Throws `WEIR_CLICKHOUSE` when the database holds another journal than that of the partition. */
export async function refuseStrangers(
  client: ClickHouseClient,
  partition: number,
  journalId: string,
  journal: string,
): Promise<void> {
  const query = `
    SELECT DISTINCT journal_partition, journal_id, journal FROM projection_claims
    WHERE journal != {journal: String} OR (journal_partition = {partition: UInt32} AND journal_id != {id: UUID})
    LIMIT 1`
  const parameters = { journal, partition, id: journalId }
  let stranger: { journal_partition: number; journal_id: string; journal: string } | undefined
  try {
    const found = await client.query({ query, query_params: parameters, format: 'JSONEachRow' })
    ;[stranger] = await found.json<NonNullable<typeof stranger>>()
  } catch (error) {
    throw failedStatement(error, 'projection_claims')
  }
  if (stranger === undefined) return
  const held = `journal ${stranger.journal_id} (${stranger.journal}, partition ${stranger.journal_partition})`
  throw new WeirError(
    'WEIR_CLICKHOUSE',
    `the database holds ${held}, not ${journalId} (${journal}, partition ${partition})`,
    {
      place: 'projection_claims',
      remedy:
        'give each journal (data directory, or topic) a database of its own (WEIR_CLICKHOUSE_DATABASE), or drop the old one; a topic that was made anew is another journal',
    },
  )
}
