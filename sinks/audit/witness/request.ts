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
import { decimalOf, hashOf, malformed, textOf, toBase64, utf8 } from '../log/text.js'

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
  const lines = [`old ${oldSize}`, ...proof.map(toBase64), '']
  return Buffer.concat([utf8(lines.map((line) => `${line}\n`).join('')), checkpoint])
}

/** @throws WeirError WEIR_AUDIT when the bytes are no such request */
export function parseRequest(bytes: Uint8Array, place = 'request'): AddCheckpoint {
  if (bytes.length > MAX_REQUEST_BYTES) throw malformed(`it is longer than ${MAX_REQUEST_BYTES} bytes`, place)
  const text = textOf(bytes, place)
  const empty = text.indexOf('\n\n')
  const checkpoint = empty < 0 ? '' : text.slice(empty + 2)
  if (checkpoint === '') throw malformed('there is no checkpoint', place)
  const [first = '', ...lines] = text.slice(0, empty).split('\n')
  const oldSize = first.startsWith('old ') ? decimalOf(first.slice(4)) : undefined
  if (oldSize === undefined) throw malformed('it does not begin with the old size', place)
  if (lines.length > MAX_PROOF_LINES)
    throw malformed(`its proof has more than ${MAX_PROOF_LINES} lines`, place)
  const proof = lines.map((line) => {
    const hash = hashOf(line)
    if (hash === undefined) throw malformed('a line of its proof is no hash in base64', place)
    return hash
  })
  return { oldSize, proof, checkpoint: utf8(checkpoint) }
}
