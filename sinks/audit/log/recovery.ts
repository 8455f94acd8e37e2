/**
 * What a start does with the files it finds: reads the edge, checks it against the committed checkpoint, removes what was never told of.
 *
 * Files of an append that was cut short lie at the edge or behind it, and no further behind than one append reaches, so only that
 * stretch is looked at, however large the log is. Depends on the file port.
 */
import { invariant, WeirError } from '../../../pipeline/errors.js'
import { folderOf, INCOMING } from './batch-writer.js'
import { decodeBundle } from './bundles.js'
import type { Checkpoint } from './checkpoint.js'
import { type Edge, EMPTY_EDGE, rootOf } from './edge.js'
import type { LogFiles } from './files.js'
import { HASH_BYTES, leafHash, sameHash } from './hashing.js'
import {
  edgeTiles,
  hashAt,
  MAX_LEVELS,
  nodesAtLevel,
  TILE_WIDTH,
  type Tile,
  tileOf,
  tilePath,
} from './tiles.js'

/** Most records of one append: at most 257 tiles of records are new, and 4 GiB in the worst case are refused before by their bytes. */
export const MAX_BATCH_RECORDS = 65_536

/**
 * The edge of the log as its files have it.
 * @throws WeirError WEIR_AUDIT when a file is missing or damaged, or the root is not the checkpoint's
 */
export async function readEdge(files: LogFiles, { size, root }: Checkpoint): Promise<Edge> {
  const levels = [...EMPTY_EDGE.levels]
  let bundle: Uint8Array = new Uint8Array(0)
  for (const tile of edgeTiles(size)) {
    const hashes = await mustRead(files, tile)
    if (hashes.length !== tile.width * HASH_BYTES)
      throw damaged(files, tilePath(tile), `it has ${hashes.length} bytes`)
    levels[tile.level] = hashes
    if (tile.level === 0) bundle = await readBundle(files, tile, hashes)
  }
  const edge = { size, levels, bundle }
  if (!sameHash(rootOf(edge), root))
    throw damaged(files, 'tile', 'its right edge does not give the root of the committed checkpoint')
  return edge
}

/** The last bundle, each record compared with its leaf hash. */
async function readBundle(files: LogFiles, tile: Tile, hashes: Uint8Array): Promise<Uint8Array> {
  const entries: Tile = { ...tile, level: 'entries' }
  const bytes = await mustRead(files, entries)
  const place = `${files.name}/${tilePath(entries)}`
  for (const [i, record] of decodeBundle(bytes, tile.width, place).entries()) {
    if (!sameHash(leafHash(record), hashAt(hashes, i)))
      throw damaged(files, tilePath(entries), `entry ${i} is not the one that was logged`)
  }
  return bytes
}

/** Partial tiles of the committed size are never removed before a later size is committed, so exactly these are there. */
async function mustRead(files: LogFiles, tile: Tile): Promise<Uint8Array> {
  const bytes = await files.read(tilePath(tile))
  if (bytes === undefined) throw damaged(files, tilePath(tile), 'it is missing')
  return bytes
}

/** Removes drafts, and every tile and bundle that the log of this size does not have. */
export async function removeTorn(files: LogFiles, size: number): Promise<void> {
  for (const name of await files.list(INCOMING)) await files.remove(`${INCOMING}/${name}`)
  for (const level of ['entries', ...Array(MAX_LEVELS).keys()] as const)
    for (const first of edgeFolders(level, size)) await removeTornIn(files, level, first, size)
}

/** Of each folder that an append to this size could have written into, the first index. */
function edgeFolders(level: number | 'entries', size: number): number[] {
  const at = (leaves: number): number =>
    Math.floor(nodesAtLevel(leaves, level === 'entries' ? 0 : level) / TILE_WIDTH)
  const folders: number[] = []
  for (let first = floorTo(at(size), 1000); first <= at(size + MAX_BATCH_RECORDS); first += 1000)
    folders.push(first)
  return folders
}

async function removeTornIn(
  files: LogFiles,
  level: number | 'entries',
  first: number,
  size: number,
): Promise<void> {
  const folder = folderOf(tilePath({ level, index: first, width: TILE_WIDTH }))
  for (const name of (await files.list(folder)).sort()) {
    // Folders of higher indexes (x001) are not of this stretch, or are looked at by themselves.
    const match = /^(\d{3})(\.p)?$/.exec(name)
    if (match === null) continue
    const width = tileOf(level, first + Number(match[1]), size)?.width ?? 0
    if (match[2] !== undefined) await removePartials(files, `${folder}/${name}`, width)
    else if (width < TILE_WIDTH) await files.remove(`${folder}/${name}`)
  }
}

/** Removes partial tiles that are wider than the log has them, or all where the full one is there. */
export async function removePartials(files: LogFiles, folder: string, width: number): Promise<void> {
  invariant(folder.endsWith('.p'), 'only folders of partial tiles are cleared')
  const names = await files.list(folder)
  const isGone = (name: string): boolean => width === TILE_WIDTH || Number(name) > width
  for (const name of names.filter(isGone)) await files.remove(`${folder}/${name}`)
  if (names.every(isGone)) await files.removeFolder(folder)
}

function floorTo(value: number, unit: number): number {
  return value - (value % unit)
}

function damaged(files: LogFiles, path: string, what: string): WeirError {
  return new WeirError('WEIR_AUDIT', `the log is damaged: ${what}`, {
    place: `${files.name}/${path}`,
    remedy: 'put the files of a copy in its place that has the same or a later checkpoint',
  })
}
