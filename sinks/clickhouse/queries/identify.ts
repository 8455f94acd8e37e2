/**
 * Finds out what an id given by a person stands for: an instruction, a decision or an input.
 *
 * Accepted are UUIDs with or without hyphens (instruction, decision, movement, report, expected flow,
 * execution, command) and coordinates `source:position`, the source by name, or by number, which every partition of
 * the journal has of its own.
 * Depends on the analyst's session.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { formatUuid } from '../../../pipeline/identity.js'
import type { Analyst } from './analyst.js'

export interface InputKey {
  /** Names of groups are one journal's own, and the group of what cannot be routed is in every partition. */
  readonly journalPartition: number
  readonly groupId: string
  readonly cycle: number
  readonly index: number
}

export type Subject =
  | { readonly kind: 'instruction'; readonly id: string }
  | { readonly kind: 'decision'; readonly id: string }
  /** One record may have come several times, and to several groups. */
  | { readonly kind: 'input'; readonly id: string; readonly keys: readonly InputKey[] }

const UUID = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i
const COORDINATES = /^(.+):(\d{1,16})$/
/** A record that came more often than this is shown by its first arrivals. */
const ARRIVALS_MAX = 100

/** Throws `WEIR_NOT_FOUND` when nothing has the id. */
export async function identify(analyst: Analyst, text: string): Promise<Subject> {
  const id = text.trim()
  const subject = UUID.test(id)
    ? await identifyUuid(analyst, formatUuid(id.replaceAll('-', '').toLowerCase()))
    : await identifyInput(analyst, id)
  if (subject !== undefined) return subject
  throw new WeirError('WEIR_NOT_FOUND', `nothing has the id ${id.slice(0, 200)}`, {
    place: 'id',
    remedy:
      'give the id of an instruction, a decision or a record, or SOURCE:POSITION such as cash-movement/a.avro:17',
  })
}

async function identifyUuid(analyst: Analyst, id: string): Promise<Subject | undefined> {
  const query = `
    SELECT 'instruction' AS kind FROM instructions WHERE instruction_id = {id: UUID}
    UNION ALL
    SELECT 'decision' AS kind FROM decisions WHERE decision_id = {id: UUID}
    LIMIT 1`
  const [found] = await analyst.rows<{ kind: 'instruction' | 'decision' }>(query, { id })
  if (found !== undefined) return { kind: found.kind, id }
  const keys = await inputKeys(analyst, 'record_id = {id: UUID}', { id })
  return keys.length === 0 ? undefined : { kind: 'input', id, keys }
}

async function identifyInput(analyst: Analyst, id: string): Promise<Subject | undefined> {
  const match = COORDINATES.exec(id)
  if (match === null) return undefined
  const [, source, position] = match
  const byName = await analyst.rows<{ source: number; journal_partition: number }>(
    'SELECT source, journal_partition FROM sources WHERE name = {name: String} OR toString(source) = {name: String}',
    { name: source! },
  )
  const keys: InputKey[] = []
  for (const { source: number, journal_partition: partition } of byName) {
    const coordinates =
      'source = {source: UInt32} AND position = {position: UInt64} AND journal_partition = {partition: UInt32}'
    // Written with the types of the columns, so that the filter index on the hash is used.
    const hash = 'cityHash64(source, position) = cityHash64({source: UInt32}, {position: UInt64})'
    const parameters = { source: number, position: position!, partition }
    keys.push(...(await inputKeys(analyst, `${hash} AND ${coordinates}`, parameters)))
  }
  return keys.length === 0 ? undefined : { kind: 'input', id, keys }
}

async function inputKeys(
  analyst: Analyst,
  condition: string,
  parameters: Record<string, string | number>,
): Promise<InputKey[]> {
  const query = `
    SELECT journal_partition, group_id, cycle, input_index FROM inputs WHERE ${condition}
    ORDER BY cycle, group_id, input_index, journal_partition LIMIT ${ARRIVALS_MAX}`
  const rows = await analyst.rows<{
    journal_partition: number
    group_id: string
    cycle: string
    input_index: number
  }>(query, parameters)
  return rows.map((row) => ({
    journalPartition: row.journal_partition,
    groupId: row.group_id,
    cycle: Number(row.cycle),
    index: row.input_index,
  }))
}
