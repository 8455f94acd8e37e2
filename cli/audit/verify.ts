/** `weir audit verify`: verifies a bundle with public keys alone. Depends on bundles. */
import { readFileSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { BUNDLE_BYTES_MOST, parseBundle } from '../../sinks/audit/bundle/bundle.js'
import { verifyBundle } from '../../sinks/audit/bundle/verify-bundle.js'
import { EXIT } from '../failure.js'
import { printJson, printText } from '../output.js'
import { trustOf, verifierFrom } from './log-folder.js'

interface VerifyFlags {
  readonly keys: readonly string[]
  readonly witness?: readonly string[]
  readonly json?: boolean
}

export function registerAt(audit: Command): void {
  audit
    .command('verify')
    .description('verify a bundle; needs no network, no database and no trust in who made it')
    .argument('<bundle>', 'file')
    .requiredOption('--keys <key...>', 'verifier keys of the log, NAME+HASH+KEY, or files that hold one')
    .option('--witness <key...>', 'verifier keys of witnesses; each must have cosigned')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nEnds with exit code 3 when a point does not hold; each is told.')
    .action(run)
}

function run(file: string, { keys, witness = [], json }: VerifyFlags): void {
  const trust = trustOf(keys)
  const witnessKeys = witness.map(verifierFrom)
  const bundle = parseBundle(readBundle(file), file)
  const points = verifyBundle(bundle, { ...trust, witnessKeys, witnessQuorum: witnessKeys.length })
  const verified = points.every(({ holds }) => holds)
  if (json === true) printJson({ verified, decision: bundle.decision, points })
  else {
    const lines = points.map(
      ({ point, holds, detail }) => `${holds ? 'holds' : 'FAILS'}  ${point.padEnd(13)} ${detail}`,
    )
    printText([...lines, verified ? 'verified' : 'NOT VERIFIED'].join('\n'))
  }
  process.exitCode = verified ? EXIT.ok : EXIT.different
}

function readBundle(file: string): string {
  try {
    if (statSync(file).size <= BUNDLE_BYTES_MOST) return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new WeirError('WEIR_INPUT', 'the bundle cannot be read', {
      place: file,
      remedy: 'give the path of a bundle',
      cause,
    })
  }
  throw new WeirError('WEIR_AUDIT', `the bundle is longer than ${BUNDLE_BYTES_MOST} bytes`, { place: file })
}
