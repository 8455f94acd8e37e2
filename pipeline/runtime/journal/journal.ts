/**
 * The journal: entries are appended in memory and made durable in groups.
 *
 * One write and one fdatasync are under way at a time; what is appended meanwhile goes into the next commit, so the
 * disk sets the pace and batches grow under load. A commit is one Avro block. After a failed write or fdatasync the
 * journal refuses everything: what the disk holds is not known then, and trying again could hide a loss.
 * Depends on the layout, opening, and node:fs.
 */
import { close, fdatasync, fsync, open, write } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { longLength, writeLong } from '../../../schemas/avro/varint.js'
import { WeirError } from '../../errors.js'
import type { JournalBody } from '../../ports.js'
import { crashPoint, hasCrashPoint } from '../crash-points.js'
import { syncDirectory } from '../encoding/files.js'
import {
  BLOCK_PREFIX_BYTES,
  checksumOf,
  ENTRY_PREFIX_BYTES,
  encodeSegmentHeader,
  SYNC_BYTES,
  segmentName,
  writeEntry,
} from './layout.js'
import { type OpenedJournal, openSegments, type TornTail } from './open.js'
import { encodeBody, journalSchema } from './record-types.js'

const openFile = promisify(open)
const closeFile = promisify(close)
const syncFile = promisify(fsync)
const syncData = promisify(fdatasync)

export interface JournalOptions {
  readonly directory: string
  /** A new segment is begun when the current one would grow beyond this. */
  readonly segmentBytes?: number
  /** `append` may be called while less than this waits to be written; see `hasRoom`. */
  readonly maxBufferedBytes?: number
  /**
   * Longest wait for company before a commit that nobody waits for, milliseconds; default 0, at once. Whoever waits says so by
   * `hurry` or `waitDurable`.
   */
  readonly lingerMs?: number
  /** Called after each commit with the last durable sequence. */
  readonly onDurable?: (sequence: number) => void
  /** Called once when the disk has failed; `failure` tells why. */
  readonly onFailure?: () => void
}

/** Small enough to be checked and copied quickly, large enough that there are few files. */
const DEFAULT_SEGMENT_BYTES = 64 * 1024 * 1024
/** Some commits' worth at the pace of a slow disk. */
const DEFAULT_BUFFERED_BYTES = 16 * 1024 * 1024
const FIRST_BUFFER_BYTES = 256 * 1024
/** A commit of this size gains nothing by waiting for more. */
const LINGER_BYTES = 256 * 1024

export interface JournalStatistics {
  readonly entries: number
  readonly bytes: number
  readonly segments: number
  readonly fsyncs: number
}

/** Entries that wait for the next commit, laid out so that the block is one contiguous write. */
class CommitBuffer {
  bytes = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES)
  end = BLOCK_PREFIX_BYTES
  count = 0

  ensure(extra: number): void {
    const needed = this.end + extra + SYNC_BYTES
    if (needed <= this.bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.end)
    this.bytes = larger
  }

  /** The block: count and size are put right before the entries, the mark behind them. */
  seal(sync: Buffer): Buffer {
    const size = this.end - BLOCK_PREFIX_BYTES
    const start = BLOCK_PREFIX_BYTES - longLength(this.count) - longLength(size)
    writeLong(size, this.bytes, writeLong(this.count, this.bytes, start))
    this.bytes.set(sync, this.end)
    return this.bytes.subarray(start, this.end + SYNC_BYTES)
  }

  clear(): void {
    this.end = BLOCK_PREFIX_BYTES
    this.count = 0
  }
}

export class Journal {
  /** What was cut off at opening. */
  readonly torn: TornTail | undefined
  readonly #directory: string
  readonly #segmentBytes: number
  readonly #maxBufferedBytes: number
  readonly #lingerMs: number
  readonly #onDurable: ((sequence: number) => void) | undefined
  readonly #onFailure: (() => void) | undefined
  #sequence: number
  #checksum: number
  #durable: number
  #filling = new CommitBuffer()
  #spare = new CommitBuffer()
  #file = -1
  #fileSize = 0
  #sync: Buffer = Buffer.alloc(SYNC_BYTES)
  #flushing: Promise<void> | undefined
  /** Last sequence that somebody waits for. */
  #wanted = -1
  /** Ends the wait for company. */
  #endLinger: (() => void) | undefined
  #failure: WeirError | undefined
  #closed = false
  #waiters: { sequence: number; resolve: () => void; reject: (error: WeirError) => void }[] = []
  #statistics: { entries: number; bytes: number; segments: number; fsyncs: number }

  private constructor(options: JournalOptions, opened: OpenedJournal) {
    this.#directory = options.directory
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES
    this.#maxBufferedBytes = options.maxBufferedBytes ?? DEFAULT_BUFFERED_BYTES
    this.#lingerMs = options.lingerMs ?? 0
    this.#onDurable = options.onDurable
    this.#onFailure = options.onFailure
    this.torn = opened.torn
    this.#sequence = opened.state.sequence
    this.#checksum = opened.state.checksum
    this.#durable = opened.state.sequence - 1
    const { segments, bytes } = opened
    this.#statistics = { entries: opened.state.sequence, bytes, segments, fsyncs: 0 }
  }

  /**
   * Opens or begins the journal in `directory`, of which the caller must hold the lock.
   * @throws WeirError WEIR_JOURNAL when it is damaged before its tail
   */
  static async open(options: JournalOptions): Promise<Journal> {
    const opened = await openSegments(options.directory)
    const journal = new Journal(options, opened)
    if (opened.last !== undefined) {
      journal.#file = await openFile(opened.last.path, 'r+')
      journal.#fileSize = opened.last.size
      journal.#sync = opened.last.header.sync
    }
    return journal
  }

