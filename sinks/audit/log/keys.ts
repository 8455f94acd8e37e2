/**
 * Ed25519 keys of notes and cosignatures: verifier keys as text, signers, and both from a private key.
 *
 *   verifier key   NAME+HASH+base64( kind | public key, 32 bytes )                 HASH: 8 hex digits
 *   private key    PRIVATE+KEY+NAME+HASH+base64( kind | seed, 32 bytes )
 *   hash           SHA-256( NAME | newline | kind | public key )[0..4]
 *
 * Kind 1 signs texts, kind 4 cosigns checkpoints (c2sp.org/signed-note, c2sp.org/tlog-cosignature). The signer is a port, so that a key can
 * stay in a KMS. Depends on node:crypto.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { WeirError } from '../../../pipeline/errors.js'
import { cosignedMessage, splitCosignature } from './cosigned-message.js'
import { sha256 } from './hashing.js'
import { isKeyName, type Verifier } from './note.js'
import { base64Of, toBase64, utf8 } from './text.js'

/** What signs bytes under a name that verifiers know; the private key may be anywhere. */
export interface Signer {
  readonly name: string
  /** As in the verifier key, as a number of 32 bits. */
  readonly keyHash: number
  /** @returns the 64 bytes of an Ed25519 signature over the bytes */
  sign(bytes: Uint8Array): Promise<Uint8Array>
}

export const KIND_NOTE = 1
export const KIND_COSIGNATURE = 4
export type KeyKind = typeof KIND_NOTE | typeof KIND_COSIGNATURE

const KEY_BYTES = 32
/** DER of RFC 8410 before the 32 bytes of a public key and of a seed. */
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex')
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')
const PRIVATE_START = 'PRIVATE+KEY+'
/** A name of any sense, hash and key. */
const MAX_KEY_TEXT = 1_000

export function keyHashOf(name: string, kind: KeyKind, publicKey: Uint8Array): number {
  const hash = sha256(Buffer.concat([utf8(`${name}\n`), Uint8Array.of(kind), publicKey]))
  return Buffer.from(hash).readUInt32BE(0)
}

/** @throws WeirError WEIR_INPUT when it is no verifier key of Ed25519, or its hash is another key's */
export function parseVerifierKey(text: string): Verifier {
  const parts = splitKey(text)
  if (parts === undefined) throw badKey('it is not of the form NAME+HASH+KEY', text)
  const { name, kind, hash, material } = parts
  const keyHash = keyHashOf(name, kind, material)
  if (keyHash !== hash) throw badKey('its hash does not match its name and key', text)
  return verifierOf(name, kind, material)
}

/** Verifier of a raw public key of 32 bytes. */
export function verifierOf(name: string, kind: KeyKind, publicKey: Uint8Array): Verifier {
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, publicKey]), format: 'der', type: 'spki' })
  const check = (message: Uint8Array, signature: Uint8Array): boolean => verify(null, message, key, signature)
  return {
    name,
    keyHash: keyHashOf(name, kind, publicKey),
    verify(text, signature) {
      if (kind === KIND_NOTE) return check(text, signature)
      const cosignature = splitCosignature(signature)
      if (cosignature === undefined) return false
      return check(cosignedMessage(text, cosignature.timestamp), cosignature.ed25519)
    },
  }
}

/** A private key in this process, under one name. */
export class LocalKey {
  readonly name: string
  readonly publicKey: Uint8Array
  readonly #key: KeyObject

  /**
   * @param key a private key of Ed25519
   * @throws WeirError WEIR_INPUT when name or key cannot be used
   */
  constructor(name: string, key: KeyObject) {
    if (!isKeyName(name)) throw badKey('its name is empty or holds white space or a plus', name)
    if (key.type !== 'private' || key.asymmetricKeyType !== 'ed25519')
      throw badKey('it is no private key of Ed25519', name)
    this.name = name
    this.#key = key
    this.publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(SPKI_PREFIX.length)
  }

  /** @param seed 32 random bytes that nobody else knows */
  static fromSeed(name: string, seed: Uint8Array): LocalKey {
    if (seed.length !== KEY_BYTES) throw badKey(`its seed is not ${KEY_BYTES} bytes long`, name)
    const der = Buffer.concat([PKCS8_PREFIX, seed])
    return new LocalKey(name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
  }

  signer(kind: KeyKind = KIND_NOTE): Signer {
    return {
      name: this.name,
      keyHash: keyHashOf(this.name, kind, this.publicKey),
      sign: async (bytes) => sign(null, bytes, this.#key),
    }
  }

  verifier(kind: KeyKind = KIND_NOTE): Verifier {
    return verifierOf(this.name, kind, this.publicKey)
  }

  /** What is given to those who verify. */
  verifierKey(kind: KeyKind = KIND_NOTE): string {
    return keyText(this.name, kind, this.publicKey, this.publicKey)
  }

  /** The key in the note format, a secret. */
  privateKeyText(kind: KeyKind = KIND_NOTE): string {
    const seed = this.#key.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_PREFIX.length)
    return PRIVATE_START + keyText(this.name, kind, this.publicKey, seed)
  }
}

/**
 * A private key in the note format. Messages hold nothing of it.
 * @throws WeirError WEIR_INPUT when it is none, or its hash is another key's
 */
export function parsePrivateKey(text: string): LocalKey {
  const parts = text.startsWith(PRIVATE_START) ? splitKey(text.slice(PRIVATE_START.length)) : undefined
  if (parts === undefined) throw badKey('it is not of the form PRIVATE+KEY+NAME+HASH+KEY', 'private key')
  const key = LocalKey.fromSeed(parts.name, parts.material)
  if (keyHashOf(parts.name, parts.kind, key.publicKey) !== parts.hash)
    throw badKey('its hash does not match its name and key', `private key ${parts.name}`)
  return key
}

function keyText(name: string, kind: KeyKind, publicKey: Uint8Array, material: Uint8Array): string {
  const hash = keyHashOf(name, kind, publicKey).toString(16).padStart(8, '0')
  return `${name}+${hash}+${toBase64(Buffer.concat([Uint8Array.of(kind), material]))}`
}

interface KeyParts {
  readonly name: string
  readonly hash: number
  readonly kind: KeyKind
  readonly material: Uint8Array
}

/** NAME+HASH+KEY; the key in base64 may hold a plus itself. */
function splitKey(text: string): KeyParts | undefined {
  if (text.length > MAX_KEY_TEXT) return undefined
  const match = /^([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text)
  const [, name = '', hash = '', base64 = ''] = match ?? []
  const bytes = base64Of(base64)
  if (match === null || !isKeyName(name) || bytes?.length !== 1 + KEY_BYTES) return undefined
  const kind = bytes[0]
  if (kind !== KIND_NOTE && kind !== KIND_COSIGNATURE) return undefined
  return { name, hash: Number.parseInt(hash, 16), kind, material: bytes.subarray(1) }
}

function badKey(what: string, place: string): WeirError {
  return new WeirError('WEIR_INPUT', `the key cannot be used: ${what}`, {
    place: place.slice(0, 100),
    remedy: 'give an Ed25519 key as c2sp.org/signed-note writes it',
  })
}
