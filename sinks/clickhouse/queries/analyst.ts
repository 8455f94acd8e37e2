/**
 * A read-only session for the commands that ask questions.
 *
 * 64-bit integers arrive as text, because JSON readers round them; `minor` and `count` turn those that are
 * known to be small enough into exact numbers. Depends on the target and `@clickhouse/client`.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ClickHouseClient } from '@clickhouse/client'
import { invariant, WeirError } from '../../../pipeline/errors.js'
import { failedStatement } from '../failure.js'
import { connect, openTarget, type TargetOptions } from '../target.js'

/** A row as JSON gives it: 64-bit integers, times and ids are texts. */
export type TextRow = Readonly<Record<string, unknown>>

export type QueryParameters = Readonly<Record<string, string | number | readonly string[]>>

export class Analyst {
  readonly client: ClickHouseClient

  constructor(client: ClickHouseClient) {
    this.client = client
  }

  async rows<Row extends object = TextRow>(query: string, parameters: QueryParameters = {}): Promise<Row[]> {
    try {
      const result = await this.client.query({
        query,
        query_params: { ...parameters },
        format: 'JSONEachRow',
        clickhouse_settings: { output_format_json_quote_64bit_integers: 1 },
      })
      return await result.json<Row>()
    } catch (error) {
      throw failedStatement(error, 'query')
    }
  }
}

/** Opens the target, runs `ask` as the analyst and stops what was started, also when `ask` fails. */
export async function withAnalyst<Answer>(
  options: TargetOptions,
  ask: (analyst: Analyst) => Promise<Answer>,
): Promise<Answer> {
  if (options.url === undefined && !existsSync(join(options.dataDir, 'clickhouse', 'store'))) {
    throw new WeirError('WEIR_INPUT', 'there is no projected run here', {
      place: options.dataDir,
      remedy: 'run `weir demo` or `weir run` first, or give its --data-dir',
    })
  }
  const target = await openTarget(options)
  try {
    const client = connect(target.analyst())
    try {
      return await ask(new Analyst(client))
    } finally {
      await client.close()
    }
  } finally {
    await target.close()
  }
}

/** An amount or counter that is below 2^53 by contract, from its text. */
export function exactNumber(value: unknown): number {
  const number = Number(value)
  invariant(Number.isSafeInteger(number), `${String(value)} is an exact integer`)
  return number
}
