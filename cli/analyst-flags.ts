/**
 * Flags that the commands on ClickHouse share, and the session that they open.
 * Depends on commander, the configuration and `sinks/clickhouse`.
 */
import type { Command } from 'commander'
import type { EngineLog } from '../sinks/clickhouse/embedded/server.js'
import { type Analyst, withAnalyst } from '../sinks/clickhouse/queries/analyst.js'
import { loadConfiguration } from './configuration.js'
import { CONFIG_FLAG, DEMO_DATA_DIR } from './flags.js'

export interface AnalystFlags {
  readonly dataDir?: string
  readonly config?: string
  readonly clickhouseUrl?: string
  readonly json?: boolean
}

export const ANALYST_HELP = `
The data directory is ${DEMO_DATA_DIR} unless given. Without --clickhouse-url, or clickhouse.url in the file, the embedded
engine is started on DIR/clickhouse and stopped afterwards.
A server's login is read from WEIR_CLICKHOUSE_ANALYST_USER and WEIR_CLICKHOUSE_ANALYST_PASSWORD
or WEIR_CLICKHOUSE_ANALYST_PASSWORD_FILE, or from the file; its database from WEIR_CLICKHOUSE_DATABASE (default weir).`

export function addAnalystFlags(command: Command): Command {
  return command
    .option('--data-dir <dir>', 'data directory of the run')
    .option(...CONFIG_FLAG)
    .option('--clickhouse-url <url>', 'address of a ClickHouse server instead of the embedded engine')
    .option('--json', 'print one JSON document')
}

const engineLog: EngineLog = {
  warn: (_fields, message) => process.stderr.write(`${message}\n`),
  error: (_fields, message) => process.stderr.write(`${message}\n`),
}

export function askAnalyst<Answer>(
  flags: AnalystFlags,
  ask: (analyst: Analyst) => Promise<Answer>,
): Promise<Answer> {
  const file = loadConfiguration(flags.config)
  const dataDir = flags.dataDir ?? file.dataDir ?? DEMO_DATA_DIR
  const url = flags.clickhouseUrl ?? file.clickhouse.url
  return withAnalyst({ dataDir, url, environment: file.clickhouse.environment, log: engineLog }, ask)
}
