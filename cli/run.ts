/**
 * `weir run`: lives through a folder of Avro input; the same command again goes on where an earlier one ended.
 * Depends on commander and `live-day.ts`.
 */
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { loadConfiguration } from './configuration.js'
import { describeDay, reportAsJson } from './day-report.js'
import { required, wholeNumber } from './flags.js'
import { endSignal } from './interruption.js'
import { liveDay } from './live-day.js'
import { note, printJson, printText } from './output.js'
import { Progress } from './progress.js'
import { type InstanceFlags, runOnKafka } from './run-kafka.js'
import { addRunFlags, settingsOf } from './run-settings.js'

interface InputFlags extends InstanceFlags {
  readonly input?: string
  readonly follow?: boolean
}

const DEFAULT_DATA_DIR = '.weir/data'

export function register(program: Command): void {
  const command = program
    .command('run')
    .description('live through a folder of input, or be an instance on Kafka; the same command again resumes')
    .option('--input <dir>', 'folder with <stream>/*.avro, see docs/streams.md')
    .option(
      '--follow',
      'go on after the last input until told to end; commands of people are taken meanwhile',
    )
    .option('--kafka <host:port>', 'bootstrap servers, instead of a folder; see docs/kafka.md')
    .option('--topic-prefix <prefix>', "what the names of Weir's topics begin with (default: weir.)")
    .option('--registry-url <url>', 'schema registry, Confluent-compatible')
    .option('--register', 'register schemas that the registry does not have; kafka.registry.register')
    .option('--instance <name>', 'name of this instance; kafka.instance')
    .option('--standby', 'follow the partitions that others own; kafka.standby')
    .option(
      '--status-port <n>',
      'port for /status, /metrics and /health; status.port (default: 9464)',
      wholeNumber('--status-port', 0, 65_535),
    )
  addRunFlags(command)
    .addHelpText(
      'after',
      `
The data directory is ${DEFAULT_DATA_DIR} unless given. Without --input, and with --kafka or a kafka section in the
configuration, it is an instance on Kafka until it is told to end: SIGTERM drains and hands over, exit code 0.
With --follow the time after the last input goes on with the machine's clock, and SIGTERM drains and ends, exit code 0.
With --input and --json: inputs, cycles, decisions, instructions,
deadLetters, stateDigest, decisionDigest and more; equal input gives equal digests.

Examples:
  $ weir run --input ./day --data-dir ./data --json
  $ weir run --config weir.yaml --instance one --standby`,
    )
    .action(run)
}

async function run(flags: InputFlags, command: Command): Promise<void> {
  const settings = settingsOf(command, DEFAULT_DATA_DIR)
  if (flags.follow === true && flags.input === undefined)
    throw new WeirError(
      'WEIR_USAGE',
      'only a run over a folder is followed; an instance on Kafka always is',
      {
        place: '--follow',
        remedy: 'give --input, or leave it out',
      },
    )
  const onKafka = flags.kafka !== undefined || loadConfiguration(flags.config).kafka !== undefined
  if (flags.input === undefined && onKafka) return runOnKafka(flags, settings)
  const input = required(flags.input, '--input', 'weir run')
  const progress = new Progress(flags.json === true)
  const followUntil = flags.follow === true ? endSignal() : undefined
  if (followUntil !== undefined && flags.json !== true)
    note(
      `weir: goes on after the last input until SIGTERM; weir kill --data-dir ${settings.dataDir} and others command it`,
    )
  const { report, projection } = await liveDay(input, settings, progress, async () => undefined, followUntil)
  if (flags.json === true) printJson(reportAsJson(report, settings.dataDir, projection))
  else printText(describeDay(report, projection))
}
