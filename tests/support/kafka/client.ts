/**
 * The real client as tests of the broker itself use it. Loaded when it is first asked for: it is an optional part, and
 * a test file that is skipped without it must still load.
 */
import type { TestContext } from 'node:test'
import type { KafkaJS } from '@confluentinc/kafka-javascript'

const CONSUME_BOUND_MS = 30_000

export async function kafkaClientModule(): Promise<typeof import('@confluentinc/kafka-javascript')> {
  return import('@confluentinc/kafka-javascript')
}

/** @param settings of librdkafka */
export async function clientOf(settings: KafkaJS.CommonConstructorConfig): Promise<KafkaJS.Kafka> {
  const { KafkaJS: api } = await kafkaClientModule()
  return new api.Kafka({ log_level: 0, ...settings })
}

/** Connected, and disconnected when the test ends however it ends: a live connection keeps the process alive. */
export async function connected<C extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
  context: TestContext,
  client: C,
): Promise<C> {
  context.after(() => client.disconnect())
  await client.connect()
  return client
}

/** The first record of a topic, as text, read by a group of its own with short sessions. */
export async function consumeOne(client: KafkaJS.Kafka, topic: string, group: string): Promise<string> {
  const consumer = client.consumer({
    'group.id': group,
    'auto.offset.reset': 'earliest',
    'session.timeout.ms': 2000,
    'heartbeat.interval.ms': 500,
  })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic })
    return await new Promise<string>((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no record of ${topic}`)), CONSUME_BOUND_MS)
      consumer
        .run({
          eachMessage: async ({ message }) => {
            clearTimeout(timer)
            done(message.value?.toString() ?? '')
          },
        })
        .catch(fail)
    })
  } finally {
    await consumer.disconnect()
  }
}
