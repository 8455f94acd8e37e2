/**
 * The log of one topic partition: offsets, open transactions, control markers, and what committed readers may see.
 *
 * A marker takes an offset as in Kafka, so committed records have gaps between their offsets. Readers of committed records
 * see nothing at or behind the first record of an open transaction (the last stable offset). Depends on nothing.
 */
export interface StoredRecord {
  readonly offset: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
  /** -1 outside of transactions. */
  readonly producerId: number
  readonly kind: 'data' | 'marker'
  /** A record outside of transactions is committed at once. */
  state: 'open' | 'committed' | 'aborted'
}

export interface Fetched {
  readonly records: readonly StoredRecord[]
  /** Offset to go on from. */
  readonly next: number
  /** Last stable offset: all there is to see is below. */
  readonly end: number
}

export class PartitionLog {
  readonly records: StoredRecord[] = []
  /** Records of open transactions, by producer. */
  readonly #open = new Map<number, StoredRecord[]>()
  #waiters: (() => void)[] = []

  constructor(
    readonly topic: string,
    readonly partition: number,
    private readonly onVisible: () => void,
  ) {}

  get endOffset(): number {
    return this.records.length
  }

  get lastStableOffset(): number {
    let stable = this.records.length
    for (const open of this.#open.values()) stable = Math.min(stable, open[0].offset)
    return stable
  }

  /** Appends a record; `producerId` -1 for one outside of a transaction. */
  append(
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    producerId: number,
  ): StoredRecord {
    const state = producerId < 0 ? 'committed' : 'open'
    const record: StoredRecord = {
      offset: this.records.length,
      key,
      value,
      timestampMs,
      producerId,
      kind: 'data',
      state,
    }
    this.records.push(record)
    if (producerId >= 0) {
      const open = this.#open.get(producerId)
      if (open === undefined) this.#open.set(producerId, [record])
      else open.push(record)
    } else this.#wake()
    return record
  }

  /** Ends the producer's open transaction in this partition with a marker. */
  end(producerId: number, committed: boolean, timestampMs: number): void {
    const state = committed ? 'committed' : 'aborted'
    for (const record of this.#open.get(producerId) ?? []) record.state = state
    this.#open.delete(producerId)
    const offset = this.records.length
    this.records.push({ offset, key: null, value: null, timestampMs, producerId, kind: 'marker', state })
    this.#wake()
  }

  /** Committed records from `offset` on. */
  read(offset: number, most: number): Fetched {
    const end = this.lastStableOffset
    const records: StoredRecord[] = []
    let next = offset
    for (; next < end && records.length < most; next++) {
      const record = this.records[next]
      if (record.kind === 'data' && record.state === 'committed') records.push(record)
    }
    return { records, next, end }
  }

  /** Called once, when committed readers may see more. */
  awaitMore(wake: () => void): void {
    this.#waiters.push(wake)
  }

  #wake(): void {
    this.onVisible()
    const waiters = this.#waiters
    this.#waiters = []
    for (const wake of waiters) wake()
  }
}
