/**
 * Proofs as files (c2sp.org/tlog-proof@v1): that a record is in a log, checked with public keys alone.
 *
 *   c2sp.org/tlog-proof@v1
 *   extra BASE64             may be missing; not protected by anything
 *   index N
 *   HASH                     inclusion proof, from the leaf's sibling upwards
 *   ...
 *                            empty line
 *   checkpoint with its signatures
 *
 * Pure; depends on checkpoints and proofs.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { type Checkpoint, type CheckpointTrust, openCheckpoint } from './checkpoint.js'
import { leafHash } from './hashing.js'
import { MAX_NOTE_BYTES } from './note.js'
import { formatProof, hashesOf, splitAtCheckpoint } from './proof-lines.js'
import { verifyInclusion } from './proofs.js'
import { base64Of, decimalOf, malformed, textOf, toBase64 } from './text.js'

const HEADER = 'c2sp.org/tlog-proof@v1'
/** A tree of 2^64 leaves is not higher. */
const MAX_PROOF_LINES = 63
/** Extra data are hints for a reader; a record itself fits in. */
const MAX_EXTRA_BYTES = 128 * 1024
const MAX_FILE_BYTES = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES

export interface ProofFile {
  readonly index: number
  readonly proof: readonly Uint8Array[]
  /** Nothing protects these bytes. */
  readonly extra?: Uint8Array
  /** The signed checkpoint as it came, not verified. */
  readonly checkpoint: Uint8Array
}

export function formatProofFile({ index, proof, extra, checkpoint }: ProofFile): Uint8Array {
  const extraLine = extra === undefined ? [] : [`extra ${toBase64(extra)}`]
  return formatProof([HEADER, ...extraLine, `index ${index}`], proof, checkpoint)
}

/** @throws WeirError WEIR_AUDIT when it is no proof of this form; nothing of it is verified yet */
export function parseProofFile(bytes: Uint8Array, place = 'proof'): ProofFile {
  if (bytes.length > MAX_FILE_BYTES) throw malformed(`it is longer than ${MAX_FILE_BYTES} bytes`, place)
  const text = textOf(bytes, place)
  const { lines, checkpoint } = splitAtCheckpoint(text, place)
  const header = lines.shift()
  if (header !== HEADER) throw malformed(`it does not begin with ${HEADER}`, place)
  const extra = lines[0]?.startsWith('extra ') ? extraOf(lines.shift()!, place) : undefined
  const indexLine = lines.shift() ?? ''
  const index = indexLine.startsWith('index ') ? decimalOf(indexLine.slice(6)) : undefined
  if (index === undefined) throw malformed('there is no index', place)
  const parsed = { index, proof: hashesOf(lines, MAX_PROOF_LINES, place), checkpoint }
  return extra === undefined ? parsed : { ...parsed, extra }
}

function extraOf(line: string, place: string): Uint8Array {
  const extra = base64Of(line.slice(6))
  if (extra === undefined || extra.length > MAX_EXTRA_BYTES)
    throw malformed('its extra data are no base64', place)
  return extra
}

/**
 * Checks that the record is in a log that the reader trusts.
 * @returns the checkpoint that holds it
 * @throws WeirError WEIR_AUDIT when anything of it does not verify
 */
export function verifyProofFile(
  record: Uint8Array,
  bytes: Uint8Array,
  trust: CheckpointTrust,
  place = 'proof',
): Checkpoint {
  const { index, proof, checkpoint: note } = parseProofFile(bytes, place)
  const { checkpoint } = openCheckpoint(note, trust, place)
  const { size, root } = checkpoint
  if (verifyInclusion({ leafHash: leafHash(record), index, size, root, proof })) return checkpoint
  throw new WeirError('WEIR_AUDIT', `the record is not at index ${index} of the log at size ${size}`, {
    place,
  })
}
