/**
 * All of Weir's topics as a committed reader sees them, whole, for the audits. Depends on the committed reader.
 */
import { type TopicStream, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { CommittedReader } from '../../pipeline/runtime/kafka/files/committed-reader.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import type { SchemaSource } from '../../pipeline/runtime/registry/schema-source.js'
import { schemaJsonOf, TOPIC_STREAMS } from '../../pipeline/runtime/registry/stream-schemas.js'
import { type AuditedLog, type AuditedLogs, readCommitted } from '../../sandbox/simulator/audit/logs.js'
import type { StoredRecord } from '../../sandbox/simulator/broker/partition-log.js'

class TopicLog implements AuditedLog {
  readonly records: StoredRecord[] = []

  constructor(
    readonly topic: string,
    readonly partition: number,
  ) {}

  add(record: StoredRecord): void {
    this.#fillTo(record.offset)
    this.records.push(record)
  }

  read(offset: number, most: number) {
    return readCommitted(this.records, offset, this.records.length, most)
  }

  /** Control records and aborted ones are not shown to a committed reader; they take offsets all the same. */
  #fillTo(offset: number): void {
    while (this.records.length < offset)
      this.records.push({
        offset: this.records.length,
        key: null,
        value: null,
        timestampMs: 0,
        producerId: -1,
        kind: 'marker',
        state: 'committed',
      })
  }
}

export class TopicLogs implements AuditedLogs {
  readonly partitions: number
  readonly #logs = new Map<string, TopicLog>()
  readonly #schemaIds = new Map<string, number>()

  private constructor(partitions: number) {
    this.partitions = partitions
  }

  static async read(settings: KafkaSettings, schemas: SchemaSource, partitions: number): Promise<TopicLogs> {
    const logs = new TopicLogs(partitions)
    for (const stream of TOPIC_STREAMS) {
      logs.#schemaIds.set(stream, await schemas.idFor(stream, schemaJsonOf(stream)))
      await logs.#readTopic(settings, stream)
    }
    return logs
  }

  logOf(topic: string, partition: number): TopicLog {
    const key = `${topic}/${partition}`
    let log = this.#logs.get(key)
    if (log === undefined) {
      log = new TopicLog(topic, partition)
      this.#logs.set(key, log)
    }
    return log
  }

  logs(): Iterable<TopicLog> {
    return this.#logs.values()
  }

  schemaIdOf(stream: string): number {
    return this.#schemaIds.get(stream) ?? -1
  }

  /** Records of a topic, over its partitions. */
  countOf(topic: string): number {
    let count = 0
    for (const log of this.#logs.values())
      if (log.topic === topic) count += log.records.filter(({ kind }) => kind === 'data').length
    return count
  }

  /** Records of a topic that differ from the others of their partition by key or value. */
  distinctOf(topic: string): number {
    let count = 0
    for (const log of this.#logs.values()) {
      if (log.topic !== topic) continue
      const seen = new Set<string>()
      for (const { kind, key, value } of log.records)
        if (kind === 'data') seen.add(`${base64Of(key)} ${base64Of(value)}`)
      count += seen.size
    }
    return count
  }

  async #readTopic(settings: KafkaSettings, stream: TopicStream): Promise<void> {
    const topic = topicOf(settings.topicPrefix, stream)
    const reader = await CommittedReader.open({
      settings,
      topic,
      from: 'beginning',
      partition: undefined,
      untilEnd: true,
      signal: new AbortController().signal,
    })
    try {
      for await (const { partition, offset, key, value, timestamp } of reader.messages())
        this.logOf(topic, partition).add({
          offset,
          key: key === null || key === undefined ? null : Buffer.from(key),
          value: value === null ? null : Buffer.from(value),
          timestampMs: timestamp ?? 0,
          producerId: -1,
          kind: 'data',
          state: 'committed',
        })
    } finally {
      await reader.close()
    }
  }
}

function base64Of(bytes: Uint8Array | null): string {
  return bytes === null ? '-' : Buffer.from(bytes).toString('base64')
}
