/**
 * The body of `POST /add-checkpoint` (c2sp.org/tlog-witness).
 *
 *   old SIZE                 size of the checkpoint that the witness cosigned last, as the log believes
 *   HASH                     consistency proof from there, at most 63 lines of base64
 *   ...
 *                            empty line
 *   signed checkpoint
 *
 * Pure; depends on the texts of the log.
 */
import { MAX_NOTE_BYTES } from '../log/note.js'
import { formatProof, hashesOf, splitAtCheckpoint } from '../log/proof-lines.js'
import { decimalOf, malformed, textOf } from '../log/text.js'

export const MAX_PROOF_LINES = 63
/** A line of the proof has 45 bytes. */
export const MAX_REQUEST_BYTES = MAX_NOTE_BYTES + 64 * 45

export interface AddCheckpoint {
  readonly oldSize: number
  readonly proof: readonly Uint8Array[]
  /** The signed checkpoint, not verified. */
  readonly checkpoint: Uint8Array
}

export function formatRequest({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array {
  return formatProof([`old ${oldSize}`], proof, checkpoint)
}

/** @throws WeirError WEIR_AUDIT when the bytes are no such request */
export function parseRequest(bytes: Uint8Array, place = 'request'): AddCheckpoint {
  if (bytes.length > MAX_REQUEST_BYTES) throw malformed(`it is longer than ${MAX_REQUEST_BYTES} bytes`, place)
  const text = textOf(bytes, place)
  const { lines, checkpoint } = splitAtCheckpoint(text, place)
  const first = lines.shift() ?? ''
  const oldSize = first.startsWith('old ') ? decimalOf(first.slice(4)) : undefined
  if (oldSize === undefined) throw malformed('it does not begin with the old size', place)
  return { oldSize, proof: hashesOf(lines, MAX_PROOF_LINES, place), checkpoint }
}
