/**
 * `weir project`: keeps ClickHouse equal to the journal topic, and says whether it is.
 *
 * A process of its own: it decodes the whole journal, which takes a processor, and ClickHouse being away or slow must not reach the
 * owners. Depends on commander, the Kafka client and `sinks/clickhouse`.
 */
import type { Command } from 'commander'
import type { Logger } from 'pino'
import { WeirError } from '../pipeline/errors.js'
import type { JournalTopicPorts } from '../sinks/clickhouse/journal-topic/journal-partition.js'
import { JournalProjection } from '../sinks/clickhouse/journal-topic/journal-projection.js'
import type { PartitionProgress } from '../sinks/clickhouse/journal-topic/partition-projection.js'
import { migrate } from '../sinks/clickhouse/migrate.js'
import { retryUntil } from '../sinks/clickhouse/projector/retry.js'
import { type ClickHouseTarget, connect, openTarget } from '../sinks/clickhouse/target.js'
import { type TopicVerdict, verifyTopic } from '../sinks/clickhouse/verification/verify-topic.js'
import { loadConfiguration } from './configuration.js'
import { EXIT } from './failure.js'
import { interruptible } from './interruption.js'
import { withJournalTopic } from './journal-topic.js'
import { addKafkaFlags, type KafkaFlags, kafkaTarget } from './kafka-flags.js'
import { createLog, type LogLevel } from './log.js'
import { printJson, printText } from './output.js'

interface ProjectFlags extends KafkaFlags {
  readonly dataDir?: string
  readonly clickhouseUrl?: string
  readonly untilEnd?: boolean
  readonly verify?: boolean
  readonly logLevel?: LogLevel
}

const DEFAULT_DATA_DIR = '.weir/data'
/** How often the lag is told. */
const STATUS_INTERVAL_MS = 10_000

export function register(program: Command): void {
  const command = program
    .command('project')
    .description('keep ClickHouse equal to the journal topic')
    .option('--data-dir <dir>', 'where the embedded ClickHouse lives')
    .option('--clickhouse-url <url>', 'address of a ClickHouse server instead of the embedded engine')
  addKafkaFlags(command)
    .option('--until-end', 'stop when everything that the journal holds is projected')
    .option('--verify', 'project nothing: compare every row in ClickHouse with the journal')
    .option('--json', 'print JSON: a line every 10 s with the lag of each partition, or the one of --verify')
    .addHelpText(
      'after',
      `
Run one of it for a database. A second one takes over, and the first ends with an error; no row is lost or doubled.
The data directory is ${DEFAULT_DATA_DIR} unless given.

With --json: {"lag","partitions":[{"partition","state","projected","waiting","lag"}]}. projected counts entries that ClickHouse
holds, waiting those that were read, lag records of the topic that were not; null means not known yet.
With --verify --json: {"equal","complete","partitions":[{"partition","equal","entries","behind","tables":
[{"table","equal","expected","found"}]}]}; the exit code is 3 unless all are equal.

Examples:
  $ weir project --config weir.yaml
  $ weir project --config weir.yaml --until-end && weir project --config weir.yaml --verify
Docs: docs/lineage.md`,
    )
    .action((flags: ProjectFlags, self: Command) =>
      project({ ...flags, ...self.optsWithGlobals<ProjectFlags>() }),
    )
}

async function project(flags: ProjectFlags): Promise<void> {
  const file = loadConfiguration(flags.config)
  const kafka = kafkaTarget(flags)
  const log = createLog(flags.logLevel, file.logLevel).child({ part: 'projection' })
  const target = await openClickHouse(flags, log)
  await interruptible(async (signal) => {
    try {
      await withJournalTopic(kafka, log, signal, (partitions, ports) =>
        flags.verify === true
          ? verify(target, partitions, ports, flags)
          : run(target, partitions, ports, flags),
      )
    } finally {
      await target.close()
    }
  })
}

function openClickHouse(flags: ProjectFlags, log: Logger): Promise<ClickHouseTarget> {
  const file = loadConfiguration(flags.config)
  const { mode, url: configured, environment } = file.clickhouse
  const url = flags.clickhouseUrl ?? configured
  if (mode === 'off' && url === undefined) {
    throw new WeirError('WEIR_CONFIG', 'there is no ClickHouse to project into: clickhouse.mode is off', {
      place: flags.config ?? 'clickhouse.mode',
      remedy: 'set clickhouse.mode: server and clickhouse.url, or give --clickhouse-url',
    })
  }
  return openTarget({ dataDir: flags.dataDir ?? file.dataDir ?? DEFAULT_DATA_DIR, url, environment, log })
}

async function run(
  target: ClickHouseTarget,
  partitions: number,
  ports: JournalTopicPorts,
  flags: ProjectFlags,
): Promise<void> {
  const { signal, log } = ports
  const connection = target.writer()
  await retryUntil(
    signal,
    () => migrate(connection),
    (error) => log.warn({ reason: error.toLine() }, 'the database cannot be brought up to date yet'),
  )
  const projection = new JournalProjection({
    partitions,
    ports,
    connection,
    signal,
    untilEnd: flags.untilEnd === true,
  })
  const tell = (): void => {
    if (flags.json === true) printJson(statusOf(projection.progress))
  }
  const timer = setInterval(tell, STATUS_INTERVAL_MS)
  try {
    await projection.run()
  } finally {
    clearInterval(timer)
  }
  tell()
  if (flags.json !== true) printText(describeProgress(projection.progress))
}

async function verify(
  target: ClickHouseTarget,
  partitions: number,
  ports: JournalTopicPorts,
  flags: ProjectFlags,
): Promise<void> {
  const client = connect(target.writer())
  try {
    const verdict = await verifyTopic(client, partitions, ports)
    if (flags.json === true) printJson(verdict)
    else printText(describeVerdict(verdict))
    if (!verdict.equal) process.exitCode = EXIT.different
  } finally {
    await client.close()
  }
}

function statusOf(partitions: readonly PartitionProgress[]): object {
  const known = partitions.every(({ lag }) => lag !== null)
  return { lag: known ? partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0) : null, partitions }
}

function describeProgress(partitions: readonly PartitionProgress[]): string {
  const entries = partitions.reduce((sum, { projected }) => sum + (projected ?? 0), 0)
  return `${entries.toLocaleString('en-US')} journal entries of ${partitions.length} partitions are in ClickHouse`
}

function describeVerdict({ partitions }: TopicVerdict): string {
  return partitions
    .map(({ partition, equal, entries, behind, tables }) => {
      const wrong = tables.filter((table) => !table.equal)
      const rest = behind > 0 ? `, ${behind} entries behind` : ''
      const head = `partition ${partition}: ${entries} entries ${equal ? 'equal' : 'DIFFER'}${rest}`
      const lines = wrong.map(
        ({ table, expected, found }) => `  ${table}: ${found} rows, the journal makes ${expected}`,
      )
      return [head, ...lines].join('\n')
    })
    .join('\n')
}
