/**
 * Reads a segment file block by block, with memory bounded by the largest block.
 *
 * Knows where blocks begin and end and nothing of their entries. A block that is cut short or whose frame is
 * wrong is told as `damaged` with its place; what that means is decided by whoever reads.
 * Depends on node:fs and the layout.
 */
import { type FileHandle, open } from 'node:fs/promises'
import { LongReader } from '../encoding/long-reader.js'
import { BLOCK_PREFIX_BYTES, decodeSegmentHeader, type SegmentHeader, SYNC_BYTES } from './layout.js'

/** Largest block that is believed: a commit buffer plus its largest entry stay far below. */
export const MAX_BLOCK_BYTES = 1 << 30
/** Read ahead, so that small blocks do not cost a system call each. */
const READ_AHEAD_BYTES = 1 << 20
/** Headers hold the schema's text; it is some tens of KiB. */
const HEADER_READ_BYTES = 1 << 20

export interface Block {
  /** Offset of the block in the file. */
  readonly offset: number
  readonly count: number
  /** The entries' bytes; valid until the next call. */
  readonly data: Buffer
}

export type BlockRead = { readonly block: Block } | { readonly end: true } | { readonly damaged: string }

export class BlockFile {
  readonly header: SegmentHeader | undefined
  readonly size: number
  /** Offset of the block that is read next. */
  offset: number
  readonly #file: FileHandle
  readonly #reader = new LongReader()
  #buffer = Buffer.alloc(0)
  /** Offset in the file of the first byte of `#buffer`. */
  #bufferOffset = 0

  private constructor(file: FileHandle, size: number, header: SegmentHeader | undefined) {
    this.#file = file
    this.size = size
    this.header = header
    this.offset = header?.length ?? 0
  }

  static async open(path: string): Promise<BlockFile> {
    const file = await open(path, 'r')
    try {
      const size = (await file.stat()).size
      const start = Buffer.alloc(Math.min(size, HEADER_READ_BYTES))
      await readFully(file, start, 0)
      return new BlockFile(file, size, decodeSegmentHeader(start))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  /** Reads the next block. The file must have a header. */
  async next(): Promise<BlockRead> {
    const header = this.header
    if (header === undefined) return { damaged: 'the header of the segment is damaged' }
    if (this.offset >= this.size) return { end: true }
    const prefix = await this.#bytesAt(this.offset, Math.min(BLOCK_PREFIX_BYTES, this.size - this.offset))
    this.#reader.reset(prefix, 0, prefix.length)
    const count = this.#reader.readLong()
    const length = this.#reader.readLong()
    if (this.#reader.failed || count <= 0 || length <= 0 || length > MAX_BLOCK_BYTES)
      return { damaged: 'the frame of the block is damaged' }
    const dataOffset = this.offset + this.#reader.position
    if (dataOffset + length + SYNC_BYTES > this.size) return { damaged: 'the block is cut short' }
    const bytes = await this.#bytesAt(dataOffset, length + SYNC_BYTES)
    if (!bytes.subarray(length).equals(header.sync))
      return { damaged: 'the mark at the end of the block is damaged' }
    const block: Block = { offset: this.offset, count, data: bytes.subarray(0, length) }
    this.offset = dataOffset + length + SYNC_BYTES
    return { block }
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  async #bytesAt(offset: number, length: number): Promise<Buffer> {
    const from = offset - this.#bufferOffset
    if (from >= 0 && from + length <= this.#buffer.length) return this.#buffer.subarray(from, from + length)
    const wanted = Math.max(length, Math.min(READ_AHEAD_BYTES, this.size - offset))
    const buffer = Buffer.allocUnsafeSlow(wanted)
    await readFully(this.#file, buffer, offset)
    this.#buffer = buffer
    this.#bufferOffset = offset
    return buffer.subarray(0, length)
  }
}

async function readFully(file: FileHandle, target: Buffer, offset: number): Promise<void> {
  let done = 0
  while (done < target.length) {
    const { bytesRead } = await file.read(target, done, target.length - done, offset + done)
    if (bytesRead === 0) throw new Error('the file became shorter while it was read')
    done += bytesRead
  }
}
