/**
 * A witness: cosigns checkpoints of logs that it knows, and of each log only what extends what it has cosigned before (c2sp.org/tlog-witness).
 *
 *   DIR/origins/<SHA-256 of the origin>     the latest checkpoint that was accepted, as the log signed it
 *
 * What is accepted is durable before it is cosigned. So of two trees that are not one, the witness cosigns one only, also when it stops
 * or loses power in between. Requests of one log go one after the other. Depends on the log's files, checkpoints and proofs.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { BatchWriter } from '../log/batch-writer.js'
import {
  type Checkpoint,
  cosign,
  formatCheckpoint,
  parseSignedCheckpoint,
  type SignedCheckpoint,
} from '../log/checkpoint.js'
import type { LogFiles } from '../log/files.js'
import { asFileError } from '../log/files.js'
import { EMPTY_ROOT, sameHash, sha256 } from '../log/hashing.js'
import type { Signer } from '../log/keys.js'
import { formatNote, goodSignatures, signatureLine, type Verifier } from '../log/note.js'
import { verifyConsistency } from '../log/proofs.js'
import { type AddCheckpoint, parseRequest } from './request.js'

/** Requests of one log that wait. A log asks once a checkpoint. */
const MAX_WAITING = 32

export interface WitnessSetup {
  /** Signers of cosignatures (kind 4); two while a key is replaced by another. */
  readonly signers: readonly Signer[]
  /** Keys of each log, by origin. */
  readonly logs: ReadonlyMap<string, readonly Verifier[]>
  /** Seconds since 1970-01-01T00:00:00Z. */
  readonly nowSeconds: () => number
}

export type WitnessStatus = 200 | 400 | 403 | 404 | 409 | 422 | 503

export interface WitnessAnswer {
  readonly status: WitnessStatus
  readonly contentType: 'text/plain; charset=utf-8' | 'text/x.tlog.size'
  readonly body: string
}

/** What is known of one log. */
interface LogState {
  latest: Checkpoint | undefined
  /** Whether `latest` is known to be durable. After a start or a failure it is not. */
  isDurable: boolean
  waiting: number
  tail: Promise<unknown>
}

export class Witness {
  readonly #files: LogFiles
  readonly #setup: WitnessSetup
  readonly #lock: { release(): Promise<void> }
  readonly #states: ReadonlyMap<string, LogState>

  private constructor(
    files: LogFiles,
    setup: WitnessSetup,
    lock: { release(): Promise<void> },
    states: Map<string, LogState>,
  ) {
    this.#files = files
    this.#setup = setup
    this.#lock = lock
    this.#states = states
  }

  /** @throws WeirError WEIR_LOCKED when another process has the files, WEIR_AUDIT when what it keeps is damaged */
  static async open(files: LogFiles, setup: WitnessSetup): Promise<Witness> {
    const lock = await files.lock()
    try {
      const states = new Map<string, LogState>()
      for (const origin of setup.logs.keys()) {
        const latest = await readLatest(files, origin)
        states.set(origin, { latest, isDurable: false, waiting: 0, tail: Promise.resolve() })
      }
      return new Witness(files, setup, lock, states)
    } catch (error) {
      await lock.release()
      throw asFileError(error, files.name)
    }
  }

  /**
   * Answers a request; anything may be in it.
   * @throws WeirError WEIR_AUDIT when files or signers fail: nothing was cosigned then
   */
  async addCheckpoint(body: Uint8Array): Promise<WitnessAnswer> {
    const read = readRequest(body)
    if ('status' in read) return read
    const { request, signed } = read
    const { origin } = signed.checkpoint
    const keys = this.#setup.logs.get(origin)
    const state = this.#states.get(origin)
    if (keys === undefined || state === undefined) return refusal(404, 'this log is not known here')
    if (!isSignedBy(signed, keys))
      return refusal(403, 'no signature of a known key of this log, or a wrong one')
    if (request.oldSize > signed.checkpoint.size) return refusal(400, 'the old size is above the new one')
    if (state.waiting >= MAX_WAITING) return refusal(503, 'too many requests of this log wait')
    return this.#inTurn(state, () => this.#accept(state, request, signed))
  }

