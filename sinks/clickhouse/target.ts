/**
 * The ClickHouse that a process works with: the embedded engine or a server given by URL.
 *
 * Both are reached over HTTP by the same client; only how they start and end differs. The writer migrates
 * and projects, the analyst queries. Passwords come from the environment or a file and go into a header.
 * Depends on `@clickhouse/client` and `embedded/`.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ClickHouseClient, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { WeirError } from '../../pipeline/errors.js'
import { EmbeddedServer, type EngineLog } from './embedded/server.js'
import { EMBEDDED_DATABASE, type Login } from './embedded/users.js'

/** How to reach a database as one user; plain data, so that it can be handed to a worker thread. */
export interface Connection {
  readonly url: string
  readonly database: string
  readonly login: Login
}

export interface ClickHouseTarget {
  /** For logs: never holds a secret. */
  readonly description: string
  /** Connection of the user that migrates and inserts. Throws `WEIR_CONFIG` when no such login is known. */
  writer(): Connection
  /** Connection of the read-only user. Throws `WEIR_CONFIG` when no such login is known. */
  analyst(): Connection
  /** Stops what was started for this target. */
  close(): Promise<void>
}

export interface TargetOptions {
  /** Data directory of Weir; the embedded engine lives in its folder `clickhouse`. */
  readonly dataDir: string
  /** Address of a server; without it the embedded engine is started. */
  readonly url?: string | undefined
  /** Where logins of a server are looked for; `process.env` in product code. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly log: EngineLog
}

/** Longest single request: an insert of one range or an analyst's query, with room for a busy machine. */
const REQUEST_TIMEOUT_MS = 120_000

/** Opens the target; for the embedded engine this starts it (about 0.2 s). */
export async function openTarget(options: TargetOptions): Promise<ClickHouseTarget> {
  if (options.url !== undefined) return serverTarget(options.url, options.environment)
  const directory = join(options.dataDir, 'clickhouse')
  return embeddedTarget(await EmbeddedServer.start({ directory, log: options.log }))
}

/** The target of a running embedded engine; closing it stops the engine. */
export function embeddedTarget(server: EmbeddedServer): ClickHouseTarget {
  const connection = (login: Login): Connection => ({ url: server.url, database: EMBEDDED_DATABASE, login })
  return {
    description: 'embedded ClickHouse',
    writer: () => connection(server.logins.writer),
    analyst: () => connection(server.logins.analyst),
    close: () => server.stop(),
  }
}

function serverTarget(text: string, environment: TargetOptions['environment']): ClickHouseTarget {
  const url = parseServerUrl(text)
  const database = environment.WEIR_CLICKHOUSE_DATABASE ?? EMBEDDED_DATABASE
  const connection = (prefix: string): Connection => ({
    url,
    database,
    login: readLogin(prefix, environment),
  })
  return {
    description: `ClickHouse at ${url}`,
    writer: () => connection('WEIR_CLICKHOUSE'),
    analyst: () => connection('WEIR_CLICKHOUSE_ANALYST'),
    close: () => Promise.resolve(),
  }
}

/** The address without anything but scheme, host, port and path: logins and settings do not belong there. */
function parseServerUrl(text: string): string {
  const place = '--clickhouse-url'
  const remedy = 'give it as http://host:8123 or https://host:8443'
  if (!URL.canParse(text)) throw new WeirError('WEIR_USAGE', 'not a URL', { place, remedy })
  const url = new URL(text)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new WeirError('WEIR_USAGE', `unknown scheme ${url.protocol}`, { place, remedy })
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new WeirError('WEIR_USAGE', 'user, password and settings do not belong into the URL', {
      place,
      remedy: 'set WEIR_CLICKHOUSE_USER and WEIR_CLICKHOUSE_PASSWORD or WEIR_CLICKHOUSE_PASSWORD_FILE',
    })
  }
  return url.href
}

function readLogin(prefix: string, environment: TargetOptions['environment']): Login {
  const username = environment[`${prefix}_USER`]
  const file = environment[`${prefix}_PASSWORD_FILE`]
  const password = file === undefined ? environment[`${prefix}_PASSWORD`] : readPasswordFile(file, prefix)
  if (username === undefined || password === undefined) {
    throw new WeirError('WEIR_CONFIG', 'no login for the ClickHouse server', {
      place: `${prefix}_USER`,
      remedy: `set ${prefix}_USER and ${prefix}_PASSWORD or ${prefix}_PASSWORD_FILE`,
    })
  }
  return { username, password }
}

function readPasswordFile(file: string, prefix: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new WeirError('WEIR_CONFIG', 'the password file cannot be read', {
      place: `${prefix}_PASSWORD_FILE`,
      remedy: 'give the path of a file that holds the password and nothing else',
      cause: error,
    })
  }
}

/** A client for a connection; the caller closes it. */
export function connect(connection: Connection): ClickHouseClient {
  return createClient({
    url: connection.url,
    database: connection.database,
    username: connection.login.username,
    password: connection.login.password,
    request_timeout: REQUEST_TIMEOUT_MS,
    // Errors reach the caller as exceptions; the client's own log would print statements a second time.
    log: { level: ClickHouseLogLevel.OFF },
  })
}
