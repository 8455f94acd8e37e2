/**
 * The ids already seen, for deduplication: open addressing over an append-only log, in two generations.
 *
 *   log    Uint32Array   4 words an id, in order of arrival
 *   table  Int32Array    0 for empty, or 13 bits of the hash and 1 + index into the log; twice as many places as ids
 *
 * When the log is full it becomes the previous generation and a new one begins, so memory is bounded and at
 * least the last `capacity` ids are known. The log alone is the state: the table is rebuilt from it, which
 * makes a restored set behave, and serialize, as the one it was taken from. Depends on nothing.
 */

/** 2^18 ids a generation: more than two busy days of a group, 12 MiB when both generations are full. */
export const ID_SET_CAPACITY = 1 << 18

const INITIAL_IDS = 1 << 10

/**
 * Bits of a table's entry that number the log; the others are bits of the hash, so that an entry of another id is told
 * without a look into the log, which is rarely in the cache.
 */
const ENTRY_BITS = 19
const ENTRY_MASK = (1 << ENTRY_BITS) - 1
const TAG_MASK = ~ENTRY_MASK

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

class Generation {
  log = new Uint32Array(INITIAL_IDS * 4)
  table = new Int32Array(INITIAL_IDS * 2)
  size = 0

  /** Where the id would be put, or -1 when it is there. */
  placeFor(mixed: number, a: number, b: number, c: number, d: number): number {
    const { table, log } = this
    const mask = table.length - 1
    for (let place = mixed & mask; ; place = (place + 1) & mask) {
      const entry = table[place]!
      if (entry === 0) return place
      if (((entry ^ mixed) & TAG_MASK) !== 0) continue
      const at = ((entry & ENTRY_MASK) - 1) * 4
      if (log[at] === a && log[at + 1] === b && log[at + 2] === c && log[at + 3] === d) return -1
    }
  }

  add(mixed: number, a: number, b: number, c: number, d: number): void {
    if (this.size * 4 === this.log.length) this.grow()
    const at = this.size * 4
    this.log[at] = a
    this.log[at + 1] = b
    this.log[at + 2] = c
    this.log[at + 3] = d
    this.size++
    this.index(mixed, this.size)
  }

  /** Its memory is used again: a full generation is megabytes. */
  clear(): void {
    this.size = 0
    this.table.fill(0)
  }

  private index(mixed: number, entry: number): void {
    const mask = this.table.length - 1
    let place = mixed & mask
    while (this.table[place] !== 0) place = (place + 1) & mask
    this.table[place] = (mixed & TAG_MASK) | entry
  }

  private grow(): void {
    const log = new Uint32Array(this.log.length * 2)
    log.set(this.log)
    this.log = log
    this.table = new Int32Array(this.table.length * 2)
    for (let entry = 1; entry <= this.size; entry++) {
      const at = (entry - 1) * 4
      this.index(mixId(log[at]!, log[at + 1]!, log[at + 2]!, log[at + 3]!), entry)
    }
  }
}

/**
 * What a set files an id under; whoever asks more than once keeps it. Ids are random or hashed, but an adversary may choose
 * them: mix all words (murmur3 finalizer).
 */
export function mixId(a: number, b: number, c: number, d: number): number {
  let h = a ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

export class IdSet {
  private current = new Generation()
  private previous = new Generation()

  /** @param capacity at most `ID_SET_CAPACITY`: entries of the table have no room for more */
  constructor(private readonly capacity = ID_SET_CAPACITY) {}

  get size(): number {
    return this.current.size + this.previous.size
  }

  /** Whether the id of four 32-bit words was added. */
  has(a: number, b: number, c: number, d: number): boolean {
    return this.hasMixed(mixId(a, b, c, d), a, b, c, d)
  }

  /** As `has`, with the id's `mixId`. */
  hasMixed(mixed: number, a: number, b: number, c: number, d: number): boolean {
    return (
      this.current.placeFor(mixed, a, b, c, d) < 0 ||
      (this.previous.size > 0 && this.previous.placeFor(mixed, a, b, c, d) < 0)
    )
  }

  /** Adds an id that is not in the set. */
  add(a: number, b: number, c: number, d: number): void {
    this.addMixed(mixId(a, b, c, d), a, b, c, d)
  }

  /** As `add`, with the id's `mixId`. */
  addMixed(mixed: number, a: number, b: number, c: number, d: number): void {
    if (this.current.size === this.capacity) {
      const forgotten = this.previous
      this.previous = this.current
      this.current = forgotten
      forgotten.clear()
    }
    this.current.add(mixed, a, b, c, d)
  }

  /** The two logs as base64 of big-endian words: equal sets give equal text. */
  serialize(): readonly [string, string] {
    return [logToText(this.previous), logToText(this.current)]
  }

  static restore(logs: readonly [string, string], capacity = ID_SET_CAPACITY): IdSet {
    const set = new IdSet(capacity)
    set.previous = textToGeneration(logs[0])
    set.current = textToGeneration(logs[1])
    return set
  }
}

function logToText(generation: Generation): string {
  const bytes = Buffer.from(generation.log.slice(0, generation.size * 4).buffer)
  // Big-endian on any machine; nearly all are little-endian.
  if (IS_LITTLE_ENDIAN) bytes.swap32()
  return bytes.toString('base64')
}

function textToGeneration(text: string): Generation {
  const bytes = Buffer.from(text, 'base64')
  const generation = new Generation()
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    const a = bytes.readUInt32BE(at)
    const b = bytes.readUInt32BE(at + 4)
    const c = bytes.readUInt32BE(at + 8)
    const d = bytes.readUInt32BE(at + 12)
    generation.add(mixId(a, b, c, d), a, b, c, d)
  }
  return generation
}
