/** `weir audit export`: what the log holds of a decision, with proofs. Depends on the log and bundles. */
import { writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { formatBundle } from '../../sinks/audit/bundle/bundle.js'
import { exportDecision } from '../../sinks/audit/bundle/export-decision.js'
import { DEMO_DATA_DIR } from '../flags.js'
import { printJson, printText } from '../output.js'
import { readRunLog } from './log-folder.js'

interface ExportFlags {
  readonly dataDir?: string
  readonly keys: readonly string[]
  readonly out: string
  readonly json?: boolean
}

export function registerAt(audit: Command): void {
  audit
    .command('export')
    .description('write a bundle about one decision, to be verified by anybody')
    .argument('<decision>', 'id of the decision')
    .requiredOption('--out <file>', 'where the bundle goes')
    .requiredOption('--keys <key...>', 'verifier keys of the log, NAME+HASH+KEY, or files that hold one')
    .option('--data-dir <dir>', 'data directory of the run')
    .option('--json', 'print one JSON document')
    .addHelpText('after', `\nThe data directory is ${DEMO_DATA_DIR} unless given.`)
    .action(run)
}

async function run(decision: string, flags: ExportFlags): Promise<void> {
  const id = decision.replaceAll('-', '').toLowerCase()
  if (!/^[0-9a-f]{32}$/.test(id))
    throw new WeirError('WEIR_USAGE', `'${decision}' is no id`, {
      remedy: 'give the id of a decision, a UUID',
    })
  const log = await readRunLog(flags.dataDir, flags.keys)
  const bundle = await exportDecision(log, id)
  writeFileSync(flags.out, formatBundle(bundle))
  const { leaves } = bundle
  if (flags.json === true) printJson({ decision: id, leaves: leaves.length, file: flags.out })
  else printText(`${flags.out}: ${leaves.length} leaves`)
}
