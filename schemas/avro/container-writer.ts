/**
 * Writes Avro object container files that any implementation reads; the layout is drawn in `container.ts`.
 *
 * Bytes leave through a callback, so the same writer serves files, the journal and memory. The sync marker is an
 * argument: the same records give the same file. Depends on `container-header.ts`, `varint.ts`, zlib.
 */
import { createHash } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import { WeirError } from '../../pipeline/errors.js'
import { type ContainerCodec, SYNC_BYTES } from './container-header.js'
import { BLOCK_LIMIT_BYTES, HEADER_LIMIT_BYTES } from './limits.js'
import { LONG_BYTES, writeLong } from './varint.js'

export interface ContainerWriterOptions {
  readonly schemaJson: string
  readonly codec: ContainerCodec
  /** 16 bytes that must not be likely to occur in the data; see `syncMarkerOf`. */
  readonly sync: Uint8Array
  /** A block is closed when its records reach this many bytes; 64 KiB when absent. */
  readonly blockBytes?: number
  /** Further metadata; keys that start with `avro.` are the specification's own. */
  readonly metadata?: ReadonlyMap<string, Uint8Array>
  /** Takes the header at once, then each block. The bytes are the taker's to keep. */
  readonly write: (chunk: Uint8Array) => void
}

const DEFAULT_BLOCK_BYTES = 64 * 1_024

/** A sync marker that depends on `seed` alone. */
export function syncMarkerOf(seed: string): Uint8Array {
  return Uint8Array.from(createHash('sha256').update(seed).digest().subarray(0, SYNC_BYTES))
}

export class ContainerWriter {
  readonly #options: ContainerWriterOptions
  readonly #blockBytes: number
  #pending: Uint8Array
  #pendingBytes = 0
  #pendingRecords = 0
  #records = 0

  /** Writes the header. Throws WEIR_SCHEMA when it is longer than readers here accept. */
  constructor(options: ContainerWriterOptions) {
    this.#options = options
    this.#blockBytes = options.blockBytes ?? DEFAULT_BLOCK_BYTES
    this.#pending = new Uint8Array(this.#blockBytes)
    if (options.sync.length !== SYNC_BYTES) {
      throw new WeirError('WEIR_BUG', `a sync marker has ${SYNC_BYTES} bytes, not ${options.sync.length}`)
    }
    const header = encodeHeader(options)
    if (header.length > HEADER_LIMIT_BYTES) {
      throw new WeirError('WEIR_SCHEMA', `a header of ${header.length} bytes is too long`, {
        remedy: `keep schema and metadata below ${HEADER_LIMIT_BYTES} bytes`,
      })
    }
    options.write(header)
  }

  /** Records appended so far. */
  get recordCount(): number {
    return this.#records
  }

  /** Appends one encoded record; its bytes are copied. Closes the block when it is full. */
  append(record: Uint8Array): void {
    const needed = this.#pendingBytes + record.length
    if (needed > BLOCK_LIMIT_BYTES) {
      if (record.length > BLOCK_LIMIT_BYTES) {
        throw new WeirError('WEIR_SCHEMA', `a record of ${record.length} bytes does not fit a block`, {
          remedy: `keep records below ${BLOCK_LIMIT_BYTES} bytes`,
        })
      }
      this.flush()
    }
    this.#reserve(this.#pendingBytes + record.length)
    this.#pending.set(record, this.#pendingBytes)
    this.#pendingBytes += record.length
    this.#pendingRecords += 1
    this.#records += 1
    if (this.#pendingBytes >= this.#blockBytes) this.flush()
  }

  /** Closes the block that is open, if it holds a record. Call it once more at the end of the file. */
  flush(): void {
    if (this.#pendingRecords === 0) return
    const records = this.#pending.subarray(0, this.#pendingBytes)
    const stored = this.#options.codec === 'deflate' ? deflateRawSync(records) : records
    const block = new Uint8Array(2 * LONG_BYTES + stored.length + SYNC_BYTES)
    let at = writeLong(this.#pendingRecords, block, 0)
    at = writeLong(stored.length, block, at)
    block.set(stored, at)
    block.set(this.#options.sync, at + stored.length)
    this.#pendingBytes = 0
    this.#pendingRecords = 0
    this.#options.write(block.subarray(0, at + stored.length + SYNC_BYTES))
  }

  #reserve(needed: number): void {
    if (needed <= this.#pending.length) return
    const larger = new Uint8Array(Math.max(needed, this.#pending.length * 2))
    larger.set(this.#pending.subarray(0, this.#pendingBytes))
    this.#pending = larger
  }
}

function encodeHeader({ schemaJson, codec, sync, metadata }: ContainerWriterOptions): Uint8Array {
  const entries: [string, Uint8Array][] = [
    ['avro.schema', Buffer.from(schemaJson, 'utf8')],
    ['avro.codec', Buffer.from(codec, 'utf8')],
    ...(metadata ?? []),
  ]
  const parts: Uint8Array[] = [Uint8Array.of(0x4f, 0x62, 0x6a, 0x01), encodeCount(entries.length)]
  for (const [key, value] of entries) {
    const name = Buffer.from(key, 'utf8')
    parts.push(encodeCount(name.length), name, encodeCount(value.length), value)
  }
  parts.push(encodeCount(0), sync)
  return Uint8Array.from(Buffer.concat(parts))
}

function encodeCount(count: number): Uint8Array {
  const bytes = new Uint8Array(LONG_BYTES)
  return bytes.subarray(0, writeLong(count, bytes, 0))
}
