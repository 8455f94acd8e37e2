/**
 * Tiles: 256 neighbouring hashes of one level, as files (c2sp.org/tlog-tiles).
 *
 * Level l holds the nodes of height 8 * l. Tile n of it has the nodes n * 256 to n * 256 + 255, 32 bytes each, one after the other:
 *
 *   ┌────────┬────────┬─ ─ ─┬────────┐   full: 8,192 bytes, tile/L/N
 *   │ hash 0 │ hash 1 │     │  255   │   partial, W of 1 to 255 hashes: tile/L/N.p/W
 *   └────────┴────────┴─ ─ ─┴────────┘   N in groups of three digits: 1234067 is x001/x234/067
 *
 * Partial tiles are not hashed into the level above. Entry bundles have the same names with `entries` in the place of the level.
 * Pure; depends on the hashes.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { HASH_BYTES, nodeHash } from './hashing.js'
import { isTreeSize } from './tree.js'

export const TILE_HEIGHT = 8
export const TILE_WIDTH = 256
/** 256^7 is above 2^53: a log of safe integers has no higher level. */
export const MAX_LEVELS = 7
/** What the format allows in a path. */
const MAX_LEVEL_IN_PATH = 63

export interface Tile {
  /** Or the bundles of the entries themselves. */
  readonly level: number | 'entries'
  readonly index: number
  /** Hashes or entries in it, 1 to 256. */
  readonly width: number
}

/** Path of a tile from the folder of the log, with forward slashes. */
export function tilePath({ level, index, width }: Tile): string {
  const groups: string[] = []
  let rest = index
  do {
    groups.unshift(String(rest % 1000).padStart(3, '0'))
    rest = Math.floor(rest / 1000)
  } while (rest > 0)
  const name = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${name}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** @throws WeirError WEIR_AUDIT for anything that `tilePath` does not give */
export function parseTilePath(path: string): Tile {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5})(\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  const [, level = '', folders = '', last = '', width] = match ?? []
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(folders.replace(/[x/]/g, '') + last),
    width: width === undefined ? TILE_WIDTH : Number(width),
  }
  const isInRange = isTreeSize(tile.index) && (level === 'entries' || Number(level) <= MAX_LEVEL_IN_PATH)
  const isPartial = width === undefined || (tile.width >= 1 && tile.width < TILE_WIDTH)
  // One tile has one name: leading zeros and groups that say nothing are refused by writing the path again.
  if (match === null || !isInRange || !isPartial || tilePath(tile) !== path)
    throw new WeirError('WEIR_AUDIT', 'this is no path of a tile', { place: path.slice(0, 100) })
  return tile
}

/** How many nodes level `level` has in a log of `size`. */
export function nodesAtLevel(size: number, level: number): number {
  return Math.floor(size / TILE_WIDTH ** level)
}

/** The tiles in which a log of `size` ends: the partial one of each level, lowest first. */
export function edgeTiles(size: number): (Tile & { readonly level: number })[] {
  const tiles: (Tile & { readonly level: number })[] = []
  for (let level = 0; level < MAX_LEVELS; level++) {
    const nodes = nodesAtLevel(size, level)
    const width = nodes % TILE_WIDTH
    if (width > 0) tiles.push({ level, index: Math.floor(nodes / TILE_WIDTH), width })
  }
  return tiles
}

/** The tile as far as a log of `size` has it, or undefined where it has nothing of it. */
export function tileOf(level: number | 'entries', index: number, size: number): Tile | undefined {
  const nodes = nodesAtLevel(size, level === 'entries' ? 0 : level)
  const width = Math.min(TILE_WIDTH, nodes - index * TILE_WIDTH)
  return width > 0 ? { level, index, width } : undefined
}

/** Hash `index` of a tile, without copying it. */
export function hashAt(tile: Uint8Array, index: number): Uint8Array {
  return tile.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES)
}

/**
 * Root of the perfect subtree over `leaves` hashes of a tile from `first` on.
 * @param leaves a power of two, at most 256
 */
export function subtreeOf(tile: Uint8Array, first: number, leaves: number): Uint8Array {
  if (leaves === 1) return hashAt(tile, first)
  const half = leaves / 2
  return nodeHash(subtreeOf(tile, first, half), subtreeOf(tile, first + half, half))
}
