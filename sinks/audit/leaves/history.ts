/**
 * The history of a group: one digest over every cycle that its agent has applied, so that the leaf of a decision commits to all inputs since
 * the group began, those of cycles without a leaf too.
 *
 *   history(0) = 32 zero bytes
 *   history(n) = SHA-256( history(n-1) | digest of the cycle | digests of the sources that it has inputs of, by rising number )
 *
 * A digest is SHA-256 of the record's Avro bytes in the schema of this version; a cycle that names no configuration is digested without
 * that field, its last, as versions before had it: their logs go on. A source's declaration is in it because it decides how
 * the bytes of an input are read. Depends on the Avro layer and hashing.
 */
import { isNoDigest, sha256 } from '../../../pipeline/identity.js'
import { encodeRecord } from '../../../schemas/avro/registry.js'
import type { Cycle, SourceDeclaration } from '../../../schemas/generated/types.js'

export const HISTORY_BEGIN: Uint8Array = new Uint8Array(32)

/** @param bytes the cycle in Avro */
export function cycleDigest({ configuration }: Cycle, bytes: Uint8Array): Uint8Array {
  // Where the inputs end tells the two forms apart, so no two cycles have one digest.
  return sha256(isNoDigest(configuration) ? bytes.subarray(0, -configuration.length) : bytes)
}

export function sourceDigest(declaration: SourceDeclaration): Uint8Array {
  return sha256(encodeRecord('source-declaration', declaration))
}

/** Numbers of the sources that a cycle has inputs of, rising. */
export function sourcesOf({ inputs }: Cycle): number[] {
  return [...new Set(inputs.map(({ source }) => source))].sort((a, b) => a - b)
}

export function extendHistory(
  before: Uint8Array,
  cycle: Uint8Array,
  sources: readonly Uint8Array[],
): Uint8Array {
  return sha256(before, cycle, ...sources)
}
