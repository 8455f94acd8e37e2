/**
 * Brings the audit log of a journal partition up to date, and checks a log against its journal.
 *
 * A partition has a log of its own, so leaf N of the log is leaf N of the journal, whoever made it and however often it was
 * interrupted. A start reads the journal from its beginning, because the numbers of leaves rest on all that came before, and compares what the
 * log has already: a log that is going on is a log that was checked. Depends on the leaves and on what a log must be able to do.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { JOURNAL_BEGIN, type ProjectedJournal } from '../../journal/journal-port.js'
import { append, EMPTY_EDGE, rootOf } from '../log/edge.js'
import { sameHash } from '../log/hashing.js'
import { leafBytes } from './leaf.js'
import { LeafMaker } from './leaf-maker.js'

/** Leaves under one checkpoint: some hundred milliseconds of work are lost at most, and an fsync is paid by many. */
const LEAVES_A_BATCH = 1_000

export interface LeafLog {
  /** Leaves that a checkpoint tells of. */
  readonly size: number
  record(index: number): Promise<Uint8Array>
  append(leaves: readonly Uint8Array[]): Promise<unknown>
}

export interface LeafReport {
  /** Journal entries read. */
  readonly entries: number
  /** Leaves of the journal, those in the log before included. */
  readonly leaves: number
  readonly appended: number
}

/**
 * Appends the leaves that the log does not have yet.
 * @param until entries before this one are read; all when absent
 * @throws WeirError WEIR_JOURNAL when the log is not one of this journal; what it holds stays
 */
export async function appendLeaves(
  journal: ProjectedJournal,
  log: LeafLog,
  until = Number.MAX_SAFE_INTEGER,
): Promise<LeafReport> {
  const before = log.size
  let waiting: Uint8Array[] = []
  let appended = 0
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return
    await log.append(waiting)
    appended += waiting.length
    waiting = []
  }
  const { entries, leaves } = await eachLeaf(journal, until, async (bytes, index) => {
    if (index < before) {
      await compare(log, index, bytes, journal.partition)
      return
    }
    waiting.push(bytes)
    if (waiting.length >= LEAVES_A_BATCH) await flush()
  })
  if (leaves < before) throw longer(before, leaves, journal.partition)
  await flush()
  return { entries, leaves, appended }
}

/** A log whose state somebody has signed. */
export interface SignedLeafLog extends Pick<LeafLog, 'size' | 'record'> {
  /** Merkle root that was signed. */
  readonly root: Uint8Array
}

/**
 * Compares every leaf of the log with the journal, and the root that was signed with that of the journal's leaves.
 * @throws WeirError WEIR_JOURNAL at the first leaf that differs, or when the log has leaves that the journal does not have
 */
export async function checkLeaves(journal: ProjectedJournal, log: SignedLeafLog): Promise<LeafReport> {
  const { size } = log
  let edge = EMPTY_EDGE
  let waiting: Uint8Array[] = []
  const { entries, leaves } = await eachLeaf(journal, Number.MAX_SAFE_INTEGER, async (bytes, index) => {
    if (index >= size) return
    await compare(log, index, bytes, journal.partition)
    waiting.push(bytes)
    if (waiting.length < LEAVES_A_BATCH) return
    edge = append(edge, waiting).edge
    waiting = []
  })
  if (leaves < size) throw longer(size, leaves, journal.partition)
  if (!sameHash(rootOf(append(edge, waiting).edge), log.root))
    throw new WeirError('WEIR_JOURNAL', 'what was signed is not the tree of the leaves that are there', {
      place: `audit log of partition ${journal.partition}`,
      remedy:
        'the checkpoint is of another log, or both log and journal were changed: keep all of it and ask a witness',
    })
  return { entries, leaves, appended: 0 }
}

async function eachLeaf(
  journal: ProjectedJournal,
  until: number,
  take: (bytes: Buffer, index: number) => Promise<void>,
): Promise<{ entries: number; leaves: number }> {
  const maker = new LeafMaker(journal.partition)
  let [entries, leaves] = [0, 0]
  for await (const batch of journal.read(JOURNAL_BEGIN, until)) {
    for (const entry of batch) {
      for (const leaf of maker.leavesOf(entry)) await take(leafBytes(leaf), leaves++)
      entries++
    }
  }
  return { entries, leaves }
}

async function compare(
  log: Pick<LeafLog, 'record'>,
  index: number,
  bytes: Buffer,
  partition: number,
): Promise<void> {
  if (bytes.equals(await log.record(index))) return
  throw new WeirError('WEIR_JOURNAL', `leaf ${index} of the audit log is not what the journal says`, {
    place: `audit log of partition ${partition}, leaf ${index}`,
    remedy:
      'the log was made from another journal, or one of the two was changed: keep both and compare them with a witness',
  })
}

function longer(size: number, leaves: number, partition: number): WeirError {
  return new WeirError('WEIR_JOURNAL', `the audit log has ${size} leaves, the journal gives ${leaves}`, {
    place: `audit log of partition ${partition}`,
    remedy:
      'give the log and the journal of one run; a journal that was shortened cannot be told from a foreign one',
  })
}
