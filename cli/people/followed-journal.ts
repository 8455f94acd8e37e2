/**
 * The journal that a target writes, from its beginning: that of a run in its data directory, or all partitions of the journal topic.
 * Depends on their readers.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { entriesFrom, lookAtRun } from './run-journal.js'
import type { Target } from './target.js'
import { type PartitionEntry, TopicJournal } from './topic-journal.js'

export type JournalTarget = Exclude<Target, { readonly kind: 'file' }>

export interface JournalNews {
  readonly entries: readonly PartitionEntry[]
  /** Whether everything that the journal held at the beginning has been given: before, it tells of what is long over. */
  readonly isCaughtUp: boolean
}

/** A run's journal is looked at again so often; the topic's client waits as long. */
const LOOK_EVERY_MS = 100
/** Entries that are held at once, for their memory. */
const ENTRIES_A_PIECE = 1_000

/** What is there, and what comes until `signal`; often with nothing new. @throws WeirError WEIR_NOT_FOUND, WEIR_KAFKA */
export async function* followJournal(
  target: JournalTarget,
  signal: AbortSignal,
): AsyncGenerator<JournalNews> {
  if (target.kind === 'run') return yield* followRunFolder(target.dataDir, signal)
  const journal = await TopicJournal.open(target.kafka, 'beginning', false, signal)
  try {
    for await (const entries of journal.batches()) yield { entries, isCaughtUp: journal.isCaughtUp }
  } finally {
    await journal.close()
  }
}

/** What is there now. */
export async function* presentJournal(target: JournalTarget): AsyncGenerator<PartitionEntry> {
  for await (const { entries, isCaughtUp } of followJournal(target, new AbortController().signal)) {
    yield* entries
    if (isCaughtUp) return
  }
}

async function* followRunFolder(dataDir: string, signal: AbortSignal): AsyncGenerator<JournalNews> {
  await lookAtRun(dataDir)
  let next = 0
  while (!signal.aborted) {
    let entries: PartitionEntry[] = []
    for await (const { sequence, body } of entriesFrom(dataDir, next)) {
      next = sequence + 1
      entries.push({ partition: 0, body })
      if (entries.length < ENTRIES_A_PIECE) continue
      yield { entries, isCaughtUp: false }
      entries = []
    }
    yield { entries, isCaughtUp: true }
    await pause(LOOK_EVERY_MS)
  }
}
