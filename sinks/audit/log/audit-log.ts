/**
 * The transparency log: records are appended, checkpoints are signed, proofs are made.
 *
 *   DIR/tile/...                 tiles and entry bundles (c2sp.org/tlog-tiles)
 *   DIR/committed-checkpoint     what the log has committed itself to; the truth at a start
 *   DIR/checkpoint               what readers get: the same text, with cosignatures as they come
 *   DIR/incoming/                drafts; DIR/lock
 *
 * An append makes its tiles durable, then the committed checkpoint, and only then publishes: a reader never sees a checkpoint that a crash,
 * or a loss of power, could take back. So the log never signs two trees of which one is not the beginning of the other, as long as it
 * opens its own latest files. Appends go one after the other. After a failed one the log takes no more until it is opened again: what
 * the disk holds is not known before. Depends on the file port, signers and verifiers.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { type BatchWriter, folderOf } from './batch-writer.js'
import { checkRecord } from './bundles.js'
import { type Checkpoint, type SignedCheckpoint, signCheckpoint } from './checkpoint.js'
import { append, type Edge, rootOf } from './edge.js'
import { asFileError, FolderFiles, type LogFiles } from './files.js'
import { formatProofFile } from './inclusion-file.js'
import { formatNote, isOf, type NoteSignature, type Verifier } from './note.js'
import { COMMITTED, type LogSetup, openLog, PUBLISHED } from './open.js'
import { MAX_BATCH_RECORDS, removePartials } from './recovery.js'
import { utf8 } from './text.js'
import { TileStore } from './tile-store.js'
import { TILE_WIDTH, tileOf, tilePath } from './tiles.js'
import { TreeReader } from './tree-reader.js'

/** Records are held in memory until they are written; twice for a moment. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024
/** Appends that wait. Whoever appends faster than the disk for that long has to wait himself. */
const MAX_WAITING = 64

export interface AuditLogOptions extends LogSetup {
  /** Folder of the log; created where there is none. */
  readonly directory: string
}

export interface Appended {
  /** Index of the first record of the append. */
  readonly firstIndex: number
  /** The signed checkpoint of the log behind it, durable. */
  readonly checkpoint: Uint8Array
}

export class AuditLog {
  readonly origin: string
  readonly #files: LogFiles
  readonly #setup: LogSetup
  readonly #writer: BatchWriter
  readonly #tree: TreeReader
  readonly #lock: { release(): Promise<void> }
  #edge: Edge
  #published: SignedCheckpoint
  #failure: unknown
  #isClosed = false
  #waiting = 0
  #tail: Promise<unknown> = Promise.resolve()

  private constructor(
    files: LogFiles,
    setup: LogSetup,
    lock: { release(): Promise<void> },
    opened: { edge: Edge; published: SignedCheckpoint; writer: BatchWriter },
  ) {
    this.origin = setup.origin
    this.#files = files
    this.#setup = setup
    this.#lock = lock
    this.#edge = opened.edge
    this.#published = opened.published
    this.#writer = opened.writer
    this.#tree = new TreeReader(new TileStore(files), () => this.size)
  }

  /**
   * Opens the log, or begins one where there is none; repairs what an append that was cut short left.
   * @throws WeirError WEIR_LOCKED when a process has it open, WEIR_AUDIT when its files are damaged or signed by other keys,
   *   WEIR_CONFIG when origin, signers and verifiers do not go together
   */
  static open(options: AuditLogOptions): Promise<AuditLog> {
    return AuditLog.openFiles(new FolderFiles(options.directory), options)
  }

  /** As `open`, over any files. */
  static async openFiles(files: LogFiles, setup: LogSetup): Promise<AuditLog> {
    const lock = await files.lock()
    try {
      return new AuditLog(files, setup, lock, await openLog(files, setup))
    } catch (error) {
      await lock.release()
      throw asFileError(error, files.name)
    }
  }

  /** Records in the log. */
  get size(): number {
    return this.#edge.size
  }

