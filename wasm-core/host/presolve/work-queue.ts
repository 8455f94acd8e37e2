/** First in, first out, each member at most once: what has changed and waits to be looked at. Depends on nothing. */
export class WorkQueue {
  readonly #ring: Int32Array
  readonly #isWaiting: Uint8Array
  #front = 0
  #size = 0

  /** For members 0 .. count - 1: none of them waits, or all do, in order. */
  constructor(count: number, isFull = false) {
    this.#ring = new Int32Array(Math.max(1, count))
    this.#isWaiting = new Uint8Array(count)
    if (!isFull) return
    for (let member = 0; member < count; member++) this.#ring[member] = member
    this.#isWaiting.fill(1)
    this.#size = count
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  add(member: number): void {
    if (this.#isWaiting[member] !== 0) return
    this.#isWaiting[member] = 1
    let end = this.#front + this.#size
    if (end >= this.#ring.length) end -= this.#ring.length
    this.#ring[end] = member
    this.#size++
  }

  /** The longest waiting member; the caller knows that there is one. */
  take(): number {
    const member = this.#ring[this.#front]
    this.#front = this.#front + 1 === this.#ring.length ? 0 : this.#front + 1
    this.#size--
    this.#isWaiting[member] = 0
    return member
  }
}
