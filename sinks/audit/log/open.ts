/**
 * Opens the files of a log: what it is committed to, whether they hold that, and what has to be mended.
 *
 * Depends on the file port, recovery and checkpoints.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { BatchWriter } from './batch-writer.js'
import {
  type Checkpoint,
  isOrigin,
  openCheckpoint,
  parseSignedCheckpoint,
  type SignedCheckpoint,
  signCheckpoint,
} from './checkpoint.js'
import type { Edge } from './edge.js'
import type { LogFiles } from './files.js'
import { EMPTY_ROOT } from './hashing.js'
import type { Signer } from './keys.js'
import { formatNote, goodSignatures, isOf, type Verifier } from './note.js'
import { readEdge, removeTorn } from './recovery.js'

export const COMMITTED = 'committed-checkpoint'
export const PUBLISHED = 'checkpoint'

export interface LogSetup {
  /** Names the log for ever: an address without scheme. */
  readonly origin: string
  /** Every checkpoint is signed by all of them; two while a key is replaced by another. */
  readonly signers: readonly Signer[]
  /** Keys by which the log's own checkpoints are believed: those of the signers, and the one before while it is replaced. */
  readonly verifiers: readonly Verifier[]
}

export interface OpenedLog {
  readonly edge: Edge
  readonly published: SignedCheckpoint
  readonly writer: BatchWriter
}

/** The folder must be locked. @throws WeirError as `AuditLog.open` */
export async function openLog(files: LogFiles, setup: LogSetup): Promise<OpenedLog> {
  checkSetup(setup)
  const writer = new BatchWriter(files)
  const committed = await readCommitted(files, setup)
  const checkpoint = committed?.checkpoint ?? emptyCheckpoint(setup)
  const edge = await readEdge(files, checkpoint)
  await removeTorn(files, checkpoint.size)
  const isSigned = setup.signers.every((signer) =>
    committed?.note.signatures.some((signature) => isOf(signature, signer)),
  )
  if (committed === undefined || !isSigned) {
    const note = await signCheckpoint(checkpoint, setup.signers, setup.verifiers)
    await writer.write([{ path: COMMITTED, bytes: formatNote(note) }])
    return { edge, writer, published: await publish(files, writer, { checkpoint, note }, setup) }
  }
  return { edge, writer, published: await publish(files, writer, committed, setup) }
}

function checkSetup({ origin, signers, verifiers }: LogSetup): void {
  const wrong = (what: string, remedy: string): WeirError =>
    new WeirError('WEIR_CONFIG', `the log cannot be opened: ${what}`, { place: origin, remedy })
  if (!isOrigin(origin))
    throw wrong('its origin is empty, too long or not one line', 'give an address without scheme')
  if (signers.length === 0) throw wrong('it has no signer', 'give the key that signs its checkpoints')
  const without = signers.find((signer) => !verifiers.some((verifier) => isOf(signer, verifier)))
  if (without !== undefined)
    throw wrong(
      `there is no verifier key for the signer ${without.name}`,
      'give the verifier key of each signer',
    )
}

/** The committed checkpoint; undefined where a log is to begin. */
async function readCommitted(files: LogFiles, setup: LogSetup): Promise<SignedCheckpoint | undefined> {
  const place = `${files.name}/${COMMITTED}`
  const bytes = await files.read(COMMITTED)
  if (bytes !== undefined)
    return openCheckpoint(bytes, { origin: setup.origin, logKeys: setup.verifiers }, place)
  // Publishing comes after committing: a folder with the one and not the other is not a log that begins.
  if ((await files.read(PUBLISHED)) === undefined) return undefined
  throw new WeirError('WEIR_AUDIT', 'the committed checkpoint is missing and there is a published one', {
    place,
    remedy: 'put the files of a copy in its place that has the same or a later checkpoint',
  })
}

function emptyCheckpoint({ origin }: LogSetup): Checkpoint {
  return { origin, size: 0, root: EMPTY_ROOT, extensions: [] }
}

/** Publishes the committed checkpoint unless it is published already; then it keeps its cosignatures. */
async function publish(
  files: LogFiles,
  writer: BatchWriter,
  committed: SignedCheckpoint,
  setup: LogSetup,
): Promise<SignedCheckpoint> {
  const published = await readPublished(files, setup)
  if (published !== undefined && published.checkpoint.size > committed.checkpoint.size)
    throw new WeirError('WEIR_AUDIT', 'the published checkpoint is later than what the log is committed to', {
      place: `${files.name}/${PUBLISHED}`,
      remedy:
        'the other files are of an older copy: restore those that belong to it, and never append to the old ones',
    })
  const isSame = published?.note.text === committed.note.text
  const ours = committed.note.signatures
  const others = isSame
    ? published.note.signatures.filter((signature) => !ours.some((our) => isOf(signature, our)))
    : []
  const note = { text: committed.note.text, signatures: [...ours, ...others] }
  const bytes = formatNote(note)
  await writer.publish({ path: PUBLISHED, bytes })
  return { note, checkpoint: committed.checkpoint }
}

/** What is published, as far as it is ours: a torn file counts for nothing, as it is written without waiting for the disk. */
async function readPublished(files: LogFiles, setup: LogSetup): Promise<SignedCheckpoint | undefined> {
  const bytes = await files.read(PUBLISHED)
  if (bytes === undefined) return undefined
  try {
    const signed = parseSignedCheckpoint(bytes, `${files.name}/${PUBLISHED}`)
    const isOurs = signed.checkpoint.origin === setup.origin
    return isOurs && goodSignatures(signed.note, setup.verifiers).length > 0 ? signed : undefined
  } catch (error) {
    if (error instanceof WeirError) return undefined
    throw error
  }
}
