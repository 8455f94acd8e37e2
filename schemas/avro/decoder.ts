/**
 * Decodes the records of a stream, whatever schema they were written in.
 *
 * Hot streams always come as slots, so that the code behind has one path: in the stream's own schema the
 * generated codec reads the bytes in place; in another one avsc resolves the record, and it is encoded again into a
 * scratch buffer that the slot's string lanes then point into. Other streams come as records.
 * Depends on the codecs, `registry.ts` and `walker.ts`.
 */
import { HOT_CODECS, type HotStream } from '../generated/codecs.js'
import type { StreamName } from '../generated/schemas.js'
import type { RecordOf } from '../generated/types.js'
import { isHot } from './hot.js'
import { asBuffer, messageOf, type Resolution, resolverFor, typeOf } from './registry.js'
import { MALFORMED, TRUNCATED } from './varint.js'
import { createWalker, type Walker } from './walker.js'

export interface SlotDecoder {
  readonly kind: 'slot'
  /** Lanes of a slot; their meaning is in `CashMovementLane`, `QuoteLane`, `BalanceReportLane`. */
  readonly lanes: number
  /** What the string lanes of the last decoded record point into; valid until the next `decode`. */
  readonly bytes: Uint8Array
  /**
   * Decodes the record at `position` into `slot[base ..]`. Returns the position after it in `bytes`, -1 when it ends
   * beyond `limit`, -2 when it is malformed. Longs beyond +-2^53 are the nearest double: the caller checks ranges.
   */
  decode(bytes: Uint8Array, position: number, limit: number, slot: Float64Array, base: number): number
}

export interface RecordDecoder<S extends StreamName> {
  readonly kind: 'record'
  /** Why the last `decode` gave nothing; empty after a success. */
  readonly fault: string
  /** The record that `bytes` hold, all of them; undefined when they do not. Longs as with `SlotDecoder`. */
  decode(bytes: Uint8Array): RecordOf[S] | undefined
}

export type DecoderOf<S extends StreamName> = S extends HotStream ? SlotDecoder : RecordDecoder<S>

/** Throws WEIR_SCHEMA when records of the writer schema cannot be read as the stream's. */
export function createDecoder<S extends StreamName>(stream: S, writerSchemaJson: string): DecoderOf<S>
export function createDecoder(stream: StreamName, json: string): SlotDecoder | RecordDecoder<StreamName> {
  const resolution = resolverFor(stream, json)
  if (!isHot(stream)) return new AvscDecoder(resolution)
  return resolution.canonical ? new DirectSlotDecoder(stream) : new ResolvingSlotDecoder(stream, resolution)
}

/** What is wrong with a record, by the negative position a decoder or scanner returned. */
export function describeFault(fault: number): string {
  return fault === TRUNCATED ? 'the record ends too early' : 'the bytes are not a record of the schema'
}

class DirectSlotDecoder implements SlotDecoder {
  readonly kind = 'slot'
  readonly lanes: number
  bytes: Uint8Array = new Uint8Array(0)
  readonly #decode: SlotDecoder['decode']

  constructor(stream: HotStream) {
    this.lanes = HOT_CODECS[stream].lanes
    this.#decode = HOT_CODECS[stream].decode
  }

  decode(bytes: Uint8Array, position: number, limit: number, slot: Float64Array, base: number): number {
    this.bytes = bytes
    return this.#decode(bytes, position, limit, slot, base)
  }
}

const SCRATCH_BYTES = 1_024

class ResolvingSlotDecoder implements SlotDecoder {
  readonly kind = 'slot'
  readonly lanes: number
  bytes: Uint8Array = new Uint8Array(SCRATCH_BYTES)
  readonly #stream: HotStream
  readonly #resolution: Resolution
  readonly #walker: Walker

  constructor(stream: HotStream, resolution: Resolution) {
    this.lanes = HOT_CODECS[stream].lanes
    this.#stream = stream
    this.#resolution = resolution
    this.#walker = createWalker(resolution.writerType)
  }

  decode(bytes: Uint8Array, position: number, limit: number, slot: Float64Array, base: number): number {
    const next = this.#walker.walk(bytes, position, limit)
    if (next < 0) return next
    try {
      const record = readWalked(this.#resolution, bytes.subarray(position, next))
      const end = this.#encode(record)
      const decoded = HOT_CODECS[this.#stream].decode(this.bytes, 0, end, slot, base)
      return decoded < 0 ? MALFORMED : next
    } catch {
      // Resolution found a value that the stream cannot hold, such as an unknown symbol of an enum.
      return MALFORMED
    }
  }

  /** Encodes into the scratch buffer, which grows to the longest record seen; that one was in memory before. */
  #encode(record: unknown): number {
    // Each encoder takes its own record; which one this is was decided with the codec, by the stream's name.
    const encode = HOT_CODECS[this.#stream].encode as (
      value: unknown,
      bytes: Uint8Array,
      at: number,
    ) => number
    for (;;) {
      const end = encode(record, this.bytes, 0)
      if (end >= 0) return end
      this.bytes = new Uint8Array(this.bytes.length * 2)
    }
  }
}

class AvscDecoder implements RecordDecoder<StreamName> {
  readonly kind = 'record'
  fault = ''
  readonly #resolution: Resolution
  readonly #walker: Walker

  constructor(resolution: Resolution) {
    this.#resolution = resolution
    this.#walker = createWalker(resolution.writerType)
  }

  decode(bytes: Uint8Array): RecordOf[StreamName] | undefined {
    const next = this.#walker.walk(bytes, 0, bytes.length)
    if (next !== bytes.length) {
      this.fault = next < 0 ? describeFault(next) : `${bytes.length - next} bytes follow the record`
      return undefined
    }
    try {
      this.fault = ''
      return readWalked(this.#resolution, bytes) as RecordOf[StreamName]
    } catch (cause) {
      this.fault = messageOf(cause)
      return undefined
    }
  }
}

function readWalked({ stream, resolver }: Resolution, bytes: Uint8Array): unknown {
  return typeOf(stream).fromBuffer(asBuffer(bytes), resolver)
}
