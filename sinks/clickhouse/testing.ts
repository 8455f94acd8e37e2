/**
 * What the tests of this folder share. Not used by product code.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findEngineLibrary } from './embedded/library.js'
import type { EngineLog } from './embedded/server.js'
import { type ClickHouseTarget, openTarget } from './target.js'

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

/** Runs a test with an engine on an empty data directory; both are gone afterwards. */
export async function withEngine(
  run: (target: ClickHouseTarget, dataDir: string) => Promise<void>,
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'weir-clickhouse-'))
  try {
    const target = await openTarget({ dataDir, environment: {}, log: silentLog })
    try {
      await run(target, dataDir)
    } finally {
      await target.close()
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}
