/**
 * Follows a journal and tells people of its alerts: one reader for all targets, one worker for each.
 *
 * Reading goes on whatever targets do: an outbox that is full counts. So the reader needs no target, and a target no other. Depends on the
 * journal's reader, outboxes and workers.
 */
import { WeirError } from '../../pipeline/errors.js'
import type { Alert } from '../../schemas/generated/types.js'
import type { LogFiles } from '../audit/log/files.js'
import { Bell } from '../clickhouse/journal-topic/bell.js'
import {
  JOURNAL_BEGIN,
  type JournalEntryReader,
  type JournalPlace,
  type ProjectedJournal,
  placeAfter,
} from '../journal/journal-port.js'
import type { Target } from './delivery.js'
import { isWanted } from './notification.js'
import { OutboxFile } from './outbox-file.js'
import { TargetWorker, type WorkerPorts, type WorkerProgress } from './target-worker.js'

export interface FollowedJournal extends Pick<ProjectedJournal, 'partition' | 'identify' | 'read'> {
  /** Whether there is a first entry; absent where there always is one. A topic waits for it, or not. */
  hasBegun?(): Promise<boolean>
}

export interface NotifierOptions {
  /** One for each partition. A reader of a topic waits for what comes, until the signal that it is given. */
  readonly journals: (signal: AbortSignal) => readonly FollowedJournal[]
  readonly targets: readonly Target[]
  readonly files: LogFiles
  /** Alerts that were raised before are passed over. */
  readonly sinceMicros?: number | undefined
  readonly ports: Omit<WorkerPorts, 'wait'>
}

/** So many entries are read again after a crash, at most, and for so many one file is written. */
const ENTRIES_A_KEEP = 1_000
const LOOK_INTERVAL_MS = 200

interface Receiver {
  readonly target: Target
  readonly file: OutboxFile
  readonly worker: TargetWorker
}

export class Notifier {
  readonly #options: NotifierOptions
  readonly #receivers: readonly Receiver[]
  readonly #stop: AbortController
  readonly #bell: Bell
  #read = 0

  private constructor(
    options: NotifierOptions,
    receivers: readonly Receiver[],
    stop: AbortController,
    bell: Bell,
  ) {
    this.#options = options
    this.#receivers = receivers
    this.#stop = stop
    this.#bell = bell
  }

  /** @throws WeirError when the progress of a target cannot be read */
  static async open(options: NotifierOptions): Promise<Notifier> {
    const bell = new Bell()
    const stop = new AbortController()
    const { ports, targets, files } = options
    const abort = (): void => stop.abort()
    if (ports.signal.aborted) abort()
    ports.signal.addEventListener('abort', abort)
    const { signal } = stop
    const receivers: Receiver[] = []
    for (const target of targets) {
      const file = await OutboxFile.open(files, target.name)
      const wait = (mostMs: number): Promise<void> => bell.wait(mostMs, signal)
      receivers.push({ target, file, worker: new TargetWorker(target, file, { ...ports, signal, wait }) })
    }
    return new Notifier(options, receivers, stop, bell)
  }

  get progress(): readonly WorkerProgress[] {
    return this.#receivers.map(({ worker }) => worker.progress)
  }

  /** Journal entries looked at since the start. */
  get read(): number {
    return this.#read
  }

  /**
   * Until the signal is aborted; or, with a bound, until everything that the journals hold is read and delivered, or the time after reading is over.
   * @returns whether every target was told everything
   * @throws what stops reading or keeps progress from being kept
   */
  async run(drainMsMost?: number): Promise<boolean> {
    // Before anything runs: what throws here leaves nothing behind.
    const journals = this.#options.journals(this.#stop.signal)
    let failure: { readonly error: unknown } | undefined
    const guarded = (part: Promise<void>): Promise<void> =>
      part.catch((error: unknown) => {
        // A reader that is stopped while it waits says that nothing came.
        if (!this.#stop.signal.aborted) failure = { error }
        this.#stop.abort()
      })
    const workers = this.#receivers.map(({ worker }) => guarded(worker.run()))
    const reading = Promise.all(journals.map((journal) => guarded(this.#follow(journal))))
    await reading
    if (drainMsMost !== undefined) await this.#drain(drainMsMost)
    this.#stop.abort()
    await Promise.all(workers)
    if (failure !== undefined) throw failure.error
    await Promise.all(this.#receivers.map(({ file }) => file.keep()))
    return this.#isDone()
  }

  #isDone(): boolean {
    return this.#receivers.every(({ worker }) => worker.isIdle)
  }

  async #drain(mostMs: number): Promise<void> {
    const untilMs = performance.now() + mostMs
    while (!this.#isDone() && performance.now() < untilMs && !this.#stop.signal.aborted)
      await this.#bell.wait(LOOK_INTERVAL_MS, this.#stop.signal)
  }

  async #follow(journal: FollowedJournal): Promise<void> {
    const { partition } = journal
    const { signal } = this.#stop
    if (journal.hasBegun !== undefined && !(await journal.hasBegun())) return
    const journalId = await journal.identify()
    const from = this.#placeOf(partition, journalId)
    let unkept = 0
    for await (const entries of journal.read(from, Number.MAX_SAFE_INTEGER)) {
      if (signal.aborted) return
      for (const entry of entries) this.#take(journalId, partition, entry)
      unkept += entries.length
      if (unkept < ENTRIES_A_KEEP) continue
      await Promise.all(this.#receivers.map(({ file }) => file.keep()))
      unkept = 0
    }
  }

  /** The earliest of the targets' places; those that are further pass over what they have. */
  #placeOf(partition: number, journalId: string): JournalPlace {
    const places = this.#receivers.map(
      ({ file }) => file.outbox.placeOf(partition, journalId) ?? JOURNAL_BEGIN,
    )
    const [first, ...others] = places
    if (first === undefined)
      throw new WeirError('WEIR_CONFIG', 'there is nobody to notify', {
        place: 'notifications.targets',
        remedy: 'name a target, see docs/notifications.md',
      })
    return others.reduce((least, place) => (place.sequence < least.sequence ? place : least), first)
  }

  #take(journalId: string, partition: number, entry: JournalEntryReader): void {
    const alerts = this.#alertsOf(entry)
    const after = placeAfter(entry)
    for (const { target, file } of this.#receivers) {
      const wanted = alerts.filter((alert) => isWanted(target.rule, alert))
      file.outbox.take(journalId, partition, wanted, after)
    }
    this.#read += 1
    if (alerts.length > 0) this.#bell.ring()
  }

  #alertsOf(entry: JournalEntryReader): readonly Alert[] {
    const body = entry.decode()
    if (!('weir.CycleResult' in body)) return []
    const { sinceMicros = Number.NEGATIVE_INFINITY } = this.#options
    return body['weir.CycleResult'].alerts.filter(({ raisedAt }) => raisedAt >= sinceMicros)
  }
}
