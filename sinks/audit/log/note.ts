/**
 * Signed notes (c2sp.org/signed-note): a text and signatures of several keys below it.
 *
 *   text, ends in newline
 *                                                             an empty line; the last one of the note
 *   — NAME base64( key id, 4 bytes BE | signature )           one line a signature
 *
 * A text counts for nothing until a signature of a key that the reader trusts was verified. Signatures of other keys are passed over, a
 * wrong one of a trusted key refuses the note. Pure; depends on the verifiers' port.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { base64Of, hasControl, malformed, textOf, toBase64, utf8 } from './text.js'

/** Checkpoints with dozens of post-quantum signatures of 5 kB stay below it. */
export const MAX_NOTE_BYTES = 256 * 1024
/** The format asks for 16 at least. */
export const MAX_SIGNATURES = 64

const SIGNATURE_START = '— '
const KEY_ID_BYTES = 4

export interface NoteSignature {
  /** Name of the key. */
  readonly name: string
  /** The first four bytes of a hash over name, kind and key; tells keys of one name apart. */
  readonly keyHash: number
  /** Without the key's hash. */
  readonly signature: Uint8Array
}

export interface Note {
  /** Ends in newline. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

/** Checks signatures of one key over texts. Never throws. */
export interface Verifier {
  readonly name: string
  readonly keyHash: number
  verify(text: Uint8Array, signature: Uint8Array): boolean
}

/** Names of keys: not empty, no plus and no white space. */
export function isKeyName(name: string): boolean {
  return /^[^\p{White_Space}+\p{Cc}\p{Cs}]+$/u.test(name)
}

/** Whether a text may be signed: UTF-8 without control characters, the last line ended. */
export function isNoteText(text: string): boolean {
  return text.endsWith('\n') && !hasControl(text) && !/\p{Cs}/u.test(text)
}

/** @throws WeirError WEIR_AUDIT when it is no signed note; nothing of it is verified yet */
export function parseNote(bytes: Uint8Array, place = 'note'): Note {
  if (bytes.length > MAX_NOTE_BYTES) throw malformed(`it is longer than ${MAX_NOTE_BYTES} bytes`, place)
  const whole = textOf(bytes, place)
  if (!whole.endsWith('\n')) throw malformed('its last line is not ended', place)
  const empty = whole.lastIndexOf('\n\n')
  if (empty < 0) throw malformed('there is no empty line before signatures', place)
  return {
    text: whole.slice(0, empty + 1),
    signatures: parseSignatures(whole.slice(empty + 2), place),
  }
}

/**
 * Signature lines, each ended by a newline; at least one.
 * @throws WeirError WEIR_AUDIT when a line is anything else
 */
export function parseSignatures(lines: string, place = 'signatures'): NoteSignature[] {
  if (!lines.endsWith('\n')) throw malformed('there is no signature line', place)
  const list = lines.slice(0, -1).split('\n')
  if (list.length > MAX_SIGNATURES) throw malformed(`there are more than ${MAX_SIGNATURES} signatures`, place)
  return list.map((line) => parseSignature(line, place))
}

function parseSignature(line: string, place: string): NoteSignature {
  const space = line.lastIndexOf(' ')
  const name = line.slice(SIGNATURE_START.length, space)
  const bytes = base64Of(line.slice(space + 1))
  if (!line.startsWith(SIGNATURE_START) || !isKeyName(name) || bytes === undefined)
    throw malformed('a line below the text is no signature', place)
  if (bytes.length <= KEY_ID_BYTES) throw malformed('a signature is too short', place)
  return { name, keyHash: Buffer.from(bytes).readUInt32BE(0), signature: bytes.subarray(KEY_ID_BYTES) }
}

/** The line of a signature, ended. */
export function signatureLine({ name, keyHash, signature }: NoteSignature): string {
  const id = Buffer.alloc(KEY_ID_BYTES)
  id.writeUInt32BE(keyHash)
  return `${SIGNATURE_START}${name} ${toBase64(Buffer.concat([id, signature]))}\n`
}

/** The note as bytes. The text must be one that may be signed. */
export function formatNote({ text, signatures }: Note): Uint8Array {
  return utf8(`${text}\n${signatures.map(signatureLine).join('')}`)
}

/** The signatures whose keys are trusted and which are good. @throws WeirError WEIR_AUDIT when one is wrong, or there is none */
export function verifyNote(note: Note, verifiers: readonly Verifier[], place = 'note'): NoteSignature[] {
  const verified = goodSignatures(note, verifiers, place)
  if (verified.length > 0) return verified
  throw new WeirError('WEIR_AUDIT', 'it has no signature of a key that is trusted', {
    place,
    remedy: 'compare the names and hashes of its signatures with the verifier keys given',
  })
}

/** As `verifyNote`, and none is no error. @throws WeirError WEIR_AUDIT when a signature of a trusted key is wrong */
export function goodSignatures(note: Note, verifiers: readonly Verifier[], place = 'note'): NoteSignature[] {
  const text = utf8(note.text)
  return note.signatures.filter((signature) => {
    const verifier = verifiers.find((candidate) => isOf(signature, candidate))
    if (verifier === undefined) return false
    if (verifier.verify(text, signature.signature)) return true
    throw new WeirError('WEIR_AUDIT', `the signature of ${signature.name} is wrong`, { place })
  })
}

/** What tells a key from others. */
export interface KeyId {
  readonly name: string
  readonly keyHash: number
}

/** Whether a signature says that it is of this key, or two keys are the same. */
export function isOf(signature: KeyId, key: KeyId): boolean {
  return signature.name === key.name && signature.keyHash === key.keyHash
}
