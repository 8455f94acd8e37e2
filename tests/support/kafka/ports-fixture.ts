/**
 * Topics of a test's own on a real Kafka, and how a test waits for what the ports do by themselves.
 * For tests only. Depends on the support for a real Kafka.
 */
import assert from 'node:assert/strict'
import type {
  BrokerFaultKind,
  Operation,
  TransactionalWriter,
} from '../../../pipeline/runtime/distributed/ports.js'
import {
  JOURNAL_STREAM,
  SOURCE_STREAMS,
  type TopicStream,
  topicOf,
} from '../../../pipeline/runtime/distributed/topics.js'
import { openAdmin } from '../../../pipeline/runtime/kafka/admin.js'
import { loadKafka } from '../../../pipeline/runtime/kafka/client.js'
import { defaultSettings, type KafkaSettings } from '../../../pipeline/runtime/kafka/settings.js'
import { uniqueName } from './cluster.js'

/** Longest wait for anything; a broker that restarts needs the most of it. */
const PATIENCE_MS = 30_000

/** Settings with a prefix and a group that no other test has. */
export function settingsFor(bootstrap: string, changes: Partial<KafkaSettings> = {}): KafkaSettings {
  const prefix = `${uniqueName('adapters')}.`
  return { ...defaultSettings([bootstrap]), topicPrefix: prefix, group: `${prefix}group`, ...changes }
}

/** Makes topics of streams; the journal's and those of all sources unless told otherwise. */
export async function makeTopics(
  settings: KafkaSettings,
  partitions: number,
  streams: readonly TopicStream[] = [JOURNAL_STREAM, ...SOURCE_STREAMS],
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const admin = await openAdmin(settings)
  const names = streams.map((stream) => topicOf(settings.topicPrefix, stream))
  await admin.createTopics(names.map((name) => ({ name, partitions, replication: 1, configs })))
  await admin.close()
}

export class RecordedBell {
  rings = 0
  ring(): void {
    this.rings += 1
  }
}

/** Asks again until there is an answer that is not undefined. */
export async function eventually<T>(what: string, ask: () => T | undefined): Promise<T> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const answer = ask()
    if (answer !== undefined) return answer
    if (performance.now() > until) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

export function settled<T>(operation: Operation<T>): Promise<Operation<T>> {
  return eventually('the request settles', () => (operation.state === 'pending' ? undefined : operation))
}

export async function done(operation: Operation<void>): Promise<void> {
  const { state, fault } = await settled(operation)
  assert.equal(state, 'done', fault?.error.toLine())
}

export async function failed(operation: Operation<void>, kind: BrokerFaultKind): Promise<string> {
  const { state, fault } = await settled(operation)
  assert.equal(state, 'failed')
  assert.equal(fault?.kind, kind, fault?.error.toLine())
  return fault?.error.toLine() ?? ''
}

/** A machine under load may need longer for it than one request may take. */
export async function opened(writer: TransactionalWriter): Promise<void> {
  const { state, fault } = await persistently(() => writer.open())
  assert.equal(state, 'done', fault?.error.toLine())
}

/** Makes the request again for as long as its outcome is open; the number of requests is bounded by the patience. */
export async function persistently(request: () => Operation<void>): Promise<Operation<void>> {
  const until = performance.now() + PATIENCE_MS
  for (;;) {
    const operation = await settled(request())
    if (operation.fault?.kind !== 'retriable' || performance.now() > until) return operation
  }
}

export interface PlainRecord {
  readonly topic: string
  readonly partition: number
  /** A compacted topic takes no record without one. */
  readonly key?: Buffer
  readonly value: Buffer
}

/** Writes as any producer does, outside of transactions. */
export async function write(
  settings: KafkaSettings,
  records: readonly PlainRecord[],
  properties: Readonly<Record<string, string | number>> = {},
): Promise<void> {
  const { Producer } = await loadKafka()
  const producer = new Producer({
    'bootstrap.servers': settings.bootstrapServers.join(','),
    'linger.ms': 5,
    'queue.buffering.max.messages': 1_000_000,
    ...properties,
  } as never)
  await new Promise<void>((resolve, reject) =>
    producer.connect({ allTopics: false }, (error) => (error ? reject(error) : resolve())),
  )
  for (const { topic, partition, key, value } of records) producer.produce(topic, partition, value, key)
  await new Promise<void>((resolve, reject) =>
    producer.flush(PATIENCE_MS, (error) => (error ? reject(error) : resolve())),
  )
  await new Promise((resolve) => producer.disconnect(1000, resolve))
}

/** Removes the records of a partition before `offset`, as retention does. */
export async function removeBefore(
  settings: KafkaSettings,
  topic: string,
  partition: number,
  offset: number,
): Promise<void> {
  const { AdminClient } = await loadKafka()
  const admin = AdminClient.create({ 'bootstrap.servers': settings.bootstrapServers.join(',') })
  await new Promise<void>((resolve, reject) =>
    admin.deleteRecords([{ topic, partition, offset }], {}, (error) => (error ? reject(error) : resolve())),
  )
  admin.disconnect()
}
