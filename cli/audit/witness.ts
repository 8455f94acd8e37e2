/** `weir audit witness`: a process that cosigns checkpoints of the logs that it knows. Depends on the witness. */
import type { Command } from 'commander'
import { FolderFiles } from '../../sinks/audit/log/files.js'
import { readKeyFile } from '../../sinks/audit/log/key-files.js'
import { KIND_COSIGNATURE } from '../../sinks/audit/log/keys.js'
import type { Verifier } from '../../sinks/audit/log/note.js'
import { WitnessServer } from '../../sinks/audit/witness/server.js'
import { Witness } from '../../sinks/audit/witness/witness.js'
import { required, wholeNumber } from '../flags.js'
import { stopOnInterruption } from '../interruption.js'
import { note, printJson, printText } from '../output.js'
import { logFrom } from './witness-address.js'

interface WitnessFlags {
  readonly state?: string
  readonly key?: string
  readonly keyName?: string
  readonly log?: readonly string[]
  readonly host: string
  readonly port: number
  readonly json?: boolean
}

const PORT_DEFAULT = 8_090
const PORT_MOST = 65_535

export function registerAt(audit: Command): void {
  audit
    .command('witness')
    .description('cosign checkpoints of logs, each only when it extends what was cosigned before')
    .option('--state <dir>', 'needed: folder that keeps the latest checkpoint of each log')
    .option('--key <file>', 'needed: private key that cosigns')
    .option('--key-name <name>', 'name of a key in PEM, which holds none')
    .option(
      '--log <[origin=]key...>',
      'needed: verifier keys of the logs, NAME+HASH+KEY, or files that hold one; ORIGIN= before it for a log that is called otherwise',
    )
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', '0 for any that is free', wholeNumber('--port', 0, PORT_MOST), PORT_DEFAULT)
    .option('--json', 'print one JSON document when it listens')
    .addHelpText(
      'after',
      `
Run it where those who write the log have no access. It runs until it is interrupted; after a kill -9 the same command goes on.
The partitions of a journal topic have logs of their own, called KEYNAME/0, KEYNAME/1 and so on.

Examples:
  $ weir audit key weir.example/witness --witness --out witness.key > witness.pub
  $ weir audit witness --state witness --key witness.key --log audit.pub
  $ weir audit witness --state witness --key witness.key --log weir.example/treasury/0=audit.pub weir.example/treasury/1=audit.pub`,
    )
    .action(run)
}

async function run(flags: WitnessFlags): Promise<void> {
  const command = 'weir audit witness'
  const state = required(flags.state, '--state', command)
  const keyFile = required(flags.key, '--key', command)
  const logs = logsOf(required(flags.log, '--log', command))
  const key = await readKeyFile(keyFile, flags.keyName)
  const witness = await Witness.open(new FolderFiles(state), {
    signers: [key.signer(KIND_COSIGNATURE)],
    logs,
    nowSeconds: () => Math.floor(Date.now() / 1000),
  })
  const { host, port } = flags
  const onFailure = (error: unknown): void => note(`weir: nothing was cosigned: ${String(error)}`)
  const server = await WitnessServer.listen(witness, { host, port, onFailure }).catch(
    async (error: unknown) => {
      await witness.close()
      throw error
    },
  )
  stopOnInterruption(async () => {
    await server.stop()
    await witness.close()
  })
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${server.port}`
  const verifierKey = key.verifierKey(KIND_COSIGNATURE)
  if (flags.json === true) printJson({ url, verifierKey, logs: [...logs.keys()] })
  else printText(`witness ${url} for ${[...logs.keys()].join(', ')}; its key is ${verifierKey}`)
  // The server keeps the process alive.
}

/** Several keys of one log while one is replaced by another. */
function logsOf(given: readonly string[]): Map<string, Verifier[]> {
  const logs = new Map<string, Verifier[]>()
  for (const { origin, key } of given.map(logFrom)) logs.set(origin, [...(logs.get(origin) ?? []), key])
  return logs
}
