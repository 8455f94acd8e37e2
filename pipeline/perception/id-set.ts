/**
 * The ids already seen, for deduplication: open addressing over an append-only log, in two generations.
 *
 *   log    Uint32Array   4 words an id, in order of arrival
 *   table  Int32Array    1 + index into the log, 0 for empty; twice as many places as ids
 *
 * When the log is full it becomes the previous generation and a new one begins, so memory is bounded and at
 * least the last `capacity` ids are known. The log alone is the state: the table is rebuilt from it, which
 * makes a restored set behave, and serialize, as the one it was taken from. Depends on nothing.
 */

/** 2^18 ids a generation: more than two busy days of a group, 12 MiB when both generations are full. */
export const ID_SET_CAPACITY = 1 << 18

const INITIAL_IDS = 1 << 10

class Generation {
  log = new Uint32Array(INITIAL_IDS * 4)
  table = new Int32Array(INITIAL_IDS * 2)
  size = 0

  has(a: number, b: number, c: number, d: number): boolean {
    const mask = this.table.length - 1
    const log = this.log
    for (let place = hash(a, b, c, d) & mask; ; place = (place + 1) & mask) {
      const entry = this.table[place]!
      if (entry === 0) return false
      const at = (entry - 1) * 4
      if (log[at] === a && log[at + 1] === b && log[at + 2] === c && log[at + 3] === d) return true
    }
  }

  add(a: number, b: number, c: number, d: number): void {
    if (this.size * 4 === this.log.length) this.grow()
    const at = this.size * 4
    this.log[at] = a
    this.log[at + 1] = b
    this.log[at + 2] = c
    this.log[at + 3] = d
    this.size++
    this.index(this.size)
  }

  private index(entry: number): void {
    const at = (entry - 1) * 4
    const mask = this.table.length - 1
    let place = hash(this.log[at]!, this.log[at + 1]!, this.log[at + 2]!, this.log[at + 3]!) & mask
    while (this.table[place] !== 0) place = (place + 1) & mask
    this.table[place] = entry
  }

  private grow(): void {
    const log = new Uint32Array(this.log.length * 2)
    log.set(this.log)
    this.log = log
    this.table = new Int32Array(this.table.length * 2)
    for (let entry = 1; entry <= this.size; entry++) this.index(entry)
  }
}

/** Ids are random or hashed, but an adversary may choose them: mix all words (murmur3 finalizer). */
function hash(a: number, b: number, c: number, d: number): number {
  let h = a ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35) ^ Math.imul(d, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

export class IdSet {
  private current = new Generation()
  private previous = new Generation()

  constructor(private readonly capacity = ID_SET_CAPACITY) {}

  get size(): number {
    return this.current.size + this.previous.size
  }

  /** Whether the id of four 32-bit words was added. */
  has(a: number, b: number, c: number, d: number): boolean {
    return this.current.has(a, b, c, d) || this.previous.has(a, b, c, d)
  }

  /** Adds an id that is not in the set. */
  add(a: number, b: number, c: number, d: number): void {
    if (this.current.size === this.capacity) {
      this.previous = this.current
      this.current = new Generation()
    }
    this.current.add(a, b, c, d)
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
  const bytes = Buffer.alloc(generation.size * 16)
  for (let i = 0; i < generation.size * 4; i++) bytes.writeUInt32BE(generation.log[i]!, i * 4)
  return bytes.toString('base64')
}

function textToGeneration(text: string): Generation {
  const bytes = Buffer.from(text, 'base64')
  const generation = new Generation()
  for (let at = 0; at + 16 <= bytes.length; at += 16) {
    generation.add(
      bytes.readUInt32BE(at),
      bytes.readUInt32BE(at + 4),
      bytes.readUInt32BE(at + 8),
      bytes.readUInt32BE(at + 12),
    )
  }
  return generation
}
