/**
 * The `kafka` section of the configuration: read into settings, every mistake told at its line.
 *
 * A secret is a reference to a file or an environment variable. It is looked at here, so that a missing one is told at once, and read
 * again whenever a client is made. Depends on the YAML reader and on the settings of Kafka.
 */
import { readFileSync } from 'node:fs'
import { WeirError } from '../pipeline/errors.js'
import type { YamlDocument } from '../pipeline/governance/yaml-document.js'
import { refusalOf } from '../pipeline/runtime/kafka/owned-properties.js'
import {
  type ClientProperties,
  defaultSettings,
  type KafkaSettings,
  type RegistrySettings,
  type SaslSettings,
  type SecretReader,
  type TlsSettings,
} from '../pipeline/runtime/kafka/settings.js'

const SECTION = 'kafka'

type Near = (path: string) => string

/** What the file says of Kafka; undefined where it says nothing. `near` makes a path absolute. */
export function kafkaSection(document: YamlDocument, near: Near): KafkaSettings | undefined {
  if (document.valueAt([SECTION]) === undefined) return undefined
  const section = new Section(document, [SECTION], near)
  const defaults = defaultSettings(section.list('bootstrapServers'))
  const { commit } = defaults
  return {
    ...defaults,
    topicPrefix: section.value<string>('topicPrefix') ?? defaults.topicPrefix,
    group: section.value<string>('group') ?? defaults.group,
    instance: section.value<string>('instance') ?? defaults.instance,
    sessionTimeoutMillis: section.value<number>('sessionTimeoutMillis') ?? defaults.sessionTimeoutMillis,
    commit: {
      maxWaitMillis: section.value<number>('commit', 'maxWaitMillis') ?? commit.maxWaitMillis,
      maxRecords: section.value<number>('commit', 'maxRecords') ?? commit.maxRecords,
    },
    partitions: section.value<number>('partitions') ?? defaults.partitions,
    replication: section.value<number>('replication') ?? defaults.replication,
    standby: section.value<boolean>('standby') ?? defaults.standby,
    tls: tlsOf(section.within('tls')),
    sasl: saslOf(section.within('sasl')),
    properties: propertiesOf(section, 'properties'),
    producerProperties: propertiesOf(section, 'producerProperties'),
    consumerProperties: propertiesOf(section, 'consumerProperties'),
    registry: registryOf(section.within('registry')),
  }
}

/** A map of the document, and where it is. */
class Section {
  readonly #document: YamlDocument
  readonly #path: readonly string[]
  readonly #near: Near

  constructor(document: YamlDocument, path: readonly string[], near: Near) {
    this.#document = document
    this.#path = path
    this.#near = near
  }

  value<T>(...path: string[]): T | undefined {
    return this.#document.valueAt([...this.#path, ...path]) as T | undefined
  }

