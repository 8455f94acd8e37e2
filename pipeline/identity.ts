/**
 * Ids: 16 bytes on the wire, 32 hexadecimal digits in the state, 36 characters for people.
 *
 * Decisions, instructions and executions get ids from SHA-256 in the form of a UUIDv8 (RFC 9562, 5.8),
 * so that a replay makes the same ones. Depends on `node:crypto` only.
 */
import { createHash } from 'node:crypto'

export const NO_ID = new Uint8Array(16)
export const NO_DIGEST = new Uint8Array(32)

/** 128 bits of an id as four big-endian words: the form in which sets keep them. */
export type IdWords = readonly [number, number, number, number]

const hexDigits: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

export function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += hexDigits[bytes[i]!]
  return text
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, 'hex'))
}

export function wordsOf(id: Uint8Array): IdWords {
  const view = new DataView(id.buffer, id.byteOffset, 16)
  return [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
}

export function hexOfWords(words: IdWords): string {
  let text = ''
  for (const word of words) text += word.toString(16).padStart(8, '0')
  return text
}

/** `0190b3f0-…` for the 32 digits of `hex`. */
export function formatUuid(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

export function isNoId(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false
  return true
}

/** Whether a digest was never told. */
export function isNoDigest(digest: Uint8Array): boolean {
  return digest.every((byte) => byte === 0)
}

/** UUIDv8 from SHA-256 over the parts; a separator that no part may contain keeps them apart. */
export function derivedId(...parts: readonly (string | number)[]): Uint8Array {
  const digest = createHash('sha256').update(parts.join('\u0000')).digest()
  const id = new Uint8Array(digest.subarray(0, 16))
  id[6] = (id[6]! & 0x0f) | 0x80
  id[8] = (id[8]! & 0x3f) | 0x80
  return id
}

export function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return new Uint8Array(hash.digest())
}
