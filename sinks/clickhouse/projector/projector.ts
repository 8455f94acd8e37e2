/**
 * Projects a partition of a journal into ClickHouse: takes entries, encodes a range, inserts it, writes it down, and again.
 *
 * Exactly-once, wherever this process or the server is stopped or killed, and also when another projector takes over: the
 * bounds of a range are in the ledger before its first row is sent, equal bounds give equal rows, a repeated insert has no
 * effect, and whoever was taken over inserts nothing. Memory is bounded by one range.
 * Depends on the files of this folder; reads the journal through a port.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { WeirError } from '../../../pipeline/errors.js'
import {
  type JournalEntryReader,
  type JournalPlace,
  type ProjectedJournal,
  placeAfter,
} from '../../journal/journal-port.js'
import { type Connection, connect } from '../target.js'
import { readServerTables } from './columns.js'
import { type Claim, claimPartition, refuseStrangers } from './fence.js'
import { Inserter, type RangeKey } from './inserter.js'
import { type Resumption, readResumption, recordRange } from './ledger.js'
import { RangeRows } from './range.js'
import { type Restored, restoreProjection } from './restore.js'
import { retryUntil } from './retry.js'

/** Each insert makes a part in up to fifteen tables: large ranges keep the server from merging all day. */
export const RANGE_ENTRIES_MAX = 16_384
/** One insert stays one block on the server, and the buffers some tens of megabytes. */
export const RANGE_ROWS_MAX = 200_000

/** Points at which a test may stop the projector or the server. */
export type ProjectorStep = 'encoded' | 'intended' | `inserted ${string}` | 'inserted' | 'done'

export interface ProjectorLog {
  warn(fields: object, message: string): void
}

export interface ProjectorOptions {
  readonly journal: ProjectedJournal
  /** The writer's connection; the database is migrated. */
  readonly connection: Connection
  readonly log: ProjectorLog
  /** Ends waiting for a server that is away. */
  readonly signal: AbortSignal
  readonly rangeEntriesMax?: number
  readonly rangeRowsMax?: number
  readonly reached?: (step: ProjectorStep) => Promise<void>
}

interface Start {
  readonly claim: Claim
  readonly inserter: Inserter
  readonly resumption: Resumption
  readonly restored: Restored
}

const nothingReached = (): Promise<void> => Promise.resolve()

export class Projector {
  readonly #options: ProjectorOptions
  readonly #client: ClickHouseClient
  readonly #start: Start
  /** In front of the first entry that is not projected yet. */
  #place: JournalPlace
  /** Behind the last entry that was taken. */
  #taken: JournalPlace
  #intendedLast: number | undefined
  readonly #rows: RangeRows
  readonly #reached: (step: ProjectorStep) => Promise<void>

  private constructor(options: ProjectorOptions, client: ClickHouseClient, start: Start) {
    this.#options = options
    this.#client = client
    this.#start = start
    this.#place = start.restored.place
    this.#taken = this.#place
    this.#intendedLast = start.resumption.intendedLast
    this.#rows = new RangeRows(options.journal.partition)
    this.#reached = options.reached ?? nothingReached
  }

  /**
   * Takes the partition over and continues where its projection stands; the journal must hold its first entry.
   * Throws `WEIR_CLICKHOUSE` when the database holds another journal.
   */
  static async open(options: ProjectorOptions): Promise<Projector> {
    const { journal, signal, log } = options
    const journalId = await journal.identify()
    const client = connect(options.connection)
    try {
      const what = `opening the projection of partition ${journal.partition}`
      const start = await retryUntil(signal, () => begin(client, journal, journalId), tellRetry(log, what))
      return new Projector(options, client, start)
    } catch (error) {
      await client.close()
      throw error
    }
  }

  /** First entry that is not projected yet. */
  get next(): number {
    return this.#place.sequence
  }

  /** Where reading goes on. */
  get place(): JournalPlace {
    return this.#taken
  }

  /** Entries that were taken and are not projected yet. */
  get waiting(): number {
    return this.#taken.sequence - this.#place.sequence
  }

