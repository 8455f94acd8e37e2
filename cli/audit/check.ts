/** `weir audit check`: compares every leaf of an audit log with its journal. Depends on the log and its leaves. */
import type { Command } from 'commander'
import { checkLeaves } from '../../sinks/audit/leaves/audit-projection.js'
import { DEMO_DATA_DIR } from '../flags.js'
import { printJson, printText } from '../output.js'
import { readRunLog, withJournal } from './log-folder.js'

interface CheckFlags {
  readonly dataDir?: string
  readonly keys: readonly string[]
  readonly json?: boolean
}

export function registerAt(audit: Command): void {
  audit
    .command('check')
    .description('compare every leaf of the log with the journal, byte for byte')
    .requiredOption('--keys <key...>', 'verifier keys of the log, NAME+HASH+KEY, or files that hold one')
    .option('--data-dir <dir>', 'data directory of the run')
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\nThe data directory is ${DEMO_DATA_DIR} unless given.`)
    .action(run)
}

async function run(flags: CheckFlags): Promise<void> {
  const log = await readRunLog(flags.dataDir, flags.keys)
  const { entries, leaves } = await withJournal(flags.dataDir ?? DEMO_DATA_DIR, (journal) =>
    checkLeaves(journal, log),
  )
  const behind = leaves - log.size
  if (flags.json === true) printJson({ origin: log.origin, equal: true, entries, leaves: log.size, behind })
  else printText(`equal: ${log.size} leaves, ${behind} of the journal are not in the log yet`)
}
