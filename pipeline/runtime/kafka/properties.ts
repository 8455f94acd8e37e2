/**
 * The properties of each client, with the reason beside each; what the configuration gives comes before Weir's choice.
 *
 * The decision path is bound by latency, so nothing waits for company here: a commit flushes anyway, and whoever wants
 * fewer, larger requests sets `kafka.commit`. Depends on the settings.
 */
import { JOURNAL_STREAM, topicOf } from '../distributed/topics.js'
import type { KafkaSettings, SaslSettings, TlsSettings } from './settings.js'

export type PropertyValue = string | number | boolean
export type Properties = Record<string, PropertyValue>

const MEGABYTE = 1024 * 1024

/**
 * Largest response of a broker. A record larger than the fetch bounds is delivered nevertheless, alone in its response, as long as it is
 * below this; then the owner can put it aside as a dead letter. Above it, the partition cannot be read on.
 */
const LARGEST_RESPONSE_BYTES = 128 * MEGABYTE

/** What is read ahead for all partitions of a client; what they hold beyond it waits at the broker. */
const READ_AHEAD_KILOBYTES = 32 * 1024

/** A broker aborts a transaction whose owner was silent for this long; until then nobody reads past its records. */
const TRANSACTION_TIMEOUT_MS = 10_000

/**
 * How long a revoked partition may take to drain, and how long an instance may be busy without being put out of the group. Ample for a stop of the
 * process's event loop, short enough that a partition whose owner hangs is taken over.
 */
export const DRAIN_BOUND_MS = 30_000

/** An owner writes by two transactional ids in turn, see alternating-writer.ts; opened in this order. */
export const WRITER_TURNS = ['first', 'alternate'] as const
export type WriterTurn = (typeof WRITER_TURNS)[number]

/** Stand for the ownership of the journal's partition: whoever opens both last is the only one that can write. */
export function transactionalIdOf(settings: KafkaSettings, partition: number, turn: WriterTurn): string {
  const id = `${topicOf(settings.topicPrefix, JOURNAL_STREAM)}-${partition}`
  return turn === 'first' ? id : `${id}-alternate`
}

export function writerProperties(
  settings: KafkaSettings,
  partition: number,
  turn: WriterTurn = 'first',
): Properties {
  return {
    ...commonProperties(settings),
    // A commit flushes, so waiting for company only delays what is there already.
    'linger.ms': 0,
    'compression.type': 'lz4',
    // One record may be large where its topic allows it; batches of more than one stay below a broker's default bound.
    'message.max.bytes': 16 * MEGABYTE,
    'batch.size': 1_000_000,
    // Above any transaction; beyond it `produce` waits for the broker.
    'queue.buffering.max.messages': 1_000_000,
    'queue.buffering.max.kbytes': 256 * 1024,
    'retry.backoff.ms': 20,
    'retry.backoff.max.ms': 500,
    ...settings.properties,
    ...settings.producerProperties,
    'transactional.id': transactionalIdOf(settings, partition, turn),
    'transaction.timeout.ms': TRANSACTION_TIMEOUT_MS,
    'enable.idempotence': true,
    acks: 'all',
    'max.in.flight.requests.per.connection': 5,
    // Records carry their partition; this says the same for any that does not.
    partitioner: 'murmur2_random',
  }
}

function consumerProperties(settings: KafkaSettings): Properties {
  return {
    ...commonProperties(settings),
    // The broker answers as soon as there is a byte; this only bounds how long an idle fetch lasts.
    'fetch.min.bytes': 1,
    'fetch.wait.max.ms': 100,
    // After a full read-ahead queue the client would wait a whole second.
    'fetch.queue.backoff.ms': 2,
    'fetch.error.backoff.ms': 100,
    'queued.max.messages.kbytes': READ_AHEAD_KILOBYTES,
    'queued.min.messages': 50_000,
    'max.partition.fetch.bytes': MEGABYTE,
    'fetch.max.bytes': 16 * MEGABYTE,
    'receive.message.max.bytes': LARGEST_RESPONSE_BYTES,
    // Off by default; a damaged record must be told, whatever it costs.
    'check.crcs': true,
    ...settings.properties,
    ...settings.consumerProperties,
    'group.id': settings.group,
    'isolation.level': 'read_committed',
    'enable.auto.commit': false,
    'enable.auto.offset.store': false,
    'allow.auto.create.topics': false,
  }
}

