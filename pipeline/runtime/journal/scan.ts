/**
 * Checks a whole segment: every block, every entry, the chain of checksums.
 *
 * Finds the end of what is right, and for damage the entries of the last commit that are still whole, and whether
 * anything right follows (then the damage is not a torn tail). Depends on the layout and node:fs.
 */
import { readFile } from 'node:fs/promises'
import { LongReader } from '../encoding/long-reader.js'
import { BlockFile } from './block-file.js'
import { BLOCK_PREFIX_BYTES, EntryReader, type SegmentHeader, SYNC_BYTES } from './layout.js'
import { type SegmentSchema, segmentSchema } from './record-types.js'

/** Where a journal stands: the next sequence and the checksum that it must continue. */
export interface ChainState {
  readonly sequence: number
  readonly checksum: number
}

export interface SegmentDamage {
  readonly reason: string
  /** Offset of the damaged block, or 0 for a damaged header. */
  readonly offset: number
  /** Whole entries at the start of the damaged block. */
  readonly salvaged: { readonly count: number; readonly bytes: Buffer; readonly state: ChainState }
  /** A right entry follows in a later block. */
  readonly followed: boolean
}

export interface SegmentScan {
  readonly header: SegmentHeader | undefined
  readonly size: number
  /** Standing after the last right block. */
  readonly state: ChainState
  readonly damage: SegmentDamage | undefined
}

/** Checks the segment at `path`, which must continue `from`. */
export async function scanSegment(path: string, from: ChainState): Promise<SegmentScan> {
  const file = await BlockFile.open(path)
  try {
    const { header, size } = file
    if (header === undefined) return headerDamage(size, from)
    const entries = new EntryReader(segmentSchema(header.schema).walkers)
    let state = from
    for (;;) {
      const offset = file.offset
      const read = await file.next()
      if ('end' in read) return { header, size, state, damage: undefined }
      const after =
        'block' in read ? checkBlock(entries, read.block.data, read.block.count, state) : undefined
      if (after === undefined) {
        const reason = 'damaged' in read ? read.damaged : 'an entry of the block is damaged'
        return { header, size, state, damage: await examine(path, header, offset, state, reason) }
      }
      state = after
    }
  } finally {
    await file.close()
  }
}

function headerDamage(size: number, state: ChainState): SegmentScan {
  const salvaged = { count: 0, bytes: Buffer.alloc(0), state }
  const reason = 'the header of the segment is damaged'
  return { header: undefined, size, state, damage: { reason, offset: 0, salvaged, followed: false } }
}

function checkBlock(
  entries: EntryReader,
  data: Buffer,
  count: number,
  from: ChainState,
): ChainState | undefined {
  let { sequence, checksum } = from
  let position = 0
  for (let index = 0; index < count; index++) {
    if (!entries.read(data, position, data.length)) return undefined
    if (entries.sequence !== sequence || entries.previousChecksum !== checksum) return undefined
    sequence++
    checksum = entries.checksum
    position = entries.end
  }
  return position === data.length ? { sequence, checksum } : undefined
}

/** Looks closely at a damaged block; needs the whole segment in memory, which happens once, at a damaged start. */
async function examine(
  path: string,
  header: SegmentHeader,
  offset: number,
  state: ChainState,
  reason: string,
): Promise<SegmentDamage> {
  const bytes = await readFile(path)
  const schema = segmentSchema(header.schema)
  return {
    reason,
    offset,
    salvaged: salvage(bytes, offset, state, schema),
    followed: isFollowed(bytes, header.sync, offset, state.sequence, schema),
  }
}

function salvage(
  bytes: Buffer,
  offset: number,
  from: ChainState,
  schema: SegmentSchema,
): SegmentDamage['salvaged'] {
  const entries = new EntryReader(schema.walkers)
  // The frame itself may be damaged: the first entry is known by its sequence and by the checksum it continues.
  for (let start = offset + 2; start <= offset + BLOCK_PREFIX_BYTES + 4 && start < bytes.length; start++) {
    let { sequence, checksum } = from
    let position = start
    while (
      entries.read(bytes, position, bytes.length) &&
      entries.sequence === sequence &&
      entries.previousChecksum === checksum
    ) {
      sequence++
      checksum = entries.checksum
      position = entries.end
    }
    const count = sequence - from.sequence
    if (count > 0) return { count, bytes: bytes.subarray(start, position), state: { sequence, checksum } }
  }
  return { count: 0, bytes: Buffer.alloc(0), state: from }
}

/** Whether a block with a right first entry begins after any later mark, or where the damaged block says it ends. */
function isFollowed(
  bytes: Buffer,
  sync: Buffer,
  offset: number,
  sequence: number,
  schema: SegmentSchema,
): boolean {
  const entries = new EntryReader(schema.walkers)
  const reader = new LongReader()
  const startsBlock = (position: number): boolean => {
    reader.reset(bytes, position, bytes.length)
    const count = reader.readLong()
    const length = reader.readLong()
    if (reader.failed || count <= 0 || length <= 0) return false
    return entries.read(bytes, reader.position, bytes.length) && entries.sequence > sequence
  }
  reader.reset(bytes, offset, bytes.length)
  reader.readLong()
  const length = reader.readLong()
  const stated = reader.failed ? -1 : reader.position + length + SYNC_BYTES
  if (stated > offset && stated < bytes.length && startsBlock(stated)) return true
  for (let mark = bytes.indexOf(sync, offset); mark >= 0; mark = bytes.indexOf(sync, mark + 1))
    if (startsBlock(mark + SYNC_BYTES)) return true
  return false
}
