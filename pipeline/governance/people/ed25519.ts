/**
 * Ed25519 as people and their authorities are believed: one answer for one question, and never an error.
 *
 * Keys of small order are refused. There are eight such points, and under them one signature fits many texts, so whoever has
 * such a key has signed nothing for certain. Pure; depends on node:crypto.
 */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'

export const ED25519_KEY_BYTES = 32
export const ED25519_SIGNATURE_BYTES = 64

/** DER of RFC 8410 before the 32 bytes of a public key. */
const SPKI_PREFIX = Buffer.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00)

/** Making a key costs as much as a verification; the people and authorities of a roster are fewer. */
const CACHED_KEYS_MOST = 1_024

/** The points whose order divides 8, with the sign of x cleared and in every spelling below 2^255. */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
])

/** The oldest goes first. What a key is made into depends on its bytes alone, so the cache has no influence on an answer. */
const keys = new Map<string, KeyObject>()

/** False for whatever is no signature of the key over the bytes, malformed keys and signatures included. */
export function verifyEd25519(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (signature.length !== ED25519_SIGNATURE_BYTES || !isUsableKey(publicKey)) return false
  try {
    return verify(null, bytes, keyObjectOf(publicKey), signature) === true
  } catch {
    // Bytes that are no point of the curve.
    return false
  }
}

/** Whether the bytes can be a key of one owner. */
export function isUsableKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== ED25519_KEY_BYTES) return false
  const unsigned = Buffer.from(publicKey)
  unsigned[31]! &= 0x7f
  return !SMALL_ORDER.has(unsigned.toString('hex'))
}

function keyObjectOf(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('base64')
  const known = keys.get(name)
  if (known !== undefined) return known
  const made = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
  if (keys.size >= CACHED_KEYS_MOST) keys.delete(keys.keys().next().value ?? '')
  keys.set(name, made)
  return made
}
