/**
 * A partition of the journal topic as far as it goes now: reading ends at the end that the broker tells of, and does not wait for more.
 * For what is brought up to date and ends. Depends on the partition.
 */
import type { JournalEntryReader, JournalPlace, ProjectedJournal } from '../../journal/journal-port.js'
import type { JournalPartition } from './journal-partition.js'

/** How long one look for entries waits. */
const LOOK_MS = 200

export function presentEntries(journal: JournalPartition, signal: AbortSignal): ProjectedJournal {
  return {
    partition: journal.partition,
    name: journal.name,
    identify: () => journal.identify(),
    read: (from, until) => read(journal, signal, from, until),
  }
}

/** Ends too when the signal is aborted; whoever reads a part of a journal must not take it for the whole. */
async function* read(
  journal: JournalPartition,
  signal: AbortSignal,
  from: JournalPlace,
  until: number,
): AsyncGenerator<readonly JournalEntryReader[], void, void> {
  journal.goTo(from)
  let next = from.sequence
  while (next < until) {
    const entries = await journal.next(LOOK_MS, until - next)
    next += entries.length
    if (entries.length > 0) yield entries
    else if (journal.lag === 0) return
    signal.throwIfAborted()
  }
}
