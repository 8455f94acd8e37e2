/**
 * Canonical JSON (RFC 8785): one text for one value, so that whoever has the value can make the bytes that were logged.
 *
 * Names are sorted by their UTF-16 code units, numbers and strings are written as ECMAScript does, nothing is between them.
 * Refused is what two programs could read differently: numbers that are not finite, lone surrogates, `undefined`. Pure.
 */
import { WeirError } from '../pipeline/errors.js'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

/** Deeper values are a mistake of whoever made them; RFC 8785 sets no bound. */
const DEPTH_MOST = 64

/** @throws WeirError WEIR_BUG for a value that has no canonical text */
export function canonicalJson(value: Json): string {
  return write(value, 0)
}

function write(value: Json, depth: number): string {
  if (depth > DEPTH_MOST) throw refused('it is nested too deeply')
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number') return number(value)
  if (typeof value === 'string') return text(value)
  if (Array.isArray(value)) return `[${value.map((item: Json) => write(item, depth + 1)).join(',')}]`
  if (typeof value !== 'object') throw refused(`a ${typeof value} has no text`)
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${text(name)}:${write(member, depth + 1)}`)
  return `{${members.join(',')}}`
}

function number(value: number): string {
  if (!Number.isFinite(value)) throw refused(`${value} is no number of JSON`)
  // -0 is written as 0 by ECMAScript and by the RFC.
  return JSON.stringify(value)
}

function text(value: string): string {
  if (/\p{Surrogate}/u.test(value)) throw refused('a text has half of a surrogate pair')
  return JSON.stringify(value)
}

function refused(why: string): WeirError {
  return new WeirError('WEIR_BUG', `a value has no canonical JSON: ${why}`)
}