  /**
   * Projects every entry before `until`, which must be durable; less when the signal is aborted meanwhile.
   * After an error this projector must not be used again: open another one.
   */
  async projectUntil(until: number): Promise<void> {
    if (until <= this.next) return
    for await (const batch of this.#options.journal.read(this.#taken, until)) {
      for (const entry of batch) {
        const projected = await this.take(entry)
        if (projected && this.#options.signal.aborted) return
      }
    }
    const { sequence } = this.#taken
    await this.flush()
    if (sequence < until) throw shortJournal(sequence - 1, until)
  }

  /**
   * Takes the next entry, and projects the range that it completes; true when it did. After an error this projector
   * must not be used again: open another one.
   */
  async take(entry: JournalEntryReader): Promise<boolean> {
    const { sequence } = this.#taken
    if (entry.sequence !== sequence) throw shortJournal(sequence - 1, entry.sequence)
    this.#start.restored.projection.add(this.#rows, entry)
    this.#taken = placeAfter(entry)
    if (!this.#isFull(entry.sequence)) return false
    await this.#commit()
    return true
  }

  /** Projects what was taken, unless it is the beginning of a range that must be repeated with its bounds: that waits for its end. */
  async flush(): Promise<void> {
    if (this.waiting > 0 && this.#intendedLast === undefined) await this.#commit()
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  #isFull(last: number): boolean {
    if (this.#intendedLast !== undefined) return last === this.#intendedLast
    const { rangeEntriesMax = RANGE_ENTRIES_MAX, rangeRowsMax = RANGE_ROWS_MAX } = this.#options
    return this.waiting >= rangeEntriesMax || this.#rows.rows >= rangeRowsMax
  }

  async #commit(): Promise<void> {
    const key: RangeKey = { claim: this.#start.claim, first: this.next, last: this.#taken.sequence - 1 }
    await this.#reached('encoded')
    // Begun by an earlier projector: some of its rows may be in.
    let uncertain = this.#intendedLast !== undefined
    const warn = tellRetry(
      this.#options.log,
      `projecting entries ${key.first} to ${key.last} of partition ${key.claim.partition}`,
    )
    await retryUntil(
      this.#options.signal,
      () => this.#insert(key, uncertain),
      (error, attempts) => {
        uncertain = true
        warn(error, attempts)
      },
    )
    this.#rows.reset()
    this.#place = this.#taken
    this.#intendedLast = undefined
  }

  async #insert(key: RangeKey, uncertain: boolean): Promise<void> {
    const { inserter, restored } = this.#start
    const inserts = this.#rows.inserts()
    await recordRange(this.#client, key, 'intended', this.#place)
    await this.#reached('intended')
    await inserter.insertRange(key, inserts, uncertain, (table) => this.#reached(`inserted ${table}`))
    await this.#reached('inserted')
    await recordRange(this.#client, key, 'done', restored.projection.resumePlace(this.#taken))
    await this.#reached('done')
  }
}

/** The claim comes before the ledger is read: what is in it then is all that other projectors have done and ever will. */
async function begin(client: ClickHouseClient, journal: ProjectedJournal, journalId: string): Promise<Start> {
  const { partition, name } = journal
  await refuseStrangers(client, partition, journalId, name)
  const inserter = new Inserter(client, await readServerTables(client))
  const claim = await claimPartition(client, partition, journalId, name)
  await refuseStrangers(client, partition, journalId, name)
  const resumption = await readResumption(client, claim)
  const restored = await restoreProjection(client, journal, resumption.next, resumption.resume)
  return { claim, inserter, resumption, restored }
}

/** Tells of the first failure and then ever more seldom, so that an outage of hours leaves a short log. */
function tellRetry(log: ProjectorLog, what: string): (error: WeirError, attempts: number) => void {
  return (error, attempts) => {
    const isPowerOfTwo = (attempts & (attempts - 1)) === 0
    if (isPowerOfTwo) log.warn({ attempts, reason: error.toLine() }, `${what} is tried again`)
  }
}

function shortJournal(last: number, wanted: number): WeirError {
  return new WeirError(
    'WEIR_JOURNAL',
    `the journal ends with entry ${last}, entry ${wanted - 1} was announced`,
    {
      place: `journal entry ${last + 1}`,
      remedy: 'run `weir replay` on the data directory: it checks the journal',
    },
  )
}
