/**
 * The client library, loaded when Kafka is first used, and what is the same for all of its clients.
 *
 * The library can be loaded by one thread of a process only, and never by a worker (ADR 0061). A machine that runs without Kafka does
 * not need it installed. Depends on the package by its rdkafka API.
 */
import { isMainThread } from 'node:worker_threads'
import { invariant, WeirError } from '../../errors.js'
import type { BrokerFault } from '../distributed/ports.js'
import { brokerFault, faultKindOf } from './faults.js'
import { tokenOf } from './oauth-token.js'
import type { KafkaSettings } from './settings.js'

export type Library = typeof import('@confluentinc/kafka-javascript')
/** The package's types leave out the calls that add to, and take from, what a consumer is assigned. */
export type ConsumerClient = InstanceType<Library['KafkaConsumer']> & {
  incrementalAssign(assignments: readonly TopicPartitionAt[]): void
  incrementalUnassign(assignments: readonly TopicPartition[]): void
  assignmentLost(): boolean
}
export type TopicPartitionAt = TopicPartition & { readonly offset: number }
export type ProducerClient = InstanceType<Library['Producer']>
export type Message = import('@confluentinc/kafka-javascript').Message
export type TopicPartition = import('@confluentinc/kafka-javascript').TopicPartition

const PACKAGE = '@confluentinc/kafka-javascript'

/** Longest wait for the first broker to answer; the machines try again. */
const CONNECT_TIMEOUT_MS = 5000

let loaded: Library | undefined

/** Throws `WEIR_MISSING_PART` when the package is not installed, or was not built for this machine. */
export async function loadKafka(
  load: () => Promise<{ default: unknown }> = () => import('@confluentinc/kafka-javascript'),
): Promise<Library> {
  invariant(isMainThread, 'the Kafka client is loaded by the main thread only')
  if (loaded !== undefined) return loaded
  try {
    loaded = (await load()).default as Library
    return loaded
  } catch (cause) {
    throw new WeirError('WEIR_MISSING_PART', `package ${PACKAGE} is not installed or does not load`, {
      place: 'Kafka client',
      remedy: 'run `npm run setup`',
      cause,
    })
  }
}

/** Makes a client; throws `WEIR_CONFIG` that names a property which is unknown or has a value out of range. */
export function newClient<T>(
  make: (properties: never) => T,
  properties: Readonly<Record<string, unknown>>,
  settings: KafkaSettings,
): T {
  const { sasl } = settings
  const refresh =
    sasl?.mechanism === 'OAUTHBEARER' && 'tokenFile' in sasl
      ? { oauthbearer_token_refresh_cb: async () => tokenOf(sasl.tokenFile) }
      : {}
  try {
    return make({ ...properties, ...refresh } as never)
  } catch (thrown) {
    throw configurationError(thrown)
  }
}

/** Only the property is named: its value may be a secret. */
export function configurationError(thrown: unknown): WeirError {
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  const unknown = /No such configuration property: "([^"]+)"/.exec(message)?.[1]
  const property = unknown ?? /configuration property "([^"]+)"/i.exec(message)?.[1]
  if (unknown !== undefined)
    return new WeirError('WEIR_CONFIG', `the Kafka client knows no property '${unknown}'`, {
      place: 'kafka.properties',
      remedy: 'see the list of properties of librdkafka',
    })
  if (property !== undefined)
    return new WeirError(
      'WEIR_CONFIG',
      `property '${property}' has a value that the Kafka client does not take`,
      {
        place: 'kafka',
        remedy: 'see the range of the property in the list of properties of librdkafka',
      },
    )
  return new WeirError('WEIR_CONFIG', `the Kafka client refuses its configuration: ${message}`, {
    place: 'kafka',
    remedy: 'see the list of properties of librdkafka',
  })
}

/** The client loses the code of an error that it tells of by an event (it says -1), and keeps the code's text. */
const CODES_BY_TEXT: ReadonlyMap<string, number> = new Map([
  ['authentication failure', -169],
  ['ssl error', -181],
  ['topic authorization failed', 29],
  ['group authorization failed', 30],
])

function withCode(error: { message: string; code: number }): { message: string; code: number } {
  const code = CODES_BY_TEXT.get(error.message.toLowerCase())
  return code === undefined ? error : { message: error.message, code }
}

interface Connectable {
  connect(
    options: { topic?: string; allTopics?: boolean; timeout?: number },
    callback: (error: unknown, metadata: unknown) => void,
  ): unknown
  on(event: 'event.error', listener: (error: { message: string; code: number }) => void): unknown
}

/**
 * What a client last told of itself that an operator must mend. The client tells of refused credentials only by an event, and then
 * lets the request run into its timeout, as if the broker were away.
 */
export class Refusals {
  #latest: unknown

  watch(client: object): void {
    ;(client as Connectable).on('event.error', (error) => {
      this.note(withCode(error))
    })
  }

  note(error: unknown): void {
    if (error && faultKindOf(error) === 'refused') this.#latest = error
  }

  /** The reason for a failed request: the refusal, if there was one since the last success. */
  reasonFor(thrown: unknown): unknown {
    return faultKindOf(thrown) === 'retriable' ? (this.#latest ?? thrown) : thrown
  }

  forget(): void {
    this.#latest = undefined
  }
}

/** How often a client that connects is asked for its events; it tells of nothing unasked. */
const ASK_INTERVAL_MS = 100

/** Connects and waits for the first answer of a broker; `ask` makes the client tell of its events meanwhile. */
export function connect(
  client: object,
  refusals: Refusals,
  place: string,
  settled: (fault: BrokerFault | undefined) => void,
  ask: () => void = () => {},
): void {
  const asking = setInterval(() => {
    try {
      ask()
    } catch {
      // It has not begun to connect, or has given up; either is told by the callback below.
    }
  }, ASK_INTERVAL_MS)
  const options = { allTopics: false, timeout: CONNECT_TIMEOUT_MS }
  ;(client as Connectable).connect(options, (error) => {
    clearInterval(asking)
    settled(error ? brokerFault(refusals.reasonFor(error), 'the broker cannot be reached', place) : undefined)
  })
}
