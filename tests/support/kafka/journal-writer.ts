/**
 * Writes a partition of a journal topic as its owner does: a mark, and entries in transactions, some of which come to nothing.
 * For tests only. Depends on the support for a real Kafka.
 */
import { JournalChain } from '../../../pipeline/runtime/distributed/journal-entries.js'
import { JOURNAL_STREAM, topicOf } from '../../../pipeline/runtime/distributed/topics.js'
import type { KafkaSettings } from '../../../pipeline/runtime/kafka/settings.js'
import { KafkaWriter } from '../../../pipeline/runtime/kafka/writer.js'
import { fixedIdOf } from '../../../pipeline/runtime/registry/stream-schemas.js'
import type { JournalEntryReader } from '../../../sinks/journal/journal-port.js'
import { done, opened } from './ports-fixture.js'

const ENTRIES_A_TRANSACTION = 25

export class JournalWriter {
  readonly #writer: KafkaWriter
  readonly #partition: number
  readonly #settings: KafkaSettings
  readonly #entries: readonly JournalEntryReader[]
  readonly #chain = new JournalChain()
  #next = 0

  constructor(settings: KafkaSettings, partition: number, entries: readonly JournalEntryReader[]) {
    this.#settings = settings
    this.#partition = partition
    this.#entries = entries
    this.#writer = new KafkaWriter(settings, partition, { ring: () => undefined })
  }

  async open(): Promise<void> {
    await opened(this.#writer)
    this.#produce(Buffer.from('takeover'), null)
    await done(this.#writer.commit())
  }

  async writeUntil(end: number): Promise<void> {
    while (this.#next < end) {
      if (this.#next % (4 * ENTRIES_A_TRANSACTION) === 0) {
        this.#produce(null, Buffer.from('of a transaction that is aborted'))
        await done(this.#writer.abort())
      }
      for (let count = 0; count < ENTRIES_A_TRANSACTION && this.#next < end; count++, this.#next++) {
        const body = this.#entries[this.#next]!.decode()
        this.#produce(null, this.#chain.appendBody(fixedIdOf(JOURNAL_STREAM), body))
      }
      await done(this.#writer.commit())
    }
  }

  close(): void {
    this.#writer.close()
  }

  #produce(key: Buffer | null, value: Buffer | null): void {
    const topic = topicOf(this.#settings.topicPrefix, JOURNAL_STREAM)
    this.#writer.produce({ topic, partition: this.#partition, key, value })
  }
}
