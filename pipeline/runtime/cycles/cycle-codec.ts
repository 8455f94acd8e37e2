/**
 * Writes and reads `weir.Cycle` in Avro without building objects for its inputs on the way in.
 *
 *   groupId (string) │ cycle (long) │ closedAt (long) │ inputs │ configuration (32 bytes)
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
/** Room before the inputs for the fields of the cycle, with a name of the usual length. */
const PREFIX_ROOM = 128
const CONFIGURATION_BYTES = 32
/** Behind them come the end of the array, one byte, and the digest of the configuration. */
const SUFFIX_ROOM = 1 + CONFIGURATION_BYTES
const END_OF_INPUTS = Buffer.alloc(1)
const FIRST_ROWS = 64

/** The last input of a source that a buffer holds. */
export interface LastInput {
  position: number
  arrivedAtMicros: number
}

/** Inputs of one cycle, encoded as they come. */
export class InputBuffer {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #view = viewOf(this.#bytes)
  #end = PREFIX_ROOM
  #count = 0
  #last = new Map<number, LastInput>()
  /** Source of the last input and its entry in `#last`: inputs of a source come in runs. */
  #source = -1
  #lastOfSource: LastInput | undefined
  #from: Uint8Array | undefined
  #fromView = this.#view

  get count(): number {
    return this.#count
  }

  get length(): number {
    return this.#end - PREFIX_ROOM
  }

