/**
 * Walks over a record in any writer schema: finds its end, proves that its bytes are what the schema says, and
 * notes where `groupId` and `eventTime` stand.
 *
 * avsc trusts its input: a garbled array count makes it loop over billions of items that are not there. So avsc
 * reads only records that were walked before. Work is bounded by the bytes given: every item takes a byte or is
 * counted against `ZERO_WIDTH_ITEM_LIMIT`, and nesting is bounded. Depends on `varint.ts`, `limits.ts`, avsc.
 */
import avro from 'avsc'
import { NESTING_LIMIT, ZERO_WIDTH_ITEM_LIMIT } from './limits.js'
import { MALFORMED, readInt, readLong, readSpan, TRUNCATED } from './varint.js'

/** State of one walk, reused from record to record. */
class Cursor {
  bytes: Uint8Array = new Uint8Array(0)
  limit = 0
  nesting = 0
  zeroWidthItems = 0
  readonly lanes = new Float64Array(2)
  /** Where the text of `groupId` starts and ends; -1 when the schema has no such field. */
  groupStart = -1
  groupEnd = -1
  /** Value of `eventTime`; -1 when the schema has no such field. */
  eventTime = -1
}

/** Passes one value: position before it to position after it, or a fault. */
type Step = (cursor: Cursor, position: number) => number

type Capture = 'groupId' | 'eventTime' | undefined

export interface Walker {
  /** Position after the record that starts at `position`, or -1 truncated, -2 malformed. */
  walk(bytes: Uint8Array, position: number, limit: number): number
  /** What the last walk found; see `Cursor`. */
  readonly found: Readonly<Pick<Cursor, 'groupStart' | 'groupEnd' | 'eventTime'>>
}

/** A walker that takes for a record only what holds values its schema knows: what avsc may be given. */
export function createWalker(writerType: avro.Type): Walker {
  return walkerOf(new Compiler(true).compile(writerType, undefined, true))
}

/**
 * A walker that takes for a record whatever has an end: an enum's index or a boolean out of range is passed over, so that
 * one bad record does not cost those behind it in the block.
 */
export function createBoundaryWalker(writerType: avro.Type): Walker {
  return walkerOf(new Compiler(false).compile(writerType, undefined, true))
}

function walkerOf(step: Step): Walker {
  const cursor = new Cursor()
  return {
    found: cursor,
    walk(bytes, position, limit) {
      cursor.bytes = bytes
      cursor.limit = Math.min(limit, bytes.length)
      cursor.nesting = 0
      cursor.zeroWidthItems = 0
      return step(cursor, position)
    },
  }
}

/** Turns types into steps, each record type once, so that a type may contain itself. */
class Compiler {
  readonly #strict: boolean
  readonly #records = new Map<avro.Type, Step>()

  constructor(strict: boolean) {
    this.#strict = strict
  }

  compile(type: avro.Type, capture: Capture, top = false): Step {
    if (type instanceof avro.types.RecordType) return this.#record(type, top)
    if (type instanceof avro.types.ArrayType) return blocksOf(this.compile(type.itemsType, undefined))
    if (type instanceof avro.types.MapType) return blocksOf(entryOf(this.compile(type.valuesType, undefined)))
    if (type instanceof avro.types.UnwrappedUnionType || type instanceof avro.types.WrappedUnionType) {
      return unionOf((type.types as avro.Type[]).map((branch) => this.compile(branch, capture)))
    }
    if (type instanceof avro.types.EnumType) return this.#strict ? enumOf(type.symbols.length) : passInt
    if (type instanceof avro.types.FixedType) return skipBytes(type.size)
    return this.#primitive(type.typeName, capture)
  }

