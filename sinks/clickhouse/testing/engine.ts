/**
 * What the tests of this folder share. Not used by product code.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findEngineLibrary } from '../embedded/library.js'
import { EmbeddedServer, type EngineLog } from '../embedded/server.js'
import { PROJECTED_TABLES } from '../projector/range.js'
import { type ClickHouseTarget, connect, embeddedTarget } from '../target.js'

export const silentLog: EngineLog = { warn: () => undefined, error: () => undefined }

/**
 * Reason to skip a test that needs the engine, false when there is one. With CI=true nothing is skipped:
 * the test then fails with the finder's own message.
 */
export function engineMissing(): string | false {
  try {
    findEngineLibrary()
    return false
  } catch (error) {
    const reason = `NO EMBEDDED CLICKHOUSE, NOTHING PROVEN: ${String(error)}`
    process.stderr.write(`${reason}\n`)
    return process.env.CI === 'true' ? false : reason
  }
}

/** An empty folder, and how to get rid of it. */
export function temporaryDirectory(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'weir-clickhouse-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/**
 * Runs a test with an engine on an empty data directory; both are gone afterwards.
 *
 * @param restartsMax how often a killed engine is started again before the supervision gives up
 */
export async function withEngine(
  run: (target: ClickHouseTarget, dataDir: string, enginePid: () => number) => Promise<void>,
  restartsMax?: number,
): Promise<void> {
  const { path: dataDir, remove } = temporaryDirectory()
  try {
    const directory = join(dataDir, 'clickhouse')
    const supervision = restartsMax === undefined ? {} : { restartsMax }
    const server = await EmbeddedServer.start({ directory, log: silentLog, ...supervision })
    try {
      await run(embeddedTarget(server), dataDir, () => server.enginePid)
    } finally {
      await server.stop()
    }
  } finally {
    remove()
  }
}

/** Rows and a digest of their contents, by table. */
export type TableContents = Record<string, { readonly rows: string; readonly digest: string }>

/** What the projector put into each table; equal contents give equal digests, in whatever order. */
export async function tableContents(target: ClickHouseTarget): Promise<TableContents> {
  const client = connect(target.writer())
  const contents: TableContents = {}
  try {
    for (const { name } of PROJECTED_TABLES) {
      const query = `SELECT toString(count()) AS rows, toString(sum(sipHash64(toString(tuple(*))))) AS digest FROM ${name}`
      const result = await client.query({ query, format: 'JSONEachRow' })
      const [row] = await result.json<{ rows: string; digest: string }>()
      contents[name] = row!
    }
  } finally {
    await client.close()
  }
  return contents
}
