/** `weir audit check`: compares audit logs with their journals, and with ClickHouse. Depends on the log, its leaves and ClickHouse. */
import type { Command } from 'commander'
import { checkLeaves } from '../../sinks/audit/leaves/audit-projection.js'
import { compareRows, type RowsVerdict } from '../../sinks/audit/rows/compare-rows.js'
import type { Analyst } from '../../sinks/clickhouse/queries/analyst.js'
import type { ProjectedJournal } from '../../sinks/journal/journal-port.js'
import { askAnalyst } from '../analyst-flags.js'
import { EXIT } from '../failure.js'
import { required } from '../flags.js'
import { printJson, printText } from '../output.js'
import {
  addJournalFlags,
  dataDirOf,
  eachJournal,
  isTopic,
  JOURNAL_HELP,
  type JournalFlags,
} from './journals.js'
import { readLogOf } from './log-folder.js'

interface CheckFlags extends JournalFlags {
  readonly keys?: readonly string[]
  readonly clickhouse?: boolean
  readonly clickhouseUrl?: string
}

interface CheckedLog {
  readonly origin: string
  readonly partition: number
  readonly equal: boolean
  readonly entries: number
  readonly leaves: number
  readonly behind: number
  readonly clickhouse?: RowsVerdict
}

export function registerAt(audit: Command): void {
  const command = audit
    .command('check')
    .description('compare every leaf of the log with the journal, byte for byte, and with ClickHouse')
    .option('--keys <key...>', 'needed: verifier keys of the log, NAME+HASH+KEY, or files that hold one')
    .option(
      '--clickhouse',
      'compare decisions, instructions and their events with the rows in ClickHouse too',
    )
    .option('--clickhouse-url <url>', 'address of a ClickHouse server instead of the embedded engine')
  addJournalFlags(command)
    .option('--json', 'print one JSON document: a list of logs for a topic, otherwise the log')
    .addHelpText(
      'after',
      `${JOURNAL_HELP}

A leaf that differs from the journal ends the command with exit code 2; rows of ClickHouse that differ are told, the first of
them by name, with exit code 3. ClickHouse is asked by the login of the analyst, see weir sql --help.`,
    )
    .action(run)
}

async function run(flags: CheckFlags): Promise<void> {
  const keys = required(flags.keys, '--keys', 'weir audit check')
  const isAsked = flags.clickhouse === true || flags.clickhouseUrl !== undefined
  const checked = isAsked
    ? await askAnalyst({ ...flags, dataDir: dataDirOf(flags) }, (analyst) => checkAll(flags, keys, analyst))
    : await checkAll(flags, keys, undefined)
  if (flags.json === true) printJson(!isTopic(flags) ? checked[0] : { logs: checked })
  else printText(checked.map(describe).join('\n'))
  if (!checked.every(({ equal }) => equal)) process.exitCode = EXIT.different
}

function checkAll(
  flags: CheckFlags,
  keys: readonly string[],
  analyst: Analyst | undefined,
): Promise<CheckedLog[]> {
  return eachJournal(flags, (journal) => checkOne(flags, journal, keys, analyst))
}

async function checkOne(
  flags: CheckFlags,
  journal: ProjectedJournal,
  keys: readonly string[],
  analyst: Analyst | undefined,
): Promise<CheckedLog> {
  const log = await readLogOf(flags, journal, keys)
  const { entries, leaves } = await checkLeaves(journal, log)
  const { partition } = journal
  const common = { origin: log.origin, partition, entries, leaves: log.size, behind: leaves - log.size }
  if (analyst === undefined) return { ...common, equal: true }
  const clickhouse = await compareRows(analyst.client, log, partition)
  return { ...common, equal: clickhouse.equal, clickhouse }
}

function describe({ origin, leaves, behind, clickhouse }: CheckedLog): string {
  const head = `${origin}: ${leaves} leaves equal the journal, ${behind} of the journal are not in the log yet`
  if (clickhouse === undefined) return head
  const { compared, behindEntries, differences, more } = clickhouse
  const rest = behindEntries > 0 ? `, ${behindEntries} entries are not projected yet` : ''
  const verdict = clickhouse.equal ? `${compared} rows of ClickHouse are equal` : 'ClickHouse DIFFERS'
  const lines = differences.map(({ table, id, what }) => `  ${table} ${id}: ${what}`)
  return [head, `${verdict}${rest}`, ...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join('\n')
}