  #primitive(typeName: string, capture: Capture): Step {
    switch (typeName) {
      case 'null':
        return skipBytes(0)
      case 'boolean':
        return this.#strict ? passBoolean : skipBytes(1)
      case 'int':
        return capture === 'eventTime' ? captureTime(passInt) : passInt
      case 'long':
        return capture === 'eventTime' ? captureTime(passLong) : passLong
      case 'float':
        return skipBytes(4)
      case 'double':
        return skipBytes(8)
      case 'bytes':
      case 'string':
        return capture === 'groupId' ? captureGroup : passSpan
      default:
        throw new Error(`type ${typeName} is not known`)
    }
  }

  #record(type: avro.types.RecordType, top: boolean): Step {
    const existing = this.#records.get(type)
    if (existing !== undefined) return existing
    const steps: Step[] = []
    const step = inSequence(steps)
    this.#records.set(type, step)
    for (const field of type.fields) {
      const watched = top && (field.name === 'groupId' || field.name === 'eventTime')
      steps.push(this.compile(field.type, watched ? (field.name as Capture) : undefined))
    }
    return step
  }
}

function inSequence(steps: readonly Step[]): Step {
  return (cursor, position) => {
    if (++cursor.nesting > NESTING_LIMIT) return MALFORMED
    let at = position
    for (let i = 0; i < steps.length; i++) {
      at = steps[i](cursor, at)
      if (at < 0) return at
    }
    cursor.nesting -= 1
    return at
  }
}

/** An entry of a map: its key, then its value. */
function entryOf(value: Step): Step {
  return (cursor, position) => {
    const next = passSpan(cursor, position)
    return next < 0 ? next : value(cursor, next)
  }
}

/**
 * Items of an array or a map come in blocks: a count, then the items; a negative count is followed by the
 * block's length in bytes; a count of 0 ends. Readers that skip a block go by that length, so it must be true.
 */
function blocksOf(item: Step): Step {
  return (cursor, position) => {
    let at = position
    for (;;) {
      at = passLong(cursor, at)
      if (at < 0) return at
      let count = cursor.lanes[0]
      if (count === 0) return at
      let blockBytes = -1
      if (count < 0) {
        at = passLong(cursor, at)
        if (at < 0) return at
        count = -count
        blockBytes = cursor.lanes[0]
        if (blockBytes < 0) return MALFORMED
      }
      const start = at
      for (let i = 0; i < count; i++) {
        const next = item(cursor, at)
        if (next < 0) return next
        if (next === at && ++cursor.zeroWidthItems > ZERO_WIDTH_ITEM_LIMIT) return MALFORMED
        at = next
      }
      if (blockBytes >= 0 && at - start !== blockBytes) return MALFORMED
    }
  }
}

function unionOf(branches: readonly Step[]): Step {
  return (cursor, position) => {
    const next = readInt(cursor.bytes, position, cursor.limit, cursor.lanes, 0)
    if (next < 0) return next
    const branch = branches[cursor.lanes[0]]
    return branch === undefined ? MALFORMED : branch(cursor, next)
  }
}

function enumOf(symbols: number): Step {
  return (cursor, position) => {
    const next = passInt(cursor, position)
    if (next < 0) return next
    return cursor.lanes[0] >= 0 && cursor.lanes[0] < symbols ? next : MALFORMED
  }
}

function skipBytes(count: number): Step {
  return (cursor, position) => (count > cursor.limit - position ? TRUNCATED : position + count)
}

function passBoolean(cursor: Cursor, position: number): number {
  if (position >= cursor.limit) return TRUNCATED
  return cursor.bytes[position] > 1 ? MALFORMED : position + 1
}

function passInt(cursor: Cursor, position: number): number {
  return readInt(cursor.bytes, position, cursor.limit, cursor.lanes, 0)
}

function passLong(cursor: Cursor, position: number): number {
  return readLong(cursor.bytes, position, cursor.limit, cursor.lanes, 0)
}

function passSpan(cursor: Cursor, position: number): number {
  return readSpan(cursor.bytes, position, cursor.limit, cursor.lanes, 0)
}

function captureTime(pass: Step): Step {
  return (cursor, position) => {
    const next = pass(cursor, position)
    cursor.eventTime = cursor.lanes[0]
    return next
  }
}

function captureGroup(cursor: Cursor, position: number): number {
  const next = passSpan(cursor, position)
  cursor.groupStart = cursor.lanes[0]
  cursor.groupEnd = cursor.lanes[1]
  return next
}
