/**
 * Sends a letter and follows it to what became of it.
 *
 * On Kafka the place in the journal is taken before anything is sent, so that no outcome can be missed; the letter has arrived when all copies
 * have it. In a run's folder it arrives by renaming, whole or not at all. Depends on the journals and the producer.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WeirError } from '../../pipeline/errors.js'
import { produceFiles } from '../../pipeline/runtime/kafka/files/produce.js'
import { Sender } from '../../pipeline/runtime/kafka/files/sender.js'
import { openSchemaSource } from '../../pipeline/runtime/registry/schema-source.js'
import { REASON_FILE, refusedPath } from '../../pipeline/runtime/sources/drop-folder.js'
import { openInputFolder } from '../../pipeline/runtime/sources/input-folder.js'
import type { KafkaTarget } from '../kafka-flags.js'
import { DROP_FOLDER } from '../live-day.js'
import { note } from '../output.js'
import { type LetterRecord, writeLetter } from './letter.js'
import { OutcomeWatch } from './outcome.js'
import { followRun, type RunState } from './run-journal.js'
import { TopicJournal } from './topic-journal.js'

export interface Delivered {
  readonly watch: OutcomeWatch
  /** Whether all that was waited for was seen; undefined when nothing was. */
  readonly isComplete: boolean | undefined
}

/** On Kafka nobody tells how many groups there are: when some have answered and no other does for so long, these are all. */
const QUIET_MS = 2_000

/** @param waitMs false to wait for nothing */
export async function sendToKafka(
  target: KafkaTarget,
  name: string,
  records: readonly LetterRecord[],
  waitMs: number | false,
): Promise<Delivered> {
  const watch = new OutcomeWatch(records)
  const end = new AbortController()
  // Whoever may not read the journal, or cannot now, must be able to kill all the same.
  const journal =
    waitMs === false
      ? undefined
      : await orTold('its effect cannot be seen', () => TopicJournal.open(target, 'end', false, end.signal))
  try {
    await produce(target, name, records)
    if (waitMs === false) return { watch, isComplete: undefined }
    if (journal !== undefined)
      await orTold('it was sent, but its effect cannot be seen', () =>
        follow(journal, watch, records, waitMs, end),
      )
    return { watch, isComplete: isAllSeen(watch) }
  } finally {
    await journal?.close()
  }
}

async function follow(
  journal: TopicJournal,
  watch: OutcomeWatch,
  records: readonly LetterRecord[],
  waitMs: number,
  end: AbortController,
): Promise<void> {
  const isForEvery = records.some(({ groupId }) => groupId === '*')
  const timer = setTimeout(() => end.abort(), waitMs)
  let quiet: NodeJS.Timeout | undefined
  try {
    for await (const { body } of journal.entries()) {
      if (!watch.take(body) || !isAllSeen(watch)) continue
      if (!isForEvery) return
      clearTimeout(quiet)
      quiet = setTimeout(() => end.abort(), QUIET_MS)
    }
  } finally {
    clearTimeout(timer)
    clearTimeout(quiet)
  }
}

/** As far as can be known without knowing how many groups there are. */
function isAllSeen(watch: OutcomeWatch): boolean {
  return watch.isSeen && watch.isComplete([])
}

/** Undefined after a failure, which is told and not thrown. */
async function orTold<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    note(`weir: ${what}: ${error.toLine()}`)
    return undefined
  }
}

async function produce(
  { kafka, registry }: KafkaTarget,
  name: string,
  records: readonly LetterRecord[],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-letter-'))
  const schemas = openSchemaSource(registry, kafka.topicPrefix)
  let sender: Sender | undefined
  try {
    writeLetter(folder, name, records)
    sender = await Sender.open(kafka)
    await produceFiles({
      settings: kafka,
      sender,
      schemas,
      input: openInputFolder(folder),
      ownSchema: false,
      shiftToNow: false,
      ratePerSecond: undefined,
      followTime: false,
      signal: new AbortController().signal,
      onUnreadable: (place, reason) => {
        throw new WeirError('WEIR_BUG', `a record that was just written cannot be read: ${reason}`, { place })
      },
      onProgress: () => undefined,
    })
  } finally {
    schemas.close()
    await sender?.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param run as it was looked at before the letter was signed */
export async function sendToRun(
  dataDir: string,
  run: RunState,
  name: string,
  records: readonly LetterRecord[],
  waitMs: number | false,
): Promise<Delivered> {
  const drops = join(dataDir, DROP_FOLDER)
  drop(drops, name, records)
  const watch = new OutcomeWatch(records)
  if (waitMs === false) return { watch, isComplete: undefined }
  const end = new AbortController()
  const timer = setTimeout(() => end.abort(), waitMs)
  // The run may put it aside without a word in the journal.
  const looking = setInterval(() => {
    if (existsSync(join(refusedPath(drops, name), REASON_FILE))) end.abort()
  }, 100)
  try {
    for await (const body of followRun(dataDir, run.nextSequence, end.signal))
      if (watch.take(body) && watch.isComplete(run.groups)) break
  } finally {
    clearTimeout(timer)
    clearInterval(looking)
  }
  refuseIfPutAside(drops, name)
  return { watch, isComplete: watch.isComplete(run.groups) }
}

function drop(drops: string, name: string, records: readonly LetterRecord[]): void {
  // Drafts begin with a dot, which the run passes over; both are in one folder, so that renaming is one step.
  const draft = join(drops, `.${name}`)
  try {
    mkdirSync(drops, { recursive: true })
    writeLetter(draft, name, records)
    renameSync(draft, join(drops, name))
  } catch (cause) {
    rmSync(draft, { recursive: true, force: true })
    if (cause instanceof WeirError) throw cause
    throw new WeirError('WEIR_USAGE', `it cannot be written (${(cause as NodeJS.ErrnoException).code})`, {
      place: drops,
      remedy: 'give the data directory of a run that you may write to',
      cause,
    })
  }
}

function refuseIfPutAside(drops: string, name: string): void {
  const reason = join(refusedPath(drops, name), REASON_FILE)
  if (!existsSync(reason)) return
  throw new WeirError('WEIR_INPUT', `the run did not take it: ${readFileSync(reason, 'utf8').trim()}`, {
    place: refusedPath(drops, name),
    remedy: 'use the version of weir that runs there',
  })
}
