/**
 * What proof files and requests to witnesses have in common: lines, the last of them hashes in base64, an empty line, a checkpoint.
 * Pure; depends on the text forms.
 */
import { hashOf, malformed, toBase64, utf8 } from './text.js'

export function formatProof(
  first: readonly string[],
  proof: readonly Uint8Array[],
  checkpoint: Uint8Array,
): Uint8Array {
  const lines = [...first, ...proof.map(toBase64), '']
  return Buffer.concat([utf8(lines.map((line) => `${line}\n`).join('')), checkpoint])
}

/** The lines before the empty one, and the checkpoint behind it, not verified. @throws WeirError WEIR_AUDIT without a checkpoint */
export function splitAtCheckpoint(text: string, place: string): { lines: string[]; checkpoint: Uint8Array } {
  const empty = text.indexOf('\n\n')
  const checkpoint = empty < 0 ? '' : text.slice(empty + 2)
  if (checkpoint === '') throw malformed('there is no checkpoint', place)
  return { lines: text.slice(0, empty).split('\n'), checkpoint: utf8(checkpoint) }
}

/** @throws WeirError WEIR_AUDIT when there are more than `most` lines, or one is no hash */
export function hashesOf(lines: readonly string[], most: number, place: string): Uint8Array[] {
  if (lines.length > most) throw malformed(`its proof has more than ${most} lines`, place)
  return lines.map((line) => {
    const hash = hashOf(line)
    if (hash === undefined) throw malformed('a line of its proof is no hash in base64', place)
    return hash
  })
}
