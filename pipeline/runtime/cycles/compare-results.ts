/**
 * Compares the result of a cycle as the journal holds it with the one that was made by applying the cycle again.
 *
 * Equal up to the measured times, byte by byte; results written in an older schema are compared field by field.
 * Depends on the schema of a result.
 */
import { decodeRecord } from '../../../schemas/avro/registry.js'
import type { CycleResult } from '../../../schemas/generated/types.js'
import type { JournalBody } from '../../ports.js'
import type { ResultMessage } from '../workers/result-message.js'

/** A result as the journal holds it. */
export interface JournaledResult {
  readonly record: Buffer
  /** Whether `record` is in the current schema. */
  readonly current: boolean
  decode(): JournalBody
}

/** What differs between the journaled result and the one just made; undefined when nothing does. */
export function compareResults(journaled: JournaledResult, made: ResultMessage): string | undefined {
  if (journaled.current) {
    const before = journaled.record.subarray(0, made.pureBytes)
    const now = made.result.subarray(0, made.pureBytes)
    if (before.equals(now)) return undefined
  }
  const before = resultOf(journaled.decode())
  const now = decodeRecord('cycle-result', made.result)
  for (const name of Object.keys(now) as (keyof CycleResult)[]) {
    if (name === 'measured') continue
    if (canonical(before[name]) !== canonical(now[name])) return name
  }
  return undefined
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part,
  )
}

function resultOf(body: JournalBody): CycleResult {
  return (body as { readonly 'weir.CycleResult': CycleResult })['weir.CycleResult']
}
