/** `weir identity show`: what a credential says, and whether it counts. Depends on the form of credentials. */
import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import {
  CREDENTIAL_BYTES_MOST,
  isInForce,
  openCredential,
  unverifiedCredential,
} from '../../pipeline/governance/people/credential.js'
import { loadConfiguration } from '../configuration.js'
import { EXIT } from '../failure.js'
import { CONFIG_FLAG } from '../flags.js'
import { printJson, printText } from '../output.js'
import { describe, publicKeyOf } from './login.js'

interface ShowFlags {
  readonly config?: string
  readonly authorityKey?: string
  readonly json?: boolean
}

const MICROS_PER_MS = 1_000

export function registerAt(identity: Command): void {
  identity
    .command('show')
    .description('what a credential says, until when, and by whose signature')
    .argument('<file>', 'credential, as weir identity login writes it')
    .option(
      '--authority-key <base64>',
      'public key of the authority; without one the signature is not checked',
    )
    .option(...CONFIG_FLAG)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Exit code 3 when it does not count now. With --json: {"subject","issuer","authority","keyBase64","notBefore","expires","inForce",
"signature"}; signature is "verified" or "not checked".

Example:
  $ weir identity show anna.credential`,
    )
    .action(show)
}

function show(file: string, flags: ShowFlags): void {
  const key = publicKeyOf(flags.authorityKey ?? loadConfiguration(flags.config).identity?.authorityKey)
  const text = read(file)
  const credential = key === undefined ? unverifiedCredential(text) : openCredential(text, key)
  const inForce = isInForce(credential, Date.now() * MICROS_PER_MS)
  const shown = {
    ...describe(credential),
    inForce,
    signature: key === undefined ? 'not checked' : 'verified',
  }
  if (flags.json === true) printJson(shown)
  else
    printText(
      Object.entries(shown)
        .map(([name, value]) => `${name.padEnd(10)} ${value}`)
        .join('\n'),
    )
  if (!inForce) process.exitCode = EXIT.different
}

function read(file: string): string {
  try {
    const bytes = readFileSync(file)
    // The file ends in a line break, the credential does not.
    if (bytes.length <= CREDENTIAL_BYTES_MOST + 2) return bytes.toString('utf8').replace(/\r?\n$/, '')
  } catch (cause) {
    throw new WeirError('WEIR_INPUT', 'the credential cannot be read', {
      place: file,
      remedy: 'give a file that weir identity login wrote',
      cause,
    })
  }
  throw new WeirError('WEIR_INPUT', 'it is too long for a credential', {
    place: file,
    remedy: 'give a file that weir identity login wrote',
  })
}
