/**
 * A credential: the word of an identity authority that a key belongs to a person for a while.
 *
 *   {"credential":{"authority","expiresMicros","issuer","keyBase64","notBeforeMicros","subject"},"signature":"base64"}
 *
 * The authority signs `weir-credential/1`, a newline and the canonical JSON of the inner object. So whoever reads the journal can tell
 * who signed a command without asking a provider, and the journal holds no token. A credential has one spelling: what is not canonical is
 * refused. The times are compared by the caller, who knows when the command was taken. Pure; depends on Ed25519 and canonical JSON.
 */
import { canonicalJson } from '../../../schemas/canonical-json.js'
import { WeirError } from '../../errors.js'
import { ED25519_SIGNATURE_BYTES, isUsableKey, verifyEd25519 } from './ed25519.js'

export interface Credential {
  /** Name of who issued it. */
  readonly authority: string
  /** OpenID provider that the person signed in at. */
  readonly issuer: string
  /** The person, as the issuer names it for ever (`sub`). */
  readonly subject: string
  /** Ed25519 public key that the person signs with. */
  readonly keyBase64: string
  readonly notBeforeMicros: number
  /** The first moment at which it counts no more. */
  readonly expiresMicros: number
}

export const CREDENTIAL_BYTES_MOST = 4_096
/** Longer than a working day, a person signs in again. */
export const CREDENTIAL_LIFETIME_MICROS_MOST = 12 * 3_600 * 1_000_000

const DOMAIN = 'weir-credential/1\n'
const MEMBERS = 'authority,expiresMicros,issuer,keyBase64,notBeforeMicros,subject'

/** ASCII that can be seen: two names that look alike are the same. OpenID Connect bounds a subject by 255 characters. */
const AUTHORITY = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,127}$/
const ISSUER = /^https?:\/\/[!-~]{1,500}$/
const SUBJECT = /^[!-~](?:[ -~]{0,253}[!-~])?$/

/**
 * @param sign makes the authority's signature over the bytes
 * @throws WeirError WEIR_IDENTITY for a credential that nobody could open
 */
export function formatCredential(credential: Credential, sign: (bytes: Uint8Array) => Uint8Array): string {
  const { authority, issuer, subject, keyBase64, notBeforeMicros, expiresMicros } = credential
  const inner = { authority, issuer, subject, keyBase64, notBeforeMicros, expiresMicros }
  check(inner)
  const signature = Buffer.from(sign(signedBytes(inner))).toString('base64')
  return canonicalJson({ credential: inner, signature })
}

/**
 * The credential in a text, when the key signed it.
 * @param authorityKey 32 raw bytes of Ed25519
 * @throws WeirError WEIR_IDENTITY for anything else
 */
export function openCredential(text: string, authorityKey: Uint8Array): Credential {
  const { credential, signature } = read(text)
  if (!verifyEd25519(authorityKey, signedBytes(credential), signature))
    throw refused(
      `it is not signed by the key of the authority ${credential.authority}`,
      'sign in at the authority that the roster names',
    )
  return credential
}

/** What a credential says, for its owner to look at: nothing is believed. @throws WeirError WEIR_IDENTITY when it is none */
export function unverifiedCredential(text: string): Credential {
  return read(text).credential
}

export function isInForce({ notBeforeMicros, expiresMicros }: Credential, atMicros: number): boolean {
  return notBeforeMicros <= atMicros && atMicros < expiresMicros
}

/** The 32 bytes of a key in base64 as an encoder writes it; undefined for anything else and for keys of no one owner. */
export function keyOfBase64(text: string): Uint8Array | undefined {
  const key = bytesOfBase64(text)
  return key !== undefined && isUsableKey(key) ? key : undefined
}

function read(text: string): { readonly credential: Credential; readonly signature: Uint8Array } {
  if (Buffer.byteLength(text) > CREDENTIAL_BYTES_MOST)
    throw refused(`it has more than ${CREDENTIAL_BYTES_MOST} bytes`)
  const parsed = parse(text)
  if (!isRecord(parsed) || namesOf(parsed) !== 'credential,signature' || !isRecord(parsed.credential))
    throw refused('it is not an object of credential and signature')
  const credential = check(parsed.credential)
  const { signature } = parsed
  if (typeof signature !== 'string') throw refused('signature is no text')
  const bytes = bytesOfBase64(signature)
  if (bytes?.length !== ED25519_SIGNATURE_BYTES)
    throw refused(`signature is not ${ED25519_SIGNATURE_BYTES} bytes in base64`)
  // Two spellings of one credential would have two digests.
  if (canonicalJson({ credential: { ...credential }, signature }) !== text)
    throw refused('it is not canonical JSON')
  return { credential, signature: bytes }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refused('it is no JSON')
  }
}

/** Its message repeats nothing that was given. */
function check(given: object): Credential {
  if (namesOf(given) !== MEMBERS) throw refused(`its members are not exactly ${MEMBERS}`)
  const credential = given as Credential
  const { authority, issuer, subject, keyBase64, notBeforeMicros, expiresMicros } = credential
  if (!matches(authority, AUTHORITY)) throw refused('authority is no id as a roster has it')
  if (!matches(issuer, ISSUER)) throw refused('issuer is no web address of at most 500 ASCII characters')
  if (!matches(subject, SUBJECT)) throw refused('subject is not 1 to 255 visible ASCII characters')
  if (typeof keyBase64 !== 'string' || keyOfBase64(keyBase64) === undefined)
    throw refused('keyBase64 is no Ed25519 key of 32 bytes in base64')
  if (!isTime(notBeforeMicros) || !isTime(expiresMicros))
    throw refused('a time is no whole number of microseconds')
  const lifetimeMicros = expiresMicros - notBeforeMicros
  if (lifetimeMicros <= 0 || lifetimeMicros > CREDENTIAL_LIFETIME_MICROS_MOST)
    throw refused('it lasts no time, or longer than 12 hours')
  return credential
}

function signedBytes(credential: Credential): Uint8Array {
  return Buffer.from(DOMAIN + canonicalJson({ ...credential }))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function namesOf(value: object): string {
  return Object.keys(value).sort().join(',')
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

/** Times below 2^52, as everywhere. */
function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 52
}

/** Standard base64 with padding, as an encoder writes it; undefined for anything else. */
export function bytesOfBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? new Uint8Array(bytes) : undefined
}

function refused(what: string, remedy = 'sign in again with weir identity login'): WeirError {
  return new WeirError('WEIR_IDENTITY', `the credential cannot be used: ${what}`, {
    place: 'credential',
    remedy,
  })
}
