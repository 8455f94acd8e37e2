/**
 * Applies the numbered migrations of `migrations/` in order and records them in the table `migrations`.
 *
 * Every statement is idempotent, so that a migration that was cut off is applied again from its beginning.
 * A recorded migration is never applied again and must not change: what follows is a new number.
 * Depends on `@clickhouse/client` and the files.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ClickHouseClient } from '@clickhouse/client'
import { invariant, WeirError } from '../../pipeline/errors.js'
import { failedStatement } from './failure.js'
import { type Connection, connect } from './target.js'

export interface Migration {
  readonly number: number
  readonly name: string
  /** SHA-256 of the file, hex. */
  readonly digest: string
  readonly statements: readonly string[]
}

const FILE_NAME = /^(\d{4})_([a-z0-9-]+)\.sql$/

/** Reads the migrations in order; numbers run from 1 without gaps. */
export function readMigrations(directory: string = migrationsDirectory()): Migration[] {
  const files = readdirSync(directory).filter((file) => file.endsWith('.sql'))
  return files.sort().map((file, index) => {
    const match = FILE_NAME.exec(file)
    invariant(match !== null && Number(match[1]) === index + 1, `migration ${file} is out of order`)
    const text = readFileSync(join(directory, file), 'utf8')
    const digest = createHash('sha256').update(text).digest('hex')
    return { number: index + 1, name: match[2]!, digest, statements: splitStatements(text) }
  })
}

/** Statements end with a semicolon at the end of a line; comments are whole lines that begin with `--`. */
export function splitStatements(text: string): string[] {
  const code = text.replace(/^--.*$/gm, '')
  return code
    .split(/;[ \t]*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}

/** The compiled file stands below `dist/`, the SQL beside the source: both below the nearest package.json. */
function migrationsDirectory(): string {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json'))) {
    invariant(dirname(root) !== root, 'no package.json above the migrations')
    root = dirname(root)
  }
  return join(root, 'sinks', 'clickhouse', 'migrations')
}

const MIGRATIONS_TABLE = `CREATE TABLE IF NOT EXISTS migrations
(
    number     UInt32 COMMENT 'Number of the migration, from 1',
    name       String COMMENT 'Its name',
    digest     String COMMENT 'SHA-256 of its text, hex',
    applied_at DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'Wall-clock time'
)
ENGINE = MergeTree
ORDER BY number
COMMENT 'Migrations that were applied to this database'`

/**
 * Brings a database up to date, creating it when absent. Returns the numbers applied now.
 * Throws `WEIR_CLICKHOUSE` when the server refuses a statement or holds a newer or changed migration.
 */
export async function migrate(
  connection: Connection,
  migrations: readonly Migration[] = readMigrations(),
): Promise<number[]> {
  await createDatabase(connection)
  const client = connect(connection)
  try {
    await command(client, MIGRATIONS_TABLE)
    const applied = await readApplied(client)
    checkApplied(applied, migrations)
    const missing = migrations.filter((migration) => !applied.has(migration.number))
    for (const migration of missing) await apply(client, migration)
    return missing.map((migration) => migration.number)
  } finally {
    await client.close()
  }
}

async function createDatabase(connection: Connection): Promise<void> {
  const client = connect({ ...connection, database: 'default' })
  try {
    await command(client, `CREATE DATABASE IF NOT EXISTS ${quoteIdentifier(connection.database)}`)
  } finally {
    await client.close()
  }
}

async function apply(client: ClickHouseClient, migration: Migration): Promise<void> {
  for (const statement of migration.statements) await command(client, statement)
  const { number, name, digest } = migration
  await client
    .insert({ table: 'migrations', values: [{ number, name, digest }], format: 'JSONEachRow' })
    .catch((error: unknown) => {
      throw failedStatement(error, `migration ${number}`)
    })
}

async function command(client: ClickHouseClient, query: string): Promise<void> {
  try {
    await client.command({ query, clickhouse_settings: { wait_end_of_query: 1 } })
  } catch (error) {
    throw failedStatement(error, query.slice(0, 60).replace(/\s+/g, ' '))
  }
}

async function readApplied(client: ClickHouseClient): Promise<Map<number, string>> {
  const result = await client
    .query({ query: 'SELECT number, digest FROM migrations', format: 'JSONEachRow' })
    .catch((error: unknown) => {
      throw failedStatement(error, 'migrations')
    })
  const rows = await result.json<{ number: number; digest: string }>()
  return new Map(rows.map((row) => [row.number, row.digest]))
}

function checkApplied(applied: ReadonlyMap<number, string>, migrations: readonly Migration[]): void {
  for (const [number, digest] of applied) {
    const migration = migrations.find((candidate) => candidate.number === number)
    if (migration?.digest === digest) continue
    const cause = migration === undefined ? 'is not known to this version' : 'was applied with another text'
    throw new WeirError('WEIR_CLICKHOUSE', `migration ${number} ${cause}`, {
      place: 'ClickHouse database',
      remedy:
        'use the version of Weir that made the database, or an empty database: the journal fills it again',
    })
  }
}

function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('\\', '\\\\').replaceAll('`', '\\`')}\``
}
