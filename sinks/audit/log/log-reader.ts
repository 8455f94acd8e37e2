/**
 * A log as whoever has its folder and its public key reads it: the published checkpoint, and the tiles and records behind it.
 *
 * Needs no lock: files that a checkpoint tells of are replaced by nothing but fuller ones. What was read is the log's only as far as it
 * is proved by the checkpoint. Depends on the file port, checkpoints and tiles.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { type CheckpointTrust, openCheckpoint } from './checkpoint.js'
import type { LogFiles } from './files.js'
import { formatNote } from './note.js'
import { PUBLISHED } from './open.js'
import { TileStore } from './tile-store.js'
import { TreeReader } from './tree-reader.js'

export class LogReader extends TreeReader {
  readonly origin: string
  readonly size: number
  readonly root: Uint8Array
  readonly #checkpoint: Uint8Array

  private constructor(
    tiles: TileStore,
    checkpoint: { origin: string; size: number; root: Uint8Array },
    bytes: Uint8Array,
  ) {
    super(tiles, () => checkpoint.size)
    this.origin = checkpoint.origin
    this.size = checkpoint.size
    this.root = checkpoint.root
    this.#checkpoint = bytes
  }

  /** @throws WeirError WEIR_AUDIT when there is no checkpoint, or none that the reader trusts */
  static async open(files: Pick<LogFiles, 'name' | 'read'>, trust: CheckpointTrust): Promise<LogReader> {
    const place = `${files.name}/${PUBLISHED}`
    const bytes = await files.read(PUBLISHED)
    if (bytes === undefined)
      throw new WeirError('WEIR_AUDIT', 'there is no audit log', {
        place,
        remedy: 'make it: weir audit append --key FILE',
      })
    const { note, checkpoint } = openCheckpoint(bytes, trust, place)
    return new LogReader(new TileStore(files), checkpoint, formatNote(note))
  }

  /** Signed, as it was read; later ones are found by opening the log again. */
  checkpoint(): Uint8Array {
    return this.#checkpoint
  }
}
