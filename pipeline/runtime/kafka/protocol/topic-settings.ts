/**
 * Reads and changes the settings of topics: the two requests of Kafka's protocol that the native client lacks (ADR 0064).
 *
 * Both in the oldest version that brokers from 2.3 to 4.x take. A change names the keys it sets and leaves all others: there is no
 * moment at which a topic has fewer settings than before. Any broker answers; a change is passed on to the controller.
 */
import { WeirError } from '../../../errors.js'
import type { KafkaSettings } from '../settings.js'
import { BrokerConnection, connectionFault, type RequestKind } from './connection.js'
import { logIn } from './login.js'
import { type WireReader, WireWriter } from './wire.js'

const DESCRIBE_CONFIGS: RequestKind = { api: 32, version: 1 }
const INCREMENTAL_ALTER_CONFIGS: RequestKind = { api: 44, version: 0 }

const TOPIC = 2
const ALL_KEYS = -1
const NO = 0
const SET = 0

const UNKNOWN_TOPIC = 3
const AUTHORIZATION_CODES = new Set([29, 31])

export class TopicSettingsClient {
  readonly #connection: BrokerConnection
  readonly #address: string

  private constructor(connection: BrokerConnection, address: string) {
    this.#connection = connection
    this.#address = address
  }

  /** Connects to the first bootstrap server that answers. @throws WeirError WEIR_KAFKA */
  static async open({ bootstrapServers, tls, sasl, instance }: KafkaSettings): Promise<TopicSettingsClient> {
    let failure: unknown = connectionFault('kafka.bootstrapServers', new Error('no address is given'))
    for (const address of bootstrapServers) {
      try {
        const connection = await BrokerConnection.open(address, tls, instance)
        if (sasl !== undefined) await logIn(connection, sasl, address)
        return new TopicSettingsClient(connection, address)
      } catch (error) {
        failure = error
        // A refused login is refused by the others too.
        if (!(error instanceof WeirError) || error.retry === 'never') break
      }
    }
    throw failure
  }

  /** Settings of each topic that exists. @throws WeirError WEIR_KAFKA */
  async describe(topics: readonly string[]): Promise<Map<string, ReadonlyMap<string, string>>> {
    const body = new WireWriter().int32(topics.length)
    for (const topic of topics) body.int8(TOPIC).string(topic).int32(ALL_KEYS)
    const answer = await this.#connection.request(DESCRIBE_CONFIGS, body.int8(NO).finish())
    const found = new Map<string, ReadonlyMap<string, string>>()
    this.#readTopics(answer, ({ topic, code, message }) => {
      const settings = readSettings(answer)
      if (code === 0) found.set(topic, settings)
      else if (code !== UNKNOWN_TOPIC) throw refusal(topic, 'settings cannot be read', code, message)
    })
    return found
  }

  /** Sets the given keys of a topic, all or none. @throws WeirError WEIR_KAFKA */
  async change(topic: string, settings: ReadonlyMap<string, string>): Promise<void> {
    const body = new WireWriter().int32(1).int8(TOPIC).string(topic).int32(settings.size)
    for (const [key, value] of settings) body.string(key).int8(SET).string(value)
    const answer = await this.#connection.request(INCREMENTAL_ALTER_CONFIGS, body.int8(NO).finish())
    this.#readTopics(answer, ({ code, message }) => {
      if (code !== 0) throw refusal(topic, 'settings are not changed', code, message)
    })
  }

  close(): void {
    this.#connection.close()
  }

  /** Both answers: throttle time, then for each topic a code, a message, the kind of resource, its name, and what `take` reads. */
  #readTopics(answer: WireReader, take: (outcome: TopicOutcome) => void): void {
    try {
      answer.int32()
      answer.array(() => {
        const code = answer.int16()
        const message = answer.string()
        answer.int8()
        take({ code, message, topic: answer.string() ?? '' })
      })
    } catch (error) {
      throw error instanceof RangeError ? connectionFault(this.#address, error) : error
    }
  }
}

interface TopicOutcome {
  readonly topic: string
  readonly code: number
  readonly message: string | undefined
}

function readSettings(answer: WireReader): Map<string, string> {
  const settings = new Map<string, string>()
  answer.array(() => {
    const key = answer.string() ?? ''
    const value = answer.string()
    // Read-only, source, sensitive.
    answer.int8()
    answer.int8()
    answer.int8()
    answer.array(() => {
      answer.string()
      answer.string()
      answer.int8()
    })
    if (value !== undefined) settings.set(key, value)
  })
  return settings
}

function refusal(topic: string, doing: string, code: number, message: string | undefined): WeirError {
  const remedy = AUTHORIZATION_CODES.has(code)
    ? 'grant this user DescribeConfigs and AlterConfigs on the topics, see docs/kafka-acls.md'
    : "see the broker's log"
  return new WeirError(
    'WEIR_KAFKA',
    `the topic's ${doing}: ${message ?? 'no reason given'} (Kafka error ${code})`,
    {
      place: topic,
      remedy,
    },
  )
}
