/**
 * `weir sql STATEMENT`: a query as the read-only analyst.
 * Depends on commander and on `sinks/clickhouse/queries`.
 */
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { runSql, type SqlTable } from '../sinks/clickhouse/queries/sql.js'
import { formatTable } from './amounts.js'
import { ANALYST_HELP, type AnalystFlags, addAnalystFlags, askAnalyst } from './analyst-flags.js'

interface SqlFlags extends AnalystFlags {
  readonly maxRows: string
}

const ROWS_DEFAULT = '10000'
const ROWS_LIMIT = 1_000_000
/** A cell of a table for people; --json gives everything. */
const CELL_MAX = 120

export function register(program: Command): void {
  const command = program
    .command('sql')
    .description('run a query on the projected run, read-only')
    .argument('<statement>', 'one SQL statement; a FORMAT clause is obeyed')
    .option('--max-rows <n>', 'most rows to print', ROWS_DEFAULT)
  addAnalystFlags(command)
    .addHelpText(
      'after',
      `${ANALYST_HELP}

With --json: {"columns":[{"name","type"}],"rows":[[...]],"truncated"}; 64-bit integers and decimals are
strings, so that no reader rounds them.

Examples:
  $ weir sql "SHOW TABLES"
  $ weir sql "SELECT * FROM intraday_usage ORDER BY maximum_usage_minor DESC LIMIT 5"
  $ weir sql "SELECT * FROM decisions FORMAT CSVWithNames" > decisions.csv
Docs: docs/lineage.md`,
    )
    .action(run)
}

async function run(statement: string, flags: SqlFlags): Promise<void> {
  const rowsMax = parseMaxRows(flags.maxRows)
  const answer = await askAnalyst(flags, (analyst) => runSql(analyst, statement, rowsMax))
  if (answer.kind === 'text') {
    if (flags.json === true) {
      throw new WeirError('WEIR_USAGE', 'a FORMAT clause and --json exclude each other', {
        place: 'sql',
        remedy: 'leave one of them out',
      })
    }
    process.stdout.write(answer.text)
    return
  }
  const { columns, rows, truncated } = answer
  if (flags.json === true) process.stdout.write(`${JSON.stringify({ columns, rows, truncated })}\n`)
  else process.stdout.write(describe(answer))
  if (truncated) process.stderr.write(`only the first ${rows.length} rows: see --max-rows\n`)
}

function parseMaxRows(text: string): number {
  const rows = Number(text)
  if (Number.isInteger(rows) && rows >= 1 && rows <= ROWS_LIMIT) return rows
  throw new WeirError('WEIR_USAGE', `${text} is not a number of rows`, {
    place: '--max-rows',
    remedy: `give an integer from 1 to ${ROWS_LIMIT}`,
  })
}

function describe({ columns, rows }: SqlTable): string {
  if (columns.length === 0) return ''
  const head = columns.map((column) => column.name)
  const right = columns.filter((column) => /Int|Float|Decimal/.test(column.type)).map((column) => column.name)
  const cells = rows.map((row) => row.map(formatCell))
  return `${formatTable(head, cells, right)}${rows.length} ${rows.length === 1 ? 'row' : 'rows'}\n`
}

function formatCell(value: unknown): string {
  const text = value === null ? 'NULL' : typeof value === 'object' ? JSON.stringify(value) : String(value)
  const line = text.replace(/\s*\n\s*/g, ' ')
  return line.length > CELL_MAX ? `${line.slice(0, CELL_MAX - 1)}…` : line
}
