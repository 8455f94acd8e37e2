/**
 * Records and proofs of a log, for every size that it has had. Depends on the tiles.
 */
import { WeirError } from '../../../pipeline/errors.js'
import type { TileStore } from './tile-store.js'
import { TILE_WIDTH } from './tiles.js'
import { consistencyRanges, hashRanges, inclusionRanges, isTreeSize } from './tree.js'

export class TreeReader {
  readonly #tiles: TileStore
  /** Records in the log at the moment. */
  readonly #sizeNow: () => number

  constructor(tiles: TileStore, sizeNow: () => number) {
    this.#tiles = tiles
    this.#sizeNow = sizeNow
  }

  /**
   * Hashes from the leaf's sibling upwards, which prove that the record is in the log of that size.
   * @throws WeirError WEIR_INPUT when index or size are not in the log; WEIR_AUDIT when a tile is damaged
   */
  async inclusionProof(index: number, size = this.#sizeNow()): Promise<Uint8Array[]> {
    this.#checkSize(size)
    if (!isTreeSize(index) || index >= size) throw outside(`record ${index}`, size)
    return hashRanges(inclusionRanges(index, size), this.#tiles.nodes(this.#sizeNow()))
  }

  /**
   * Hashes that prove that the log of the old size is the beginning of that of the size.
   * @throws WeirError WEIR_INPUT when a size is not in the log; WEIR_AUDIT when a tile is damaged
   */
  async consistencyProof(oldSize: number, size = this.#sizeNow()): Promise<Uint8Array[]> {
    this.#checkSize(size)
    if (!isTreeSize(oldSize) || oldSize > size) throw outside(`size ${oldSize}`, size)
    return hashRanges(consistencyRanges(oldSize, size), this.#tiles.nodes(this.#sizeNow()))
  }

  /** @throws WeirError WEIR_INPUT when there is no such record; WEIR_AUDIT when its bundle is damaged */
  async record(index: number): Promise<Uint8Array> {
    const size = this.#sizeNow()
    if (!isTreeSize(index) || index >= size) throw outside(`record ${index}`, size)
    return (await this.#tiles.records(Math.floor(index / TILE_WIDTH), size))[index % TILE_WIDTH]!
  }

  #checkSize(size: number): void {
    if (!isTreeSize(size) || size > this.#sizeNow()) throw outside(`size ${size}`, this.#sizeNow())
  }
}

function outside(what: string, size: number): WeirError {
  return new WeirError('WEIR_INPUT', `${what} is not in the log of ${size} records`, {
    remedy: 'give an index below its size, or wait until it has grown',
  })
}
