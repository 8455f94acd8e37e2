/**
 * Reads Avro object container files of any implementation, block by block.
 *
 * ```
 *  ┌──────────┬──────────────────────────────────┬──────────┐
 *  │ "Obj" 01 │ metadata: map of bytes           │ sync     │  header
 *  │ 4 bytes  │ avro.schema, avro.codec, others  │ 16 bytes │
 *  ├──────────┼──────────────┬───────────────────┼──────────┤
 *  │ records  │ stored bytes │ records, encoded, │ sync     │  block, repeated to the end of the file
 *  │ long     │ long         │ maybe compressed  │ 16 bytes │
 *  └──────────┴──────────────┴───────────────────┴──────────┘
 * ```
 *
 * Faults are values: every whole block before one is delivered first, then `next` returns undefined and `fault`
 * tells what and where. No I/O here: bytes come through a `ByteSource`. Depends on `container-header.ts`,
 * `limits.ts`, `varint.ts`, zlib.
 */
import { inflateRawSync } from 'node:zlib'
import {
  type ContainerFault,
  type ContainerHeader,
  type FaultReason,
  headerFault,
  isFault,
  readHeader,
  SYNC_BYTES,
} from './container-header.js'
import { BLOCK_LIMIT_BYTES, HEADER_LIMIT_BYTES } from './limits.js'
import { MALFORMED, readLong, TRUNCATED } from './varint.js'

export {
  type ContainerCodec,
  type ContainerFault,
  type ContainerHeader,
  type FaultReason,
  isFault,
  remedyOf,
  SYNC_BYTES,
} from './container-header.js'

/** Random access to a file's bytes. */
export interface ByteSource {
  /** Bytes there are; may grow while a file is still written. */
  readonly size: number
  /** `length` bytes from `offset`, fewer only at the end; valid until the next call. */
  read(offset: number, length: number): Uint8Array
}

export interface ContainerBlock {
  /** Where the block starts in the file. */
  readonly offset: number
  /** Where the next one starts. */
  readonly endOffset: number
  /** Number of its first record in the file, from 0. */
  readonly firstRecord: number
  readonly recordCount: number
  /** The encoded records, decompressed; valid until the next call of `next`. */
  readonly bytes: Uint8Array
}

/** The header is mostly the schema: one read nearly always has it. */
const FIRST_READ_BYTES = 64 * 1_024

/** Two longs. */
const BLOCK_PREFIX_BYTES = 20

const NOTHING = new Uint8Array(0)

interface BlockPrefix {
  readonly recordCount: number
  readonly storedBytes: number
  /** Where the stored bytes start. */
  readonly start: number
}

/** Reads the blocks of a file one after the other; made by `openContainer`. */
export class ContainerReader {
  readonly header: ContainerHeader
  readonly #source: ByteSource
  readonly #lanes = new Float64Array(1)
  #offset: number
  #nextRecord = 0
  #fault: ContainerFault | undefined

  constructor(source: ByteSource, header: ContainerHeader) {
    this.#source = source
    this.header = header
    this.#offset = header.byteLength
  }

  /** Why the last `next` gave nothing; undefined at a clean end of the file. */
  get fault(): ContainerFault | undefined {
    return this.#fault
  }

  /** Where the next block starts: everything before is whole. */
  get offset(): number {
    return this.#offset
  }

  /** Number of the next block's first record. */
  get nextRecord(): number {
    return this.#nextRecord
  }

