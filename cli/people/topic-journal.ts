/** The journal topic, as a command reads it that waits for its effect. Depends on the reader of committed records. */
import { WeirError } from '../../pipeline/errors.js'
import type { JournalBody } from '../../pipeline/ports.js'
import { JOURNAL_STREAM, topicOf } from '../../pipeline/runtime/distributed/topics.js'
import type { Message } from '../../pipeline/runtime/kafka/client.js'
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
    for await (const batch of this.batches()) yield* batch
  }

  /** As they come; an empty one after a while without entries. */
  async *batches(): AsyncGenerator<readonly PartitionEntry[]> {
    for await (const messages of this.#reader.batches()) {
      const entries: PartitionEntry[] = []
      for (const message of messages) {
        const body = await this.#bodyOf(message)
        if (body !== undefined) entries.push({ partition: message.partition, body })
      }
      yield entries
    }
  }

  /** Whether everything was given that the topic held when reading began. */
  get isCaughtUp(): boolean {
    return this.#reader.isCaughtUp
  }

  /** Undefined for the mark of a takeover. */
  async #bodyOf({ value, topic, partition, offset }: Message): Promise<JournalBody | undefined> {
    if (value === null) return undefined
    const read = await this.#records.read(value)
    if (typeof read !== 'string') return (read.record as { readonly body: JournalBody }).body
    throw new WeirError('WEIR_JOURNAL', `an entry cannot be read: ${read}`, {
      place: `${topic}/${partition}, offset ${offset}`,
      remedy: 'use the version of weir that the instances have',
    })
  }

  async close(): Promise<void> {
    this.#schemas.close()
    await this.#reader.close()
  }
}
