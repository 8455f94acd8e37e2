/** `weir audit key`: makes a key that signs a log, or a witness's. Depends on the log's keys. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { writeKeyFile } from '../../pipeline/runtime/key-files.js'
import { LocalKey } from '../../sinks/audit/log/keys.js'
import { printJson, printText } from '../output.js'

interface KeyFlags {
  readonly out: string
  readonly json?: boolean
}

const SEED_BYTES = 32

export function registerAt(audit: Command): void {
  audit
    .command('key')
    .description('make an Ed25519 key; the public half, which verifies, is printed')
    .argument('<name>', 'name of the log or of the one who signs, such as weir.example/treasury')
    .requiredOption(
      '--out <file>',
      'where the private key goes; for its owner only, and never over a file that is there',
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ weir audit key weir.example/treasury --out audit.key > audit.pub')
    .action(make)
}

function make(name: string, { out, json }: KeyFlags): void {
  const key = LocalKey.fromSeed(name, randomBytes(SEED_BYTES))
  writeKeyFile(out, key.privateKeyText())
  if (json === true) printJson({ name, verifierKey: key.verifierKey() })
  else printText(key.verifierKey())
}
