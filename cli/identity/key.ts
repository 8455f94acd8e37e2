/** `weir identity key`: makes a key that a person or an authority signs with. Depends on node:crypto and key files. */
import { generateKeyPairSync } from 'node:crypto'
import type { Command } from 'commander'
import { nonceOf } from '../../pipeline/runtime/identity/credential-request.js'
import { signingKey, writeKeyFile } from '../../pipeline/runtime/key-files.js'
import { printJson, printText } from '../output.js'

interface KeyFlags {
  readonly out: string
  readonly json?: boolean
}

export function registerAt(identity: Command): void {
  identity
    .command('key')
    .description('make an Ed25519 key; the public half, for a roster, is printed')
    .requiredOption(
      '--out <file>',
      'where the private key goes; for its owner only, and never over a file that is there',
    )
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
Prints the public key, 32 bytes in base64. With --json: {"keyBase64","nonce"}; nonce is what a sign-in for this key asks the
provider with.

Example:
  $ weir identity key --out anna.key > anna.pub`,
    )
    .action(make)
}

function make({ out, json }: KeyFlags): void {
  const { privateKey } = generateKeyPairSync('ed25519')
  const { publicKey } = signingKey(privateKey)
  writeKeyFile(out, privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
  const keyBase64 = Buffer.from(publicKey).toString('base64')
  if (json === true) printJson({ keyBase64, nonce: nonceOf(publicKey) })
  else printText(keyBase64)
}
