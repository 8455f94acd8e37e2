/**
 * Inputs of one group that wait for their cycle, in the order of arrival, in portions that are one cycle each.
 *
 * Each portion knows the range of offsets that it holds of every topic: from that follows how far a topic is journaled.
 * Pure. Depends on the cycle codec.
 */
import { type EncodedInputs, InputBuffer } from '../cycles/cycle-codec.js'
import { CYCLE_BYTES_MOST, CYCLE_INPUTS_MOST } from './limits.js'

/** Offsets by topic. */
export type Offsets = ReadonlyMap<string, number>

export interface Portion {
  readonly inputs: EncodedInputs
  /** First and last offset of each topic. */
  readonly first: Offsets
  readonly last: Offsets
}

interface OpenPortion {
  first: Map<string, number>
  last: Map<string, number>
}

export class WaitingInputs {
  readonly #buffer = new InputBuffer()
  readonly #sealed: Portion[] = []
  #sealedBytes = 0
  #open: OpenPortion = { first: new Map(), last: new Map() }

  get bytes(): number {
    return this.#sealedBytes + this.#buffer.length
  }

  get isEmpty(): boolean {
    return this.#sealed.length === 0 && this.#buffer.count === 0
  }

  /** Takes an input; the payload is copied. Offsets of a topic only rise. */
  add(topic: string, source: number, offset: number, arrivedAtMicros: number, payload: Uint8Array): void {
    const { first, last } = this.#open
    if (!first.has(topic)) first.set(topic, offset)
    last.set(topic, offset)
    this.#buffer.append(source, offset, arrivedAtMicros, payload)
    if (this.#buffer.count >= CYCLE_INPUTS_MOST || this.#buffer.length >= CYCLE_BYTES_MOST) this.#seal()
  }

  /** The oldest portion, for a cycle; undefined when nothing waits. */
  take(): Portion | undefined {
    if (this.#sealed.length === 0 && this.#buffer.count > 0) this.#seal()
    const portion = this.#sealed.shift()
    this.#sealedBytes -= portion?.inputs.bytes.length ?? 0
    return portion
  }

  /** Lowers the offsets in `lowest` to the first ones that wait here. */
  lowerTo(lowest: Map<string, number>): void {
    const oldest = this.#sealed[0]?.first ?? this.#open.first
    lower(lowest, oldest)
    // A topic may be absent from the oldest portion and wait in a younger one.
    for (let index = 1; index < this.#sealed.length; index++) lower(lowest, this.#sealed[index].first)
    if (this.#sealed.length > 0) lower(lowest, this.#open.first)
  }

  clear(): void {
    this.#buffer.take()
    this.#sealed.length = 0
    this.#sealedBytes = 0
    this.#open = { first: new Map(), last: new Map() }
  }

  #seal(): void {
    const inputs = this.#buffer.take()
    this.#sealed.push({ inputs, first: this.#open.first, last: this.#open.last })
    this.#sealedBytes += inputs.bytes.length
    this.#open = { first: new Map(), last: new Map() }
  }
}

/** Lowers each offset in `lowest` to that in `offsets` where it is lower. */
export function lower(lowest: Map<string, number>, offsets: Offsets): void {
  for (const [topic, offset] of offsets) {
    const known = lowest.get(topic)
    if (known === undefined || offset < known) lowest.set(topic, offset)
  }
}
