/**
 * What the text formats of a log have in common: UTF-8, decimal numbers and base64, each with one spelling only.
 *
 * A text that could be spelled in two ways could be signed in one and read in another, so whatever is not canonical is refused.
 * Pure; depends on nothing.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { HASH_BYTES } from './hashing.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

export function utf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** @throws WeirError WEIR_AUDIT when the bytes are no UTF-8 or hold control characters other than newline */
export function textOf(bytes: Uint8Array, place: string): string {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch (cause) {
    throw malformed('it is no UTF-8', place, cause)
  }
  if (hasControl(text)) throw malformed('it holds a control character', place)
  return text
}

/** Whether a text holds characters below U+0020 other than newline. */
export function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 32 && unit !== 10) return true
  }
  return false
}

/** A decimal number without sign and leading zeros, at most 2^53 - 1; undefined for anything else. */
export function decimalOf(text: string): number | undefined {
  if (!/^(0|[1-9]\d{0,15})$/.test(text)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** Standard base64 with padding, as an encoder writes it; undefined for anything else. */
export function base64Of(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** A SHA-256 hash in base64; undefined for anything else. */
export function hashOf(text: string): Uint8Array | undefined {
  const bytes = base64Of(text)
  return bytes?.length === HASH_BYTES ? bytes : undefined
}

export function malformed(what: string, place: string, cause?: unknown): WeirError {
  return new WeirError('WEIR_AUDIT', `the text is malformed: ${what}`, { place, cause })
}
