/**
 * A journal topic in memory, with what a real one has between entries: marks of takeovers, offsets without a record.
 * Not used by product code.
 */
import { JournalChain } from '../../../pipeline/runtime/distributed/journal-entries.js'
import type { LogRecord } from '../../../pipeline/runtime/distributed/ports.js'
import { journalSchema } from '../../../pipeline/runtime/journal/record-types.js'
import type { Bell } from '../journal-topic/bell.js'
import type { JournalTopicPorts, JournalTopicReader } from '../journal-topic/journal-partition.js'
import { silentLog } from './engine.js'
import type { SyntheticDay } from './synthetic-day.js'

const SCHEMA_ID = 41
/** A transaction of so many entries is followed by an offset that its end takes. */
const ENTRIES_A_TRANSACTION = 7
/** After so many transactions somebody takes over. */
const TRANSACTIONS_AN_OWNER = 5

interface PartitionLog {
  readonly records: LogRecord[]
  readonly chain: JournalChain
  end: number
}

export class MemoryTopic {
  readonly #partitions: PartitionLog[]

  constructor(partitions: number) {
    this.#partitions = Array.from({ length: partitions }, () => ({
      records: [],
      chain: new JournalChain(),
      end: 0,
    }))
  }

  /** Appends entries of a day from its entry `from` on. */
  write(partition: number, day: SyntheticDay, from = 0, until = day.entries.length): void {
    const log = this.#partitions[partition]!
    for (let index = from; index < until; index++) {
      if (index % (ENTRIES_A_TRANSACTION * TRANSACTIONS_AN_OWNER) === 0) {
        log.records.push({ offset: log.end, key: Buffer.from(`takeover ${index}`), value: null })
        log.end += 2
      }
      const value = log.chain.appendBody(SCHEMA_ID, day.entries[index]!.body)
      log.records.push({ offset: log.end, key: null, value })
      log.end += index % ENTRIES_A_TRANSACTION === ENTRIES_A_TRANSACTION - 1 ? 2 : 1
    }
  }

  ports(bell: Bell): Omit<JournalTopicPorts, 'signal'> {
    return {
      reader: new MemoryTopicReader(this.#partitions),
      schemaOf: async (id) => (id === SCHEMA_ID ? journalSchema : undefined),
      bell,
      log: silentLog,
    }
  }
}

class MemoryTopicReader implements JournalTopicReader {
  readonly topic = 'weir.cycle'
  readonly #partitions: readonly PartitionLog[]
  readonly #offsets = new Map<number, number>()
  /** By partition, the offsets at which reading was begun. */
  readonly starts = new Map<number, number[]>()

  constructor(partitions: readonly PartitionLog[]) {
    this.#partitions = partitions
  }

  start(partition: number, offset: number): void {
    this.starts.set(partition, [...(this.starts.get(partition) ?? []), offset])
    this.#offsets.set(partition, Math.max(0, offset))
  }

  stop(partition: number): void {
    this.#offsets.delete(partition)
  }

  poll(partition: number, most: number): readonly LogRecord[] {
    const from = this.#offsets.get(partition)
    if (from === undefined) return []
    const { records } = this.#partitions[partition]!
    const first = records.findIndex((record) => record.offset >= from)
    const found = first < 0 ? [] : records.slice(first, first + Math.min(most, 11))
    const last = found.at(-1)
    if (last !== undefined) this.#offsets.set(partition, last.offset + 1)
    return found
  }

  faultOf(): undefined {
    return undefined
  }

  lagOf(partition: number): number | undefined {
    const from = this.#offsets.get(partition)
    if (from === undefined) return undefined
    const { records } = this.#partitions[partition]!
    return records.filter((record) => record.offset >= from).length
  }
}
