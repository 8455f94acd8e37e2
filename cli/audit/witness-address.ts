/** Reads what a flag tells of a witness, and of a log that a witness knows. Depends on the keys. */
import { WeirError } from '../../pipeline/errors.js'
import type { Verifier } from '../../sinks/audit/log/note.js'
import type { WitnessAddress } from '../../sinks/audit/witness/client.js'
import { verifierFrom } from './log-folder.js'

/** `URL=NAME+HASH+KEY`, or `URL=FILE`. */
export function witnessFrom(given: string): WitnessAddress {
  const at = given.indexOf('=')
  const url = given.slice(0, at)
  if (at > 0 && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol))
    return { url: url.replace(/\/$/, ''), keys: [verifierFrom(given.slice(at + 1))] }
  throw new WeirError('WEIR_USAGE', `'${given.slice(0, 80)}' is no witness`, {
    place: '--witness',
    remedy: 'give URL=NAME+HASH+KEY, or URL=FILE, the key as weir audit key --witness printed it',
  })
}

/** `NAME+HASH+KEY` or `FILE`, whose log is called as the key; `ORIGIN=` before it for a log that is called in another way. */
export function logFrom(given: string): { readonly origin: string; readonly key: Verifier } {
  const at = given.indexOf('=')
  const origin = given.slice(0, Math.max(at, 0))
  if (origin === '' || origin.includes('+')) {
    const key = verifierFrom(given)
    return { origin: key.name, key }
  }
  return { origin, key: verifierFrom(given.slice(at + 1)) }
}
