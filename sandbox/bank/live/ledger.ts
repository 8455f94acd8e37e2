/**
 * The bank's durable ledger: one file that only grows, and the book that it adds up to.
 *
 * `append` puts an entry into the book at once and settles when it is on the disk; entries that come while the disk works share the
 * next write and fsync. Nothing may be told to anybody before. After a crash the torn end is cut off: it was told to nobody. One
 * process at a time holds a ledger. Depends on node:fs.
 */
import { readFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WeirError } from '../../../pipeline/errors.js'
import { type DataDirectoryLock, lockDataDirectory } from '../../../pipeline/runtime/data-directory.js'
import type { CollateralTerms } from '../collateral-book.js'
import { Book } from './book.js'
import { type LedgerEntry, lineOf, readEntries, type StartEntry } from './ledger-entries.js'

export interface LedgerOptions {
  readonly venueId: string
  readonly seed: string
  /** What the bank lends against; what it refused is in the ledger, so the terms may change between two lives. */
  readonly collateral?: CollateralTerms | undefined
}

export class Ledger {
  readonly book: Book
  readonly #file: FileHandle
  readonly #lock: DataDirectoryLock
  #waiting: string[] = []
  #writing: Promise<void> | undefined
  #next: Promise<void> | undefined

  private constructor(file: FileHandle, lock: DataDirectoryLock, book: Book) {
    this.#file = file
    this.#lock = lock
    this.book = book
  }

  /**
   * Opens a ledger, or begins one.
   * @throws WeirError WEIR_LOCKED, WEIR_INPUT for a file that is damaged or another bank's
   */
  static async open(path: string, options: LedgerOptions): Promise<Ledger> {
    const lock = await lockDataDirectory(`${path}.lock`)
    let file: FileHandle | undefined
    try {
      file = await open(path, 'a+')
      const { entries, wholeBytes, damaged } = readEntries(await file.readFile())
      if (damaged) throw damagedAt(path, wholeBytes)
      await file.truncate(wholeBytes)
      const { venueId, seed, collateral } = options
      const book = new Book(seed, collateral)
      const ledger = new Ledger(file, lock, book)
      if (entries.length === 0) {
        await ledger.append({ kind: 'start', version: 1, venueId, seed })
        await syncFolder(dirname(path))
      } else requireSame(path, entries[0], options)
      for (const entry of entries) book.apply(entry)
      return ledger
    } catch (error) {
      await file?.close()
      await lock.release()
      throw error
    }
  }

  append(entry: LedgerEntry): Promise<void> {
    this.book.apply(entry)
    this.#waiting.push(lineOf(entry))
    this.#next ??= this.#afterCurrent()
    return this.#next
  }

  /** Waits for what was appended. */
  async close(): Promise<void> {
    await this.#next
    await this.#writing
    await this.#file.close()
    await this.#lock.release()
  }

  async #afterCurrent(): Promise<void> {
    await this.#writing
    this.#next = undefined
    const lines = this.#waiting.join('')
    this.#waiting = []
    this.#writing = this.#write(lines)
    await this.#writing
  }

  async #write(lines: string): Promise<void> {
    await this.#file.appendFile(lines)
    await this.#file.datasync()
  }
}

/** The book of a ledger that another process may be writing; nothing is changed. @throws WeirError WEIR_INPUT */
export function readBook(path: string): { readonly start: StartEntry; readonly book: Book } {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (cause) {
    throw new WeirError('WEIR_INPUT', 'the ledger cannot be read', {
      place: path,
      remedy: 'give the file that `weir bank --ledger` was given',
      cause,
    })
  }
  const { entries, wholeBytes, damaged } = readEntries(bytes)
  const start = entries[0]
  if (damaged || start?.kind !== 'start') throw damagedAt(path, wholeBytes)
  const book = new Book(start.seed)
  for (const entry of entries) book.apply(entry)
  return { start, book }
}

function requireSame(path: string, first: LedgerEntry | undefined, { venueId, seed }: LedgerOptions): void {
  if (first?.kind !== 'start') throw damagedAt(path, 0)
  if (first.venueId === venueId && first.seed === seed) return
  throw new WeirError('WEIR_INPUT', `it is the ledger of venue ${first.venueId} with seed ${first.seed}`, {
    place: path,
    remedy: 'give that --venue and --seed, or another --ledger',
  })
}

function damagedAt(path: string, bytes: number): WeirError {
  return new WeirError('WEIR_INPUT', `the ledger is damaged after byte ${bytes}, before its end`, {
    place: path,
    remedy: 'restore the file; what it has lost, the bank would carry out a second time',
  })
}

/** A file that is new is there after a crash only once its folder is on the disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
