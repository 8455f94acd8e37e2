/**
 * Reads tiles and records of a log, and gives the hash of any node from them.
 *
 * A partial tile may have been removed once its full one was there; the first hashes of the full one are the same. Tiles are kept in
 * memory, those least recently used leave first: a proof needs one tile a level, and neighbouring proofs need the same.
 * Depends on the file port. The reader of a folder that somebody else wrote checks what it computes against a signed root.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { decodeBundle } from './bundles.js'
import type { LogFiles } from './files.js'
import { HASH_BYTES } from './hashing.js'
import { subtreeOf, TILE_HEIGHT, TILE_WIDTH, type Tile, tileOf, tilePath } from './tiles.js'
import type { NodeSource } from './tree.js'

/** 4 MiB: tiles over 131,072 records and all of the levels above. */
const KEPT_TILES = 512

export class TileStore {
  readonly #files: Pick<LogFiles, 'name' | 'read'>
  /** Full tiles by path, in the order of their use. Partial ones grow and are not kept. */
  readonly #kept = new Map<string, Uint8Array>()

  /** The bundle that was read last, by its path, which tells its width too: its content never changes. */
  #bundle: { readonly path: string; readonly records: Uint8Array[] } | undefined

  constructor(files: Pick<LogFiles, 'name' | 'read'>) {
    this.#files = files
  }

  /** Nodes of the log at a size. */
  nodes(size: number): NodeSource {
    return async ({ height, index }) => {
      const level = Math.floor(height / TILE_HEIGHT)
      const leaves = 2 ** (height - level * TILE_HEIGHT)
      const first = index * leaves
      const tile = await this.hashes(level, Math.floor(first / TILE_WIDTH), size)
      return subtreeOf(tile, first % TILE_WIDTH, leaves)
    }
  }

  /**
   * The hashes of a tile that a log of that size has, 32 bytes each.
   * @throws WeirError WEIR_AUDIT when the tile is missing or too short
   */
  async hashes(level: number, index: number, size: number): Promise<Uint8Array> {
    const tile = tileOf(level, index, size)
    if (tile === undefined) throw this.#damaged('it is not in the log', { level, index, width: TILE_WIDTH })
    const whole = tilePath({ ...tile, width: TILE_WIDTH })
    const kept = this.#kept.get(whole)
    if (kept !== undefined) {
      this.#keep(whole, kept)
      return kept.subarray(0, tile.width * HASH_BYTES)
    }
    const { bytes, isFull } = await this.#read(tile)
    if (isFull ? bytes.length !== TILE_WIDTH * HASH_BYTES : bytes.length !== tile.width * HASH_BYTES)
      throw this.#damaged(`it has ${bytes.length} bytes`, tile)
    if (isFull) this.#keep(whole, bytes)
    return bytes.subarray(0, tile.width * HASH_BYTES)
  }

  /**
   * The records of a bundle that a log of that size has.
   * @throws WeirError WEIR_AUDIT when the bundle is missing or damaged
   */
  async records(index: number, size: number): Promise<Uint8Array[]> {
    const tile = tileOf('entries', index, size)
    if (tile === undefined) throw this.#damaged('it is not in the log', { level: 'entries', index, width: 1 })
    const path = tilePath(tile)
    // Records are asked for one after the other.
    if (this.#bundle?.path === path) return this.#bundle.records
    const { bytes, isFull } = await this.#read(tile)
    const width = isFull ? TILE_WIDTH : tile.width
    const records = decodeBundle(bytes, width, this.#place(tile)).slice(0, tile.width)
    this.#bundle = { path, records }
    return records
  }

  async #read(tile: Tile): Promise<{ bytes: Uint8Array; isFull: boolean }> {
    const bytes = await this.#files.read(tilePath(tile))
    if (bytes !== undefined) return { bytes, isFull: tile.width === TILE_WIDTH }
    const full = await this.#files.read(tilePath({ ...tile, width: TILE_WIDTH }))
    if (full === undefined) throw this.#damaged('it is missing', tile)
    return { bytes: full, isFull: true }
  }

  #keep(path: string, bytes: Uint8Array): void {
    this.#kept.delete(path)
    this.#kept.set(path, bytes)
    if (this.#kept.size > KEPT_TILES) this.#kept.delete(this.#kept.keys().next().value!)
  }

  #place(tile: Tile): string {
    return `${this.#files.name}/${tilePath(tile)}`
  }

  #damaged(what: string, tile: Tile): WeirError {
    const remedy = 'take the file from a copy of the log; its checkpoint tells whether it is the right one'
    return new WeirError('WEIR_AUDIT', `a tile of the log is damaged: ${what}`, {
      place: this.#place(tile),
      remedy,
    })
  }
}