  /** Items of a list, or of one text with commas. */
  list(key: string): readonly string[] {
    const text = this.value(key)
    if (typeof text === 'string') return text.split(',')
    const length = this.#document.lengthAt([...this.#path, key])
    return Array.from({ length }, (_, at) => this.#document.stringAt([...this.#path, key, at]))
  }

  keys(key: string): readonly string[] {
    return this.#document.keysAt([...this.#path, key])
  }

  file(key: string): string | undefined {
    const path = this.value<string>(key)
    return path === undefined ? undefined : this.#near(path)
  }

  within(key: string): Section | undefined {
    const path = [...this.#path, key]
    return this.#document.valueAt(path) === undefined
      ? undefined
      : new Section(this.#document, path, this.#near)
  }

  errorAt(path: readonly string[], message: string, remedy: string): WeirError {
    return this.#document.errorAt([...this.#path, ...path], message, remedy)
  }

  /** The secret of the keys `NAMEFile` and `NAMEEnv`; undefined without either. */
  secret(name: string): SecretReader | undefined {
    const file = this.file(`${name}File`)
    const variable = this.value<string>(`${name}Env`)
    if (file !== undefined && variable !== undefined)
      throw this.errorAt([`${name}Env`], `${name}File and ${name}Env exclude each other`, 'keep one of them')
    if (file !== undefined) return this.#checked(`${name}File`, () => secretOfFile(file))
    if (variable !== undefined) return this.#checked(`${name}Env`, () => secretOfVariable(variable))
    return undefined
  }

  #checked(key: string, read: SecretReader): SecretReader {
    try {
      read()
    } catch (error) {
      if (!(error instanceof WeirError)) throw error
      throw this.errorAt([key], error.message, error.remedy ?? '')
    }
    return read
  }
}

function secretOfFile(file: string): string {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : 'it cannot be read'
    throw new WeirError('WEIR_CONFIG', `${file}: ${reason}`, {
      place: file,
      remedy: 'write the secret into the file',
    })
  }
  // Editors end a file with a line break, which no secret does.
  return text.replace(/\r?\n$/, '')
}

function secretOfVariable(variable: string): string {
  const value = process.env[variable]
  if (value !== undefined) return value
  throw new WeirError('WEIR_CONFIG', `environment variable ${variable} is not set`, {
    place: variable,
    remedy: 'set it',
  })
}

function tlsOf(section: Section | undefined): TlsSettings | undefined {
  if (section === undefined) return undefined
  const certificateFile = section.file('certificateFile')
  const keyFile = section.file('keyFile')
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw section.errorAt(
      [certificateFile === undefined ? 'keyFile' : 'certificateFile'],
      'kafka.tls has one of certificateFile and keyFile',
      'give both for mutual TLS, or neither',
    )
  return {
    caFile: section.file('caFile'),
    certificateFile,
    keyFile,
    keyPassword: section.secret('keyPassword'),
  }
}

function saslOf(section: Section | undefined): SaslSettings | undefined {
  if (section === undefined) return undefined
  const mechanism = section.value<SaslSettings['mechanism']>('mechanism') ?? 'PLAIN'
  const password = section.secret('password')
  const user = section.value<string>('user')
  const tokenFile = section.file('tokenFile')
  const unsecured = section.value<string>('unsecured')
  if (mechanism === 'OAUTHBEARER') {
    if (user !== undefined || password !== undefined)
      throw section.errorAt(['mechanism'], 'OAUTHBEARER takes no user and password', 'give tokenFile')
    if (tokenFile !== undefined && unsecured === undefined) return { mechanism, tokenFile }
    if (unsecured !== undefined && tokenFile === undefined) return { mechanism, unsecured }
    throw section.errorAt(['mechanism'], 'OAUTHBEARER needs a token', 'give one of tokenFile and unsecured')
  }
  if (tokenFile !== undefined || unsecured !== undefined)
    throw section.errorAt(['mechanism'], `${mechanism} takes no token`, 'give user and password')
  if (user === undefined || password === undefined)
    throw section.errorAt(
      ['mechanism'],
      `${mechanism} needs a user and a password`,
      'give user, and one of passwordFile and passwordEnv',
    )
  return { mechanism, user, password }
}

function propertiesOf(section: Section, key: string): ClientProperties {
  const properties: Record<string, string | number | boolean> = {}
  for (const name of section.keys(key)) {
    const refusal = refusalOf(name)
    if (refusal !== undefined)
      throw section.errorAt([key, name], `property '${name}' cannot be set: ${refusal.why}`, refusal.remedy)
    properties[name] = section.value<string | number | boolean>(key, name) ?? ''
  }
  return properties
}

function registryOf(section: Section | undefined): RegistrySettings | undefined {
  if (section === undefined) return undefined
  const url = section.value<string>('url') ?? ''
  if (/^[a-z]+:\/\/[^/]*@/.test(url))
    throw section.errorAt(
      ['url'],
      'the address of the registry holds a user or a password',
      'give user, and one of passwordFile and passwordEnv',
    )
  const userEnv = section.value<string>('userEnv')
  if (userEnv !== undefined && process.env[userEnv] === undefined)
    throw section.errorAt(['userEnv'], `environment variable ${userEnv} is not set`, 'set it')
  return {
    url,
    user: section.value<string>('user') ?? (userEnv === undefined ? undefined : process.env[userEnv]),
    password: section.secret('password'),
    caFile: section.file('caFile'),
    register: section.value<boolean>('register') ?? false,
    compatibility: section.value<RegistrySettings['compatibility']>('compatibility'),
  }
}
