/**
 * Checks inclusion and consistency proofs by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2.
 *
 * They are other algorithms than those that make proofs (`tree.ts`), so an error in one is not repeated in the other. Sizes above
 * 2^53 - 1, hashes that are not 32 bytes and proofs that are too long or too short are refused. Never throws. Pure.
 */
import { HASH_BYTES, nodeHash, sameHash } from './hashing.js'
import { isTreeSize } from './tree.js'

export interface InclusionClaim {
  readonly leafHash: Uint8Array
  /** From 0. */
  readonly index: number
  readonly size: number
  readonly root: Uint8Array
  /** From the leaf's sibling upwards. */
  readonly proof: readonly Uint8Array[]
}

/** Whether the leaf is at its index in the tree of that size and root. */
export function verifyInclusion({ leafHash, index, size, root, proof }: InclusionClaim): boolean {
  if (!isTreeSize(index) || !isTreeSize(size) || index >= size) return false
  if (![leafHash, root, ...proof].every(isHash)) return false
  let fn = index
  let sn = size - 1
  let r = leafHash
  for (const p of proof) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      r = nodeHash(p, r)
      // A node without a right neighbour moves up until it is itself one.
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else r = nodeHash(r, p)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && sameHash(r, root)
}

export interface ConsistencyClaim {
  readonly oldSize: number
  readonly oldRoot: Uint8Array
  readonly size: number
  readonly root: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/**
 * Whether the old tree is the beginning of the new one. A tree of size 0 is the beginning of every tree and nothing can be proved of
 * it, so sizes of 0 are refused.
 */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: ConsistencyClaim): boolean {
  if (!isTreeSize(oldSize) || !isTreeSize(size) || oldSize < 1 || oldSize > size) return false
  // Of one size, all that is claimed is that two roots are the same, whatever they are: no hash is computed from them.
  if (oldSize === size) return proof.length === 0 && Buffer.compare(oldRoot, root) === 0
  if (![oldRoot, root, ...proof].every(isHash)) return false
  // A perfect old tree is a node of the new one; its hash is known and not sent.
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof
  const [start, ...rest] = path
  if (start === undefined) return false
  let fn = oldSize - 1
  let sn = size - 1
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  let fr = start
  let sr = start
  for (const c of rest) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(c, fr)
      sr = nodeHash(c, sr)
      while (fn % 2 === 0 && fn !== 0) {
        fn /= 2
        sn = Math.floor(sn / 2)
      }
    } else sr = nodeHash(sr, c)
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return sn === 0 && sameHash(fr, oldRoot) && sameHash(sr, root)
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES
}

function isPowerOfTwo(value: number): boolean {
  let at = value
  while (at % 2 === 0) at /= 2
  return at === 1
}
