/**
 * Files of the embedded engine below `data-dir/clickhouse`.
 *
 * ```
 * clickhouse/                0700
 *   run-XXXXXX/              of one start; gone when it stops
 *     config.xml       0600    names the users file
 *     users.xml        0600    users with hashes of their passwords
 *   connection.json    0600  address and passwords of the running engine; gone when it stops
 *   store/                   the engine's own files; it holds a lock in there while it runs
 * ```
 * A start must not write what a running engine reads, because only the lock tells whether one runs: hence
 * a folder for each start. Whoever has the lock removes the folders that killed processes left.
 * Depends on Node only.
 */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { EMBEDDED_DATABASE, type EmbeddedLogins, renderUsers } from './users.js'

export interface EngineFiles {
  readonly directory: string
  readonly run: string
  readonly configuration: string
  readonly users: string
  readonly connection: string
  readonly store: string
}

const RUN_PREFIX = 'run-'

/** Makes the folders, one for this start included. */
export function createEngineFolders(directory: string): EngineFiles {
  const root = resolve(directory)
  const store = join(root, 'store')
  mkdirSync(store, { recursive: true, mode: 0o700 })
  chmodSync(root, 0o700)
  const run = mkdtempSync(join(root, RUN_PREFIX))
  return {
    directory: root,
    run,
    configuration: join(run, 'config.xml'),
    users: join(run, 'users.xml'),
    connection: join(root, 'connection.json'),
    store,
  }
}

/** Memory of the whole engine: enough for the queries of one person, small beside the pipeline's machine. */
const ENGINE_MEMORY_BYTES = 3_000_000_000

export function renderConfiguration(files: EngineFiles): string {
  return `<clickhouse>
  <user_directories><users_xml><path>${escapeXml(files.users)}</path></users_xml></user_directories>
  <max_server_memory_usage>${ENGINE_MEMORY_BYTES}</max_server_memory_usage>
</clickhouse>
`
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Writes what the engine reads at its start. */
export function writeEngineFiles(files: EngineFiles, logins: EmbeddedLogins): void {
  writeFileSync(files.users, renderUsers(logins), { mode: 0o600, flag: 'wx' })
  writeFileSync(files.configuration, renderConfiguration(files), { mode: 0o600, flag: 'wx' })
}

/** Only for the owner of the lock: removes what other starts left and says how to connect to this one. */
export function takeOver(files: EngineFiles, url: string, logins: EmbeddedLogins): void {
  for (const name of readdirSync(files.directory)) {
    if (name.startsWith(RUN_PREFIX) && name !== basename(files.run)) {
      rmSync(join(files.directory, name), { recursive: true, force: true })
    }
  }
  const connection = { url, database: EMBEDDED_DATABASE, users: [logins.analyst, logins.writer] }
  // A new file takes the old one's place, so that no reader sees half of it and its mode is never wider.
  const temporary = join(files.run, 'connection.json')
  writeFileSync(temporary, `${JSON.stringify(connection, null, 2)}\n`, { mode: 0o600 })
  renameSync(temporary, files.connection)
}

/** Only for the owner of the lock. */
export function removeConnection(files: EngineFiles): void {
  rmSync(files.connection, { force: true })
}

export function removeRunFolder(files: EngineFiles): void {
  rmSync(files.run, { recursive: true, force: true })
}
