/**
 * How Weir talks to Kafka: what the `kafka` section of the configuration comes to once it is read.
 *
 * Secrets are not held here: a setting holds functions that read them when a client is made, so that no settings object that is
 * logged or compared can give one away, and a password file that was renewed is read anew. Depends on the names of topics.
 */
import { hostname } from 'node:os'
import { DEFAULT_TOPIC_PREFIX } from '../distributed/topics.js'
import type { CompatibilityLevel } from '../registry/settings.js'

const DEFAULT_GROUP = 'weir'

/** The default lower bound that brokers put on session timeouts (`group.min.session.timeout.ms`): less is refused by most clusters. */
const DEFAULT_SESSION_TIMEOUT_MILLIS = 6000

/**
 * How long a cycle waits for company when it releases nothing: nobody outside waits for it, and a broker is spared twenty small
 * transactions a second and partition from which those that do release would have to wait (ADR 71).
 */
const DEFAULT_COMMIT_MAX_WAIT_MILLIS = 50

/** Bounds what a failed transaction makes an owner write again. */
const DEFAULT_COMMIT_MAX_RECORDS = 10_000

const DEFAULT_PARTITIONS = 8
const DEFAULT_REPLICATION = 3

/** Reads a secret; throws `WEIR_CONFIG` when its file or variable is gone. */
export type SecretReader = () => string

export interface TlsSettings {
  /** Certificates of the authorities that vouch for the brokers; without it, those of the operating system. */
  readonly caFile?: string | undefined
  /** This client's certificate and key, where brokers ask for one (mutual TLS). */
  readonly certificateFile?: string | undefined
  readonly keyFile?: string | undefined
  readonly keyPassword?: SecretReader | undefined
}

export type SaslSettings =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly user: string
      readonly password: SecretReader
    }
  /** The file is renewed by whoever issues the tokens, and read whenever the client needs one. */
  | { readonly mechanism: 'OAUTHBEARER'; readonly tokenFile: string }
  /** Tokens that nobody signs, made by the client itself: `principal=NAME`. For tests. */
  | { readonly mechanism: 'OAUTHBEARER'; readonly unsecured: string }

export interface RegistrySettings {
  readonly url: string
  readonly user?: string | undefined
  readonly password?: SecretReader | undefined
  readonly caFile?: string | undefined
  /** Whether Weir may register the schemas of the records it writes; otherwise they must be there. */
  readonly register: boolean
  /** Level that the subjects of Weir's topics should have; BACKWARD when absent. */
  readonly compatibility?: CompatibilityLevel | undefined
}

/** Properties of librdkafka by name, as they are written in its documentation. */
export type ClientProperties = Readonly<Record<string, string | number | boolean>>

export interface KafkaSettings {
  /** `host:port`, one or several. */
  readonly bootstrapServers: readonly string[]
  readonly topicPrefix: string
  readonly group: string
  /** Names this process to the broker and in logs. */
  readonly instance: string
  readonly sessionTimeoutMillis: number
  readonly commit: { readonly maxWaitMillis: number; readonly maxRecords: number }
  /** For topics that `weir topics` makes. */
  readonly partitions: number
  readonly replication: number
  /** Keeps a copy of partitions that others own, so that they are taken over warm. */
  readonly standby: boolean
  readonly tls?: TlsSettings | undefined
  readonly sasl?: SaslSettings | undefined
  readonly properties: ClientProperties
  readonly producerProperties: ClientProperties
  readonly consumerProperties: ClientProperties
  readonly registry?: RegistrySettings | undefined
}

function defaultInstance(): string {
  return `${hostname()}-${process.pid}`
}

/** Settings of an open cluster at `bootstrapServers`, everything else by default. */
export function defaultSettings(bootstrapServers: readonly string[]): KafkaSettings {
  return {
    bootstrapServers,
    topicPrefix: DEFAULT_TOPIC_PREFIX,
    group: DEFAULT_GROUP,
    instance: defaultInstance(),
    sessionTimeoutMillis: DEFAULT_SESSION_TIMEOUT_MILLIS,
    commit: { maxWaitMillis: DEFAULT_COMMIT_MAX_WAIT_MILLIS, maxRecords: DEFAULT_COMMIT_MAX_RECORDS },
    partitions: DEFAULT_PARTITIONS,
    replication: DEFAULT_REPLICATION,
    standby: false,
    properties: {},
    producerProperties: {},
    consumerProperties: {},
  }
}
