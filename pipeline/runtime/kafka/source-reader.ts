/**
 * Reads the source topics of owned partitions, the same partition of each. Depends on the topic reader.
 */

import type { Ringable } from '../distributed/pending-operation.js'
import type { BrokerFault, SourceReader, SourceRecord } from '../distributed/ports.js'
import { SOURCE_STREAMS, topicOf } from '../distributed/topics.js'
import type { KafkaSettings } from './settings.js'
import { TopicReader } from './topic-reader.js'

/** Where a topic is read of which nothing was read yet. */
const BEGINNING = -1

export class KafkaSourceReader implements SourceReader {
  readonly #topics: readonly string[]
  readonly #reader: TopicReader

  constructor(settings: KafkaSettings, bell: Ringable) {
    this.#topics = SOURCE_STREAMS.map((stream) => topicOf(settings.topicPrefix, stream))
    this.#reader = new TopicReader(settings, 'source reader', bell)
  }

  start(partition: number, offsets: ReadonlyMap<string, number>, topics = this.#topics): void {
    const from = topics.map((topic): [string, number] => [topic, offsets.get(topic) ?? BEGINNING])
    this.#reader.start(partition, new Map(from))
  }

  stop(partition: number): void {
    this.#reader.stop(partition)
  }

  pause(partition: number): void {
    this.#reader.hold(partition, true)
  }

  resume(partition: number): void {
    this.#reader.hold(partition, false)
  }

  poll(partition: number, most: number): readonly SourceRecord[] {
    return this.#reader.poll(partition, most)
  }

  faultOf(partition: number): BrokerFault | undefined {
    return this.#reader.readingOf(partition)?.fault
  }

  atEnd(partition: number, topic: string): boolean {
    return this.#reader.readingOf(partition)?.isAtEnd(topic) ?? false
  }

  lagOf(partition: number): number {
    return this.#reader.readingOf(partition)?.lag ?? -1
  }

  close(): Promise<void> {
    return this.#reader.close()
  }
}