  /** Sequence of the next entry. */
  get nextSequence(): number {
    return this.#sequence
  }

  /** Last sequence that is on the disk; -1 when there is none. */
  get durable(): number {
    return this.#durable
  }

  /** False while so much waits to be written that the caller should pause. */
  get hasRoom(): boolean {
    return this.#filling.end < this.#maxBufferedBytes
  }

  get failure(): WeirError | undefined {
    return this.#failure
  }

  get statistics(): JournalStatistics {
    return { ...this.#statistics }
  }

  /** Appends an entry and returns its sequence; durable later. */
  append(body: JournalBody): number {
    const { kind, record } = encodeBody(body)
    return this.appendEncoded(kind, record)
  }

  /** Appends a record that is encoded already; `kind` is its branch in the schema's union. */
  appendEncoded(kind: number, record: Uint8Array): number {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw new WeirError('WEIR_BUG', 'an entry was appended to a closed journal')
    const sequence = this.#sequence++
    const previousChecksum = this.#checksum
    const checksum = checksumOf(sequence, previousChecksum, kind, record)
    const buffer = this.#filling
    buffer.ensure(ENTRY_PREFIX_BYTES + record.length)
    buffer.end = writeEntry(buffer.bytes, buffer.end, { sequence, previousChecksum, checksum, kind, record })
    buffer.count++
    this.#checksum = checksum
    if (this.#flushing === undefined) this.#flushing = this.#flushLoop()
    if (buffer.end >= LINGER_BYTES) this.#endLinger?.()
    return sequence
  }

  /** Says that somebody waits for the entry: it is committed without waiting for company. */
  hurry(sequence: number): void {
    if (sequence > this.#wanted) this.#wanted = sequence
    if (sequence > this.#durable) this.#endLinger?.()
  }

  /** Resolves when the entry is on the disk; rejects when the disk failed. */
  waitDurable(sequence: number): Promise<void> {
    if (sequence <= this.#durable) return Promise.resolve()
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    this.hurry(sequence)
    return new Promise((resolve, reject) => this.#waiters.push({ sequence, resolve, reject }))
  }

  /** Makes everything durable and closes the file. */
  async close(): Promise<void> {
    this.#closed = true
    this.#endLinger?.()
    await this.#flushing
    if (this.#file >= 0) await closeFile(this.#file)
    this.#file = -1
    if (this.#failure !== undefined) throw this.#failure
  }

  async #flushLoop(): Promise<void> {
    try {
      do {
        await this.#linger()
        await this.#commit()
      } while (this.#filling.count > 0)
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#flushing = undefined
    }
  }

  /** Waits for company, at least a turn of the event loop, so that what is appended in one go is one commit. */
  async #linger(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve))
    const hasReason = this.#closed || this.#wanted > this.#durable || this.#filling.end >= LINGER_BYTES
    if (this.#lingerMs === 0 || hasReason) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#lingerMs)
      this.#endLinger = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#endLinger = undefined
  }

  async #commit(): Promise<void> {
    const buffer = this.#filling
    const last = this.#sequence - 1
    this.#filling = this.#spare
    this.#spare = buffer
    await this.#ensureSegment(last + 1 - buffer.count, buffer.end)
    const block = buffer.seal(this.#sync)
    crashPoint('journal-before-write')
    await this.#write(block)
    crashPoint('journal-after-write')
    await syncData(this.#file)
    crashPoint('journal-after-fsync')
    this.#statistics.entries += buffer.count
    this.#statistics.bytes += block.length
    this.#statistics.fsyncs++
    buffer.clear()
    this.#durable = last
    this.#settle()
    this.#onDurable?.(last)
  }

  /** Begins a new segment when there is none or the block would make this one too large. */
  async #ensureSegment(firstSequence: number, blockBytes: number): Promise<void> {
    if (this.#file >= 0 && this.#fileSize + blockBytes <= this.#segmentBytes) return
    if (this.#file >= 0) await closeFile(this.#file)
    const header = encodeSegmentHeader(journalSchema, firstSequence)
    this.#file = await openFile(join(this.#directory, segmentName(firstSequence)), 'wx')
    this.#fileSize = 0
    await this.#write(header)
    await syncFile(this.#file)
    await syncDirectory(this.#directory)
    this.#sync = header.subarray(header.length - SYNC_BYTES)
    this.#statistics.bytes += header.length
    this.#statistics.segments++
    this.#statistics.fsyncs++
    crashPoint('journal-after-segment')
  }

  async #write(bytes: Buffer): Promise<void> {
    let done = 0
    // A test that dies inside a write gets its write in two halves.
    if (hasCrashPoint('journal-in-write')) {
      done = await writeAt(this.#file, bytes, 0, bytes.length >> 1, this.#fileSize)
      crashPoint('journal-in-write')
    }
    while (done < bytes.length)
      done += await writeAt(this.#file, bytes, done, bytes.length - done, this.#fileSize + done)
    this.#fileSize += bytes.length
  }

  #settle(): void {
    const waiting = this.#waiters
    this.#waiters = []
    for (const waiter of waiting)
      if (waiter.sequence <= this.#durable) waiter.resolve()
      else this.#waiters.push(waiter)
  }

  #fail(error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error)
    this.#failure = new WeirError('WEIR_JOURNAL', `the journal cannot be written: ${cause}`, {
      place: this.#directory,
      remedy: 'free space or repair the disk, then start again: what was acknowledged is kept',
      cause: error,
    })
    for (const waiter of this.#waiters) waiter.reject(this.#failure)
    this.#waiters = []
    this.#onFailure?.()
  }
}

function writeAt(
  file: number,
  bytes: Buffer,
  from: number,
  length: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    write(file, bytes, from, length, position, (error, written) => (error ? reject(error) : resolve(written)))
  })
}
