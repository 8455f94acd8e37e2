/**
 * Makes the memory of a projection as it was after its last done range, from what was projected.
 *
 * Exact because every row names the journal entry it was made from: rows of ranges that were cut off are
 * left out by their sequence. Only cycles that had no result yet are read from the journal again.
 * Depends on `@clickhouse/client` and the projection.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { type JournalPlace, type ProjectedJournal, placeAfter, placeOf } from '../../journal/journal-port.js'
import { failedStatement } from '../failure.js'
import { Projection } from './projection.js'
import { LISTED_INPUTS_MAX, STANDING_KINDS } from './rows/edge-rows.js'

export interface Restored {
  readonly projection: Projection
  /** In front of `next`. */
  readonly place: JournalPlace
}

/**
 * @param next first entry that is not in a done range
 * @param resume in front of the oldest entry that later rows are made from
 */
export async function restoreProjection(
  client: ClickHouseClient,
  journal: ProjectedJournal,
  next: number,
  resume: JournalPlace,
): Promise<Restored> {
  const projection = new Projection()
  if (next === 0) return { projection, place: resume }
  const ask: Ask = (query) => rows(client, query, journal.partition, next)
  await restoreSources(ask, projection)
  await restoreStanding(ask, projection)
  await restoreFresh(ask, projection)
  return { projection, place: await restorePending(journal, projection, resume, next) }
}

/** Asks for rows of the partition that were made from entries before `next`. */
type Ask = <Row>(query: string) => Promise<Row[]>

const OF_PARTITION = 'journal_partition = {partition: UInt32} AND sequence < {next: UInt64}'

async function rows<Row>(
  client: ClickHouseClient,
  query: string,
  partition: number,
  next: number,
): Promise<Row[]> {
  try {
    const result = await client.query({ query, query_params: { partition, next }, format: 'JSONEachRow' })
    return await result.json<Row>()
  } catch (error) {
    throw failedStatement(error, `restoring the projection of partition ${partition}`)
  }
}

interface SourceRow {
  readonly source: number
  readonly stream: string
  readonly name: string
  readonly schema_fingerprint: string
  readonly writer_schema: string
}

async function restoreSources(ask: Ask, projection: Projection): Promise<void> {
  const query = `
    SELECT source, stream, name, schema_fingerprint, writer_schema
    FROM sources WHERE ${OF_PARTITION} ORDER BY source`
  for (const row of await ask<SourceRow>(query)) {
    projection.knowSource(row.source, row.stream, row.name, row.schema_fingerprint, row.writer_schema)
  }
}

interface ReferenceRow {
  readonly group_id: string
  readonly input_cycle: string
  readonly input_index: number
  readonly source: number
  readonly input_position: string
  readonly touched: string
}

/** Order matters: the map of a group keeps its entries in the order of the inputs. */
async function restoreStanding(ask: Ask, projection: Projection): Promise<void> {
  const kinds = STANDING_KINDS.map((kind) => `'${kind}'`).join(', ')
  const query = `
    SELECT group_id, touched, toString(last.1) AS input_cycle, last.2 AS input_index, last.3 AS source,
      toString(last.4) AS input_position
    FROM
    (
      SELECT group_id, touched, max((cycle, input_index, source, position)) AS last
      FROM inputs
      WHERE ${OF_PARTITION} AND disposition IN ('accepted', 'late')
        AND splitByChar(':', touched)[1] IN (${kinds})
      GROUP BY group_id, touched
    )
    ORDER BY group_id, last`
  for (const row of await ask<ReferenceRow>(query)) {
    projection.lineage(row.group_id).latest.set(row.touched, referenceOf(row))
  }
}

function referenceOf(row: ReferenceRow) {
  return {
    cycle: Number(row.input_cycle),
    index: row.input_index,
    source: row.source,
    position: Number(row.input_position),
    touched: row.touched,
  }
}

/** Inputs applied since each group's last decision. */
async function restoreFresh(ask: Ask, projection: Projection): Promise<void> {
  const since = `
    WITH decided AS
    (
      SELECT group_id, max(toInt64(cycle)) AS last_cycle FROM decisions
      WHERE ${OF_PARTITION} AND arm = '' GROUP BY group_id
    )`
  const fresh = `
    FROM inputs AS i LEFT JOIN decided AS d ON d.group_id = i.group_id
    WHERE i.journal_partition = {partition: UInt32} AND i.sequence < {next: UInt64} AND i.disposition IN ('accepted', 'late')
      AND (d.group_id = '' OR toInt64(i.cycle) > d.last_cycle)`
  const listed = `${since}
    SELECT i.group_id AS group_id, toString(i.cycle) AS input_cycle, i.input_index AS input_index,
      i.source AS source, toString(i.position) AS input_position, i.touched AS touched
    ${fresh} ORDER BY i.group_id, i.cycle, i.input_index LIMIT ${LISTED_INPUTS_MAX} BY group_id`
  for (const row of await ask<ReferenceRow>(listed)) {
    projection.lineage(row.group_id).fresh.push(referenceOf(row))
  }
  const counted = `${since}
    SELECT i.group_id AS group_id, toString(count()) AS inputs ${fresh} GROUP BY i.group_id`
  for (const row of await ask<{ group_id: string; inputs: string }>(counted)) {
    projection.lineage(row.group_id).unlisted = Math.max(0, Number(row.inputs) - LISTED_INPUTS_MAX)
  }
}

async function restorePending(
  journal: ProjectedJournal,
  projection: Projection,
  resume: JournalPlace,
  next: number,
): Promise<JournalPlace> {
  let place = resume
  for await (const batch of journal.read(resume, next)) {
    for (const entry of batch) {
      const body = entry.decode()
      if ('weir.Cycle' in body) projection.expect(placeOf(entry), body['weir.Cycle'])
      if ('weir.CycleResult' in body) projection.settled(body['weir.CycleResult'])
      place = placeAfter(entry)
    }
  }
  return place
}
