/**
 * Writes and reads `weir.Cycle` in Avro without building objects for its inputs on the way in.
 *
 *   groupId (string) │ cycle (long) │ closedAt (long) │ inputs
 *   inputs  = -count (long) │ bytes (long) │ input, input, ... │ 0          (no input: only 0)
 *   input   = source (int) │ position (long) │ arrivedAt (long) │ payload: length (long), bytes
 *
 * The negative count with a byte size is the form of an array that a reader can skip in one step; every Avro reader
 * knows it. The order of fields is that of cycle.avsc; a test compares with avsc both ways.
 * Depends on the varint codec.
 */
import { LONG_BYTES, writeLong } from '../../../schemas/avro/varint.js'
import type { Cycle } from '../../../schemas/generated/types.js'
import { invariant } from '../../errors.js'
import type { PackedCycle, PackedInputs } from '../../ports.js'
import { LongReader } from '../encoding/long-reader.js'

const FIRST_BYTES = 1024
const FIRST_ROWS = 64

/** Inputs of one cycle, encoded as they come. */
export class InputBuffer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #end = 0
  #count = 0

  get count(): number {
    return this.#count
  }

  get length(): number {
    return this.#end
  }

  /** Appends an input; `payload` is copied. Times in microseconds. */
  append(source: number, position: number, arrivedAt: number, payload: Uint8Array): void {
    const needed = this.#end + 4 * LONG_BYTES + payload.length
    if (needed > this.#bytes.length) this.#grow(needed)
    const bytes = this.#bytes
    let at = writeLong(source, bytes, this.#end)
    at = writeLong(position, bytes, at)
    at = writeLong(arrivedAt, bytes, at)
    at = writeLong(payload.length, bytes, at)
    bytes.set(payload, at)
    this.#end = at + payload.length
    this.#count++
  }

  /** Gives what was appended as bytes of its own and becomes empty. */
  take(): EncodedInputs {
    const bytes = Buffer.allocUnsafeSlow(this.#end)
    this.#bytes.copy(bytes, 0, 0, this.#end)
    const taken = { bytes, count: this.#count }
    this.#end = 0
    this.#count = 0
    return taken
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}

/** Inputs one after the other, each encoded as in the layout. */
export interface EncodedInputs {
  readonly bytes: Buffer
  readonly count: number
}

export const NO_INPUTS: EncodedInputs = { bytes: Buffer.alloc(0), count: 0 }

/** Encodes a cycle around inputs that are encoded already. */
export function encodeCycle(
  groupId: string,
  cycle: number,
  closedAtMicros: number,
  inputs: EncodedInputs,
): Buffer {
  const group = Buffer.from(groupId, 'utf8')
  const target = Buffer.allocUnsafeSlow(group.length + 6 * LONG_BYTES + inputs.bytes.length)
  let at = writeLong(group.length, target, 0)
  target.set(group, at)
  at = writeLong(cycle, target, at + group.length)
  at = writeLong(closedAtMicros, target, at)
  if (inputs.count > 0) {
    at = writeLong(-inputs.count, target, at)
    at = writeLong(inputs.bytes.length, target, at)
    target.set(inputs.bytes, at)
    at += inputs.bytes.length
  }
  at = writeLong(0, target, at)
  return target.subarray(0, at)
}

/** Walks over the inputs of an encoded cycle; fields hold the current one. */
export class CycleReader {
  groupId = ''
  cycle = 0
  closedAt = 0
  source = 0
  position = 0
  arrivedAt = 0
  payloadStart = 0
  payloadEnd = 0
  readonly #reader = new LongReader()
  #left = 0

  /** Begins with the cycle in `bytes`. */
  open(bytes: Uint8Array): void {
    const reader = this.#reader
    reader.reset(bytes, 0, bytes.length)
    const length = reader.readLong()
    const start = reader.position
    reader.skip(length)
    invariant(!reader.failed, 'a cycle holds a group')
    this.groupId = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8')
    this.cycle = reader.readLong()
    this.closedAt = reader.readLong()
    this.#left = 0
  }

  /** Goes to the next input; false after the last. */
  next(): boolean {
    const reader = this.#reader
    if (this.#left === 0) {
      let count = reader.readLong()
      if (count < 0) {
        count = -count
        reader.readLong()
      }
      if (count === 0) return false
      this.#left = count
    }
    this.#left--
    this.source = reader.readLong()
    this.position = reader.readLong()
    this.arrivedAt = reader.readLong()
    const length = reader.readLong()
    this.payloadStart = reader.position
    reader.skip(length)
    invariant(!reader.failed, 'a cycle is as long as its inputs say')
    this.payloadEnd = reader.position
    return true
  }
}

/**
 * Unpacks cycles one after the other: where their inputs lie, without an object for each. What it gives is valid until
 * the next call; `inputs` are views of the bytes, made when somebody asks for them.
 */
export class CycleUnpacker {
  readonly #reader = new CycleReader()
  #starts = new Int32Array(0)
  #ends = new Int32Array(0)
  #sources = new Int32Array(0)
  #positions = new Float64Array(0)
  #arrivals = new Float64Array(0)

  unpack(bytes: Buffer): PackedCycle {
    const reader = this.#reader
    reader.open(bytes)
    const { groupId, cycle, closedAt } = reader
    let count = 0
    for (; reader.next(); count++) {
      if (count === this.#starts.length) this.#grow()
      this.#starts[count] = reader.payloadStart
      this.#ends[count] = reader.payloadEnd
      this.#sources[count] = reader.source
      this.#positions[count] = reader.position
      this.#arrivals[count] = reader.arrivedAt
    }
    const packed: PackedInputs = {
      count,
      bytes,
      starts: this.#starts,
      ends: this.#ends,
      sources: this.#sources,
      positions: this.#positions,
    }
    const arrivals = this.#arrivals
    return {
      groupId,
      cycle,
      closedAt,
      packed,
      get inputs() {
        return inputsOf(packed, arrivals)
      },
    }
  }

  #grow(): void {
    const rows = Math.max(FIRST_ROWS, 2 * this.#starts.length)
    this.#starts = grown(Int32Array, this.#starts, rows)
    this.#ends = grown(Int32Array, this.#ends, rows)
    this.#sources = grown(Int32Array, this.#sources, rows)
    this.#positions = grown(Float64Array, this.#positions, rows)
    this.#arrivals = grown(Float64Array, this.#arrivals, rows)
  }
}

function grown<T extends Int32Array | Float64Array>(
  Column: new (rows: number) => T,
  column: T,
  rows: number,
): T {
  const larger = new Column(rows)
  larger.set(column)
  return larger
}

function inputsOf({ count, bytes, starts, ends, sources, positions }: PackedInputs, arrivals: Float64Array) {
  const inputs: Cycle['inputs'][number][] = []
  for (let row = 0; row < count; row++)
    inputs.push({
      source: sources[row],
      position: positions[row],
      arrivedAt: arrivals[row],
      payload: bytes.subarray(starts[row], ends[row]),
    })
  return inputs
}

/** Decodes a cycle; payloads are views of `bytes`, which must not change afterwards. */
export function decodeCycle(bytes: Buffer): Cycle {
  const { groupId, cycle, closedAt, inputs } = new CycleUnpacker().unpack(bytes)
  return { groupId, cycle, closedAt, inputs }
}
