/** `weir identity serve`: the identity authority, until it is told to end. Depends on the runtime's identity parts. */
import type { Command } from 'commander'
import { WeirError } from '../../pipeline/errors.js'
import { readSigningKey } from '../../pipeline/runtime/key-files.js'
import { loadConfiguration } from '../configuration.js'
import { CONFIG_FLAG, required } from '../flags.js'
import { stopOnInterruption } from '../interruption.js'
import { createLog, type LogLevel } from '../log.js'
import { printJson, printText } from '../output.js'

interface ServeFlags {
  readonly config?: string
  readonly logLevel?: LogLevel
  readonly json?: boolean
}

const DEFAULT_HOST = '127.0.0.1'

export function registerAt(identity: Command): void {
  identity
    .command('serve')
    .description('issue credentials to people who signed in, until it is told to end')
    .option(...CONFIG_FLAG)
    .option('--json', 'print one JSON document when it has begun')
    .addHelpText(
      'after',
      `
Needs identity.issuer, identity.clientId and identity.authority of the configuration. Listens on loopback unless told otherwise;
put TLS before it for others. With --json: {"url","name","keyBase64"}; the roster names the key.

Example:
  $ weir identity serve --config weir.yaml
Docs: docs/identity.md`,
    )
    .action((flags: ServeFlags, self: Command) => serve({ ...flags, ...self.optsWithGlobals<ServeFlags>() }))
}

/** Loaded here and not above: other commands begin without what these need. */
async function parts() {
  const [authority, server, verifier] = await Promise.all([
    import('../../pipeline/runtime/identity/authority.js'),
    import('../../pipeline/runtime/identity/authority-server.js'),
    import('../../pipeline/runtime/identity/oidc-verifier.js'),
  ])
  return { ...authority, ...server, ...verifier }
}

async function serve(flags: ServeFlags): Promise<void> {
  const config = required(flags.config, '--config', 'weir identity serve')
  const { identity, logLevel } = loadConfiguration(config)
  const { issuer, clientId, authority: section, algorithms, clockToleranceSeconds } = identity ?? {}
  if (issuer === undefined || clientId === undefined || section === undefined)
    throw new WeirError(
      'WEIR_CONFIG',
      'identity.issuer, identity.clientId and identity.authority are needed',
      {
        place: config,
        remedy: 'see docs/identity.md',
      },
    )
  const log = createLog(flags.logLevel, logLevel).child({ part: 'identity' })
  const { IdentityAuthority, AuthorityServer, OidcVerifier } = await parts()
  const key = await readSigningKey(section.keyFile)
  const verifier = new OidcVerifier({
    issuer,
    audience: clientId,
    nowMs: Date.now,
    ...(algorithms === undefined ? {} : { algorithms }),
    ...(clockToleranceSeconds === undefined ? {} : { clockToleranceSeconds }),
  })
  const { name, host = DEFAULT_HOST, port, lifetimeMinutes } = section
  const authority = new IdentityAuthority({ name, key, verifier, lifetimeMinutes, nowMs: Date.now, log })
  const server = await AuthorityServer.listen(authority, { host, port, log })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`
  const keyBase64 = Buffer.from(key.publicKey).toString('base64')
  if (flags.json === true) printJson({ url, name, keyBase64 })
  else printText(`${name} issues credentials at ${url}, signed by ${keyBase64}`)
  // The server keeps the process; an interruption ends both.
  stopOnInterruption(() => server.stop())
}
