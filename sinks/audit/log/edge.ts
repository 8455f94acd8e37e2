/**
 * The right edge of a log in memory: its partial tile of each level and its last entry bundle. That is all that appending needs.
 *
 *   level 2   ▉▉                      a full tile of level l is hashed into one hash of level l + 1
 *   level 1   ▉▉▉▉▉▉▉▉▉ .
 *   level 0   ▉▉▉▉▉▉▉▉▉▉▉▉▉ .         <- leaf hashes; `bundle` holds the records below this tile
 *
 * An edge is never changed: `append` gives a new one and the files that lead to it, so that a failed write changes nothing. Pure.
 */

import type { NewFile } from './batch-writer.js'
import { encodeEntry } from './bundles.js'
import { HASH_BYTES, leafHash } from './hashing.js'
import { edgeTiles, MAX_LEVELS, subtreeOf, TILE_WIDTH, tilePath } from './tiles.js'
import { foldRight } from './tree.js'

export interface Edge {
  readonly size: number
  /** Hashes of the partial tile of each level, 0 to 255 of them. */
  readonly levels: readonly Uint8Array[]
  /** Entries of the partial bundle, encoded. */
  readonly bundle: Uint8Array
}

export const EMPTY_EDGE: Edge = {
  size: 0,
  levels: Array.from({ length: MAX_LEVELS }, () => new Uint8Array(0)),
  bundle: new Uint8Array(0),
}

/** Root of the whole tree. */
export function rootOf(edge: Edge): Uint8Array {
  const hashes: Uint8Array[] = []
  for (const tile of edge.levels.toReversed()) {
    const width = tile.length / HASH_BYTES
    let first = 0
    for (let leaves = TILE_WIDTH / 2; leaves >= 1; leaves /= 2) {
      if ((width & leaves) === 0) continue
      hashes.push(subtreeOf(tile, first, leaves))
      first += leaves
    }
  }
  return foldRight(hashes)
}

/** A level while hashes come in. */
interface Level {
  /** Room for a full tile. */
  readonly tile: Uint8Array
  width: number
  /** Index of the tile. */
  index: number
  hasGrown: boolean
}

/** @returns the edge after the records, and every file that is new, whole before partial */
export function append(edge: Edge, records: readonly Uint8Array[]): { edge: Edge; files: NewFile[] } {
  const files: NewFile[] = []
  const levels = edge.levels.map((hashes, level) => openLevel(hashes, edge.size, level))
  let entries: Uint8Array[] = edge.bundle.length > 0 ? [edge.bundle] : []
  for (const record of records) {
    const { index } = levels[0]!
    entries.push(encodeEntry(record))
    push(levels, 0, leafHash(record), files)
    if (levels[0]!.index === index) continue
    files.push({
      path: tilePath({ level: 'entries', index, width: TILE_WIDTH }),
      bytes: Buffer.concat(entries),
    })
    entries = []
  }
  const bundle = Buffer.concat(entries)
  const after: Edge = {
    size: edge.size + records.length,
    levels: levels.map(({ tile, width }) => tile.slice(0, width * HASH_BYTES)),
    bundle,
  }
  return { edge: after, files: [...files, ...partialFiles(after, levels)] }
}

function openLevel(hashes: Uint8Array, size: number, level: number): Level {
  const tile = new Uint8Array(TILE_WIDTH * HASH_BYTES)
  tile.set(hashes)
  const index = Math.floor(size / TILE_WIDTH ** (level + 1))
  return { tile, width: hashes.length / HASH_BYTES, index, hasGrown: false }
}

function push(levels: readonly Level[], at: number, hash: Uint8Array, files: NewFile[]): void {
  const level = levels[at]!
  level.tile.set(hash, level.width * HASH_BYTES)
  level.width++
  level.hasGrown = true
  if (level.width < TILE_WIDTH) return
  const path = tilePath({ level: at, index: level.index, width: TILE_WIDTH })
  files.push({ path, bytes: level.tile.slice() })
  const root = subtreeOf(level.tile, 0, TILE_WIDTH)
  level.width = 0
  level.index++
  push(levels, at + 1, root, files)
}

/** Partial tiles of the levels that have grown; the others are in place since an earlier append. */
function partialFiles(edge: Edge, levels: readonly Level[]): NewFile[] {
  const files: NewFile[] = []
  for (const tile of edgeTiles(edge.size)) {
    if (!levels[tile.level]!.hasGrown) continue
    files.push({ path: tilePath(tile), bytes: edge.levels[tile.level]! })
    if (tile.level === 0) files.push({ path: tilePath({ ...tile, level: 'entries' }), bytes: edge.bundle })
  }
  return files
}
