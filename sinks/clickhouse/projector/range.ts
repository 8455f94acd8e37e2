/**
 * A contiguous range of the journal as encoded rows of every table: the unit of insertion.
 *
 * Depends on the table descriptions and the RowBinary writer.
 */
import { RowBinaryWriter } from './row-binary.js'
import { cyclesTable, decisionsTable, explanationsTable, solverRunsTable } from './rows/decision-rows.js'
import { decisionInputsTable } from './rows/edge-rows.js'
import { deadLettersTable, executionsTable, inputsTable, policiesTable } from './rows/input-rows.js'
import {
  alertsTable,
  instructionEventsTable,
  instructionsTable,
  reservationsTable,
} from './rows/instruction-rows.js'
import { processStartsTable, sourcesTable } from './rows/journal-rows.js'
import { approvalsTable, commandsTable, rostersTable } from './rows/people-rows.js'
import type { RowSink, Table } from './table.js'

/** Column that says which partition of the journal `sequence` counts in; the last of every insert. */
export const PARTITION_COLUMN = '`journal_partition`'

/** Every table that the projector fills from the journal; each has the columns `sequence` and `journal_partition`. */
export const PROJECTED_TABLES: readonly Table<never>[] = [
  sourcesTable,
  processStartsTable,
  inputsTable,
  executionsTable,
  policiesTable,
  commandsTable,
  approvalsTable,
  rostersTable,
  deadLettersTable,
  cyclesTable,
  decisionsTable,
  decisionInputsTable,
  explanationsTable,
  solverRunsTable,
  instructionsTable,
  instructionEventsTable,
  reservationsTable,
  alertsTable,
]

interface EncodedTable {
  readonly writer: RowBinaryWriter
  rows: number
}

/** What is to be inserted into one table. */
export interface TableInsert {
  readonly table: string
  readonly columns: readonly string[]
  readonly rows: number
  readonly bytes: Buffer
}

/** Collects the rows of one range; its buffers are used again for the next. */
export class RangeRows implements RowSink {
  readonly #tables = new Map<string, EncodedTable>()
  readonly #partition: number
  rows = 0

  /** @param partition of the journal that the range is of */
  constructor(partition: number) {
    this.#partition = partition
  }

  add<Row>(table: Table<Row>, row: Row): void {
    let encoded = this.#tables.get(table.name)
    if (encoded === undefined) {
      encoded = { writer: new RowBinaryWriter(), rows: 0 }
      this.#tables.set(table.name, encoded)
    }
    table.encode(encoded.writer, row)
    encoded.writer.uint32(this.#partition)
    encoded.rows += 1
    this.rows += 1
  }

  /** One insert for each table that got rows. The bytes are valid until `reset`. */
  inserts(): TableInsert[] {
    const inserts: TableInsert[] = []
    for (const { name, columns } of PROJECTED_TABLES) {
      const encoded = this.#tables.get(name)
      if (encoded === undefined || encoded.rows === 0) continue
      inserts.push({
        table: name,
        columns: [...columns, PARTITION_COLUMN],
        rows: encoded.rows,
        bytes: encoded.writer.bytes(),
      })
    }
    return inserts
  }

  reset(): void {
    for (const encoded of this.#tables.values()) {
      encoded.writer.reset()
      encoded.rows = 0
    }
    this.rows = 0
  }
}
