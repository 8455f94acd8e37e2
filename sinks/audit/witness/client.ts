/**
 * What a log does to have its checkpoint cosigned: asks each witness, with a proof from where that witness is, and keeps what verifies.
 *
 * Nothing that a witness answers is believed: cosignatures are verified, sizes are looked up in the own log. Depends on the log and on
 * `fetch` of Node.
 */
import { WeirError } from '../../../pipeline/errors.js'
import type { AuditLog } from '../log/audit-log.js'
import { parseSignedCheckpoint } from '../log/checkpoint.js'
import { isOf, type NoteSignature, parseSignatures, type Verifier } from '../log/note.js'
import { decimalOf, textOf, utf8 } from '../log/text.js'
import { formatRequest } from './request.js'

export interface WitnessAddress {
  /** Submission prefix, without slash at its end: `https://witness.example/w1`. */
  readonly url: string
  /** Keys of its cosignatures (kind 4). */
  readonly keys: readonly Verifier[]
}

export interface CosignOutcome {
  readonly cosigned: readonly NoteSignature[]
  /** Why others did not cosign, one a witness. */
  readonly failures: readonly WeirError[]
}

const TIMEOUT_MS = 10_000
/** Cosignatures of several keys, or one line of explanation. */
const MAX_ANSWER_BYTES = 64 * 1024
/** The first may tell the witness's size; another client of it may be faster once or twice. */
const MAX_TRIES = 4

/**
 * Asks all witnesses at once and publishes the checkpoint with what came. Whether it is enough is for the caller, and for whoever verifies, to
 * decide.
 * @throws WeirError WEIR_AUDIT when the log itself fails
 */
export async function cosignLatest(
  log: AuditLog,
  witnesses: readonly WitnessAddress[],
): Promise<CosignOutcome> {
  const checkpoint = log.checkpoint()
  const ended = await Promise.allSettled(witnesses.map((witness) => askWitness(log, checkpoint, witness)))
  const cosigned: NoteSignature[] = []
  const failures: WeirError[] = []
  for (const [i, result] of ended.entries()) {
    if (result.status === 'fulfilled') cosigned.push(...result.value)
    else failures.push(asWitnessError(result.reason, witnesses[i]!.url))
  }
  const { text } = parseSignedCheckpoint(checkpoint).note
  const keys = witnesses.flatMap((witness) => witness.keys)
  if (cosigned.length > 0) await log.addCosignatures(text, cosigned, keys)
  return { cosigned, failures }
}

/**
 * Has one checkpoint of the log cosigned by one witness.
 * @param checkpoint of this log, signed
 * @returns the cosignatures of its known keys, verified; at least one
 * @throws WeirError WEIR_AUDIT when the witness refuses, has seen a larger log, or gives no good cosignature
 */
export async function askWitness(
  log: Pick<AuditLog, 'consistencyProof'>,
  checkpoint: Uint8Array,
  witness: WitnessAddress,
): Promise<NoteSignature[]> {
  const { note, checkpoint: own } = parseSignedCheckpoint(checkpoint)
  let oldSize = own.size
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const proof = await log.consistencyProof(oldSize, own.size)
    const answer = await post(witness, formatRequest({ oldSize, proof, checkpoint }))
    if (answer.status === 200) return checkAnswer(answer.text, note.text, witness)
    const size =
      answer.status === 409 && answer.isSize ? decimalOf(answer.text.replace(/\n$/, '')) : undefined
    if (size === undefined)
      throw refused(witness, `it answered ${answer.status}: ${answer.text.trim().slice(0, 200)}`)
    if (size > own.size)
      throw refused(witness, `it has seen ${size} records of this log, which has ${own.size}`)
    oldSize = size
  }
  throw refused(witness, `it told of another size ${MAX_TRIES} times`)
}

function checkAnswer(text: string, checkpoint: string, witness: WitnessAddress): NoteSignature[] {
  const bytes = utf8(checkpoint)
  const good = parseSignatures(text, witness.url).filter((signature) => {
    const key = witness.keys.find((candidate) => isOf(signature, candidate))
    if (key === undefined) return false
    if (key.verify(bytes, signature.signature)) return true
    throw refused(witness, `its cosignature by ${signature.name} is wrong`)
  })
  if (good.length === 0) throw refused(witness, 'it gave no cosignature of a key that is known')
  return good
}

interface Answer {
  readonly status: number
  readonly isSize: boolean
  readonly text: string
}

async function post({ url }: WitnessAddress, body: Uint8Array): Promise<Answer> {
  const response = await fetch(`${url}/add-checkpoint`, {
    method: 'POST',
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  const parts: Uint8Array[] = []
  let length = 0
  for await (const part of response.body ?? []) {
    length += part.length
    if (length > MAX_ANSWER_BYTES) throw new WeirError('WEIR_AUDIT', 'its answer is too long', { place: url })
    parts.push(part)
  }
  const isSize = response.headers.get('content-type') === 'text/x.tlog.size'
  return { status: response.status, isSize, text: textOf(Buffer.concat(parts), url) }
}

function refused(witness: WitnessAddress, what: string): WeirError {
  return new WeirError('WEIR_AUDIT', `the witness did not cosign: ${what}`, {
    place: witness.url,
    remedy:
      'a witness that has seen another tree proves a fork or an older copy of the log: compare before anything else',
  })
}

function asWitnessError(error: unknown, url: string): WeirError {
  if (error instanceof WeirError) return error
  return new WeirError('WEIR_AUDIT', 'the witness cannot be reached', {
    place: url,
    remedy: 'ask again later; the log goes on without it',
    retry: 'backoff',
    cause: error,
  })
}
