/**
 * Signatures of notifications as the Standard Webhooks specification has them, and how receivers verify them.
 *
 *   webhook-id         ntf_...            the same for every attempt
 *   webhook-timestamp  1780000000         seconds, of the attempt
 *   webhook-signature  v1a,BASE64         Ed25519, or v1,BASE64 for HMAC-SHA-256; several are separated by spaces
 *   signed             ID.TIMESTAMP.BODY
 *
 * Keys are texts: `whpk_BASE64` is a public key of 32 bytes, `whsec_BASE64` a shared secret of 24 to 64 bytes. Depends on node:crypto.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { WeirError } from '../../pipeline/errors.js'
import { bytesOfBase64, keyOfBase64 } from '../../pipeline/governance/people/credential.js'
import { verifyEd25519 } from '../../pipeline/governance/people/ed25519.js'
import type { SigningKey } from '../../pipeline/runtime/key-files.js'

export interface NotificationSigner {
  /** The value of `webhook-signature`. */
  sign(id: string, timestampSeconds: number, body: string): string
}

/** Header fields in lower case, as Node gives them. */
export type NotificationHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

export interface VerifiedNotification {
  /** One that was seen before is to be dropped. */
  readonly id: string
  readonly timestampSeconds: number
}

export interface VerificationOptions {
  readonly nowMs?: number
  /** How old an attempt may be: bounds how long ids must be remembered against replays. */
  readonly toleranceSeconds?: number
}

const TOLERANCE_SECONDS = 300
const SECRET_BYTES_LEAST = 24
const SECRET_BYTES_MOST = 64
/** A sender that changes keys signs with two. */
const SIGNATURES_MOST = 8
const PUBLIC_START = 'whpk_'
const SECRET_START = 'whsec_'

export function ed25519Signer(key: SigningKey): NotificationSigner {
  return {
    sign: (id, timestampSeconds, body) =>
      `v1a,${Buffer.from(key.sign(signedBytes(id, timestampSeconds, body))).toString('base64')}`,
  }
}

/** @throws WeirError WEIR_CONFIG when it is no secret */
export function hmacSigner(secret: string): NotificationSigner {
  const bytes = secretOf(secret)
  return {
    sign: (id, timestampSeconds, body) =>
      `v1,${hmac(bytes, signedBytes(id, timestampSeconds, body)).toString('base64')}`,
  }
}

/** The public key of a signer, for receivers. */
export function publicKeyText(key: SigningKey): string {
  return PUBLIC_START + Buffer.from(key.publicKey).toString('base64')
}

/**
 * For receivers: whether a request is what the sender signed, a short time ago.
 * @param body the bytes as they came, before any JSON was read from them
 * @param key `whpk_...` or `whsec_...`
 * @throws WeirError WEIR_NOTIFICATION when it is not
 */
export function verifyNotification(
  headers: NotificationHeaders,
  body: string | Uint8Array,
  key: string,
  { nowMs = Date.now(), toleranceSeconds = TOLERANCE_SECONDS }: VerificationOptions = {},
): VerifiedNotification {
  const id = header(headers, 'webhook-id')
  const timestamp = header(headers, 'webhook-timestamp')
  const signatures = header(headers, 'webhook-signature').split(' ')
  if (!/^[1-9]\d{0,11}$/.test(timestamp)) throw refused('webhook-timestamp is no number of seconds')
  const timestampSeconds = Number(timestamp)
  if (Math.abs(nowMs / 1_000 - timestampSeconds) > toleranceSeconds)
    throw refused('it is too old, or the clocks are apart')
  if (signatures.length > SIGNATURES_MOST) throw refused('it has too many signatures')
  const holds = checkerOf(key, signedBytes(id, timestampSeconds, body))
  if (!signatures.some(holds)) throw refused('no signature in it is of this key')
  return { id, timestampSeconds }
}

type Check = (signature: string) => boolean

function checkerOf(key: string, bytes: Uint8Array): Check {
  const publicKey = key.startsWith(PUBLIC_START) ? keyOfBase64(key.slice(PUBLIC_START.length)) : undefined
  if (publicKey !== undefined) return (text) => verifyEd25519(publicKey, bytes, signatureBytes(text, 'v1a,'))
  const expected = hmac(secretOf(key), bytes)
  return (text) => {
    const given = signatureBytes(text, 'v1,')
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
}

/** The bytes of a signature of this kind; none for anything else. */
function signatureBytes(signature: string, kind: string): Uint8Array {
  const base64 = signature.startsWith(kind) ? signature.slice(kind.length) : ''
  return bytesOfBase64(base64) ?? new Uint8Array()
}

/** The id has no full stop and the timestamp is digits: the three parts have one reading. */
function signedBytes(id: string, timestampSeconds: number, body: string | Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${id}.${timestampSeconds}.`), Buffer.from(body)])
}

function hmac(secret: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac('sha256', secret).update(bytes).digest()
}

/** Its message holds nothing of the secret. */
function secretOf(text: string): Uint8Array {
  const base64 = text.startsWith(SECRET_START) ? text.slice(SECRET_START.length) : ''
  const length = bytesOfBase64(base64)?.length ?? 0
  if (length >= SECRET_BYTES_LEAST && length <= SECRET_BYTES_MOST) return Buffer.from(base64, 'base64')
  throw new WeirError('WEIR_CONFIG', 'the key of the webhook is none', {
    place: 'key',
    remedy: `give whpk_ and a public key of Ed25519, or whsec_ and ${SECRET_BYTES_LEAST} to ${SECRET_BYTES_MOST} bytes, both in base64`,
  })
}

function header(headers: NotificationHeaders, name: string): string {
  const value = headers[name]
  if (
    typeof value === 'string' &&
    value !== '' &&
    value.length < 4_096 &&
    !(name === 'webhook-id' && value.includes('.'))
  )
    return value
  throw refused(`${name} is missing or no single value`)
}

function refused(what: string): WeirError {
  return new WeirError('WEIR_NOTIFICATION', `the notification cannot be believed: ${what}`, {
    place: 'webhook-signature',
    remedy: 'answer 401 and drop it; see docs/notifications.md',
  })
}