  /** Lets what was begun end. */
  async close(): Promise<void> {
    await Promise.all([...this.#states.values()].map((state) => state.tail))
    await this.#lock.release()
  }

  #inTurn<T>(state: LogState, run: () => Promise<T>): Promise<T> {
    state.waiting++
    const result = state.tail.then(run)
    state.tail = result.then(
      () => state.waiting--,
      () => state.waiting--,
    )
    return result
  }

  async #accept(state: LogState, request: AddCheckpoint, signed: SignedCheckpoint): Promise<WitnessAnswer> {
    try {
      const refused = judge(state.latest, request, signed.checkpoint)
      if (refused !== undefined) return refused
      await this.#persist(state, signed)
      return await this.#cosign(signed.note.text)
    } catch (error) {
      throw asFileError(error, this.#files.name)
    }
  }

  /** Makes the checkpoint the latest one. It counts as latest from before the attempt on, as the disk may have it whatever fails. */
  async #persist(state: LogState, { checkpoint, note }: SignedCheckpoint): Promise<void> {
    if (state.isDurable && state.latest?.size === checkpoint.size) return
    state.isDurable = false
    state.latest = checkpoint
    const file = { path: pathOf(checkpoint.origin), bytes: formatNote(note) }
    // A writer of its own: after a failure no folder counts as made.
    await new BatchWriter(this.#files, `incoming-${hexOf(checkpoint.origin)}`).write([file])
    state.isDurable = true
  }

  async #cosign(text: string): Promise<WitnessAnswer> {
    const now = this.#setup.nowSeconds()
    const lines: string[] = []
    for (const signer of this.#setup.signers) lines.push(signatureLine(await cosign(text, signer, now)))
    return { status: 200, contentType: 'text/plain; charset=utf-8', body: lines.join('') }
  }
}

/** Why a checkpoint cannot follow the latest one; undefined when it can. */
function judge(
  latest: Checkpoint | undefined,
  { oldSize, proof }: AddCheckpoint,
  { size, root }: Checkpoint,
): WitnessAnswer | undefined {
  const latestSize = latest?.size ?? 0
  if (oldSize !== latestSize) return { status: 409, contentType: 'text/x.tlog.size', body: `${latestSize}\n` }
  if (size === 0 && !sameHash(root, EMPTY_ROOT)) return refusal(422, 'this is not the root of an empty log')
  if (latest === undefined || oldSize === 0)
    return proof.length === 0 ? undefined : refusal(422, 'nothing can be proved from size 0')
  if (oldSize === size && !sameHash(latest.root, root))
    return refusal(409, 'another root of this size was cosigned: the log has forked')
  if (verifyConsistency({ oldSize, oldRoot: latest.root, size, root, proof })) return undefined
  return refusal(422, 'the consistency proof does not verify')
}

function readRequest(body: Uint8Array): { request: AddCheckpoint; signed: SignedCheckpoint } | WitnessAnswer {
  try {
    const request = parseRequest(body)
    return { request, signed: parseSignedCheckpoint(request.checkpoint) }
  } catch (error) {
    if (error instanceof WeirError) return refusal(400, error.message)
    throw error
  }
}

/** A wrong signature of a known key refuses a note, whatever others there are. */
function isSignedBy({ note }: SignedCheckpoint, keys: readonly Verifier[]): boolean {
  try {
    return goodSignatures(note, keys).length > 0
  } catch (error) {
    if (error instanceof WeirError) return false
    throw error
  }
}

async function readLatest(files: LogFiles, origin: string): Promise<Checkpoint | undefined> {
  const bytes = await files.read(pathOf(origin))
  if (bytes === undefined) return undefined
  const place = `${files.name}/${pathOf(origin)}`
  const { checkpoint, note } = parseSignedCheckpoint(bytes, place)
  if (checkpoint.origin === origin && formatCheckpoint(checkpoint) === note.text) return checkpoint
  throw new WeirError('WEIR_AUDIT', `it is of ${checkpoint.origin}, not of ${origin}`, { place })
}

function refusal(status: WitnessStatus, why: string): WitnessAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body: `${why}\n` }
}

function hexOf(origin: string): string {
  return Buffer.from(sha256(Buffer.from(origin))).toString('hex')
}

function pathOf(origin: string): string {
  return `origins/${hexOf(origin)}`
}