export function readerProperties(settings: KafkaSettings): Properties {
  return {
    ...consumerProperties(settings),
    // An offset that is gone must be told: going on elsewhere would pass over records in silence.
    'auto.offset.reset': 'error',
    'enable.partition.eof': true,
  }
}

export function membershipProperties(settings: KafkaSettings): Properties {
  return {
    ...consumerProperties(settings),
    'auto.offset.reset': 'latest',
    // It reads nothing, so it needs no room to read ahead.
    'queued.min.messages': 1,
    'queued.max.messages.kbytes': 64,
    'partition.assignment.strategy': 'cooperative-sticky',
    'session.timeout.ms': settings.sessionTimeoutMillis,
    // The others learn of a lost member by the answer to their heartbeat, so a slow heart delays every takeover.
    'heartbeat.interval.ms': Math.max(50, Math.floor(settings.sessionTimeoutMillis / 20)),
    'max.poll.interval.ms': Math.max(DRAIN_BOUND_MS, settings.sessionTimeoutMillis),
  }
}

/** Of a venue's gateway, whose place is what its group has committed; a new group has every instruction before it. */
export function gatewayProperties(settings: KafkaSettings, group: string): Properties {
  return {
    ...consumerProperties(settings),
    'group.id': group,
    'auto.offset.reset': 'earliest',
    'partition.assignment.strategy': 'cooperative-sticky',
    'session.timeout.ms': settings.sessionTimeoutMillis,
    'heartbeat.interval.ms': Math.max(50, Math.floor(settings.sessionTimeoutMillis / 20)),
  }
}

export function adminProperties(settings: KafkaSettings): Properties {
  return { ...commonProperties(settings), ...settings.properties }
}

function commonProperties(settings: KafkaSettings): Properties {
  return {
    'bootstrap.servers': settings.bootstrapServers.join(','),
    'client.id': settings.instance,
    // Small requests must not wait for the acknowledgement of earlier ones.
    'socket.nagle.disable': true,
    'socket.keepalive.enable': true,
    'reconnect.backoff.ms': 20,
    'reconnect.backoff.max.ms': 1000,
    // A request without an answer is made again; well below the timeout of a transaction.
    'socket.timeout.ms': 5000,
    'socket.connection.setup.timeout.ms': 5000,
    ...tlsProperties(settings.tls),
    ...saslProperties(settings.sasl),
    'security.protocol': protocolOf(settings),
  }
}

function protocolOf(settings: KafkaSettings): string {
  if (settings.sasl === undefined) return settings.tls === undefined ? 'plaintext' : 'ssl'
  return settings.tls === undefined ? 'sasl_plaintext' : 'sasl_ssl'
}

function tlsProperties(tls: TlsSettings | undefined): Properties {
  const properties: Properties = {}
  if (tls === undefined) return properties
  if (tls.caFile !== undefined) properties['ssl.ca.location'] = tls.caFile
  if (tls.certificateFile !== undefined) properties['ssl.certificate.location'] = tls.certificateFile
  if (tls.keyFile !== undefined) properties['ssl.key.location'] = tls.keyFile
  if (tls.keyPassword !== undefined) properties['ssl.key.password'] = tls.keyPassword()
  return properties
}

function saslProperties(sasl: SaslSettings | undefined): Properties {
  if (sasl === undefined) return {}
  if (sasl.mechanism !== 'OAUTHBEARER')
    return {
      'sasl.mechanisms': sasl.mechanism,
      'sasl.username': sasl.user,
      'sasl.password': sasl.password(),
    }
  if ('unsecured' in sasl)
    return {
      'sasl.mechanisms': 'OAUTHBEARER',
      'sasl.oauthbearer.config': sasl.unsecured,
      'enable.sasl.oauthbearer.unsecure.jwt': true,
    }
  return { 'sasl.mechanisms': 'OAUTHBEARER' }
}
