/**
 * What the tests of this folder share. Not used by product code.
 */
import { findEngineLibrary } from './embedded/library.js'
import type { EngineLog } from './embedded/server.js'

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