  /** The latest checkpoint, signed, with the cosignatures it has so far; not to be changed. */
  checkpoint(): Uint8Array {
    return formatNote(this.#published.note)
  }

  /**
   * Appends records as one batch. All of them are in the log and durable when it returns. When it fails, the log has to be opened again,
   * and its size tells whether they are.
   * @param records 1 to 65,535 bytes each; at most 65,536 of them and 64 MiB
   * @throws WeirError WEIR_INPUT for a record or batch out of bounds, before anything is written; WEIR_AUDIT when files or signers fail
   */
  async append(records: readonly Uint8Array[]): Promise<Appended> {
    for (const [i, record] of records.entries()) checkRecord(record, `record ${i} of the batch`)
    const bytes = records.reduce((sum, record) => sum + record.length, 0)
    if (records.length > MAX_BATCH_RECORDS || bytes > MAX_BATCH_BYTES)
      throw new WeirError('WEIR_INPUT', `a batch of ${records.length} records, ${bytes} bytes is too large`, {
        remedy: `append at most ${MAX_BATCH_RECORDS} records and ${MAX_BATCH_BYTES} bytes at a time`,
      })
    return this.#inTurn(() => this.#append(records))
  }

  /**
   * Adds cosignatures to the published checkpoint.
   * @param text of the checkpoint that they are of; when the log has moved on, they come too late and nothing is done
   * @returns whether they were added
   * @throws WeirError WEIR_AUDIT when one of them is not of these keys, or wrong
   */
  async addCosignatures(
    text: string,
    given: readonly NoteSignature[],
    keys: readonly Verifier[],
  ): Promise<boolean> {
    // Before the turn: what a witness got wrong must not stop the log.
    checkCosignatures(text, given, keys, this.origin)
    return this.#inTurn(async () => {
      const { note, checkpoint } = this.#published
      if (note.text !== text) return false
      // A later cosignature of a key takes the place of its earlier one.
      const others = note.signatures.filter((old) => !given.some((signature) => isOf(old, signature)))
      const merged = { text, signatures: [...others, ...given] }
      await this.#writer.write([{ path: PUBLISHED, bytes: formatNote(merged) }])
      this.#published = { note: merged, checkpoint }
      return true
    })
  }

  /** As `TreeReader.inclusionProof`. */
  inclusionProof(index: number, size = this.size): Promise<Uint8Array[]> {
    return this.#tree.inclusionProof(index, size)
  }

  /** As `TreeReader.consistencyProof`. */
  consistencyProof(oldSize: number, size = this.size): Promise<Uint8Array[]> {
    return this.#tree.consistencyProof(oldSize, size)
  }

  /** As `TreeReader.record`. */
  record(index: number): Promise<Uint8Array> {
    return this.#tree.record(index)
  }

  /**
   * A proof as a file, with the latest checkpoint: enough to verify a record offline by `verifyProofFile`.
   * @param extra goes along and is not protected
   * @throws as `inclusionProof`
   */
  async proofFile(index: number, extra?: Uint8Array): Promise<Uint8Array> {
    const { note, checkpoint } = this.#published
    const proof = await this.inclusionProof(index, checkpoint.size)
    const file = { index, proof, checkpoint: formatNote(note) }
    return formatProofFile(extra === undefined ? file : { ...file, extra })
  }

  /** Lets what was begun end and gives the folder free. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#tail
    await this.#lock.release()
  }

  async #append(records: readonly Uint8Array[]): Promise<Appended> {
    const firstIndex = this.size
    if (records.length === 0) return { firstIndex, checkpoint: this.checkpoint() }
    const { edge, files } = append(this.#edge, records)
    await this.#writer.write(files)
    const checkpoint: Checkpoint = {
      origin: this.origin,
      size: edge.size,
      root: rootOf(edge),
      extensions: [],
    }
    const note = await signCheckpoint(checkpoint, this.#setup.signers, this.#setup.verifiers)
    const bytes = formatNote(note)
    await this.#writer.write([{ path: COMMITTED, bytes }])
    this.#edge = edge
    this.#published = { note, checkpoint }
    // The records are committed from here on: what fails now stops the log and not this append.
    await this.#publish(bytes, firstIndex).catch((error) => {
      this.#failure = asFileError(error, this.#files.name)
    })
    return { firstIndex, checkpoint: bytes }
  }

  /** Publishes the checkpoint, and removes the partial tiles of those that have become full. */
  async #publish(bytes: Uint8Array, oldSize: number): Promise<void> {
    await this.#writer.publish({ path: PUBLISHED, bytes })
    for (const level of ['entries', 0, 1, 2, 3, 4, 5, 6] as const) {
      const index = Math.floor(oldSize / TILE_WIDTH ** (level === 'entries' ? 1 : level + 1))
      const wasPartial = tileOf(level, index, oldSize) !== undefined
      if (!wasPartial || tileOf(level, index, this.size)?.width !== TILE_WIDTH) continue
      const folder = folderOf(tilePath({ level, index, width: 1 }))
      await removePartials(this.#files, folder, TILE_WIDTH)
      this.#writer.forget(folder)
    }
  }

  /** One after the other, in the order of the calls. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    if (this.#isClosed)
      return Promise.reject(new WeirError('WEIR_BUG', 'the log was used after it was closed'))
    if (this.#waiting >= MAX_WAITING)
      return Promise.reject(
        new WeirError('WEIR_AUDIT', `${MAX_WAITING} appends wait for the disk already`, {
          place: this.#files.name,
          remedy: 'wait for an append before the next, and append more records at a time',
          retry: 'backoff',
        }),
      )
    this.#waiting++
    const result = this.#tail.then(() => this.#unlessFailed(run))
    this.#tail = result.then(
      () => this.#waiting--,
      () => this.#waiting--,
    )
    return result
  }

  async #unlessFailed<T>(run: () => Promise<T>): Promise<T> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return await run()
    } catch (error) {
      this.#failure = asFileError(error, this.#files.name)
      throw this.#failure
    }
  }
}

function checkCosignatures(
  text: string,
  given: readonly NoteSignature[],
  keys: readonly Verifier[],
  place: string,
): void {
  const bytes = utf8(text)
  const isGood = (signature: NoteSignature): boolean =>
    keys.some((key) => isOf(signature, key) && key.verify(bytes, signature.signature))
  const wrong = given.find((signature) => !isGood(signature))
  if (wrong === undefined) return
  throw new WeirError('WEIR_AUDIT', `the cosignature of ${wrong.name} is wrong or of an unknown key`, {
    place,
  })
}
