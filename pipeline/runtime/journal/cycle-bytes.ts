/**
 * The bytes of a journaled cycle in today's schema, which is what agents take; an older journal is encoded anew.
 * Depends on the Avro layer.
 */
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { Cycle } from '../../../schemas/generated/types.js'
import type { JournalBody } from '../../ports.js'

/** An entry of the journal that holds a cycle, from a file or a topic. */
export interface JournaledCycle {
  readonly record: Buffer
  /** Whether `record` is in the current schema. */
  readonly current: boolean
  decode(): JournalBody
}

export function cycleBytesOf(entry: JournaledCycle): Buffer {
  if (entry.current) return entry.record
  const body = entry.decode() as { readonly 'weir.Cycle': Cycle }
  return encodeRecord('cycle', body['weir.Cycle'])
}
