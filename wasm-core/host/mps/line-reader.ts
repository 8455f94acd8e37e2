/**
 * The lines of an MPS text with their places, one at a time. Comments and blank lines are passed over.
 * Depends on pipeline/errors.ts.
 *
 * Bytes become text a line at a time, so that a file costs its own size and not that of its lines as strings.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { MPS_LIMITS } from './mps-model.js'

const TAB = 9
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const BLANK = 32
const ASTERISK = 42
const DELETE = 127

export class LineReader {
  readonly #bytes: Buffer
  readonly #source: string
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  #at = 0
  /** Of the current line, from 1. */
  number = 0
  text = ''

  constructor(bytes: Uint8Array, source: string) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#source = source
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    if (hasMark) this.#at = 3
  }

  /** Steps to the next line that says something; false at the end. */
  next(): boolean {
    while (this.#at < this.#bytes.length) {
      const start = this.#at
      let end = this.#bytes.indexOf(LINE_FEED, start)
      if (end < 0) end = this.#bytes.length
      this.#at = end + 1
      this.number++
      if (this.#bytes[start] === ASTERISK) continue
      if (end > start && this.#bytes[end - 1] === CARRIAGE_RETURN) end--
      if (this.#take(start, end)) return true
    }
    this.text = ''
    return false
  }

  /** Section keywords begin a line; data lines begin with a blank. */
  get isHeader(): boolean {
    const first = this.text.charCodeAt(0)
    return first !== BLANK && first !== TAB
  }

  #take(start: number, end: number): boolean {
    if (end - start > MPS_LIMITS.lineBytes) {
      this.refuse(
        MPS_LIMITS.lineBytes + 1,
        `the line is longer than ${MPS_LIMITS.lineBytes} bytes`,
        'is this an MPS file?',
      )
    }
    let isBlank = true
    let isAscii = true
    for (let k = start; k < end; k++) {
      const byte = this.#bytes[k] as number
      if (byte === BLANK || byte === TAB) continue
      isBlank = false
      if (byte > DELETE) isAscii = false
      else if (byte < BLANK || byte === DELETE) {
        this.refuse(k - start + 1, `holds the control character ${byte}`, 'is this an MPS file?')
      }
    }
    if (isBlank) return false
    this.text = isAscii ? this.#bytes.toString('latin1', start, end) : this.#decode(start, end)
    return true
  }

  #decode(start: number, end: number): string {
    try {
      return this.#utf8.decode(this.#bytes.subarray(start, end))
    } catch {
      this.text = ''
      return this.refuse(1, 'the line is not UTF-8', 'convert the file to UTF-8')
    }
  }

  /** Throws `WEIR_INPUT` at a column of the current line, from 1. */
  refuse(column: number, message: string, remedy: string): never {
    // An empty text has no line to point at.
    return this.refuseAt(Math.max(1, this.number), column, message, remedy)
  }

  refuseAt(line: number, column: number, message: string, remedy: string): never {
    throw new WeirError('WEIR_INPUT', message, { place: `${this.#source}:${line}:${column}`, remedy })
  }
}

/** A name as messages show it. */
export function quoted(name: string): string {
  return name.length > 40 ? `'${name.slice(0, 39)}…'` : `'${name}'`
}
