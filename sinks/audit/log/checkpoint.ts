/**
 * Checkpoints: what a log says of itself at one size (c2sp.org/tlog-checkpoint), and cosignatures on them.
 *
 *   ORIGIN
 *   SIZE                 decimal
 *   ROOT                 32 bytes in base64
 *   ...                  lines of extension, not recommended; kept and not interpreted
 *
 * Pure; depends on notes and the signers' port.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { cosignedMessage, joinCosignature, splitCosignature } from './cosigned-message.js'
import type { Signer } from './keys.js'
import {
  goodSignatures,
  isNoteText,
  isOf,
  type Note,
  type NoteSignature,
  parseNote,
  type Verifier,
  verifyNote,
} from './note.js'
import { decimalOf, hashOf, malformed, toBase64, utf8 } from './text.js'
import { isTreeSize } from './tree.js'

/** An address without scheme; a bound on what witnesses keep. */
const MAX_ORIGIN_LENGTH = 255

export interface Checkpoint {
  /** Names the log; by custom an address without scheme. */
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  readonly extensions: readonly string[]
}

export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint
  readonly note: Note
}

export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  return [origin, String(size), toBase64(root), ...extensions].map((line) => `${line}\n`).join('')
}

/** Whether a log may have this name. */
export function isOrigin(origin: string): boolean {
  return (
    isNoteText(`${origin}\n`) &&
    !origin.includes('\n') &&
    origin.length > 0 &&
    origin.length <= MAX_ORIGIN_LENGTH
  )
}

/** @throws WeirError WEIR_AUDIT when the text of a note is no checkpoint */
export function parseCheckpoint(text: string, place = 'checkpoint'): Checkpoint {
  if (!text.endsWith('\n')) throw malformed('its last line is not ended', place)
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n')
  const size = decimalOf(sizeText)
  const root = hashOf(rootText)
  if (!isOrigin(origin)) throw malformed('its origin is empty or too long', place)
  if (size === undefined || !isTreeSize(size)) throw malformed('its size is no number below 2^53', place)
  if (root === undefined) throw malformed('its root is no hash in base64', place)
  if (extensions.includes('')) throw malformed('a line of extension is empty', place)
  return { origin, size, root, extensions }
}

/** @throws WeirError WEIR_AUDIT when it is no note over a checkpoint; nothing of it is verified yet */
export function parseSignedCheckpoint(bytes: Uint8Array, place = 'checkpoint'): SignedCheckpoint {
  const note = parseNote(bytes, place)
  return { note, checkpoint: parseCheckpoint(note.text, place) }
}

export interface CheckpointTrust {
  readonly origin: string
  /** Keys of the log; one of them must have signed. */
  readonly logKeys: readonly Verifier[]
  /** Keys of witnesses. */
  readonly witnessKeys?: readonly Verifier[]
  /** How many witnesses of different names must have cosigned; 0 unless told otherwise. */
  readonly witnessQuorum?: number
}

/**
 * A checkpoint that a reader may rely on.
 * @throws WeirError WEIR_AUDIT when it is malformed, of another log, not signed by a trusted key, or has too few cosignatures
 */
export function openCheckpoint(
  bytes: Uint8Array,
  trust: CheckpointTrust,
  place = 'checkpoint',
): SignedCheckpoint {
  const signed = parseSignedCheckpoint(bytes, place)
  if (signed.checkpoint.origin !== trust.origin)
    throw new WeirError('WEIR_AUDIT', `it is of ${signed.checkpoint.origin}, not of ${trust.origin}`, {
      place,
    })
  verifyNote(signed.note, trust.logKeys, place)
  const cosigned = goodSignatures(signed.note, trust.witnessKeys ?? [], place)
  const witnesses = new Set(cosigned.map(({ name }) => name)).size
  const quorum = trust.witnessQuorum ?? 0
  if (witnesses < quorum)
    throw new WeirError('WEIR_AUDIT', `it has cosignatures of ${witnesses} witnesses, ${quorum} are needed`, {
      place,
    })
  return signed
}

/**
 * Signs a checkpoint by every signer.
 * @throws WeirError WEIR_AUDIT when a signer gives a signature that its verifier refuses; whatever a signer throws
 */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  signers: readonly Signer[],
  verifiers: readonly Verifier[],
): Promise<Note> {
  const text = formatCheckpoint(checkpoint)
  const signatures: NoteSignature[] = []
  for (const signer of signers) {
    const { name, keyHash } = signer
    signatures.push({ name, keyHash, signature: await signer.sign(utf8(text)) })
  }
  const note = { text, signatures }
  // A signer may be a service: what it got wrong must not leave the process.
  verifyNote(note, verifiers, 'own checkpoint')
  return note
}

/** Cosigns the text of a checkpoint. @param timestampSeconds since 1970-01-01T00:00:00Z */
export async function cosign(text: string, signer: Signer, timestampSeconds: number): Promise<NoteSignature> {
  const ed25519 = await signer.sign(cosignedMessage(utf8(text), timestampSeconds))
  const { name, keyHash } = signer
  return { name, keyHash, signature: joinCosignature({ timestamp: timestampSeconds, ed25519 }) }
}

/** When the key's cosignature says that it was given, seconds; undefined without one. Verify it first. */
export function cosignedAtSeconds(note: Note, key: { name: string; keyHash: number }): number | undefined {
  const signature = note.signatures.find((candidate) => isOf(candidate, key))
  return signature === undefined ? undefined : splitCosignature(signature.signature)?.timestamp
}
