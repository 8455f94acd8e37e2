/**
 * Whether a real Kafka can be had here: Java and Maven for the broker, the native client to talk to it.
 *
 * Where the parts are missing a test is skipped with the reason, which `npm test` prints. With `CI=true` missing Java
 * or Maven is no reason to skip: the test runs and fails with the remedy. Depends on deploy/kafka.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { missingTool, repository } from '../../../deploy/kafka/parts.mjs'

export interface KafkaAvailability {
  readonly available: boolean
  /** What is missing, with the remedy; empty when nothing is. */
  readonly reason: string
}

const clientBinary = join(
  repository,
  'node_modules/@confluentinc/kafka-javascript/build/Release/confluent-kafka-javascript.node',
)

let asked: Promise<KafkaAvailability> | undefined

/** Looked at once a process. */
export function kafkaAvailable(): Promise<KafkaAvailability> {
  asked ??= missingTool().then((missing) => ({ available: missing === undefined, reason: missing ?? '' }))
  return asked
}

/** Options of a test that needs a real Kafka: `test('...', await needsKafka(), async () => { ... })`. */
export async function needsKafka(): Promise<{ skip: string | false }> {
  const { available, reason } = await kafkaAvailable()
  if (!available && process.env.CI !== 'true') return { skip: reason }
  if (!existsSync(clientBinary))
    return { skip: 'the Kafka client is not built (npm run setup -- --retry-kafka says why)' }
  return { skip: false }
}
