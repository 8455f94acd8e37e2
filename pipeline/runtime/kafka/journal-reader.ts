/**
 * Reads the journal topic: committed records of owned, and of followed, partitions. Depends on the topic reader.
 */

import type { Ringable } from '../distributed/pending-operation.js'
import type { BrokerFault, JournalReader, LogRecord, Operation } from '../distributed/ports.js'
import { JOURNAL_STREAM, topicOf } from '../distributed/topics.js'
import type { KafkaSettings } from './settings.js'
import { TopicReader } from './topic-reader.js'

export class KafkaJournalReader implements JournalReader {
  readonly #topic: string
  readonly #reader: TopicReader

  constructor(settings: KafkaSettings, bell: Ringable) {
    this.#topic = topicOf(settings.topicPrefix, JOURNAL_STREAM)
    this.#reader = new TopicReader(settings, 'journal reader', bell)
  }

  start(partition: number, offset: number): void {
    this.#reader.start(partition, new Map([[this.#topic, offset]]))
  }

  stop(partition: number): void {
    this.#reader.stop(partition)
  }

  poll(partition: number, most: number): readonly LogRecord[] {
    return this.#reader.poll(partition, most)
  }

  endOf(partition: number): Operation<number> {
    return this.#reader.endOf(this.#topic, partition)
  }

  faultOf(partition: number): BrokerFault | undefined {
    return this.#reader.readingOf(partition)?.fault
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}
