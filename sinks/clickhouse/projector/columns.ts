/**
 * Types of the columns that the projector fills, as the server has them: what an insert through `input()` must say.
 *
 * Depends on `@clickhouse/client` and the tables.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { invariant } from '../../../pipeline/errors.js'
import { failedStatement } from '../failure.js'

export interface ServerTable {
  /** Type by column. */
  readonly types: ReadonlyMap<string, string>
  /** Expression that splits the table into parts of their own; a constant where there is none. */
  readonly partitionKey: string
}

export type ServerTables = ReadonlyMap<string, ServerTable>

export async function readServerTables(client: ClickHouseClient): Promise<ServerTables> {
  const query = `
    SELECT t.name AS name, t.partition_key AS partition_key, groupArray(c.name) AS names, groupArray(c.type) AS types
    FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
    WHERE t.database = currentDatabase() AND t.engine LIKE '%MergeTree'
    GROUP BY t.name, t.partition_key`
  try {
    const found = await client.query({ query, format: 'JSONEachRow' })
    const rows = await found.json<{ name: string; partition_key: string; names: string[]; types: string[] }>()
    return new Map(
      rows.map(({ name, partition_key, names, types }) => [
        name,
        {
          types: new Map(names.map((column, index) => [column, types[index]!])),
          partitionKey: partition_key === '' ? '0' : partition_key,
        },
      ]),
    )
  } catch (error) {
    throw failedStatement(error, 'system.columns')
  }
}

/** The columns with their types, in the order given; quoted names. */
export function structureOf(table: ServerTable, columns: readonly string[]): string {
  return columns.map((column) => `${column} ${typeOfColumn(table, column)}`).join(', ')
}

export function typeOfColumn(table: ServerTable, column: string): string {
  const type = table.types.get(column.replaceAll('`', ''))
  invariant(type !== undefined, `the database has a column ${column}`)
  return type
}
