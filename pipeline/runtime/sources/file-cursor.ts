/**
 * Reads one input file record by record: where each stands, whose it is, and when it arrives.
 *
 * A record's arrival is the highest event time of the file up to it, so arrivals of a file never fall. What cannot be
 * read becomes a fault with its place, and nothing before it is lost: in a block whose records cannot be told apart from some
 * point on the rest of the block is given up, and the next block goes on; behind a broken frame the rest of the file is.
 * Depends on the container reader and the scanners.
 */
import type { ContainerReader } from '../../../schemas/avro/container.js'
import type { RecordScanner } from '../../../schemas/avro/scanner.js'
import type { FileBytes } from './file-bytes.js'
import { type InputFile, isUsableTime, openBytes, openReader, openScanner } from './input-folder.js'

/** Where reading begins: after a record that is in the journal. */
export interface SeekPoint {
  readonly position: number
  /** Arrival of that record. */
  readonly arrivedAtMicros: number
}

const NOTHING = new Uint8Array(0)

export class FileCursor {
  readonly file: InputFile
  /** Whether the cursor stands on a fault and not on a record. */
  isFault = false
  /** Record number; of a fault, that of the first record that is lost. */
  position = -1
  arrivedAtMicros: number
  groupId = ''
  /** The record's bytes are `bytes[start .. end)`, until the next `advance`; of a fault, its JSON. */
  bytes: Uint8Array = NOTHING
  start = 0
  end = 0
  readonly #startMicros: number
  readonly #source: FileBytes
  readonly #reader: ContainerReader
  readonly #scanner: RecordScanner
  #highestMicros = -1
  #block: Uint8Array = NOTHING
  #blockOffset = 0
  #next = 0
  #record: number
  #left = 0
  #fromRecord: number
  #ended = false

  /** @param startMicros least arrival: a file whose first records have no usable time begins with it */
  constructor(file: InputFile, startMicros: number, seek: SeekPoint | undefined) {
    this.file = file
    this.#startMicros = startMicros
    this.#source = openBytes(file.fullPath)
    this.#reader = openReader(file.fullPath, this.#source)
    this.#scanner = openScanner(file.fullPath, file.stream, file.writerSchema)
    this.#fromRecord = seek === undefined ? 0 : seek.position + 1
    this.#record = 0
    if (seek !== undefined) this.#highestMicros = seek.arrivedAtMicros
    this.arrivedAtMicros = Math.max(startMicros, this.#highestMicros)
  }

  /** Bytes of the file up to the block after the current one. */
  get offset(): number {
    return this.#reader.offset
  }

  /** Records in the whole blocks so far, those that cannot be read included. */
  get records(): number {
    return this.#reader.nextRecord
  }

  /** Goes to the next record or fault; false at the end. */
  advance(): boolean {
    while (!this.#ended) {
      if (this.#left === 0) {
        if (this.#next < this.#block.length) return this.#giveUpBlock(0)
        if (this.#openBlock()) continue
        this.#ended = true
        return this.#reader.fault === undefined ? false : this.#endWithFault()
      }
      const start = this.#next
      const end = this.#scanner.scan(this.#block, start, this.#block.length)
      if (end < 0) {
        const lost = this.#left
        this.#left = 0
        return this.#giveUpBlock(lost)
      }
      this.#next = end
      this.#left--
      const position = this.#record++
      if (position < this.#fromRecord) continue
      this.#standOn(position, start, end)
      return true
    }
    return false
  }

  close(): void {
    this.#source.close()
  }

  #openBlock(): boolean {
    const block = this.#reader.next(this.#fromRecord)
    if (block === undefined) return false
    this.#block = block.bytes
    this.#blockOffset = block.offset
    this.#next = 0
    this.#record = block.firstRecord
    this.#left = block.recordCount
    return true
  }

  #standOn(position: number, start: number, end: number): void {
    const eventTime = this.#scanner.eventTimeMicros
    if (eventTime > this.#highestMicros && isUsableTime(eventTime)) this.#highestMicros = eventTime
    this.arrivedAtMicros = Math.max(this.#startMicros, this.#highestMicros)
    this.isFault = false
    this.position = position
    this.groupId = this.#scanner.groupId
    this.bytes = this.#block
    this.start = start
    this.end = end
  }

  #giveUpBlock(lost: number): boolean {
    const bytes = this.#block.length - this.#next
    const where = `in the block at byte ${this.#blockOffset}`
    const detail =
      lost === 0
        ? `${bytes} bytes follow the last record ${where}`
        : `record ${this.#record} cannot be read; ${lost} records from it on are lost ${where}`
    this.#next = this.#block.length
    this.#standOnFault(this.#record, 'undecodable', detail)
    this.#record += lost
    return true
  }

  #endWithFault(): boolean {
    const { reason, offset, detail } = this.#reader.fault as NonNullable<ContainerReader['fault']>
    const rest = `${this.#source.size - offset} bytes from byte ${offset} on are not used`
    const code = reason === 'truncated' ? 'truncated-file' : 'undecodable'
    const used = this.#reader.nextRecord
    this.#standOnFault(used, code, `${detail}: ${rest}; ${used} records before are`)
    return true
  }

  #standOnFault(position: number, reason: string, detail: string): void {
    this.isFault = true
    this.position = position
    this.groupId = ''
    this.bytes = Buffer.from(JSON.stringify({ reason, detail: `${this.file.path}: ${detail}` }), 'utf8')
    this.start = 0
    this.end = this.bytes.length
  }
}
