/** `weir audit append`: brings audit logs up to date and has them cosigned. Depends on the log, its leaves and witnesses. */
import type { Command } from 'commander'
import { appendLeaves, type LeafReport } from '../../sinks/audit/leaves/audit-projection.js'
import { cosignLatest, type WitnessAddress } from '../../sinks/audit/witness/client.js'
import type { ProjectedJournal } from '../../sinks/journal/journal-port.js'
import { required } from '../flags.js'
import { note, printJson, printText } from '../output.js'
import { addJournalFlags, eachJournal, isTopic, JOURNAL_HELP, type JournalFlags } from './journals.js'
import { type KeyFlags, openLogOf } from './log-folder.js'
import { witnessFrom } from './witness-address.js'

interface AppendFlags extends JournalFlags, KeyFlags {
  readonly witness?: readonly string[]
}

interface AppendedLog extends LeafReport {
  readonly origin: string
  readonly partition: number
  readonly cosigned: readonly string[]
  readonly checkpoint: string
}

export function registerAt(audit: Command): void {
  const command = audit
    .command('append')
    .description('append what the journal has and the log has not, and sign a checkpoint')
    .option('--key <file>', 'needed: private key that signs; the log is called as it is')
    .option('--key-name <name>', 'name of a key in PEM, which holds none')
    .option('--witness <url=key...>', 'witnesses that are to cosign: URL=NAME+HASH+KEY, or URL=FILE')
  addJournalFlags(command)
    .option('--json', 'print one JSON document: a list of logs for a topic, otherwise the log')
    .addHelpText(
      'after',
      `${JOURNAL_HELP}

What a log has already is compared with the journal first; a leaf that differs ends the command with exit code 2, and nothing is
appended. A witness that does not answer within 10 s is told of and holds nothing up.

Examples:
  $ weir audit append --data-dir .weir/demo --key audit.key
  $ weir audit append --config weir.yaml --key audit.key --witness http://127.0.0.1:8090=witness.pub`,
    )
    .action(run)
}

async function run(flags: AppendFlags): Promise<void> {
  const key = required(flags.key, '--key', 'weir audit append')
  const witnesses = (flags.witness ?? []).map(witnessFrom)
  const logs = await eachJournal(flags, (journal) => bringUpToDate(flags, journal, key, witnesses))
  if (flags.json === true) printJson(!isTopic(flags) ? logs[0] : { logs })
  else printText(logs.map(describe).join('\n'))
}

async function bringUpToDate(
  flags: AppendFlags,
  journal: ProjectedJournal,
  key: string,
  witnesses: readonly WitnessAddress[],
): Promise<AppendedLog> {
  const log = await openLogOf(flags, journal, key, flags.keyName)
  try {
    const report = await appendLeaves(journal, log)
    const { cosigned, failures } = await cosignLatest(log, witnesses)
    for (const failure of failures) note(`weir: ${failure.toLine()}`)
    const checkpoint = Buffer.from(log.checkpoint()).toString('utf8')
    const names = cosigned.map(({ name }) => name)
    return { origin: log.origin, partition: journal.partition, ...report, cosigned: names, checkpoint }
  } finally {
    await log.close()
  }
}

function describe({ appended, leaves, entries, cosigned, checkpoint }: AppendedLog): string {
  const witnessed = cosigned.length === 0 ? '' : `, cosigned by ${cosigned.join(', ')}`
  return `${appended} leaves appended, ${leaves} in the log, from ${entries} journal entries${witnessed}\n\n${checkpoint}`
}
