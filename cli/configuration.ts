/**
 * The configuration: one YAML file that fits `configuration.schema.json`, every mistake told at its line and column.
 *
 * Flags come before the environment, the environment before the file, the file before the defaults. Secrets are
 * never in the file: it names a file or an environment variable that holds them. Depends on the YAML reader of policies.
 */
import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { WeirError } from '../pipeline/errors.js'
import { type DocumentKind, YamlDocument } from '../pipeline/governance/yaml-document.js'
import type { KafkaSettings } from '../pipeline/runtime/kafka/settings.js'
import configurationSchema from './configuration.schema.json' with { type: 'json' }
import { type IdentitySettings, identitySection } from './identity/section.js'
import { kafkaSection } from './kafka-section.js'
import type { LogLevel } from './log.js'
import { type NotificationSettings, notificationSection } from './notify/section.js'

export type ClickHouseMode = 'embedded' | 'server' | 'off'

/** Environment variables for `openTarget`, as a server's logins are looked for there. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What the file says; undefined where it says nothing. */
export interface Configuration {
  readonly dataDir?: string | undefined
  readonly workers?: number | undefined
  readonly cycleMillis?: number | undefined
  readonly heartbeatMillis?: number | undefined
  readonly drainMillis?: number | undefined
  readonly snapshotEveryCycles?: number | undefined
  readonly clickhouse: {
    readonly mode?: ClickHouseMode | undefined
    readonly url?: string | undefined
    /** The process's environment, completed with the logins that the file names. */
    readonly environment: Environment
  }
  readonly kafka?: KafkaSettings | undefined
  readonly identity?: IdentitySettings | undefined
  readonly notifications?: NotificationSettings | undefined
  readonly logLevel?: LogLevel | undefined
  readonly bankSeed?: number | undefined
  readonly snapshotEveryEntries?: number | undefined
  readonly status?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined
}

let compiled: ValidateFunction | undefined

const configurationKind: DocumentKind = {
  code: 'WEIR_CONFIG',
  noun: 'configuration',
  documentation: 'docs/cli.md',
  maximumBytes: 64 * 1024,
  whenTooLarge: 'it has a few dozen keys; see docs/cli.md',
  validator() {
    compiled ??= new Ajv2020({ allErrors: true, allowUnionTypes: true, verbose: true }).compile(
      configurationSchema,
    )
    return compiled
  },
}

/** Reads the file given by `--config`; without one everything is left to the defaults. */
export function loadConfiguration(file: string | undefined): Configuration {
  if (file === undefined) return { clickhouse: { environment: process.env } }
  const text = readConfiguration(file)
  // All keys commented out is a configuration that says nothing, not a document that is no map.
  if (text.replace(/#.*$/gm, '').trim() === '') return { clickhouse: { environment: process.env } }
  return interpret(new YamlDocument(text, file, configurationKind), file)
}

function readConfiguration(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const reason =
      (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file' : (cause as Error).message
    throw new WeirError('WEIR_CONFIG', reason, { place: file, remedy: 'give the path of a YAML file', cause })
  }
}

function interpret(document: YamlDocument, file: string): Configuration {
  const text = (...path: string[]): string | undefined => document.valueAt(path) as string | undefined
  const number = (...path: string[]): number | undefined => document.valueAt(path) as number | undefined
  const absolute = (path: string): string => resolve(dirname(file), path)
  const near = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : absolute(path)
  const mode = text('clickhouse', 'mode') as ClickHouseMode | undefined
  const url = text('clickhouse', 'url')
  if (mode === 'server' && url === undefined) {
    throw document.errorAt(
      ['clickhouse', 'mode'],
      "clickhouse.mode is 'server' without an address",
      'add clickhouse.url',
    )
  }
  if (mode !== 'server' && url !== undefined) {
    throw document.errorAt(
      ['clickhouse', 'url'],
      'clickhouse.url is used in mode server only',
      'set clickhouse.mode: server',
    )
  }
  const login = (prefix: string, path: readonly string[]): Environment => ({
    [`${prefix}_USER`]: text(...path, 'user'),
    ...password(document, prefix, path, near),
  })
  const environment = firstGiven(process.env, {
    WEIR_CLICKHOUSE_DATABASE: text('clickhouse', 'database'),
    ...login('WEIR_CLICKHOUSE', ['clickhouse']),
    ...login('WEIR_CLICKHOUSE_ANALYST', ['clickhouse', 'analyst']),
  })
  return {
    dataDir: near(text('dataDir')),
    workers: number('workers'),
    cycleMillis: number('cycleMillis'),
    heartbeatMillis: number('heartbeatMillis'),
    drainMillis: number('drainMillis'),
    snapshotEveryCycles: number('snapshotEveryCycles'),
    clickhouse: { mode, url, environment },
    kafka: kafkaSection(document, absolute),
    // Read when they are asked for: other processes need not have the secrets of these.
    get identity() {
      return identitySection(document, absolute)
    },
    get notifications() {
      return notificationSection(document, absolute)
    },
    logLevel: text('log', 'level') as LogLevel | undefined,
    bankSeed: number('bank', 'seed'),
    snapshotEveryEntries: number('snapshotEveryEntries'),
    status: { host: text('status', 'host'), port: number('status', 'port') },
  }
}

function password(
  document: YamlDocument,
  prefix: string,
  path: readonly string[],
  near: (path: string | undefined) => string | undefined,
): Environment {
  const file = document.valueAt([...path, 'passwordFile']) as string | undefined
  const variable = document.valueAt([...path, 'passwordEnv']) as string | undefined
  if (file !== undefined && variable !== undefined) {
    throw document.errorAt(
      [...path, 'passwordEnv'],
      'passwordFile and passwordEnv exclude each other',
      'keep one of them',
    )
  }
  if (variable === undefined) return { [`${prefix}_PASSWORD_FILE`]: near(file) }
  const value = process.env[variable]
  if (value !== undefined) return { [`${prefix}_PASSWORD`]: value }
  throw document.errorAt([...path, 'passwordEnv'], `environment variable ${variable} is not set`, 'set it')
}

function firstGiven(first: Environment, then: Environment): Environment {
  const merged: Record<string, string | undefined> = { ...then }
  for (const [name, value] of Object.entries(first)) if (value !== undefined) merged[name] = value
  return merged
}
