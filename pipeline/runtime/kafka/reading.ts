/**
 * What was read of one partition number, over one topic or several, and was not handed out yet; bounded. Pure.
 */
import type { BrokerFault, SourceRecord } from '../distributed/ports.js'

/**
 * Above either, the partition is paused at the broker; below half, it goes on. A paused partition's read-ahead is
 * thrown away and fetched again, so the bound is well above what a step of a machine takes.
 */
export const MOST_WAITING_RECORDS = 20_000
export const MOST_WAITING_BYTES = 8 * 1024 * 1024

/** Where a topic of the partition is read. */
export interface TopicPlace {
  readonly topic: string
  /** Next offset that may come; a lower one was seen. */
  next: number
  /** Nothing readable is before it; at least `next`. */
  reached: number
  /** End of what may be read, by the latest survey; -1 while not known. */
  end: number
  /** `reached` at the latest survey, and how many surveys in a row found it there with records left to read. */
  reachedAtSurvey: number
  idleSurveys: number
}

function placeAt(topic: string, offset: number): TopicPlace {
  return { topic, next: offset, reached: offset, end: -1, reachedAtSurvey: -1, idleSurveys: 0 }
}

/** What the client tells of a record. */
export interface ReadMessage {
  readonly topic: string
  readonly offset: number
  readonly size: number
  readonly key?: unknown
  readonly value: unknown
  readonly timestamp?: number | undefined
}

export class Reading {
  readonly partition: number
  readonly places: ReadonlyMap<string, TopicPlace>
  fault: BrokerFault | undefined
  /** Reading began at the broker; before, it is checked whether the offsets are there. */
  assigned = false
  /** By the machine. */
  held = false
  /** At the broker. */
  paused = false
  #queue: SourceRecord[] = []
  #sizes: number[] = []
  #head = 0
  #bytes = 0

  constructor(partition: number, offsets: ReadonlyMap<string, number>) {
    this.partition = partition
    this.places = new Map([...offsets].map(([topic, offset]) => [topic, placeAt(topic, offset)]))
  }

  /** Takes a record unless it was seen. */
  take(place: TopicPlace, message: ReadMessage): void {
    if (message.offset < place.next) return
    place.next = message.offset + 1
    if (place.reached < place.next) place.reached = place.next
    this.#bytes += message.size
    this.#sizes.push(message.size)
    this.#queue.push({
      offset: message.offset,
      key: (message.key ?? null) as Uint8Array | null,
      value: message.value as Uint8Array | null,
      topic: message.topic,
      timestampMs: message.timestamp ?? -1,
    })
  }

  poll(most: number): readonly SourceRecord[] {
    const waiting = this.waiting
    if (waiting === 0) return []
    if (this.#head === 0 && waiting <= most) {
      const all = this.#queue
      this.#clear()
      return all
    }
    const end = Math.min(this.#head + most, this.#queue.length)
    const records = this.#queue.slice(this.#head, end)
    for (let at = this.#head; at < end; at += 1) this.#bytes -= this.#sizes[at]
    this.#head = end
    if (this.#head === this.#queue.length) this.#clear()
    else if (this.#head > MOST_WAITING_RECORDS) this.#compact()
    return records
  }

  /** Whether everything of the topic that was there when it was last asked has been handed out. */
  isAtEnd(topic: string): boolean {
    const place = this.places.get(topic)
    if (place === undefined || place.end < 0 || place.reached < place.end) return false
    for (let at = this.#head; at < this.#queue.length; at++) if (this.#queue[at].topic === topic) return false
    return true
  }

  get waiting(): number {
    return this.#queue.length - this.#head
  }

  get isFull(): boolean {
    return this.waiting > MOST_WAITING_RECORDS || this.#bytes > MOST_WAITING_BYTES
  }

  get hasRoom(): boolean {
    return this.waiting <= MOST_WAITING_RECORDS / 2 && this.#bytes <= MOST_WAITING_BYTES / 2
  }

  /** Records at the broker and here; -1 while not known. */
  get lag(): number {
    let lag = this.waiting
    for (const place of this.places.values()) {
      if (place.end < 0) return -1
      lag += Math.max(0, place.end - place.reached)
    }
    return lag
  }

  #clear(): void {
    this.#queue = []
    this.#sizes = []
    this.#head = 0
    this.#bytes = 0
  }

  #compact(): void {
    this.#queue = this.#queue.slice(this.#head)
    this.#sizes = this.#sizes.slice(this.#head)
    this.#head = 0
  }
}
