/**
 * The client's side of SCRAM (RFC 5802), by which a password is proven without being sent. Pure but for the nonce, which is given.
 * Depends on node:crypto.
 */
import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

export type ScramHash = 'sha256' | 'sha512'

/** Brokers default to 4096; a count without end would stop this process. */
const ITERATIONS_AT_MOST = 1_000_000

const KEY_BYTES: Readonly<Record<ScramHash, number>> = { sha256: 32, sha512: 64 }

export class ScramClient {
  readonly #hash: ScramHash
  readonly #password: string
  readonly #nonce: string
  readonly #firstBare: string
  #serverSignature: Buffer | undefined

  constructor(hash: ScramHash, user: string, password: string, nonce: string) {
    this.#hash = hash
    this.#password = password
    this.#nonce = nonce
    this.#firstBare = `n=${user.replaceAll('=', '=3D').replaceAll(',', '=2C')},r=${nonce}`
  }

  first(): string {
    return `n,,${this.#firstBare}`
  }

  /** The answer to the server's first message. Throws when that is not one. */
  final(serverFirst: string): string {
    const { r: nonce = '', s: salt = '', i: count = '' } = attributes(serverFirst)
    const iterations = Number(count)
    const usable = Number.isInteger(iterations) && iterations >= 1 && iterations <= ITERATIONS_AT_MOST
    if (!nonce.startsWith(this.#nonce) || nonce === this.#nonce || salt === '' || !usable) {
      throw new Error('the broker does not follow SCRAM')
    }
    const bytes = KEY_BYTES[this.#hash]
    const salted = pbkdf2Sync(this.#password, Buffer.from(salt, 'base64'), iterations, bytes, this.#hash)
    const withoutProof = `c=biws,r=${nonce}`
    const message = `${this.#firstBare},${serverFirst},${withoutProof}`
    const clientKey = this.#hmac(salted, 'Client Key')
    const signature = this.#hmac(createHash(this.#hash).update(clientKey).digest(), message)
    const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0))
    this.#serverSignature = this.#hmac(this.#hmac(salted, 'Server Key'), message)
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  /** Throws unless the server knows the password too. */
  verify(serverFinal: string): void {
    const given = Buffer.from(attributes(serverFinal).v ?? '', 'base64')
    const expected = this.#serverSignature
    const proven =
      expected !== undefined && given.length === expected.length && timingSafeEqual(given, expected)
    if (!proven) throw new Error('the broker did not prove that it knows the password')
  }

  #hmac(key: Uint8Array, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest()
  }
}

function attributes(message: string): Record<string, string> {
  return Object.fromEntries(message.split(',').map((part) => [part.slice(0, 1), part.slice(2)]))
}
