/**
 * The bytes of an input file for the container reader: synchronous reads with read-ahead.
 *
 * Synchronous, because the files are merged record by record and a turn of the event loop for each would cost
 * more than the read. Depends on node:fs.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import type { ByteSource } from '../../../schemas/avro/container.js'

/** All files of a day are open at a time, so this times their number is held in memory. */
const READ_AHEAD_BYTES = 256 * 1024

export class FileBytes implements ByteSource {
  readonly size: number
  readonly #file: number
  /** Not a Buffer: its `slice` would give a view of memory that is overwritten, where the reader means a copy. */
  #buffer = new Uint8Array(0)
  #offset = 0
  #length = 0

  constructor(path: string) {
    this.#file = openSync(path, 'r')
    this.size = fstatSync(this.#file).size
  }

  read(offset: number, length: number): Uint8Array {
    const wanted = Math.max(0, Math.min(length, this.size - offset))
    if (offset < this.#offset || offset + wanted > this.#offset + this.#length) this.#fill(offset, wanted)
    const from = offset - this.#offset
    return this.#buffer.subarray(from, from + Math.min(wanted, this.#length - from))
  }

  close(): void {
    closeSync(this.#file)
  }

  #fill(offset: number, wanted: number): void {
    const capacity = Math.max(wanted, Math.min(READ_AHEAD_BYTES, this.size - offset))
    if (this.#buffer.length < capacity) this.#buffer = new Uint8Array(capacity)
    this.#offset = offset
    this.#length = 0
    while (this.#length < wanted) {
      const read = readSync(
        this.#file,
        this.#buffer,
        this.#length,
        capacity - this.#length,
        offset + this.#length,
      )
      if (read === 0) break
      this.#length += read
    }
  }
}
