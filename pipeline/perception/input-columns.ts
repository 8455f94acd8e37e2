/**
 * The decoded inputs of one cycle as columns: row `i` is input `i` of the cycle.
 *
 * A busy cycle has thousands of inputs. Objects for each of them cost more than folding them, and the columns are used
 * again for the next cycle. What a row means is valid only for rows that were read in this cycle.
 * Depends on identity and the streams.
 */
import type { IdWords } from '../identity.js'
import type { PackedInputs } from '../ports.js'
import { type InputBody, type InputStream, ORDERED_STREAMS, STREAM_ORDER } from './decoded-input.js'
import { type IdSet, mixId } from './id-set.js'
import type { GroupState } from './state.js'

const FIRST_ROWS = 64

export class InputColumns {
  /** Number of the stream in `STREAM_ORDER`. */
  stream = new Uint8Array(FIRST_ROWS)
  eventTimeMicros = new Float64Array(FIRST_ROWS)
  sequence = new Float64Array(FIRST_ROWS)
  /** Number of the feed in `feeds`. */
  feed = new Int32Array(FIRST_ROWS)
  /** Four words of the id for deduplication, where `hasId`: streams whose records replace each other have none. */
  ids = new Uint32Array(4 * FIRST_ROWS)
  hasId = new Uint8Array(FIRST_ROWS)
  /** What sets file the id under: `mixId`. */
  mixedId = new Int32Array(FIRST_ROWS)
  /** Whether a record of the same stream and id was folded in an earlier cycle. */
  seen = new Uint8Array(FIRST_ROWS)
  /** Facts of a cash movement. */
  amountMinor = new Float64Array(FIRST_ROWS)
  valueDate = new Float64Array(FIRST_ROWS)
  readonly groupId: string[] = []
  readonly accountId: string[] = []
  readonly currency: string[] = []
  /** Undefined when the movement fulfils no expectation. */
  readonly expectedFlow: (IdWords | undefined)[] = []
  /** Undefined for a cash movement. */
  readonly body: (InputBody | undefined)[] = []
  /** Feeds of this cycle, in the order of their first input. */
  readonly feeds: string[] = []
  readonly #feedNumbers = new Map<string, number>()
  #lastFeed = -1
  packed: PackedInputs | undefined

  /** Begins with a cycle; its rows mean nothing yet. */
  begin(packed: PackedInputs): void {
    // Bodies would keep records of the cycle before alive.
    this.body.fill(undefined, 0, this.packed?.count)
    this.packed = packed
    if (packed.count > this.stream.length) this.#grow(packed.count)
    this.feeds.length = 0
    this.#feedNumbers.clear()
    this.#lastFeed = -1
  }

  /** Sets what every input has. */
  setHeader(
    row: number,
    stream: InputStream,
    eventTimeMicros: number,
    feedId: string,
    sequence: number,
  ): void {
    this.stream[row] = STREAM_ORDER[stream]
    this.eventTimeMicros[row] = eventTimeMicros
    this.sequence[row] = sequence
    this.feed[row] = this.#numberOf(feedId)
    this.hasId[row] = 0
  }

  setId(row: number, a: number, b: number, c: number, d: number): void {
    const { ids } = this
    const at = 4 * row
    ids[at] = a
    ids[at + 1] = b
    ids[at + 2] = c
    ids[at + 3] = d
    // Lanes hold words without a sign; the set mixes them as they come out of the column.
    this.mixedId[row] = mixId(a, b, c, d)
    this.hasId[row] = 1
  }

  /** Whether a record of the row's stream and id was folded. */
  isKnown(state: GroupState, row: number): boolean {
    const set = this.#setOf(state, row)
    if (set === undefined) return false
    const { ids } = this
    const at = 4 * row
    return set.hasMixed(this.mixedId[row]!, ids[at]!, ids[at + 1]!, ids[at + 2]!, ids[at + 3]!)
  }

  /** Notes that the row was folded; it must not be known. */
  makeKnown(state: GroupState, row: number): void {
    const { ids } = this
    const at = 4 * row
    this.#setOf(state, row)?.addMixed(this.mixedId[row]!, ids[at]!, ids[at + 1]!, ids[at + 2]!, ids[at + 3]!)
  }

  /** Notes which of the rows were folded in earlier cycles. */
  findSeen(state: GroupState, rows: Int32Array, count: number): void {
    for (let index = 0; index < count; index++) {
      const row = rows[index]!
      this.seen[row] = this.isKnown(state, row) ? 1 : 0
    }
  }

  #setOf(state: GroupState, row: number): IdSet | undefined {
    if (this.hasId[row] === 0) return undefined
    const stream = this.stream[row]!
    return stream === STREAM_ORDER['cash-movement']
      ? state.seen['cash-movement']
      : state.seen[ORDERED_STREAMS[stream]!]
  }

  sameId(a: number, b: number): boolean {
    const { ids } = this
    const [first, second] = [4 * a, 4 * b]
    for (let word = 0; word < 4; word++) if (ids[first + word] !== ids[second + word]) return false
    return true
  }

  #numberOf(feedId: string): number {
    // Feeds come in bursts, and interned: most of the time one comparison of pointers is all.
    if (this.#lastFeed >= 0 && this.feeds[this.#lastFeed] === feedId) return this.#lastFeed
    let number = this.#feedNumbers.get(feedId)
    if (number === undefined) {
      number = this.feeds.length
      this.feeds.push(feedId)
      this.#feedNumbers.set(feedId, number)
    }
    this.#lastFeed = number
    return number
  }

  #grow(rows: number): void {
    const size = Math.max(rows, 2 * this.stream.length)
    this.stream = new Uint8Array(size)
    this.eventTimeMicros = new Float64Array(size)
    this.sequence = new Float64Array(size)
    this.feed = new Int32Array(size)
    this.ids = new Uint32Array(4 * size)
    this.hasId = new Uint8Array(size)
    this.mixedId = new Int32Array(size)
    this.seen = new Uint8Array(size)
    this.amountMinor = new Float64Array(size)
    this.valueDate = new Float64Array(size)
  }
}
