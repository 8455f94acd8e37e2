/**
 * Which nodes of a tree of RFC 6962 make its root and its proofs.
 *
 * Everything is told in perfect subtrees: node (height, index) covers the leaves [index * 2^height, (index + 1) * 2^height). Once
 * its last leaf is there it never changes, so a log of any later size holds it. A range that ends at the right edge of
 * a tree is the sum of perfect subtrees, hashed together from the right:
 *
 *   size 7 = 4 + 2 + 1:      root = node( P(2,0), node( P(1,2), P(0,6) ) )
 *
 * Numbers are safe integers, so heights stay below 53. No bit operators: they cut at 32 bits. Pure; depends on the hashes.
 */
import { invariant } from '../../../pipeline/errors.js'
import { EMPTY_ROOT, nodeHash } from './hashing.js'

/** Sizes are safe integers, so no node lies higher and no proof is longer than twice this. */
export const MAX_HEIGHT = 53

export interface Range {
  readonly first: number
  /** One past the last leaf. */
  readonly end: number
}

export interface TreeNode {
  readonly height: number
  readonly index: number
}

/** Gives the hash of a perfect subtree. */
export type NodeSource = (node: TreeNode) => Promise<Uint8Array>

export function isTreeSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** Largest power of two below `size`, which is at least 2: where RFC 6962 splits a tree. */
export function splitOf(size: number): number {
  let split = 1
  while (split * 2 < size) split *= 2
  return split
}

/**
 * The perfect subtrees of a range, from left to right. The range begins where a subtree as large as the range may begin, as
 * all ranges of proofs do.
 */
export function nodesOf({ first, end }: Range): TreeNode[] {
  const nodes: TreeNode[] = []
  let at = first
  while (at < end) {
    let height = 0
    let leaves = 1
    while (leaves * 2 <= end - at) {
      leaves *= 2
      height++
    }
    invariant(at % leaves === 0, 'a range of a proof begins at a multiple of its largest subtree')
    nodes.push({ height, index: at / leaves })
    at += leaves
  }
  return nodes
}

/** Hashes neighbouring perfect subtrees of falling height into one; none give the empty tree. */
export function foldRight(hashes: readonly Uint8Array[]): Uint8Array {
  let folded = hashes.at(-1) ?? EMPTY_ROOT
  for (let i = hashes.length - 2; i >= 0; i--) folded = nodeHash(hashes[i]!, folded)
  return folded
}

/**
 * The ranges whose hashes prove that leaf `index` is in the tree of `size`, from the leaf's sibling up to the root's child
 * (RFC 6962, 2.1.1).
 */
export function inclusionRanges(index: number, size: number): Range[] {
  invariant(isTreeSize(size) && isTreeSize(index) && index < size, 'the leaf is in the tree')
  const ranges: Range[] = []
  let first = 0
  let end = size
  while (end - first > 1) {
    const middle = first + splitOf(end - first)
    if (index < middle) {
      ranges.push({ first: middle, end })
      end = middle
    } else {
      ranges.push({ first, end: middle })
      first = middle
    }
  }
  return ranges.reverse()
}

/** The ranges whose hashes prove that the tree of `oldSize` is the beginning of that of `size` (RFC 6962, 2.1.2). */
export function consistencyRanges(oldSize: number, size: number): Range[] {
  invariant(isTreeSize(size) && isTreeSize(oldSize) && oldSize <= size, 'the old tree is not the larger one')
  if (oldSize === 0 || oldSize === size) return []
  const ranges: Range[] = []
  let first = 0
  let end = size
  // Down to the subtree that ends where the old tree ends.
  while (end !== oldSize) {
    const middle = first + splitOf(end - first)
    if (oldSize <= middle) {
      ranges.push({ first: middle, end })
      end = middle
    } else {
      ranges.push({ first, end: middle })
      first = middle
    }
  }
  // Where that is the whole old tree, the verifier holds its hash already.
  if (first !== 0) ranges.push({ first, end })
  return ranges.reverse()
}

/** Hashes of ranges. Throws what the source throws. */
export async function hashRanges(ranges: readonly Range[], source: NodeSource): Promise<Uint8Array[]> {
  const hashes: Uint8Array[] = []
  for (const range of ranges) {
    const parts: Uint8Array[] = []
    for (const node of nodesOf(range)) parts.push(await source(node))
    hashes.push(foldRight(parts))
  }
  return hashes
}
