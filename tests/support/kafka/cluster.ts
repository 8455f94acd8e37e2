/**
 * A real Kafka of a test's own: it may kill, pause and restart brokers, and nobody else sees its topics.
 *
 * It ends with `stop`, and also when the test's process ends in any way (deploy/kafka/watchdog.mjs). Suites that do
 * not hurt brokers take `sharedKafka` instead: a start costs seconds. Depends on deploy/kafka.
 */
import { randomBytes } from 'node:crypto'
import { grant, restartBroker, signalBroker } from '../../../deploy/kafka/cluster.mjs'
import { GRANTED_PREFIX, readSecurity } from '../../../deploy/kafka/security.mjs'
import { bootstrapOf, mtlsBootstrapOf, registryUrlOf } from '../../../deploy/kafka/state.mjs'
import { startTemporaryCluster } from '../../../deploy/kafka/temporary.mjs'
import type { Grant } from '../../../deploy/kafka/wire.mjs'
import { WeirError } from '../../../pipeline/errors.js'
import { kafkaAvailable } from './availability.js'

export interface KafkaOptions {
  readonly brokers?: 1 | 3
  readonly registry?: boolean
  readonly secure?: boolean
}

export interface KafkaUser {
  readonly name: string
  readonly password: string
  readonly certificatePath: string
  readonly keyPath: string
}

export interface KafkaSecurity {
  /** Certificate of the authority, for `ssl.ca.location`. */
  readonly caPath: string
  /** Listener of clients that come by certificate; `bootstrap` is that of SASL_SSL. */
  readonly mtlsBootstrap: string
  /** May do everything. */
  readonly admin: KafkaUser
  /** May do everything with topics, groups and transactional ids whose name begins with `weir`. */
  readonly weir: KafkaUser
  /** Can log in and may do nothing. */
  readonly guest: KafkaUser
}

export interface KafkaCluster {
  readonly bootstrap: string
  readonly registryUrl: string | undefined
  /** Only of a secure cluster. */
  readonly security: KafkaSecurity | undefined
  /** Ends a broker as `kill -9` does, and waits until it is gone. Brokers are counted from 0. */
  kill(broker: number): Promise<void>
  /** Stops a broker's process without ending it: it keeps its connections and answers nothing. */
  pause(broker: number): Promise<void>
  resume(broker: number): Promise<void>
  /** Starts a broker that was killed, on its ports and data, and waits until it answers. */
  restart(broker: number): Promise<void>
  /** Adds access rules to a secure cluster. */
  grant(grants: readonly Grant[]): Promise<void>
  stop(): Promise<void>
}

/** @throws WeirError WEIR_MISSING_PART without Java or Maven */
export async function startKafka(options: KafkaOptions = {}): Promise<KafkaCluster> {
  const { brokers = 1, registry = false, secure = false } = options
  const { available, reason } = await kafkaAvailable()
  if (!available) throw new WeirError('WEIR_MISSING_PART', reason, { place: 'tests with a real Kafka' })
  const { directory, state, stop } = await startTemporaryCluster({ brokers, registry, secure })
  return {
    bootstrap: bootstrapOf(state),
    registryUrl: registryUrlOf(state),
    security: secure ? securityOf(directory, mtlsBootstrapOf(state)) : undefined,
    kill: (broker) => signalBroker(directory, broker, 'SIGKILL'),
    pause: (broker) => signalBroker(directory, broker, 'SIGSTOP'),
    resume: (broker) => signalBroker(directory, broker, 'SIGCONT'),
    restart: (broker) => restartBroker(directory, broker),
    grant: (grants) => grant(directory, grants),
    stop,
  }
}

function securityOf(directory: string, mtlsBootstrap: string): KafkaSecurity {
  const { caPath, users } = readSecurity(directory)
  const user = (name: string): KafkaUser => {
    const found = users.find((candidate) => candidate.name === name)
    if (found === undefined) throw new Error(`no user ${name}`)
    return found
  }
  return { caPath, mtlsBootstrap, admin: user('admin'), weir: user('weir'), guest: user('guest') }
}

/** A name for a topic, group or transactional id that no other test has; `weir` of a secure cluster may use it. */
export function uniqueName(prefix: string): string {
  return `${GRANTED_PREFIX}.test.${prefix}.${randomBytes(6).toString('hex')}`
}