  /** Appends an input with the payload `from[start .. end)`, which is copied. Times in microseconds. */
  append(
    source: number,
    position: number,
    arrivedAt: number,
    from: Uint8Array,
    start = 0,
    end = from.length,
  ): void {
    const length = end - start
    const needed = this.#end + 4 * LONG_BYTES + length + SUFFIX_ROOM
    if (needed > this.#bytes.length) this.#grow(needed)
    const bytes = this.#bytes
    let at = putNatural(source, bytes, this.#end)
    at = putNatural(position, bytes, at)
    at = putNatural(arrivedAt, bytes, at)
    at = putNatural(length, bytes, at)
    this.#copy(from, start, end, at)
    this.#end = at + length
    this.#count++
    this.#note(source, position, arrivedAt)
  }

  /** Gives what was appended, with the memory it lies in, and becomes empty. */
  take(): EncodedInputs {
    const memory = this.#bytes
    const taken: EncodedInputs = {
      bytes: memory.subarray(PREFIX_ROOM, this.#end),
      count: this.#count,
      last: this.#last,
      memory,
    }
    // The next cycle of a group is about as large as this one.
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, this.#end + (this.#end >> 2)))
    this.#view = viewOf(this.#bytes)
    this.#end = PREFIX_ROOM
    this.#count = 0
    this.#last = new Map()
    this.#source = -1
    this.#from = undefined
    return taken
  }

  #note(source: number, position: number, arrivedAtMicros: number): void {
    if (source !== this.#source) {
      this.#source = source
      this.#lastOfSource = this.#last.get(source)
      if (this.#lastOfSource === undefined) {
        this.#lastOfSource = { position, arrivedAtMicros }
        this.#last.set(source, this.#lastOfSource)
      }
    }
    const last = this.#lastOfSource as LastInput
    last.position = position
    last.arrivedAtMicros = arrivedAtMicros
  }

  /** By words: for the hundred bytes of a record a view and a `set` take longer, and are garbage. */
  #copy(from: Uint8Array, start: number, end: number, at: number): void {
    if (from !== this.#from) {
      this.#from = from
      this.#fromView = viewOf(from)
    }
    const source = this.#fromView
    const target = this.#view
    let read = start
    let write = at
    for (; read + 8 <= end; read += 8, write += 8) {
      target.setInt32(write, source.getInt32(read, true), true)
      target.setInt32(write + 4, source.getInt32(read + 4, true), true)
    }
    const bytes = this.#bytes
    while (read < end) bytes[write++] = from[read++]
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
    this.#view = viewOf(larger)
  }
}

const TWO_27 = 2 ** 27

/** As `writeLong`, for whole numbers from 0 to 2^53 and always the same kind of array: four of them stand before each input. */
function putNatural(value: number, bytes: Buffer, position: number): number {
  let at = position
  let rest = value
  if (value >= 0x40000000) {
    rest = Math.floor(value / TWO_27)
    const low = (value - rest * TWO_27) << 1
    bytes[at] = (low & 0x7f) | 0x80
    bytes[at + 1] = ((low >>> 7) & 0x7f) | 0x80
    bytes[at + 2] = ((low >>> 14) & 0x7f) | 0x80
    bytes[at + 3] = (low >>> 21) | 0x80
    at += 4
  } else rest = value << 1
  for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
  bytes[at] = rest
  return at + 1
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Inputs one after the other, each encoded as in the layout. */
export interface EncodedInputs {
  readonly bytes: Buffer
  readonly count: number
  /** Last input of each source among them. */
  readonly last: ReadonlyMap<number, LastInput>
  /**
   * What `bytes` lie in, with room before and behind: a cycle is encoded around them once, without a copy. Undefined when
   * there is none.
   */
  readonly memory: Buffer | undefined
}

export const NO_INPUTS: EncodedInputs = {
  bytes: Buffer.alloc(0),
  count: 0,
  last: new Map(),
  memory: undefined,
}

/**
 * Encodes a cycle around inputs that are encoded already; takes over their memory.
 * @param configuration digest of the configuration that it is closed under, 32 bytes
 */
export function encodeCycle(
  groupId: string,
  cycle: number,
  closedAtMicros: number,
  inputs: EncodedInputs,
  configuration: Uint8Array,
): Buffer {
  invariant(configuration.length === CONFIGURATION_BYTES, 'the digest of a configuration has 32 bytes')
  const group = Buffer.from(groupId, 'utf8')
  const head = Buffer.allocUnsafe(group.length + 5 * LONG_BYTES)
  let at = writeLong(group.length, head, 0)
  head.set(group, at)
  at = writeLong(cycle, head, at + group.length)
  at = writeLong(closedAtMicros, head, at)
  if (inputs.count > 0) {
    at = writeLong(-inputs.count, head, at)
    at = writeLong(inputs.bytes.length, head, at)
  }
  const { memory, bytes } = inputs
  if (memory === undefined || at > PREFIX_ROOM)
    return Buffer.concat([head.subarray(0, at), bytes, END_OF_INPUTS, configuration])
  const start = PREFIX_ROOM - at
  const end = PREFIX_ROOM + bytes.length
  memory.set(head.subarray(0, at), start)
  memory[end] = 0
  memory.set(configuration, end + 1)
  return memory.subarray(start, end + SUFFIX_ROOM)
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

  /** Puts the digest of the configuration into `target`. To be called after the last input. */
  readConfiguration(target: Uint8Array): void {
    const reader = this.#reader
    const start = reader.position
    reader.skip(CONFIGURATION_BYTES)
    invariant(!reader.failed, 'a cycle ends with its configuration')
    // By bytes: a view or a `set` of so few take longer.
    for (let index = 0; index < CONFIGURATION_BYTES; index++) target[index] = reader.bytes[start + index]
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
 * the next call; `inputs` and `configuration` are views of the bytes, made when somebody asks for them.
 */
export class CycleUnpacker {
  readonly #reader = new CycleReader()
  #starts = new Int32Array(0)
  #ends = new Int32Array(0)
  #sources = new Int32Array(0)
  #positions = new Float64Array(0)
  #arrivals = new Float64Array(0)
  readonly #configuration = Buffer.alloc(CONFIGURATION_BYTES)

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
    reader.readConfiguration(this.#configuration)
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
      configuration: this.#configuration,
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
  const { groupId, cycle, closedAt, inputs, configuration } = new CycleUnpacker().unpack(bytes)
  return { groupId, cycle, closedAt, inputs, configuration }
}
