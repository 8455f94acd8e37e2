/**
 * How far a partition is worked off when its records end in any order: everything before the oldest unfinished one.
 * Pure.
 */
export class OffsetProgress {
  /** Unfinished records, by how often they are under way: a rebalance may bring one again. */
  readonly #open = new Map<number, number>()
  #next = -1

  begin(offset: number): void {
    this.#open.set(offset, (this.#open.get(offset) ?? 0) + 1)
    this.#next = Math.max(this.#next, offset + 1)
  }

  end(offset: number): void {
    const times = this.#open.get(offset) ?? 0
    if (times > 1) this.#open.set(offset, times - 1)
    else this.#open.delete(offset)
  }

  /** Every record before this offset is finished; -1 before the first. */
  get done(): number {
    let least = this.#next
    for (const offset of this.#open.keys()) if (offset < least) least = offset
    return least
  }
}
