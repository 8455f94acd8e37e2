/**
 * A single-producer, single-consumer ring of 64-byte slots in shared memory.
 *
 * One thread writes frames, one other reads them; both are bounded by the ring's size. The producer sees
 * back-pressure as `tryWrite` returning false. Depends on nothing but shared memory and atomics.
 *
 *   byte   0  produced   slots written so far, modulo 2^32      (written by the producer)
 *   byte  64  consumed   slots read so far, modulo 2^32         (written by the consumer)
 *   byte 128  starved    1 while the consumer waits for a frame (see bell.ts)
 *   byte 192  stuffed    1 while the producer waits for room
 *   byte 256  slot 0, slot 1, ... each 64 bytes
 *
 * Each control word has a cache line of its own, so that neither side slows the other down.
 *
 * A frame takes whole slots and may wrap around the end:
 *
 *   byte 0      4       8      12      16                       16 + length
 *        ├length┼─kind──┼─first┼second─┼──── payload ... ────────┼─ rest of the last slot, unused ─┤
 *
 * Invariant: 0 <= produced - consumed <= slots, in arithmetic modulo 2^32; it holds across the wrap of the
 * counters because the number of slots is a power of two.
 */
import { invariant } from '../../errors.js'

export const SLOT_BYTES = 64
const FRAME_HEADER_BYTES = 16
const CONTROL_BYTES = 256

const PRODUCED = 0
const CONSUMED = 16
/** Index of the word that tells that the consumer waits. */
export const STARVED_WORD = 32
/** Index of the word that tells that the producer waits. */
export const STUFFED_WORD = 48

/** A frame as read: a copy of its own, safe to keep. */
export interface Frame {
  readonly kind: number
  readonly first: number
  readonly second: number
  readonly payload: Buffer
}

/** Makes the shared memory of a ring that holds `slots` (a power of two) slots. */
export function createRingMemory(slots: number): SharedArrayBuffer {
  invariant(Number.isInteger(Math.log2(slots)) && slots >= 2, 'the slots of a ring are a power of two')
  return new SharedArrayBuffer(CONTROL_BYTES + slots * SLOT_BYTES)
}

export class Ring {
  /** The control words, for `Atomics.wait` by whoever waits. */
  readonly control: Int32Array
  readonly capacityBytes: number
  readonly #words: Int32Array
  readonly #bytes: Buffer
  readonly #slots: number

  constructor(memory: SharedArrayBuffer) {
    this.control = new Int32Array(memory, 0, CONTROL_BYTES / 4)
    this.capacityBytes = memory.byteLength - CONTROL_BYTES
    this.#slots = this.capacityBytes / SLOT_BYTES
    this.#words = new Int32Array(memory, CONTROL_BYTES)
    this.#bytes = Buffer.from(memory, CONTROL_BYTES)
  }

  /** Largest payload of one frame; a larger message is cut by whoever writes it. */
  get maxPayloadBytes(): number {
    return this.capacityBytes - FRAME_HEADER_BYTES
  }

  /** Slots written and not yet read. */
  get used(): number {
    return (Atomics.load(this.control, PRODUCED) - Atomics.load(this.control, CONSUMED)) >>> 0
  }

  get free(): number {
    return this.#slots - this.used
  }

  /** Slots that a payload of `length` bytes takes. */
  static slotsOf(length: number): number {
    return Math.ceil((FRAME_HEADER_BYTES + length) / SLOT_BYTES)
  }

  /** Writes a frame if there is room; false tells that there is none. Producer only. */
  tryWrite(kind: number, first: number, second: number, payload: Uint8Array): boolean {
    const needed = Ring.slotsOf(payload.length)
    invariant(needed <= this.#slots, 'a frame is larger than its ring')
    const produced = Atomics.load(this.control, PRODUCED)
    const used = (produced - Atomics.load(this.control, CONSUMED)) >>> 0
    if (this.#slots - used < needed) return false

    const start = ((produced >>> 0) % this.#slots) * SLOT_BYTES
    const word = start >> 2
    this.#words[word] = payload.length
    this.#words[word + 1] = kind
    this.#words[word + 2] = first
    this.#words[word + 3] = second
    const from = start + FRAME_HEADER_BYTES
    const straight = Math.min(payload.length, this.capacityBytes - from)
    if (straight === payload.length) this.#bytes.set(payload, from)
    else {
      this.#bytes.set(payload.subarray(0, straight), from)
      this.#bytes.set(payload.subarray(straight), 0)
    }
    // The frame becomes visible here and not before: a sequentially consistent store after plain ones.
    Atomics.store(this.control, PRODUCED, (produced + needed) | 0)
    return true
  }

  /** Reads the next frame, or undefined when there is none. Consumer only. */
  tryRead(): Frame | undefined {
    const consumed = Atomics.load(this.control, CONSUMED)
    if (Atomics.load(this.control, PRODUCED) === consumed) return undefined
    const start = ((consumed >>> 0) % this.#slots) * SLOT_BYTES
    const word = start >> 2
    const length = this.#words[word]
    const kind = this.#words[word + 1]
    const first = this.#words[word + 2]
    const second = this.#words[word + 3]
    // Memory of its own (not of the shared pool), so that a kept part does not keep a pool slab alive.
    const payload = Buffer.allocUnsafeSlow(length)
    const from = start + FRAME_HEADER_BYTES
    const straight = Math.min(length, this.capacityBytes - from)
    this.#bytes.copy(payload, 0, from, from + straight)
    if (straight < length) this.#bytes.copy(payload, straight, 0, length - straight)
    Atomics.store(this.control, CONSUMED, (consumed + Ring.slotsOf(length)) | 0)
    return { kind, first, second, payload }
  }
}
