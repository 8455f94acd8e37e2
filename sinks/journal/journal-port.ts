/**
 * How what is derived from a journal reads it, whatever stores it.
 *
 * A journal in files is one partition, 0. A journal topic has several, and each is a journal of its own: it counts
 * its entries and its sources from 0. Depends on the record types.
 */
import { createHash } from 'node:crypto'
import { WeirError } from '../../pipeline/errors.js'
import type { JournalBody } from '../../pipeline/ports.js'

/** Where reading can begin: in front of the entry `sequence`. */
export interface JournalPlace {
  readonly sequence: number
  /** Offset in the journal topic at which the entry is, or after which it comes; -1 for a journal in files and for the beginning. */
  readonly offset: number
  /** Checksum of the entry before: an entry that does not follow it is one of another journal. 0 for a journal in files. */
  readonly checksum: number
}

export const JOURNAL_BEGIN: JournalPlace = { sequence: 0, offset: -1, checksum: 0 }

export interface JournalEntryReader {
  readonly sequence: number
  /** Where the entry is in a journal topic; absent for a journal in files, which finds an entry by its number. */
  readonly inTopic?: {
    readonly offset: number
    readonly previousChecksum: number
    readonly checksum: number
  }
  decode(): JournalBody
}

/** Place in front of an entry. */
export function placeOf({ sequence, inTopic }: JournalEntryReader): JournalPlace {
  if (inTopic === undefined) return { sequence, offset: -1, checksum: 0 }
  return { sequence, offset: inTopic.offset, checksum: inTopic.previousChecksum }
}

/** Place behind an entry. */
export function placeAfter({ sequence, inTopic }: JournalEntryReader): JournalPlace {
  if (inTopic === undefined) return { sequence: sequence + 1, offset: -1, checksum: 0 }
  return { sequence: sequence + 1, offset: inTopic.offset + 1, checksum: inTopic.checksum }
}

/** Entries with `from.sequence <= sequence < until` in order and without gaps; ends early where the journal ends. */
export type ReadJournal = (from: JournalPlace, until: number) => AsyncIterable<readonly JournalEntryReader[]>

/** A partition of a journal. */
export interface ProjectedJournal {
  readonly partition: number
  /** Names the journal that all partitions belong to: one database holds one. */
  readonly name: string
  /** Identity of the partition: a UUID from its first entry. Throws `WEIR_JOURNAL` when that is missing or something else. */
  identify(): Promise<string>
  readonly read: ReadJournal
}

/** What migration 7 calls it in databases that are older. */
export const FILE_JOURNAL = 'files'

export function fileJournal(read: ReadJournal): ProjectedJournal {
  return { partition: 0, name: FILE_JOURNAL, identify: () => readJournalId(read), read }
}

/**
 * Identity of a journal in files: a UUIDv8 from its first entry, which says when and by what it was begun.
 * Throws `WEIR_JOURNAL` when the journal is empty or begins with something else.
 */
async function readJournalId(read: ReadJournal): Promise<string> {
  for await (const batch of read(JOURNAL_BEGIN, 1)) {
    const body = batch[0]?.decode()
    if (body === undefined || !('weir.JournalStart' in body)) break
    const { startedAt, version, nodeVersion, wasmDigest } = body['weir.JournalStart']
    const hash = createHash('sha256').update(`${startedAt}\u0000${version}\u0000${nodeVersion}\u0000`)
    return identityOf(hash.update(wasmDigest).digest())
  }
  throw new WeirError('WEIR_JOURNAL', 'the journal does not begin with its start', {
    place: 'journal entry 0',
    remedy: 'give the data directory of a run',
  })
}

/** A UUIDv8 from the first bytes of a digest. */
export function identityOf(digest: Uint8Array): string {
  const id = digest.subarray(0, 16)
  id[6] = (id[6]! & 0x0f) | 0x80
  id[8] = (id[8]! & 0x3f) | 0x80
  const hex = Buffer.from(id).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
