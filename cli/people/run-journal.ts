/**
 * The journal of a run in a data directory, read beside the process that writes it.
 *
 * The writer tells other processes nothing of what is durable, so the tail may be half written: what cannot be read there is read again
 * later. Depends on the journal's reader.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { WeirError } from '../../pipeline/errors.js'
import type { JournalBody } from '../../pipeline/ports.js'
import { readRunFile } from '../../pipeline/runtime/engine/run-file.js'
import { listSegments } from '../../pipeline/runtime/journal/open.js'
import { readJournal } from '../../pipeline/runtime/journal/reader.js'

const LOOK_EVERY_MS = 50

export interface RunState {
  readonly groups: readonly string[]
  /** Whether it takes what people send; those that began before Weir had that do not. */
  readonly takesDrops: boolean
  /** First journal entry that is still to come. */
  readonly nextSequence: number
  /** Closing time of its latest cycle, microseconds; -1 before the first. */
  readonly closedAtMicros: number
}

/** @throws WeirError WEIR_NOT_FOUND when no run was begun there */
export async function lookAtRun(dataDir: string): Promise<RunState> {
  const identity = await readRunFile(dataDir)
  if (identity === undefined)
    throw new WeirError('WEIR_NOT_FOUND', 'no run was begun in this data directory', {
      place: dataDir,
      remedy: 'give the --data-dir of a run; people command one that was begun with --follow',
    })
  const state = { nextSequence: 0, closedAtMicros: -1 }
  const segments = await listSegments(join(dataDir, 'journal'))
  // A segment that was just begun holds no cycle yet: then the one before tells the time.
  for (const { firstSequence } of segments.reverse()) {
    for await (const { sequence, body } of entriesFrom(dataDir, firstSequence)) {
      state.nextSequence = Math.max(state.nextSequence, sequence + 1)
      if ('weir.Cycle' in body)
        state.closedAtMicros = Math.max(state.closedAtMicros, body['weir.Cycle'].closedAt)
    }
    if (state.closedAtMicros >= 0) break
  }
  return { ...state, groups: identity.groups, takesDrops: identity.takesDrops === true }
}

/** What is there from an entry on, and what comes until `signal`. */
export async function* followRun(
  dataDir: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<JournalBody> {
  let next = from
  while (!signal.aborted) {
    for await (const { sequence, body } of entriesFrom(dataDir, next)) {
      next = sequence + 1
      yield body
      if (signal.aborted) return
    }
    await pause(LOOK_EVERY_MS)
  }
}

/** Ends at the first entry that is not whole. */
export async function* entriesFrom(
  dataDir: string,
  from: number,
): AsyncGenerator<{ readonly sequence: number; readonly body: JournalBody }> {
  try {
    for await (const batch of readJournal(join(dataDir, 'journal'), from, Number.POSITIVE_INFINITY))
      for (const record of batch) yield { sequence: record.sequence, body: record.decode() }
  } catch (error) {
    if (!(error instanceof WeirError) || error.code !== 'WEIR_JOURNAL') throw error
  }
}
