/**
 * Runs a statement of a person's as the read-only analyst.
 *
 * Values keep what the server knows: 64-bit and larger integers and decimals are texts, because a JSON
 * number would be rounded; ids and times are texts; NULL is null. A FORMAT clause is obeyed, its output given
 * back as it is. Depends on the analyst's session.
 */
import { ClickHouseError } from '@clickhouse/client'
import { WeirError } from '../../../pipeline/errors.js'
import { failedStatement } from '../failure.js'
import type { Analyst } from './analyst.js'

export interface SqlColumn {
  readonly name: string
  readonly type: string
}

export interface SqlTable {
  readonly kind: 'table'
  readonly columns: readonly SqlColumn[]
  readonly rows: readonly (readonly unknown[])[]
  /** True when the server had more rows than were asked for. */
  readonly truncated: boolean
}

/** What a FORMAT clause of the statement's own made. */
export interface SqlText {
  readonly kind: 'text'
  readonly text: string
}

const TABLE_FORMAT = 'JSONCompact'

interface CompactAnswer {
  readonly meta: readonly SqlColumn[]
  readonly data: readonly (readonly unknown[])[]
}

/**
 * Throws `WEIR_USAGE` for a statement that the server refuses, `WEIR_CLICKHOUSE` when it cannot answer.
 * @param rowsMax most rows to give back
 */
export async function runSql(
  analyst: Analyst,
  statement: string,
  rowsMax: number,
): Promise<SqlTable | SqlText> {
  const query = statement.trim().replace(/;\s*$/, '')
  if (query === '') throw new WeirError('WEIR_USAGE', 'the statement is empty', { place: 'sql' })
  try {
    const { stream, response_headers: headers } = await analyst.client.exec({
      query,
      clickhouse_settings: {
        default_format: TABLE_FORMAT,
        output_format_json_quote_64bit_integers: 1,
        output_format_json_quote_decimals: 1,
        output_format_json_quote_denormals: 1,
        output_format_json_validate_utf8: 1,
        max_result_rows: String(rowsMax + 1),
        result_overflow_mode: 'break',
        wait_end_of_query: 1,
      },
    })
    let text = ''
    stream.setEncoding('utf8')
    for await (const chunk of stream) text += String(chunk)
    const format = headers['x-clickhouse-format']
    if (format !== undefined && format !== TABLE_FORMAT) return { kind: 'text', text }
    return toTable(text, rowsMax)
  } catch (error) {
    throw refusedStatement(error)
  }
}

function toTable(text: string, rowsMax: number): SqlTable {
  // A statement without a result, such as SET, answers with nothing.
  if (text === '') return { kind: 'table', columns: [], rows: [], truncated: false }
  const { meta, data } = JSON.parse(text) as CompactAnswer
  // The server stops at whole blocks and may give more than asked for.
  return { kind: 'table', columns: meta, rows: data.slice(0, rowsMax), truncated: data.length > rowsMax }
}

/** A statement that the server understood and refused is the person's to mend. */
function refusedStatement(error: unknown): WeirError {
  const failure = failedStatement(error, 'sql')
  if (!(error instanceof ClickHouseError) || failure.retry !== 'never') return failure
  return new WeirError('WEIR_USAGE', failure.message, {
    place: 'sql',
    remedy: 'tables and views: `weir sql "SHOW TABLES"`, columns: `weir sql "DESCRIBE inputs"`',
    cause: error,
  })
}
