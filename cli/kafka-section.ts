/**
 * The `kafka` section of the configuration: read into settings, every mistake told at its line.
 *
 * Depends on the YAML reader and on the settings of Kafka.
 */
import type { YamlDocument } from '../pipeline/governance/yaml-document.js'
import { refusalOf } from '../pipeline/runtime/kafka/owned-properties.js'
import {
  type ClientProperties,
  defaultSettings,
  type KafkaSettings,
  type RegistrySettings,
  type SaslSettings,
  type TlsSettings,
} from '../pipeline/runtime/kafka/settings.js'
import { type Near, Section } from './section.js'

const SECTION = 'kafka'

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
