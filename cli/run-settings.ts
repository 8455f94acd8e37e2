/**
 * The flags and settings of a run, shared by `run` and `demo`: flags before the configuration file before defaults.
 *
 * Depends on commander, the configuration and the log.
 */
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { WeirError } from '../pipeline/errors.js'
import {
  type ClickHouseMode,
  type Configuration,
  type Environment,
  loadConfiguration,
} from './configuration.js'
import { CONFIG_FLAG, wholeNumber } from './flags.js'
import { createLog, type LogLevel } from './log.js'

export interface RunFlags {
  readonly config?: string
  readonly dataDir?: string
  readonly workers?: number
  readonly clickhouse: boolean
  readonly clickhouseUrl?: string
  readonly bankSeed?: number
  readonly logLevel?: LogLevel
  readonly json?: boolean
}

export interface RunSettings {
  readonly dataDir: string
  readonly workers: number
  readonly bankSeed: number
  readonly clickhouse: {
    readonly mode: ClickHouseMode
    readonly url: string | undefined
    readonly environment: Environment
  }
  /** Left to the engine's defaults where undefined. */
  readonly timing: {
    readonly cycleMillis?: number
    readonly heartbeatMillis?: number
    readonly drainMillis?: number
    readonly snapshotEveryCycles?: number
  }
  readonly log: Logger
}

/** More than a machine of today has cores. */
const WORKERS_MOST = 64
const SEED_MOST = 2 ** 31 - 1

export const DEFAULT_BANK_SEED = 7

export function addRunFlags(command: Command): Command {
  return command
    .option('--data-dir <dir>', 'folder of journal, snapshots and embedded ClickHouse')
    .option(...CONFIG_FLAG)
    .option(
      '--workers <n>',
      'stage workers; no result depends on it',
      wholeNumber('--workers', 1, WORKERS_MOST),
    )
    .option('--bank-seed <n>', 'seed of the simulated bank', wholeNumber('--bank-seed', 0, SEED_MOST))
    .option('--no-clickhouse', 'do not project into ClickHouse')
    .option('--clickhouse-url <url>', 'project into a ClickHouse server instead of the embedded engine')
    .option('--json', 'print one JSON document')
}

/** `command` gives the program's flags too. Throws `WEIR_USAGE` and `WEIR_CONFIG`. */
export function settingsOf(command: Command, defaultDataDir: string): RunSettings {
  const flags = command.optsWithGlobals<RunFlags>()
  const file = loadConfiguration(flags.config)
  if (!flags.clickhouse && flags.clickhouseUrl !== undefined) {
    throw new WeirError('WEIR_USAGE', 'it contradicts --no-clickhouse', {
      place: '--clickhouse-url',
      remedy: 'leave one of them out',
    })
  }
  const url = flags.clickhouseUrl ?? file.clickhouse.url
  const mode = !flags.clickhouse ? 'off' : flags.clickhouseUrl !== undefined ? 'server' : file.clickhouse.mode
  return {
    dataDir: flags.dataDir ?? file.dataDir ?? defaultDataDir,
    workers: flags.workers ?? file.workers ?? 2,
    bankSeed: flags.bankSeed ?? bankSeedOf(file),
    clickhouse: { mode: mode ?? 'embedded', url, environment: file.clickhouse.environment },
    timing: timingOf(file),
    log: createLog(flags.logLevel, file.logLevel),
  }
}

export function bankSeedOf(file: Configuration): number {
  return file.bankSeed ?? DEFAULT_BANK_SEED
}

export function timingOf(file: Configuration): RunSettings['timing'] {
  const { cycleMillis, heartbeatMillis, drainMillis, snapshotEveryCycles } = file
  return {
    ...(cycleMillis === undefined ? {} : { cycleMillis }),
    ...(heartbeatMillis === undefined ? {} : { heartbeatMillis }),
    ...(drainMillis === undefined ? {} : { drainMillis }),
    ...(snapshotEveryCycles === undefined ? {} : { snapshotEveryCycles }),
  }
}
