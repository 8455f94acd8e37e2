/**
 * From the result of a cycle to the records of the streams beside the journal.
 *
 * Only instructions that may leave are on the instruction topic: a venue that reads committed records can trust it. What was
 * proposed and not released is in the journal and in the decision. Pure. Depends on the Avro layer.
 */
import { decodeRecord, encodeRecord } from '../../../schemas/avro/registry.js'
import { frameRecord } from '../../../schemas/avro/wire-format.js'
import type { StreamName } from '../../../schemas/generated/schemas.js'
import type { RecordOf } from '../../../schemas/generated/types.js'
import type { ResultMessage } from '../workers/result-message.js'
import type { OutgoingRecord, SchemaLookup } from './ports.js'
import { QUERY_STREAM, type TopicStream, topicOf } from './topics.js'

export class Outputs {
  readonly #partition: number
  readonly #prefix: string
  readonly #schemas: SchemaLookup

  constructor(partition: number, topicPrefix: string, schemas: SchemaLookup) {
    this.#partition = partition
    this.#prefix = topicPrefix
    this.#schemas = schemas
  }

  /** Gives each record of the result to `add`, in the order in which they came to be. */
  of(key: Buffer, result: ResultMessage, add: (record: OutgoingRecord) => void): void {
    if (result.records > 0) {
      const { decisions, explanations, instructionEvents, reservations, alerts, deadLetters } = decodeRecord(
        'cycle-result',
        result.result,
      )
      const all = <S extends StreamName>(stream: S, records: readonly RecordOf[S][]) => {
        for (const record of records) add(this.#record(key, stream, encodeRecord(stream, record)))
      }
      all('decision', decisions)
      all('explanation', explanations)
      all('reservation', reservations)
      all('instruction-event', instructionEvents)
      all('alert', alerts)
      all('dead-letter', deadLetters)
    }
    for (const instruction of result.release)
      add(this.#record(key, 'instruction', encodeRecord('instruction', instruction)))
    for (const instruction of result.query)
      add(this.#record(key, QUERY_STREAM, encodeRecord('instruction', instruction)))
  }

  #record(key: Buffer, stream: TopicStream, body: Buffer): OutgoingRecord {
    return {
      topic: topicOf(this.#prefix, stream),
      partition: this.#partition,
      key,
      value: frameRecord(this.#schemas.idOfStream(stream), body),
    }
  }
}
