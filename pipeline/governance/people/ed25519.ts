/** Ed25519 signatures (RFC 8032) of raw 32-byte public keys. Pure; depends on `node:crypto`. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto'

/** DER of SubjectPublicKeyInfo before the 32 bytes of an Ed25519 key (RFC 8410, 4). */
const KEY_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')

/** Keys of a roster are few; more only come with credentials, one a person and day. */
const KEYS_KEPT = 256
const keys = new Map<string, KeyObject>()

/** False for anything that is no signature by the key; never throws. */
export function verifyEd25519(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(null, bytes, keyOf(publicKey), signature) === true
  } catch {
    return false
  }
}

function keyOf(publicKey: Uint8Array): KeyObject {
  const name = Buffer.from(publicKey).toString('hex')
  let key = keys.get(name)
  if (key === undefined) {
    key = createPublicKey({ key: Buffer.concat([KEY_PREFIX, publicKey]), format: 'der', type: 'spki' })
    if (keys.size >= KEYS_KEPT) keys.clear()
    keys.set(name, key)
  }
  return key
}
