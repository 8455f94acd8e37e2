/**
 * Projects a journal into ClickHouse: reads on, encodes a range, inserts it, writes it down, and again.
 *
 * Exactly-once, wherever this process or the server is stopped or killed: the bounds of a range are in the
 * ledger before its first row is sent, equal bounds give equal rows, and a repeated insert has no effect.
 * Memory is bounded by one range. Depends on the files of this folder; reads the journal through a port.
 */
import type { ClickHouseClient } from '@clickhouse/client'
import { WeirError } from '../../../pipeline/errors.js'
import { type Connection, connect } from '../target.js'
import { insertRange, type RangeKey, verifyRange } from './inserter.js'
import { type JournalEntryReader, type ReadJournal, readJournalId } from './journal-port.js'
import { readResumption, recordRange } from './ledger.js'
import type { Projection } from './projection.js'
import { RangeRows } from './range.js'
import { restoreProjection } from './restore.js'
import { retryUntil } from './retry.js'

/** Each insert makes a part in up to fifteen tables: large ranges keep the server from merging all day. */
export const RANGE_ENTRIES_MAX = 16_384
/** One insert stays one block on the server, and the buffers some tens of megabytes. */
const RANGE_ROWS_MAX = 200_000

/** Points at which a test may stop the projector or the server. */
export type ProjectorStep = 'encoded' | 'intended' | `inserted ${string}` | 'inserted' | 'done'

export interface ProjectorLog {
  warn(fields: object, message: string): void
}

export interface ProjectorOptions {
  readonly read: ReadJournal
  /** The writer's connection; the database is migrated. */
  readonly connection: Connection
  readonly log: ProjectorLog
  /** Ends waiting for a server that is away. */
  readonly signal: AbortSignal
  readonly rangeEntriesMax?: number
  readonly reached?: (step: ProjectorStep) => Promise<void>
}

interface EncodedRange {
  readonly key: RangeKey
  /** Begun by an earlier start: some of its rows may be in. */
  readonly repeated: boolean
}

const nothingReached = (): Promise<void> => Promise.resolve()

export class Projector {
  #options: ProjectorOptions
  #client: ClickHouseClient
  #projection: Projection
  #journalId: string
  #epoch: number
  #next: number
  #intendedLast: number | undefined
  #rows = new RangeRows()
  #reached: (step: ProjectorStep) => Promise<void>

  private constructor(
    options: ProjectorOptions,
    client: ClickHouseClient,
    start: {
      readonly journalId: string
      readonly epoch: number
      readonly next: number
      readonly intendedLast: number | undefined
      readonly projection: Projection
    },
  ) {
    this.#options = options
    this.#client = client
    this.#journalId = start.journalId
    this.#epoch = start.epoch
    this.#next = start.next
    this.#intendedLast = start.intendedLast
    this.#projection = start.projection
    this.#reached = options.reached ?? nothingReached
  }

  /**
   * Continues where the projection of this journal stands; the journal must hold its first entry.
   * Throws `WEIR_CLICKHOUSE` when the database holds another journal.
   */
  static async open(options: ProjectorOptions): Promise<Projector> {
    const journalId = await readJournalId(options.read)
    const client = connect(options.connection)
    try {
      const start = async () => {
        const resumption = await readResumption(client, journalId)
        const { next, resumeSequence } = resumption
        const projection = await restoreProjection(client, options.read, next, resumeSequence)
        return { ...resumption, journalId, projection }
      }
      const state = await retryUntil(options.signal, start, tellRetry(options.log, 'opening the projection'))
      return new Projector(options, client, state)
    } catch (error) {
      await client.close()
      throw error
    }
  }

  /** First entry that is not projected yet. */
  get next(): number {
    return this.#next
  }

  /**
   * Projects every entry before `until`, which must be durable; less when the signal is aborted meanwhile.
   * After an error this projector must not be used again: open another one.
   */
  async projectUntil(until: number): Promise<void> {
    if (until <= this.#next) return
    let last = this.#next - 1
    for await (const batch of this.#options.read(this.#next, until)) {
      for (const entry of batch) {
        this.#encode(entry, last + 1)
        last = entry.sequence
        if (!this.#isFull(last)) continue
        await this.#commit(last)
        if (this.#options.signal.aborted) return
      }
    }
    // A range that was begun must be repeated with its bounds: without its end it has to wait.
    if (last >= this.#next && this.#intendedLast === undefined) await this.#commit(last)
    if (last + 1 < until) throw shortJournal(last, until)
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  #encode(entry: JournalEntryReader, expected: number): void {
    if (entry.sequence !== expected) throw shortJournal(expected - 1, entry.sequence)
    this.#projection.add(this.#rows, entry.sequence, entry.decode())
  }

  #isFull(last: number): boolean {
    if (this.#intendedLast !== undefined) return last === this.#intendedLast
    const entriesMax = this.#options.rangeEntriesMax ?? RANGE_ENTRIES_MAX
    return last - this.#next + 1 >= entriesMax || this.#rows.rows >= RANGE_ROWS_MAX
  }

  async #commit(last: number): Promise<void> {
    const key = { journalId: this.#journalId, first: this.#next, last }
    const range: EncodedRange = { key, repeated: this.#intendedLast !== undefined }
    await this.#reached('encoded')
    let uncertain = range.repeated
    const warn = tellRetry(this.#options.log, `projecting entries ${key.first} to ${key.last}`)
    await retryUntil(
      this.#options.signal,
      () => this.#insert(key, uncertain),
      (error, attempts) => {
        uncertain = true
        warn(error, attempts)
      },
    )
    this.#rows.reset()
    this.#next = last + 1
    this.#intendedLast = undefined
  }

  async #insert(key: RangeKey, uncertain: boolean): Promise<void> {
    const inserts = this.#rows.inserts()
    await recordRange(this.#client, key, this.#epoch, 'intended', 0)
    await this.#reached('intended')
    await insertRange(this.#client, key, inserts, (table) => this.#reached(`inserted ${table}`))
    if (uncertain) await verifyRange(this.#client, key, inserts)
    await this.#reached('inserted')
    await recordRange(this.#client, key, this.#epoch, 'done', this.#projection.resumeSequence(key.last + 1))
    await this.#reached('done')
  }
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
