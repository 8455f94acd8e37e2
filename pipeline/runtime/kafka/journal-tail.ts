/**
 * The journal topic as those read it who only follow: the journal reader, and how far it is.
 * Depends on the topic reader.
 */

import type { Ringable } from '../distributed/pending-operation.js'
import type { BrokerFault, LogRecord } from '../distributed/ports.js'
import { JOURNAL_STREAM, topicOf } from '../distributed/topics.js'
import type { KafkaSettings } from './settings.js'
import { TopicReader } from './topic-reader.js'

export class KafkaJournalTail {
  readonly topic: string
  readonly #reader: TopicReader

  constructor(settings: KafkaSettings, bell: Ringable) {
    this.topic = topicOf(settings.topicPrefix, JOURNAL_STREAM)
    this.#reader = new TopicReader(settings, 'journal', bell)
  }

  start(partition: number, offset: number): void {
    this.#reader.start(partition, new Map([[this.topic, offset]]))
  }

  stop(partition: number): void {
    this.#reader.stop(partition)
  }

  poll(partition: number, most: number): readonly LogRecord[] {
    return this.#reader.poll(partition, most)
  }

  faultOf(partition: number): BrokerFault | undefined {
    return this.#reader.readingOf(partition)?.fault
  }

  /** Offsets up to the end, as the broker told it last, that were not polled yet; undefined until it was asked. */
  lagOf(partition: number): number | undefined {
    const lag = this.#reader.readingOf(partition)?.lag
    return lag === undefined || lag < 0 ? undefined : lag
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}
