/** `weir identity login`: signs a person in, and gets a credential for her key. Depends on the runtime's identity parts. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import {
  type Credential,
  keyOfBase64,
  unverifiedCredential,
} from '../../pipeline/governance/people/credential.js'
import { requestCredential } from '../../pipeline/runtime/identity/authority-client.js'
import { TOKEN_CHARACTERS_MOST } from '../../pipeline/runtime/identity/credential-request.js'
import { readSigningKey } from '../../pipeline/runtime/key-files.js'
import { loadConfiguration } from '../configuration.js'
import { CONFIG_FLAG, required, wholeNumber } from '../flags.js'
import { note, printJson, printText } from '../output.js'
import type { IdentitySettings } from './section.js'

interface LoginFlags {
  readonly key?: string
  readonly out?: string
  readonly config?: string
  readonly issuer?: string
  readonly clientId?: string
  readonly authority?: string
  readonly authorityKey?: string
  readonly idTokenFile?: string
  readonly redirectPort?: number
  readonly json?: boolean
}

const COMMAND = 'weir identity login'
/** A person may have to find her second factor. */
const SIGN_IN_MS_MOST = 5 * 60_000

export function registerAt(identity: Command): void {
  identity
    .command('login')
    .description('sign in at the OpenID provider, and get a credential for a key')
    .option('--key <file>', 'private key that the credential is for')
    .option('--out <file>', 'where the credential goes; an older one is replaced')
    .option('--issuer <url>', 'OpenID provider')
    .option('--client-id <id>', 'client to sign in with')
    .option('--authority <url>', 'identity authority to ask')
    .option('--authority-key <base64>', 'public key that the credential must be signed by')
    .option(
      '--id-token-file <file>',
      'take this ID token instead of signing in; its nonce must be that of the key',
    )
    .option(
      '--redirect-port <port>',
      'port of the loopback address that the provider sends back to; any that is free unless given',
      wholeNumber('--redirect-port', 0, 65_535),
    )
    .option(...CONFIG_FLAG)
    .option('--json', 'print one JSON document')
    .addHelpText(
      'after',
      `
No browser is opened: the address to open is printed on standard error. A client secret is in the configuration only.
With --json: {"subject","issuer","authority","keyBase64","notBefore","expires","file"}.

Examples:
  $ weir identity login --config weir.yaml --key anna.key --out anna.credential
  $ weir identity login --key anna.key --out anna.credential --issuer https://login.example --client-id weir --authority https://identity.example
Docs: docs/identity.md`,
    )
    .action(login)
}

async function login(flags: LoginFlags): Promise<void> {
  const settings: IdentitySettings = loadConfiguration(flags.config).identity ?? {}
  const out = required(flags.out, '--out', COMMAND)
  const authority = required(flags.authority ?? settings.authorityUrl, '--authority', COMMAND)
  const authorityKey = publicKeyOf(flags.authorityKey ?? settings.authorityKey)
  const key = await readSigningKey(required(flags.key, '--key', COMMAND))
  const idToken =
    flags.idTokenFile === undefined
      ? await signInHere(flags, settings, key.publicKey)
      : readToken(flags.idTokenFile)
  const text = await requestCredential(authority, idToken, key, authorityKey)
  await write(out, text)
  const credential = unverifiedCredential(text)
  if (flags.json === true) printJson({ ...describe(credential), file: out })
  else printText(`${credential.subject} may sign with this key until ${describe(credential).expires}: ${out}`)
}

async function signInHere(
  flags: LoginFlags,
  settings: IdentitySettings,
  publicKey: Uint8Array,
): Promise<string> {
  // Loaded here and not above: other commands begin without the libraries of a sign-in.
  const { signIn } = await import('../../pipeline/runtime/identity/sign-in.js')
  return signIn({
    issuer: required(flags.issuer ?? settings.issuer, '--issuer', COMMAND),
    clientId: required(flags.clientId ?? settings.clientId, '--client-id', COMMAND),
    clientSecret: settings.clientSecret?.(),
    publicKey,
    redirectPort: flags.redirectPort ?? 0,
    signal: AbortSignal.timeout(SIGN_IN_MS_MOST),
    show: (url) => note(`open this address to sign in, within ${SIGN_IN_MS_MOST / 60_000} minutes:\n${url}`),
  })
}

/** What a credential says, with times that people read. */
export function describe({
  subject,
  issuer,
  authority,
  keyBase64,
  notBeforeMicros,
  expiresMicros,
}: Credential) {
  const time = (micros: number): string => new Date(micros / 1_000).toISOString()
  const times = { notBefore: time(notBeforeMicros), expires: time(expiresMicros) }
  return { subject, issuer, authority, keyBase64, ...times }
}

export function publicKeyOf(base64: string | undefined): Uint8Array | undefined {
  if (base64 === undefined) return undefined
  const key = keyOfBase64(base64)
  if (key !== undefined) return key
  throw new WeirError('WEIR_USAGE', 'it is no Ed25519 key of 32 bytes in base64', {
    place: '--authority-key',
    remedy: 'give the key that weir identity serve prints',
  })
}

/** The message of the error holds nothing of the file. */
function readToken(file: string): string {
  try {
    const text = readFileSync(file, 'utf8').trim()
    if (text.length <= TOKEN_CHARACTERS_MOST) return text
  } catch (cause) {
    throw new WeirError('WEIR_INPUT', 'the ID token cannot be read', {
      place: file,
      remedy: 'give a file that holds it',
      cause,
    })
  }
  throw new WeirError('WEIR_INPUT', 'it is too long for an ID token', {
    place: file,
    remedy: 'give a file that holds nothing else',
  })
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, `${text}\n`)
  } catch (cause) {
    throw new WeirError(
      'WEIR_INPUT',
      `the credential cannot be written (${(cause as NodeJS.ErrnoException).code})`,
      {
        place: file,
        remedy: 'give another --out',
        cause,
      },
    )
  }
}
