/**
 * The flags by which the commands on topics find Kafka and the schema registry: flags before the configuration file before defaults.
 *
 * Credentials are in the configuration only, by reference: a command line is seen by every process of the machine.
 * Depends on commander and the configuration.
 */
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { defaultSettings, type KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import {
  parseRegistryUrl,
  REGISTRY_DEFAULTS,
  type RegistrySettings,
  registrySettings,
} from '../pipeline/runtime/registry/settings.js'
import { loadConfiguration } from './configuration.js'
import { CONFIG_FLAG } from './flags.js'

export interface KafkaFlags {
  readonly config?: string
  readonly kafka?: string
  readonly topicPrefix?: string
  readonly registryUrl?: string
  readonly register?: boolean
  readonly json?: boolean
}

export interface KafkaTarget {
  readonly kafka: KafkaSettings
  /** Undefined when none is configured. */
  readonly registry: RegistrySettings | undefined
}

const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^\s:,/]+):[0-9]{1,5}$/

/** Kafka's own rule for the names of topics. */
const PREFIX = /^[A-Za-z0-9._-]{0,100}$/

export function addKafkaFlags(command: Command): Command {
  return command
    .option(...CONFIG_FLAG)
    .option(
      '--kafka <host:port>',
      'bootstrap servers, separated by commas; security is set in the configuration',
    )
    .option('--topic-prefix <prefix>', "what the names of Weir's topics begin with (default: weir.)")
    .option(
      '--registry-url <url>',
      'schema registry, Confluent-compatible; without one the ids are made from the schemas',
    )
}

export function addRegisterFlag(command: Command): Command {
  return command.option(
    '--register',
    'register schemas that the registry does not have; kafka.registry.register',
  )
}

/** @throws WeirError WEIR_USAGE, WEIR_CONFIG */
export function kafkaTarget(flags: KafkaFlags): KafkaTarget {
  const file = loadConfiguration(flags.config)
  const servers = flags.kafka === undefined ? undefined : parseServers(flags.kafka)
  if (servers === undefined && file.kafka === undefined) {
    throw new WeirError('WEIR_USAGE', 'no Kafka is given', {
      place: '--kafka',
      remedy: 'give its address, or a configuration with a kafka section by --config',
    })
  }
  const configured = file.kafka ?? defaultSettings([])
  const kafka = {
    ...configured,
    bootstrapServers: servers ?? configured.bootstrapServers,
    topicPrefix: flags.topicPrefix === undefined ? configured.topicPrefix : parsePrefix(flags.topicPrefix),
  }
  return { kafka, registry: registryOf(flags, kafka) }
}

function registryOf(
  { registryUrl, register }: KafkaFlags,
  kafka: KafkaSettings,
): RegistrySettings | undefined {
  const configured = kafka.registry === undefined ? undefined : registrySettings(kafka.registry)
  if (registryUrl === undefined) {
    if (configured !== undefined) return { ...configured, register: register ?? configured.register }
    if (register !== true) return undefined
    throw new WeirError('WEIR_USAGE', 'there is no registry to register at', {
      place: '--register',
      remedy: 'give --registry-url, or kafka.registry in the configuration',
    })
  }
  const url = parseRegistryUrl(registryUrl, '--registry-url', 'WEIR_USAGE')
  // Credentials are for the address that they stand beside.
  const settings = configured?.url === url ? configured : { ...REGISTRY_DEFAULTS, url }
  return { ...settings, register: register ?? settings.register }
}

function parseServers(text: string): string[] {
  const servers = text.split(',').map((server) => server.trim())
  const wrong = servers.find((server) => !ADDRESS.test(server))
  if (wrong === undefined) return servers
  throw new WeirError('WEIR_USAGE', `'${wrong.slice(0, 60)}' is not an address`, {
    place: '--kafka',
    remedy: 'give host:port, several separated by commas',
  })
}

function parsePrefix(text: string): string {
  if (PREFIX.test(text)) return text
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' cannot begin the name of a topic`, {
    place: '--topic-prefix',
    remedy: 'give letters, digits, dots, hyphens and underscores',
  })
}
