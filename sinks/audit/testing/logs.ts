/** A log with fixed keys, and records for it. For tests and benchmarks; depends on the log. */
import { AuditLog } from '../log/audit-log.js'
import type { LogFiles } from '../log/files.js'
import { LocalKey } from '../log/keys.js'
import type { LogSetup } from '../log/open.js'

export const ORIGIN = 'log.example/treasury'
export const KEY = LocalKey.fromSeed(ORIGIN, new Uint8Array(32).fill(7))
export const SETUP: LogSetup = { origin: ORIGIN, signers: [KEY.signer()], verifiers: [KEY.verifier()] }

export function openTestLog(files: LogFiles): Promise<AuditLog> {
  return AuditLog.openFiles(files, SETUP)
}

/** Records that are those of the published vector of 600. */
export function recordsFrom(first: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => Buffer.from(`record ${first + i}\n`))
}

/** A small generator of numbers from 0 to 1, the same for the same seed. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
