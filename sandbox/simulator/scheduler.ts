/**
 * Virtual time: one queue of events, ordered by time and, among equals, by a seeded draw.
 *
 * Nothing in a simulation waits for anything else: everything that happens is an event here. Same seed, same events, same
 * order; the digest over all of them says so. Depends on the sandbox's randomness.
 */
import { createHash, type Hash } from 'node:crypto'
import { Random } from '../random.js'

export const MILLISECOND = 1_000
export const SECOND = 1_000_000

export interface Scheduled {
  readonly atMicros: number
  /** Takes the event back; it must not have happened. */
  cancel(): void
}

class Event implements Scheduled {
  action: (() => void) | undefined

  constructor(
    readonly atMicros: number,
    readonly draw: number,
    readonly order: number,
    readonly label: string,
    action: () => void,
  ) {
    this.action = action
  }

  cancel(): void {
    this.action = undefined
  }
}

function before(one: Event, other: Event): boolean {
  if (one.atMicros !== other.atMicros) return one.atMicros < other.atMicros
  if (one.draw !== other.draw) return one.draw < other.draw
  return one.order < other.order
}

export class Scheduler {
  readonly #heap: Event[] = []
  readonly #random: Random
  readonly #hash: Hash = createHash('sha256')
  #nowMicros = 0
  #order = 0
  #events = 0

  constructor(seed: number) {
    this.#random = new Random('scheduler', seed)
  }

  /** Microseconds since the beginning. */
  get nowMicros(): number {
    return this.#nowMicros
  }

  /** Events that happened. */
  get events(): number {
    return this.#events
  }

  after(delayMicros: number, label: string, action: () => void): Scheduled {
    const atMicros = this.#nowMicros + Math.max(0, Math.floor(delayMicros))
    const event = new Event(atMicros, this.#random.nextUint32(), this.#order++, label, action)
    this.#push(event)
    return event
  }

  /** Lets the next event happen; false when there is none before `untilMicros`. */
  next(untilMicros = Number.POSITIVE_INFINITY): boolean {
    for (;;) {
      const event = this.#heap[0]
      if (event === undefined || event.atMicros > untilMicros) return false
      this.#pop()
      const { action } = event
      if (action === undefined) continue
      this.#nowMicros = event.atMicros
      this.#events++
      this.#hash.update(`${event.atMicros} ${event.label}\n`)
      action()
      return true
    }
  }

  /** Adds to the digest what an event made, such as a record. */
  note(what: string | Uint8Array): void {
    this.#hash.update(what)
  }

  /** Of everything that happened so far. */
  digest(): string {
    return this.#hash.copy().digest('hex')
  }

  #push(event: Event): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(event, heap[parent])) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = event
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++
      if (!before(heap[child], last)) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
  }
}
