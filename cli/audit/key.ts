/** `weir audit key`: makes a key that signs a log, or a witness's. Depends on the log's keys. */
import { randomBytes } from 'node:crypto'
import type { Command } from 'commander'
import { writeKeyFile } from '../../pipeline/runtime/key-files.js'
import { KIND_COSIGNATURE, KIND_NOTE, LocalKey } from '../../sinks/audit/log/keys.js'
import { required } from '../flags.js'
import { printJson, printText } from '../output.js'

interface KeyFlags {
  readonly out?: string
  readonly witness?: boolean
  readonly json?: boolean
}

const SEED_BYTES = 32

export function registerAt(audit: Command): void {
  audit
    .command('key')
    .description('make an Ed25519 key; the public half, which verifies, is printed')
    .argument('<name>', 'name of the log or of the one who signs, such as weir.example/treasury')
    .option(
      '--out <file>',
      'needed: where the private key goes; for its owner only, and never over a file that is there',
    )
    .option('--witness', 'print the public half by which cosignatures of a witness are verified')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ weir audit key weir.example/treasury --out audit.key > audit.pub')
    .action(make)
}

function make(name: string, { out: given, witness, json }: KeyFlags): void {
  const out = required(given, '--out', 'weir audit key')
  const kind = witness === true ? KIND_COSIGNATURE : KIND_NOTE
  const key = LocalKey.fromSeed(name, randomBytes(SEED_BYTES))
  writeKeyFile(out, key.privateKeyText())
  if (json === true) printJson({ name, verifierKey: key.verifierKey(kind) })
  else printText(key.verifierKey(kind))
}
