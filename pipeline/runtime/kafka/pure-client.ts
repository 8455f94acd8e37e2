/**
 * The two questions that the native client cannot ask: the settings of topics, and the id of the cluster (ADR 0062).
 *
 * Nothing of the runtime goes through it. It is loaded when first asked, and connects for one question at a time.
 * Depends on kafkajs.
 */
import { readFileSync } from 'node:fs'
import { WeirError } from '../../errors.js'
import { tokenOf } from './oauth-token.js'
import type { KafkaSettings, SaslSettings, TlsSettings } from './settings.js'

type PureLibrary = typeof import('kafkajs')
type PureAdmin = ReturnType<InstanceType<PureLibrary['Kafka']>['admin']>

const TIMEOUT_MS = 10_000

/** `kafkajs` tries 5 times by itself, for half a minute; whoever runs a command wants to hear of it sooner. */
const RETRIES = 2

export class PureClient {
  readonly #settings: KafkaSettings
  #admin: Promise<PureAdmin> | undefined

  constructor(settings: KafkaSettings) {
    this.#settings = settings
  }

  configsOf(names: readonly string[]): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
    if (names.length === 0) return Promise.resolve(new Map())
    return this.#ask('the settings of topics cannot be read', async (admin, { ConfigResourceTypes }) => {
      const resources = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }))
      const answer = await admin.describeConfigs({ includeSynonyms: false, resources })
      return new Map(
        answer.resources.map((found) => [
          found.resourceName,
          new Map(found.configEntries.map(({ configName, configValue }) => [configName, configValue])),
        ]),
      )
    })
  }

  clusterId(): Promise<string> {
    return this.#ask(
      'the cluster cannot be described',
      async (admin) => (await admin.describeCluster()).clusterId,
    )
  }

  async close(): Promise<void> {
    const admin = await this.#admin?.catch(() => undefined)
    await admin?.disconnect()
  }

  async #ask<T>(doing: string, ask: (admin: PureAdmin, library: PureLibrary) => Promise<T>): Promise<T> {
    const library = await loadPure()
    this.#admin ??= this.#connect(library)
    try {
      return await ask(await this.#admin, library)
    } catch (cause) {
      // Made anew for the next question.
      this.#admin = undefined
      if (cause instanceof WeirError) throw cause
      throw new WeirError(
        'WEIR_KAFKA',
        `${doing}: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          place: `Kafka at ${this.#settings.bootstrapServers.join(',')}`,
          remedy: 'check that the brokers are up, and kafka.tls and kafka.sasl',
          cause,
        },
      )
    }
  }

  async #connect(library: PureLibrary): Promise<PureAdmin> {
    const { bootstrapServers, instance, tls, sasl } = this.#settings
    const kafka = new library.Kafka({
      brokers: [...bootstrapServers],
      clientId: instance,
      connectionTimeout: TIMEOUT_MS,
      requestTimeout: TIMEOUT_MS,
      retry: { retries: RETRIES },
      // It would write lines of its own to the log; its errors are told as Weir's.
      logLevel: library.logLevel.NOTHING,
      ...(tls === undefined ? {} : { ssl: tlsOptions(tls) }),
      ...(sasl === undefined ? {} : { sasl: saslOptions(sasl) }),
    })
    const admin = kafka.admin()
    await admin.connect()
    return admin
  }
}

async function loadPure(): Promise<PureLibrary> {
  try {
    return ((await import('kafkajs')) as unknown as { default: PureLibrary }).default
  } catch (cause) {
    throw new WeirError('WEIR_MISSING_PART', 'package kafkajs is not installed', {
      place: 'Kafka administration',
      remedy: 'run `npm run setup`',
      cause,
    })
  }
}

function tlsOptions(tls: TlsSettings): import('node:tls').ConnectionOptions {
  const { caFile, certificateFile, keyFile, keyPassword } = tls
  return {
    ...(caFile === undefined ? {} : { ca: [readText(caFile, 'kafka.tls.caFile')] }),
    ...(certificateFile === undefined
      ? {}
      : { cert: readText(certificateFile, 'kafka.tls.certificateFile') }),
    ...(keyFile === undefined ? {} : { key: readText(keyFile, 'kafka.tls.keyFile') }),
    ...(keyPassword === undefined ? {} : { passphrase: keyPassword() }),
  }
}

function readText(file: string, key: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown reason'
    throw new WeirError('WEIR_CONFIG', `${file} cannot be read: ${reason}`, {
      place: key,
      remedy: 'give the path of a PEM file',
    })
  }
}

function saslOptions(sasl: SaslSettings): import('kafkajs').SASLOptions {
  if (sasl.mechanism !== 'OAUTHBEARER') {
    const login = { username: sasl.user, password: sasl.password() }
    if (sasl.mechanism === 'PLAIN') return { mechanism: 'plain', ...login }
    return { mechanism: sasl.mechanism === 'SCRAM-SHA-256' ? 'scram-sha-256' : 'scram-sha-512', ...login }
  }
  const value = 'tokenFile' in sasl ? tokenOf(sasl.tokenFile).tokenValue : unsecuredToken(sasl.unsecured)
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) }
}

/** The unsigned token that the native client makes of `principal=NAME`. */
function unsecuredToken(config: string): string {
  const principal = /principal=(\S+)/.exec(config)?.[1] ?? ''
  const now = Math.floor(Date.now() / 1000)
  const part = (claims: object) => Buffer.from(JSON.stringify(claims)).toString('base64url')
  return `${part({ alg: 'none' })}.${part({ sub: principal, iat: now, exp: now + 3600 })}.`
}
