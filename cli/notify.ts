/**
 * `weir notify`: tells people of alerts, from the journal of a run or of the topic.
 *
 * A process of its own: receivers that are slow or away must not reach the owners. Depends on commander, the journal and `sinks/notifications`.
 */
import { join } from 'node:path'
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { WeirError } from '../pipeline/errors.js'
import { lockDataDirectory } from '../pipeline/runtime/data-directory.js'
import { readJournal } from '../pipeline/runtime/journal/reader.js'
import { FolderFiles } from '../sinks/audit/log/files.js'
import { fileJournal } from '../sinks/journal/journal-port.js'
import type { Target } from '../sinks/notifications/delivery.js'
import { Notifier, type NotifierOptions } from '../sinks/notifications/notifier.js'
import type { WorkerProgress } from '../sinks/notifications/target-worker.js'
import { topicJournal } from '../sinks/notifications/topic-journal.js'
import { loadConfiguration } from './configuration.js'
import { EXIT } from './failure.js'
import { required } from './flags.js'
import { interruptible } from './interruption.js'
import { withJournalTopic } from './journal-topic.js'
import { addKafkaFlags, type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { createLog, type LogLevel } from './log.js'
import { printJson, printText } from './output.js'

interface NotifyFlags extends KafkaFlags {
  readonly dataDir?: string
  readonly untilEnd?: boolean
  readonly since?: number
  readonly logLevel?: LogLevel
  readonly json?: boolean
}

const DEFAULT_DATA_DIR = '.weir/data'
const STATUS_INTERVAL_MS = 10_000
/** Receivers that are away at the end of a run are told by the next one. */
const DRAIN_MS_MOST = 60_000
const MICROS_PER_MS = 1_000

export function register(program: Command): void {
  const command = program
    .command('notify')
    .description('tell people of alerts, by webhook and e-mail')
    .option('--data-dir <dir>', 'data directory of a run; on Kafka, the folder that progress is kept in')
  addKafkaFlags(command)
    .option('--until-end', 'on Kafka: stop when everything that the journal holds was told')
    .option(
      '--since <time>',
      'pass over alerts that were raised before, such as 2026-12-01T00:00:00Z',
      parseTime,
    )
    .option('--json', 'print JSON: a line every 10 s and at the end')
    .addHelpText(
      'after',
      `
Needs notifications.targets of the configuration. Without Kafka it reads the journal of a run that has ended, tells what was not told
yet, and ends. Progress is kept in DATA_DIR/notifications; the data directory is ${DEFAULT_DATA_DIR} unless given. Exit code 3 when a
target could not be told everything within ${DRAIN_MS_MOST / 1_000} s; the next start goes on.

With --json: {"read","targets":[{"target","waiting","omitted","delivered","givenUp","trouble"}]}.

Examples:
  $ weir notify --config weir.yaml --data-dir .weir/data
  $ weir notify --config weir.yaml --since 2026-12-01T00:00:00Z
Docs: docs/notifications.md`,
    )
    .action((flags: NotifyFlags, self: Command) =>
      notify({ ...flags, ...self.optsWithGlobals<NotifyFlags>() }),
    )
}

async function notify(flags: NotifyFlags): Promise<void> {
  const config = required(flags.config, '--config', 'weir notify')
  const { notifications, logLevel, kafka, dataDir: configured } = loadConfiguration(config)
  if (notifications === undefined)
    throw new WeirError('WEIR_CONFIG', 'notifications.targets is needed', {
      place: config,
      remedy: 'see docs/notifications.md',
    })
  const log = createLog(flags.logLevel, logLevel).child({ part: 'notifications' })
  // Loaded here and not above: other commands begin without a mail client.
  const { openTargets } = await import('./notify/targets.js')
  const targets = await openTargets(notifications.targets)
  const dataDir = flags.dataDir ?? configured ?? DEFAULT_DATA_DIR
  const onTopic = kafka !== undefined || flags.kafka !== undefined
  await interruptible((signal) => {
    const common = { flags, targets, dataDir, log, signal }
    return onTopic ? followTopic(common) : readRun(common)
  })
}

interface Run {
  readonly flags: NotifyFlags
  readonly targets: readonly Target[]
  readonly dataDir: string
  readonly log: Logger
  readonly signal: AbortSignal
}

/** The journal of a run that nobody writes meanwhile: its tail is whole then. */
async function readRun(common: Run): Promise<void> {
  const folder = join(common.dataDir, 'journal')
  const lock = await lockDataDirectory(common.dataDir)
  try {
    const journal = fileJournal((from, until) => readJournal(folder, from.sequence, until))
    await run(common, () => [journal], true)
  } finally {
    await lock.release()
  }
}

function followTopic(common: Run): Promise<void> {
  const { flags, log, signal } = common
  const untilEnd = flags.untilEnd === true
  return withJournalTopic(kafkaTarget(flags), log, signal, (partitions, topic) => {
    const journals = (until: AbortSignal) =>
      Array.from({ length: partitions }, (_, partition) =>
        topicJournal(partition, { ...topic, signal: until }, untilEnd),
      )
    return run(common, journals, untilEnd)
  })
}

async function run(
  { flags, targets, dataDir, log, signal }: Run,
  journals: NotifierOptions['journals'],
  untilEnd: boolean,
): Promise<void> {
  const files = new FolderFiles(join(dataDir, 'notifications'))
  // Two that tell the same would tell everything twice.
  const lock = await files.lock()
  try {
    const ports = { nowMs: Date.now, random: Math.random, signal, log }
    const notifier = await Notifier.open({ journals, targets, files, sinceMicros: flags.since, ports })
    const done = await tellWhile(flags, notifier, () => notifier.run(untilEnd ? DRAIN_MS_MOST : undefined))
    if (untilEnd && !done) process.exitCode = EXIT.different
  } finally {
    await lock.release()
  }
}

async function tellWhile(
  flags: NotifyFlags,
  notifier: Notifier,
  running: () => Promise<boolean>,
): Promise<boolean> {
  const tell = (): void => {
    if (flags.json === true) printJson({ read: notifier.read, targets: notifier.progress })
  }
  const timer = setInterval(tell, STATUS_INTERVAL_MS)
  try {
    return await running()
  } finally {
    clearInterval(timer)
    tell()
    if (flags.json !== true) printText(notifier.progress.map(describe).join('\n'))
  }
}

function describe({ target, waiting, omitted, delivered, givenUp, trouble }: WorkerProgress): string {
  const left = waiting + omitted === 0 ? '' : `, ${waiting} wait, ${omitted} more to be told as a sum`
  const lost = givenUp === 0 ? '' : `, ${givenUp} given up`
  return `${target}: ${delivered} delivered${left}${lost}${trouble === null ? '' : ` (${trouble})`}`
}

/** @returns microseconds */
function parseTime(text: string): number {
  const ms = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(ms)) return ms * MICROS_PER_MS
  throw new WeirError('WEIR_USAGE', `'${text.slice(0, 40)}' is no time`, {
    place: '--since',
    remedy: 'give one as 2026-12-01T00:00:00Z',
  })
}
