/**
 * Whether the decisions, instructions, events, commands, approvals and rosters of an audit log are what ClickHouse shows: every row of the one has its leaf in the other,
 * with the same values. Both are read once in the order of the journal, and nothing is held but what is compared.
 *
 * The log must have been compared with its journal before. Depends on `@clickhouse/client` and the log's reader.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { failedStatement } from '../../clickhouse/failure.js'
import { projectedEntries } from '../../clickhouse/verification/verify.js'
import {
  type ComparedRow,
  type LoggedLeaf,
  ROW_TABLES,
  type RowPlace,
  type RowTable,
  rowOf,
  selectRows,
} from './leaf-rows.js'

/** Differences that are told by name; whoever has more needs the database filled anew and not a list. */
const DIFFERENCES_MOST = 20

export interface RowDifference {
  readonly table: string
  /** Of the decision, instruction or command, hex; the subject of an approval, the name of a roster. */
  readonly id: string
  readonly what: string
}

export interface RowsVerdict {
  readonly equal: boolean
  /** Rows that are equal. */
  readonly compared: number
  /** Entries of the log that are not projected yet; their leaves are not compared. */
  readonly behindEntries: number
  /** The first ones. */
  readonly differences: readonly RowDifference[]
  /** How many more there are. */
  readonly more: number
}

interface LeafSource {
  readonly size: number
  record(index: number): Promise<Uint8Array>
}

/** @throws WeirError WEIR_CLICKHOUSE when it cannot be asked */
export async function compareRows(
  client: ClickHouseClient,
  log: LeafSource,
  partition: number,
): Promise<RowsVerdict> {
  const projected = await projectedEntries(client, partition)
  const logged = log.size === 0 ? 0 : (await leafAt(log, log.size - 1)).journal.entry + 1
  const entries = Math.min(projected, logged)
  const found = new Differences()
  for (const table of ROW_TABLES) await compareTable(client, log, { table, partition, entries }, found)
  return {
    equal: found.count === 0,
    compared: found.compared,
    behindEntries: Math.max(0, logged - projected),
    differences: found.first,
    more: found.count - found.first.length,
  }
}

class Differences {
  readonly first: RowDifference[] = []
  count = 0
  compared = 0

  add(table: string, row: ComparedRow, what: string): void {
    this.count++
    if (this.first.length < DIFFERENCES_MOST) this.first.push({ table, id: row.values[0] ?? '', what })
  }
}

interface Compared {
  readonly table: RowTable
  readonly partition: number
  readonly entries: number
}

/** Merges the two by their places; a place that only one of them has is a difference. */
async function compareTable(
  client: ClickHouseClient,
  log: LeafSource,
  compared: Compared,
  found: Differences,
): Promise<void> {
  const { table } = compared
  const leaves = loggedRows(log, compared)
  const rows = storedRows(client, compared)
  let [leaf, row] = [await leaves.next(), await rows.next()]
  while (leaf.done !== true || row.done !== true) {
    const order = leaf.done === true ? 1 : row.done === true ? -1 : orderOf(leaf.value, row.value)
    if (order < 0 && leaf.done !== true)
      found.add(table.table, leaf.value, 'the log has it, ClickHouse has not')
    else if (order > 0 && row.done !== true)
      found.add(table.table, row.value, 'ClickHouse has it, the log has not')
    else if (leaf.done !== true && row.done !== true) compareValues(table, leaf.value, row.value, found)
    if (order <= 0) leaf = await leaves.next()
    if (order >= 0) row = await rows.next()
  }
}

const orderOf = (a: RowPlace, b: RowPlace): number => a.entry - b.entry || a.rank - b.rank

function compareValues(
  { table, columns }: RowTable,
  leaf: ComparedRow,
  row: ComparedRow,
  found: Differences,
): void {
  const at = leaf.values.findIndex((value, index) => value !== row.values[index])
  if (at < 0) found.compared++
  else
    found.add(
      table,
      leaf,
      `${columns[at]?.name} is ${leaf.values[at]} in the log, ${row.values[at]} in ClickHouse`,
    )
}

async function* loggedRows(
  log: LeafSource,
  { table, entries }: Compared,
): AsyncGenerator<ComparedRow, void, void> {
  const mark = `"kind":"${table.kind}"`
  // Leaves of people stand in the order of their effect, rows in that of their inputs: those of an entry are put in order.
  let ofEntry: ComparedRow[] = []
  for (let index = 0; index < log.size; index++) {
    const record = Buffer.from(await log.record(index))
    if (!record.includes(mark)) continue
    const leaf = JSON.parse(record.toString('utf8')) as LoggedLeaf
    if (leaf.journal.entry >= entries) break
    if (leaf.kind !== table.kind || table.has?.(leaf) === false) continue
    const row = rowOf(table, leaf)
    if (row.entry !== ofEntry[0]?.entry) {
      yield* ofEntry.sort(orderOf)
      ofEntry = []
    }
    ofEntry.push(row)
  }
  yield* ofEntry.sort(orderOf)
}

async function* storedRows(
  client: ClickHouseClient,
  { table, partition, entries }: Compared,
): AsyncGenerator<ComparedRow, void, void> {
  try {
    const found = await client.query({
      query: selectRows(table),
      query_params: { partition, entries },
      format: 'JSONCompactStringsEachRow',
    })
    for await (const batch of found.stream<readonly string[]>())
      for (const row of batch) {
        const [sequence, rank, ...values] = row.json()
        yield { entry: Number(sequence), rank: Number(rank), values }
      }
  } catch (error) {
    throw failedStatement(error, `reading ${table.table}`)
  }
}

async function leafAt(log: LeafSource, index: number): Promise<LoggedLeaf> {
  return JSON.parse(Buffer.from(await log.record(index)).toString('utf8')) as LoggedLeaf
}
