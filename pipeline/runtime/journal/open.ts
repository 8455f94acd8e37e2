/**
 * Opens the segments of a journal: checks all of them, cuts a torn tail, refuses damage before the tail.
 *
 * A crash can only tear the last commit, since each is durable before the next is written. So damage in the last
 * block of the last segment is cut at its last whole entry and kept aside; damage that anything right follows is not
 * a tear, and cutting there would lose what was acknowledged: the start stops instead.
 * Depends on scanning and node:fs.
 */
import { mkdir, open, readdir, readFile, rename, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { longLength, writeLong } from '../../../schemas/avro/varint.js'
import { WeirError } from '../../errors.js'
import { syncDirectory } from '../encoding/files.js'
import { encodeSegmentHeader, firstSequenceOf, type SegmentHeader, segmentName } from './layout.js'
import { journalSchema } from './record-types.js'
import { type ChainState, type SegmentDamage, type SegmentScan, scanSegment } from './scan.js'

/** What was cut off the end of a journal at its opening. */
export interface TornTail {
  readonly segment: string
  /** Offset at which the damaged commit began. */
  readonly offset: number
  readonly reason: string
  /** Bytes that hold no whole entry. */
  readonly bytes: number
  /** Whole entries of the damaged commit that were kept. */
  readonly entriesKept: number
  /** First sequence that is free again. */
  readonly nextSequence: number
  /** File with the damaged bytes as they were. */
  readonly savedAs: string
}

export interface OpenedJournal {
  readonly state: ChainState
  /** The segment that can be continued; undefined when a new one must be begun. */
  readonly last: { readonly path: string; readonly size: number; readonly header: SegmentHeader } | undefined
  readonly segments: number
  readonly bytes: number
  readonly torn: TornTail | undefined
}

/** Files of the segments of `directory` in order of their entries. */
export async function listSegments(directory: string): Promise<{ path: string; firstSequence: number }[]> {
  let names: string[]
  try {
    names = await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const segments: { path: string; firstSequence: number }[] = []
  for (const name of names) {
    const firstSequence = firstSequenceOf(name)
    if (firstSequence !== undefined) segments.push({ path: join(directory, name), firstSequence })
  }
  return segments.sort((a, b) => a.firstSequence - b.firstSequence)
}

/**
 * Checks the journal in `directory` and makes it ready to be continued.
 * @throws WeirError WEIR_JOURNAL when it is damaged before its tail
 */
export async function openSegments(directory: string): Promise<OpenedJournal> {
  await mkdir(directory, { recursive: true })
  const segments = await listSegments(directory)
  let state: ChainState = { sequence: 0, checksum: 0 }
  let bytes = 0
  let torn: TornTail | undefined
  let last: OpenedJournal['last']
  let count = segments.length
  for (const [index, segment] of segments.entries()) {
    const { path } = segment
    if (segment.firstSequence !== state.sequence) throw missing(path, state.sequence)
    const scan = await scanSegment(path, state)
    let size = scan.size
    state = scan.state
    if (scan.damage !== undefined) {
      const isLast = index === segments.length - 1
      if (!isLast || isCorruption(scan, segment.firstSequence)) throw corrupted(path, scan.damage)
      const cut = await cutTail(directory, path, scan)
      torn = cut.torn
      state = scan.damage.salvaged.state
      size = cut.size
      if (scan.header === undefined) count--
    }
    bytes += size
    last = scan.header?.schema === journalSchema ? { path, size, header: scan.header } : undefined
  }
  if (last !== undefined) await makeDurable(last.path)
  return { state, last, segments: count, bytes, torn }
}

/** A segment's header is durable before its first block is written, so a damaged one with blocks behind is no tear. */
function isCorruption(scan: SegmentScan, firstSequence: number): boolean {
  if (scan.header !== undefined)
    return scan.damage?.followed === true || scan.header.firstSequence !== firstSequence
  return scan.size > encodeSegmentHeader(journalSchema, firstSequence).length
}

/** Cuts the damaged commit, and gives the size of the segment afterwards: 0 when it is gone as a whole. */
async function cutTail(
  directory: string,
  path: string,
  scan: SegmentScan,
): Promise<{ readonly torn: TornTail; readonly size: number }> {
  const { offset, salvaged, reason } = scan.damage as SegmentDamage
  const savedAs = `${path}.${offset}.torn`
  const damaged = (await readFile(path)).subarray(offset)
  await writeFile(savedAs, damaged)
  await makeDurable(savedAs)
  await syncDirectory(directory)
  let size = offset
  if (scan.header === undefined) await rename(path, savedAs)
  else size += await rewriteTail(path, offset, salvaged, scan.header.sync)
  await syncDirectory(directory)
  const torn: TornTail = {
    segment: path,
    offset,
    reason,
    bytes: damaged.length - salvaged.bytes.length,
    entriesKept: salvaged.count,
    nextSequence: salvaged.state.sequence,
    savedAs,
  }
  return { torn, size }
}

/** Puts the whole entries of the damaged block back as a block of their own; returns its bytes. */
async function rewriteTail(
  path: string,
  offset: number,
  salvaged: SegmentDamage['salvaged'],
  sync: Buffer,
): Promise<number> {
  const block = salvaged.count === 0 ? Buffer.alloc(0) : encodeBlock(salvaged.count, salvaged.bytes, sync)
  await truncate(path, offset)
  const handle = await open(path, 'r+')
  try {
    await handle.write(block, 0, block.length, offset)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return block.length
}

function encodeBlock(count: number, data: Buffer, sync: Buffer): Buffer {
  const prefix = Buffer.alloc(longLength(count) + longLength(data.length))
  writeLong(data.length, prefix, writeLong(count, prefix, 0))
  return Buffer.concat([prefix, data, sync])
}

/** What another process wrote before it was killed may still be in memory only. */
async function makeDurable(path: string): Promise<void> {
  const handle = await open(path, 'r+')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function corrupted(path: string, damage: SegmentDamage): WeirError {
  return new WeirError('WEIR_JOURNAL', `${damage.reason}, and it is not the torn end of the journal`, {
    place: `${path} at byte ${damage.offset}`,
    remedy:
      'restore the file from a copy, or move the data directory away and run again from the input files',
  })
}

function missing(path: string, sequence: number): WeirError {
  return new WeirError('WEIR_JOURNAL', `the journal has no segment that begins with entry ${sequence}`, {
    place: path,
    remedy: `restore ${segmentName(sequence)}, or move the data directory away and run again from the input files`,
  })
}
