/** The journal topic, as a command reads it that waits for its effect. Depends on the reader of committed records. */
import { WeirError } from '../../pipeline/errors.js'
import type { JournalBody } from '../../pipeline/ports.js'
import { JOURNAL_STREAM, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { CommittedReader } from '../../pipeline/runtime/kafka/files/committed-reader.js'
import { RecordReader } from '../../pipeline/runtime/kafka/files/record-reader.js'
import { openSchemaSource, type SchemaSource } from '../../pipeline/runtime/registry/schema-source.js'
import type { KafkaTarget } from '../kafka-flags.js'

export interface PartitionEntry {
  readonly partition: number
  readonly body: JournalBody
}

export class TopicJournal {
  readonly #reader: CommittedReader
  readonly #schemas: SchemaSource
  readonly #records: RecordReader

  private constructor(reader: CommittedReader, schemas: SchemaSource) {
    this.#reader = reader
    this.#schemas = schemas
    this.#records = new RecordReader(JOURNAL_STREAM, schemas)
  }

  /** Stands at its place when it is given: what is written from now on is read. @throws WeirError WEIR_KAFKA */
  static async open(
    { kafka, registry }: KafkaTarget,
    from: 'beginning' | 'end',
    untilEnd: boolean,
    signal: AbortSignal,
  ): Promise<TopicJournal> {
    const topic = topicOf(kafka.topicPrefix, JOURNAL_STREAM)
    const reader = await CommittedReader.open({
      settings: kafka,
      topic,
      from,
      partition: undefined,
      untilEnd,
      signal,
    })
    return new TopicJournal(reader, openSchemaSource(registry, kafka.topicPrefix))
  }

  async *entries(): AsyncGenerator<PartitionEntry> {
    for await (const { value, topic, partition, offset } of this.#reader.messages()) {
      if (value === null) continue
      const read = await this.#records.read(value)
      if (typeof read === 'string')
        throw new WeirError('WEIR_JOURNAL', `an entry cannot be read: ${read}`, {
          place: `${topic}/${partition}, offset ${offset}`,
          remedy: 'use the version of weir that the instances have',
        })
      yield { partition, body: (read.record as { readonly body: JournalBody }).body }
    }
  }

  async close(): Promise<void> {
    this.#schemas.close()
    await this.#reader.close()
  }
}
