/**
 * Turns what the ClickHouse client throws into one-line `WeirError`s.
 * Depends on `@clickhouse/client` and `pipeline/errors`.
 */
import { ClickHouseError } from '@clickhouse/client'
import { WeirError } from '../../pipeline/errors.js'

/** Server codes that another attempt can mend: too busy, out of memory, out of parts, shutting down, the same query still running. */
const PASSING_CODES = new Set(['202', '236', '241', '252', '159', '209', '210', '216'])

/** `WEIR_CLICKHOUSE` for a failed statement; `retry` tells whether another attempt can help. */
export function failedStatement(error: unknown, place: string): WeirError {
  if (error instanceof WeirError) return error
  if (error instanceof ClickHouseError) {
    const retry = PASSING_CODES.has(error.code) ? 'backoff' : 'never'
    return new WeirError('WEIR_CLICKHOUSE', firstLine(error.message), { place, cause: error, retry })
  }
  // Anything else comes from the connection: refused, reset, timed out.
  const message = error instanceof Error ? error.message : String(error)
  return new WeirError(
    'WEIR_CLICKHOUSE',
    `ClickHouse cannot be reached: ${firstLine(message) || 'no detail'}`,
    {
      place,
      cause: error,
      retry: 'backoff',
    },
  )
}

function firstLine(text: string): string {
  return text.split('\n')[0]!.trim().slice(0, 600)
}
