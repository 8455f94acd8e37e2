/**
 * What a person's process sends to the identity authority: a token, a key, and the proof that it has the key.
 *
 *   {"idToken", "keyBase64", "proof"}
 *   proof   base64 of the key's signature over  weir-credential-request/1 \n KEY-IN-BASE64 \n SHA-256-OF-TOKEN-IN-HEX \n
 *
 * The nonce that the token was asked with is a digest of the key: the person signed in for this key and for no other. So a token that
 * somebody else has seen is of no use to him, nor is the request. Depends on node:crypto and Ed25519.
 */
import { createHash } from 'node:crypto'
import { WeirError } from '../../errors.js'
import { bytesOfBase64, keyOfBase64 } from '../../governance/people/credential.js'
import { verifyEd25519 } from '../../governance/people/ed25519.js'
import type { SigningKey } from '../key-files.js'

/** Tokens of large companies hold hundreds of groups; a request line of most servers takes no more either. */
export const TOKEN_CHARACTERS_MOST = 16 * 1024
export const REQUEST_BYTES_MOST = TOKEN_CHARACTERS_MOST + 1_024

export interface CredentialRequest {
  readonly idToken: string
  readonly publicKey: Uint8Array
}

/** The `nonce` of a sign-in for a key. */
export function nonceOf(publicKey: Uint8Array): string {
  return createHash('sha256').update(publicKey).digest('base64url')
}

export function formatCredentialRequest(idToken: string, key: SigningKey): string {
  const keyBase64 = Buffer.from(key.publicKey).toString('base64')
  const proof = Buffer.from(key.sign(provenBytes(idToken, keyBase64))).toString('base64')
  return JSON.stringify({ idToken, keyBase64, proof })
}

/**
 * @throws WeirError WEIR_INPUT when it is no request, WEIR_IDENTITY when its proof is not of its key. Messages hold nothing of the token.
 */
export function openCredentialRequest(body: string): CredentialRequest {
  const { idToken, keyBase64, proof } = membersOf(body)
  if (idToken.length > TOKEN_CHARACTERS_MOST)
    throw malformed(`idToken has more than ${TOKEN_CHARACTERS_MOST} characters`)
  const publicKey = keyOfBase64(keyBase64)
  if (publicKey === undefined) throw malformed('keyBase64 is no Ed25519 key of 32 bytes in base64')
  const signature = bytesOfBase64(proof) ?? new Uint8Array()
  if (!verifyEd25519(publicKey, provenBytes(idToken, keyBase64), signature))
    throw new WeirError('WEIR_IDENTITY', 'the proof is no signature of the key over this token', {
      place: 'proof',
      remedy: 'sign in again with weir identity login',
    })
  return { idToken, publicKey }
}

function membersOf(body: string): Record<'idToken' | 'keyBase64' | 'proof', string> {
  let parsed: unknown
  try {
    parsed = JSON.parse(body)
  } catch {
    throw malformed('it is no JSON')
  }
  if (typeof parsed !== 'object' || parsed === null) throw malformed('it is no object')
  const { idToken, keyBase64, proof, ...others } = parsed as Record<string, unknown>
  if (Object.keys(others).length > 0)
    throw malformed('it has other members than idToken, keyBase64 and proof')
  if (typeof idToken !== 'string' || typeof keyBase64 !== 'string' || typeof proof !== 'string')
    throw malformed('idToken, keyBase64 and proof are not all texts')
  return { idToken, keyBase64, proof }
}

function provenBytes(idToken: string, keyBase64: string): Uint8Array {
  const digest = createHash('sha256').update(idToken).digest('hex')
  return Buffer.from(`weir-credential-request/1\n${keyBase64}\n${digest}\n`)
}

function malformed(what: string): WeirError {
  return new WeirError('WEIR_INPUT', `the request cannot be read: ${what}`, {
    place: 'body',
    remedy: 'send {"idToken","keyBase64","proof"} as docs/identity.md says',
  })
}
