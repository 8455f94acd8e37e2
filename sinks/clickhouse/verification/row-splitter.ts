/**
 * Finds the ends of rows in a stream of RowBinary, by the types of the columns; the layout is in `projector/row-binary.ts`. Pure.
 */
import { WeirError } from '../../../pipeline/errors.js'

/** Where the value that begins at `at` ends; -1 when the bytes before `end` do not hold all of it. */
type Skip = (bytes: Buffer, at: number, end: number) => number

const WIDTHS: Readonly<Record<string, number>> = {
  Bool: 1,
  UInt8: 1,
  Int32: 4,
  UInt32: 4,
  Int64: 8,
  UInt64: 8,
  Float64: 8,
  UUID: 16,
}

/** Longer lengths are not written by anyone; they would be a stream that is not what it seems. */
const LENGTH_BYTES_MOST = 5

export class RowSplitter {
  readonly #columns: readonly Skip[]
  #rest: Buffer = Buffer.alloc(0)

  /** @param types of the columns, in the order of the stream */
  constructor(types: readonly string[]) {
    this.#columns = types.map(skipOf)
  }

  /** Calls `row` with each row that is complete now. */
  push(chunk: Buffer, row: (bytes: Buffer) => void): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    let start = 0
    for (;;) {
      const end = this.#endOf(bytes, start)
      if (end < 0) break
      row(bytes.subarray(start, end))
      start = end
    }
    this.#rest = bytes.subarray(start)
  }

  /** Bytes of a row that was cut off. */
  get leftBytes(): number {
    return this.#rest.length
  }

  #endOf(bytes: Buffer, start: number): number {
    let at = start
    for (const skip of this.#columns) {
      at = skip(bytes, at, bytes.length)
      if (at < 0) return -1
    }
    return at > start ? at : -1
  }
}

function skipOf(type: string): Skip {
  const inner = /^(LowCardinality|Nullable|Array)\((.*)\)$/.exec(type)
  if (inner !== null) {
    const skip = skipOf(inner[2]!)
    if (inner[1] === 'Nullable') return (bytes, at, end) => skipNullable(skip, bytes, at, end)
    return inner[1] === 'Array' ? (bytes, at, end) => skipArray(skip, bytes, at, end) : skip
  }
  if (type === 'String') return skipString
  const width = type.startsWith('DateTime64(') ? 8 : WIDTHS[type]
  if (width === undefined)
    throw new WeirError('WEIR_CLICKHOUSE', `a column has the type ${type}, which Weir never makes`, {
      place: 'system.columns',
      remedy: 'drop the database: the journal fills it anew',
    })
  return (_bytes, at, end) => (at + width <= end ? at + width : -1)
}

function skipNullable(skip: Skip, bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1
  return bytes[at] === 0 ? skip(bytes, at + 1, end) : at + 1
}

function skipString(bytes: Buffer, at: number, end: number): number {
  const start = lengthEnd(bytes, at, end)
  if (start < 0) return -1
  const stop = start + lengthAt(bytes, at, start)
  return stop <= end ? stop : -1
}

function skipArray(skip: Skip, bytes: Buffer, at: number, end: number): number {
  let position = lengthEnd(bytes, at, end)
  if (position < 0) return -1
  for (let left = lengthAt(bytes, at, position); left > 0 && position >= 0; left--)
    position = skip(bytes, position, end)
  return position
}

/** End of an unsigned LEB128. */
function lengthEnd(bytes: Buffer, at: number, end: number): number {
  for (let position = at; position < end && position < at + LENGTH_BYTES_MOST; position++)
    if (bytes[position]! < 0x80) return position + 1
  return -1
}

function lengthAt(bytes: Buffer, at: number, end: number): number {
  let value = 0
  for (let position = end - 1; position >= at; position--) value = value * 0x80 + (bytes[position]! & 0x7f)
  return value
}
