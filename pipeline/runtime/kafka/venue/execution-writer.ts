/**
 * A venue's reports into the topic of executions: acknowledged by all copies, keyed by group, in the group's partition.
 * Depends on the sender.
 */
import { encodeRecord } from '../../../../schemas/avro/registry.js'
import { frameRecord } from '../../../../schemas/avro/wire-format.js'
import type { Execution } from '../../../../schemas/generated/types.js'
import type { WeirError } from '../../../errors.js'
import { partitionOf, topicOf } from '../../distributed/topics.js'
import type { SchemaSource } from '../../registry/schema-source.js'
import { schemaJsonOf } from '../../registry/stream-schemas.js'
import { recordKey } from '../files/record-key.js'
import { Sender } from '../files/sender.js'
import type { KafkaSettings } from '../settings.js'

export class ExecutionWriter {
  readonly #sender: Sender
  readonly #topic: string
  readonly #partitions: number
  readonly #schemaId: number
  written = 0

  private constructor(sender: Sender, topic: string, partitions: number, schemaId: number) {
    this.#sender = sender
    this.#topic = topic
    this.#partitions = partitions
    this.#schemaId = schemaId
  }

  /** @throws WeirError WEIR_KAFKA, WEIR_REGISTRY */
  static async open(settings: KafkaSettings, schemas: SchemaSource): Promise<ExecutionWriter> {
    const schemaId = await schemas.idFor('execution', schemaJsonOf('execution'))
    const sender = await Sender.open(settings)
    const topic = topicOf(settings.topicPrefix, 'execution')
    try {
      return new ExecutionWriter(sender, topic, await sender.partitionsOf(topic), schemaId)
    } catch (error) {
      await sender.close()
      throw error
    }
  }

  /** Settles when the report is acknowledged; a failure is told by `failed`, for all at once. */
  async write(execution: Execution): Promise<void> {
    if (!this.#sender.hasRoom) await this.#sender.room()
    const { groupId } = execution
    await new Promise<void>((resolve) =>
      this.#sender.send({
        topic: this.#topic,
        partition: partitionOf(groupId, this.#partitions),
        key: recordKey(groupId, undefined),
        value: frameRecord(this.#schemaId, encodeRecord('execution', execution)),
        place: this.#topic,
        acknowledged: resolve,
      }),
    )
    this.written++
  }

  /** Settles with the first failure; nothing is sent after it. */
  get failed(): Promise<WeirError> {
    return this.#sender.failed
  }

  /** Waits for what was sent. */
  async close(): Promise<void> {
    await this.#sender.flush().finally(() => this.#sender.close())
  }
}
