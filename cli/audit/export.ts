/** `weir audit export`: what proves a decision, as a file. Depends on the log, the journal and bundles. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { type Bundle, formatBundle } from '../../sinks/audit/bundle/bundle.js'
import { exportDecision } from '../../sinks/audit/bundle/export-decision.js'
import { required } from '../flags.js'
import { printJson, printText } from '../output.js'
import { addJournalFlags, eachJournal, JOURNAL_HELP, type JournalFlags } from './journals.js'
import { readLogOf } from './log-folder.js'

interface ExportFlags extends JournalFlags {
  readonly keys?: readonly string[]
  readonly out?: string
  readonly since?: string
  readonly fromStart?: boolean
}

export function registerAt(audit: Command): void {
  const command = audit
    .command('export')
    .description('write a bundle about one decision, to be verified by anybody')
    .argument('<decision>', 'id of the decision')
    .option('--out <file>', 'needed: where the bundle goes')
    .option('--keys <key...>', 'needed: verifier keys of the log, NAME+HASH+KEY, or files that hold one')
    .option('--since <file>', 'an earlier checkpoint: the bundle proves that the log has grown from it')
    .option(
      '--from-start',
      'hold the whole history of the group instead of a state: nothing is taken on trust',
    )
  addJournalFlags(command)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `${JOURNAL_HELP}

The decision is made again from the journal before the bundle is written.

Examples:
  $ weir audit export 5f0c... --keys audit.pub --out decision.bundle
  $ weir audit export 5f0c... --keys audit.pub --since checkpoint-of-monday --out decision.bundle`,
    )
    .action(run)
}

async function run(decision: string, flags: ExportFlags): Promise<void> {
  const out = required(flags.out, '--out', 'weir audit export')
  const keys = required(flags.keys, '--keys', 'weir audit export')
  const id = decision.replaceAll('-', '').toLowerCase()
  if (!/^[0-9a-f]{32}$/.test(id))
    throw new WeirError('WEIR_USAGE', `'${decision}' is no id`, {
      remedy: 'give the id of a decision, a UUID',
    })
  const options = {
    fromStart: flags.fromStart === true,
    ...(flags.since === undefined ? {} : { since: checkpointFile(flags.since) }),
  }
  let bundle: Bundle | undefined
  await eachJournal(flags, async (journal) => {
    bundle ??= await exportDecision(await readLogOf(flags, journal, keys), journal, id, options)
  })
  if (bundle === undefined)
    throw new WeirError('WEIR_INPUT', `the audit log has no decision ${id}`, {
      remedy:
        'bring the log up to date: weir audit append, or look the id up: weir sql "SELECT decision_id FROM decisions"',
    })
  const text = formatBundle(bundle)
  writeFileSync(out, text)
  const { leaves, cycles } = bundle
  if (flags.json === true)
    printJson({ decision: id, leaves: leaves.length, cycles: cycles.length, bytes: text.length, file: out })
  else printText(`${out}: ${leaves.length} leaves, ${cycles.length} cycles, ${text.length} bytes`)
}

/** A checkpoint of a log, as `weir audit append` prints it. */
export function checkpointFile(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new WeirError('WEIR_INPUT', 'the checkpoint cannot be read', {
      place: path,
      remedy: 'give a file with a checkpoint of this log, such as a copy of its file checkpoint',
      cause,
    })
  }
}
