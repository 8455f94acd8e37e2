/** `weir audit append`: brings the audit log of a run up to date. Depends on the log and its leaves. */
import type { Command } from 'commander'
import { appendLeaves } from '../../sinks/audit/leaves/audit-projection.js'
import { DEMO_DATA_DIR } from '../flags.js'
import { printJson, printText } from '../output.js'
import { type LogFlags, openRunLog, withJournal } from './log-folder.js'

interface AppendFlags extends LogFlags {
  readonly json?: boolean
}

export function registerAt(audit: Command): void {
  audit
    .command('append')
    .description('append what the journal has and the log has not, and sign a checkpoint')
    .requiredOption('--key <file>', 'private key that signs; its name is that of the log')
    .option('--key-name <name>', 'name of a key in PEM, which holds none')
    .option('--data-dir <dir>', 'data directory of the run')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
The data directory is ${DEMO_DATA_DIR} unless given. What the log has already is compared with the journal first;
a leaf that differs ends the command with exit code 2, and nothing is appended.`,
    )
    .action(run)
}

async function run(flags: AppendFlags): Promise<void> {
  const log = await openRunLog(flags)
  try {
    const { entries, leaves, appended } = await withJournal(flags.dataDir ?? DEMO_DATA_DIR, (journal) =>
      appendLeaves(journal, log),
    )
    const checkpoint = Buffer.from(log.checkpoint()).toString('utf8')
    if (flags.json === true) printJson({ origin: log.origin, entries, leaves, appended, checkpoint })
    else
      printText(
        `${appended} leaves appended, ${leaves} in the log, from ${entries} journal entries\n\n${checkpoint}`,
      )
  } finally {
    await log.close()
  }
}
