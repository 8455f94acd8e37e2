/**
 * How the projector reads a journal, whatever stores it.
 */
import { createHash } from 'node:crypto'
import { WeirError } from '../../../pipeline/errors.js'
import type { JournalBody } from '../../../pipeline/ports.js'

export interface JournalEntryReader {
  readonly sequence: number
  decode(): JournalBody
}

/** Entries with `from <= sequence < until` in order and without gaps; ends early where the journal ends. */
export type ReadJournal = (from: number, until: number) => AsyncIterable<readonly JournalEntryReader[]>

/**
 * Identity of a journal: a UUIDv8 from its first entry, which says when and by what it was begun.
 * Throws `WEIR_JOURNAL` when the journal is empty or begins with something else.
 */
export async function readJournalId(read: ReadJournal): Promise<string> {
  for await (const batch of read(0, 1)) {
    const body = batch[0]?.decode()
    if (body === undefined || !('weir.JournalStart' in body)) break
    const { startedAt, version, nodeVersion, wasmDigest } = body['weir.JournalStart']
    const hash = createHash('sha256').update(`${startedAt}\u0000${version}\u0000${nodeVersion}\u0000`)
    const id = hash.update(wasmDigest).digest().subarray(0, 16)
    id[6] = (id[6]! & 0x0f) | 0x80
    id[8] = (id[8]! & 0x3f) | 0x80
    return formatId(id)
  }
  throw new WeirError('WEIR_JOURNAL', 'the journal does not begin with its start', {
    place: 'journal entry 0',
    remedy: 'give the data directory of a run',
  })
}

function formatId(id: Uint8Array): string {
  const hex = Buffer.from(id).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
