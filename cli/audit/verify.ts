/** `weir audit verify`: verifies a bundle with public keys alone. Depends on bundles. */
import { readFileSync, statSync } from 'node:fs'
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { BUNDLE_BYTES_MOST, type Bundle, parseBundle } from '../../sinks/audit/bundle/bundle.js'
import type { Trust } from '../../sinks/audit/bundle/evidence.js'
import { verifyBundle } from '../../sinks/audit/bundle/verify-bundle.js'
import { parseSignedCheckpoint } from '../../sinks/audit/log/checkpoint.js'
import { EXIT } from '../failure.js'
import { required } from '../flags.js'
import { printJson, printText } from '../output.js'
import { checkpointFile } from './export.js'
import { isOriginOf, trustOf, verifierFrom } from './log-folder.js'

interface VerifyFlags {
  readonly keys?: readonly string[]
  readonly witness?: readonly string[]
  readonly since?: string
  readonly wasmDigest?: string
  readonly state?: string
  readonly json?: boolean
}

export function registerAt(audit: Command): void {
  audit
    .command('verify')
    .description('verify a bundle in ten points; needs no network, no database and no trust in who made it')
    .argument('<bundle>', 'file')
    .option('--keys <key...>', 'needed: verifier keys of the log, NAME+HASH+KEY, or files that hold one')
    .option('--witness <key...>', 'verifier keys of witnesses; each must have cosigned')
    .option('--since <file>', 'a checkpoint of the log that you kept: the log must have grown from it')
    .option('--wasm-digest <hex>', 'SHA-256 of the module of the optimizer that you trust')
    .option('--state <hex>', 'digest of the state that the verification of the decision before has told')
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Ends with exit code 3 when a point does not hold; each is told. The module of the bundle runs in a process of its own, for 120 s
and in 512 MiB at most.

Example:
  $ weir audit verify decision.bundle --keys audit.pub --witness witness.pub
Docs: docs/audit-log.md`,
    )
    .action(run)
}

async function run(file: string, flags: VerifyFlags): Promise<void> {
  const keys = required(flags.keys, '--keys', 'weir audit verify')
  const log = trustOf(keys)
  const witnessKeys = (flags.witness ?? []).map(verifierFrom)
  const wasmDigest = digestOf(flags.wasmDigest, '--wasm-digest')
  const stateDigest = digestOf(flags.state, '--state')
  const since = flags.since === undefined ? undefined : checkpointFile(flags.since)
  const bundle = parseBundle(readBundle(file), file)
  const trust: Trust = {
    ...log,
    origin: originOf(bundle, log.origin),
    witnessKeys,
    witnessQuorum: new Set(witnessKeys.map(({ name }) => name)).size,
    ...(since === undefined ? {} : { since }),
    ...(wasmDigest === undefined ? {} : { wasmDigest }),
    ...(stateDigest === undefined ? {} : { stateDigest }),
  }
  const points = await verifyBundle(bundle, trust)
  const verified = points.every(({ holds }) => holds)
  if (flags.json === true) printJson({ verified, decision: bundle.decision, points })
  else {
    const lines = points.map(
      ({ point, holds, detail }, at) =>
        `${String(at + 1).padStart(2)} ${holds ? 'holds' : 'FAILS'}  ${point.padEnd(13)} ${detail}`,
    )
    printText([...lines, verified ? 'verified' : 'NOT VERIFIED'].join('\n'))
  }
  process.exitCode = verified ? EXIT.ok : EXIT.different
}

/** The logs of a topic's partitions are called as the key and a number: the bundle tells which it is of. */
function originOf({ checkpoint }: Bundle, keyName: string): string {
  try {
    const { origin } = parseSignedCheckpoint(checkpoint).checkpoint
    return isOriginOf(keyName, origin) ? origin : keyName
  } catch (error) {
    // What is wrong with it is told by its point.
    if (error instanceof WeirError) return keyName
    throw error
  }
}

function digestOf(given: string | undefined, flag: string): string | undefined {
  if (given === undefined || /^[0-9a-f]{64}$/i.test(given)) return given?.toLowerCase()
  throw new WeirError('WEIR_USAGE', `'${given.slice(0, 80)}' is no SHA-256`, {
    place: flag,
    remedy: 'give 64 hexadecimal digits',
  })
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