  /**
   * The next block that holds record `fromRecord` or a later one; blocks before it are passed over without
   * decompressing. Undefined at the end and at a fault. A fault consumes nothing: when the file
   * has grown, the next call tries again.
   */
  next(fromRecord = 0): ContainerBlock | undefined {
    this.#fault = undefined
    for (;;) {
      const size = this.#source.size
      if (this.#offset >= size) return undefined
      const prefix = this.#readPrefix(size)
      if (prefix === undefined) return undefined
      const passedOver = this.#nextRecord + prefix.recordCount <= fromRecord
      const stored = passedOver ? this.#passOver(prefix) : this.#readStored(prefix)
      if (stored === undefined) return undefined
      const bytes = passedOver ? stored : this.#decompress(stored)
      if (bytes === undefined) return undefined
      const block = {
        offset: this.#offset,
        endOffset: prefix.start + prefix.storedBytes + SYNC_BYTES,
        firstRecord: this.#nextRecord,
        recordCount: prefix.recordCount,
        bytes,
      }
      this.#offset = block.endOffset
      this.#nextRecord += block.recordCount
      if (!passedOver) return block
    }
  }

  #readPrefix(size: number): BlockPrefix | undefined {
    const prefix = this.#source.read(this.#offset, BLOCK_PREFIX_BYTES)
    const afterCount = readLong(prefix, 0, prefix.length, this.#lanes, 0)
    const recordCount = this.#lanes[0]
    const afterBytes =
      afterCount < 0 ? afterCount : readLong(prefix, afterCount, prefix.length, this.#lanes, 0)
    const storedBytes = this.#lanes[0]
    if (afterBytes === TRUNCATED) return this.#fail('truncated', 'the file ends inside a block')
    if (afterBytes === MALFORMED || recordCount < 0 || storedBytes < 0) {
      return this.#fail('block-malformed', 'the counts at the start of a block make no sense')
    }
    if (storedBytes > BLOCK_LIMIT_BYTES || recordCount > Number.MAX_SAFE_INTEGER - this.#nextRecord) {
      return this.#fail(
        'block-malformed',
        `a block says it has ${recordCount} records in ${storedBytes} bytes`,
      )
    }
    const start = this.#offset + afterBytes
    if (start + storedBytes + SYNC_BYTES > size) {
      return this.#fail('truncated', 'the file ends inside a block')
    }
    return { recordCount, storedBytes, start }
  }

  #readStored({ start, storedBytes }: BlockPrefix): Uint8Array | undefined {
    const block = this.#source.read(start, storedBytes + SYNC_BYTES)
    return this.#checkSync(block, storedBytes) ? block.subarray(0, storedBytes) : undefined
  }

  /** Reads only the sync marker of a block. */
  #passOver({ start, storedBytes }: BlockPrefix): Uint8Array | undefined {
    const marker = this.#source.read(start + storedBytes, SYNC_BYTES)
    return this.#checkSync(marker, 0) ? NOTHING : undefined
  }

  #checkSync(bytes: Uint8Array, at: number): boolean {
    if (bytes.length < at + SYNC_BYTES) {
      this.#fail('truncated', 'the file ends inside a block')
      return false
    }
    for (let i = 0; i < SYNC_BYTES; i++) {
      if (bytes[at + i] !== this.header.sync[i]) {
        this.#fail('bad-sync', "a block does not end with the file's sync marker")
        return false
      }
    }
    return true
  }

  #decompress(stored: Uint8Array): Uint8Array | undefined {
    if (this.header.codec === 'null') return stored
    try {
      return inflateRawSync(stored, { maxOutputLength: BLOCK_LIMIT_BYTES })
    } catch (cause) {
      const detail = cause instanceof Error ? cause.message : String(cause)
      return this.#fail('block-corrupt', `a block cannot be decompressed: ${detail}`)
    }
  }

  #fail(reason: FaultReason, detail: string): undefined {
    this.#fault = { reason, offset: this.#offset, detail }
    return undefined
  }
}

/** Opens a container file: a reader that stands before the first block, or what is wrong with the header. */
export function openContainer(source: ByteSource): ContainerReader | ContainerFault {
  let header = readHeader(source.read(0, FIRST_READ_BYTES))
  if (isFault(header) && header.reason === 'header-truncated' && source.size > FIRST_READ_BYTES) {
    header = readHeader(source.read(0, HEADER_LIMIT_BYTES))
    if (isFault(header) && header.reason === 'header-truncated' && source.size > HEADER_LIMIT_BYTES) {
      return headerFault('header-malformed', `the header is longer than ${HEADER_LIMIT_BYTES} bytes`)
    }
  }
  return isFault(header) ? header : new ContainerReader(source, header)
}

/** A source over bytes in memory. */
export function bufferSource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read: (offset, length) => bytes.subarray(offset, offset + length),
  }
}
