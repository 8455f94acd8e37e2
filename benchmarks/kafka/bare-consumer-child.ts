/**
 * What the client alone consumes: a `consume(n, callback)` loop with the instance's own settings that does nothing with the records.
 *
 * Started by `drain.ts`, never imported. Depends on the client.
 */
import { topicOf } from '../../pipeline/runtime/distributed/topics.js'
import { type ConsumerClient, loadKafka } from '../../pipeline/runtime/kafka/client.js'
import { connected, disconnected } from '../../pipeline/runtime/kafka/connected.js'
import { readerProperties } from '../../pipeline/runtime/kafka/properties.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import type { InputStream } from '../../schemas/generated/schemas.js'

export interface BareOrder {
  readonly kafka: KafkaSettings
  readonly streams: readonly InputStream[]
  readonly records: number
}

export interface BareReport {
  readonly records: number
  readonly seconds: number
  readonly cpuSeconds: number
}

interface PartialReads {
  setDefaultIsTimeoutOnlyForFirstMessage(only: boolean): void
}

const RECORDS_AT_ONCE = 1_000
const WAIT_MS = 100

async function main(): Promise<void> {
  const { kafka, streams, records } = JSON.parse(process.argv[2] ?? '{}') as BareOrder
  const { KafkaConsumer } = await loadKafka()
  const consumer = new KafkaConsumer({
    ...readerProperties(kafka),
    'enable.partition.eof': false,
  } as never) as ConsumerClient
  consumer.setDefaultConsumeTimeout(WAIT_MS)
  // Left out of the package's types; otherwise a call waits for the whole number or the whole time.
  ;(consumer as unknown as PartialReads).setDefaultIsTimeoutOnlyForFirstMessage(true)
  await connected(consumer, kafka)
  const assignment = streams.flatMap((stream) =>
    Array.from({ length: kafka.partitions }, (_, partition) => ({
      topic: topicOf(kafka.topicPrefix, stream),
      partition,
      offset: 0,
    })),
  )
  consumer.incrementalAssign(assignment)
  let seen = 0
  let beganMs = 0
  let beganCpu = process.cpuUsage()
  const take = (): Promise<number> =>
    new Promise((resolve, reject) =>
      consumer.consume(RECORDS_AT_ONCE, (error, messages) =>
        error ? reject(error) : resolve(messages.length),
      ),
    )
  while (seen < records) {
    const taken = await take()
    if (taken > 0 && seen === 0) {
      beganMs = performance.now()
      beganCpu = process.cpuUsage()
    }
    seen += taken
  }
  const seconds = (performance.now() - beganMs) / 1000
  const { user, system } = process.cpuUsage(beganCpu)
  process.send?.({ records: seen, seconds, cpuSeconds: (user + system) / 1e6 } satisfies BareReport)
  await disconnected(consumer)
  process.disconnect()
}

await main()
