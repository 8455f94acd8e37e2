/**
 * `npm run kafka -- up|down|status`: a real Kafka of one or three brokers and a schema registry, on loopback.
 *
 * The processes outlive the command; `down` ends them. Everything it does is in `deploy/kafka/`; here are only the
 * words. Exit codes: 0 done, or runs; 1 something went wrong or is missing; 3 `status` and nothing runs.
 * Depends on Node alone.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { eraseCluster, startCluster, stopCluster } from '../deploy/kafka/cluster.mjs'
import { LocalKafkaError } from '../deploy/kafka/parts.mjs'
import { readSecurity } from '../deploy/kafka/security.mjs'
import {
  bootstrapOf,
  mtlsBootstrapOf,
  PORTS_AT_MOST,
  readState,
  registryUrlOf,
  runs,
} from '../deploy/kafka/state.mjs'
import { asScript, repository, StepFailure, say } from './steps.mjs'

const NOTHING_RUNS = 3

const usage = `npm run kafka -- up|down|status [options]

  up        starts what does not run, waits until it answers, prints the addresses
  down      ends it; the data stays unless --erase is given (the registry's schemas do not: it holds them in memory)
  status    what runs; exit code 0: all, 1: some, 3: nothing

  --brokers 1|3     how many brokers (1)
  --no-registry     no schema registry
  --secure          TLS, logins and access rules instead of open listeners
  --port N          first of ${PORTS_AT_MOST} ports (9092): clients N to N+2, controllers N+3 to N+5,
                    clients with certificates N+6 to N+8, registry N+9
  --erase           with down: removes data and credentials too
  --data-dir DIR    folder of data, logs and credentials (.weir/kafka)
`

const options = /** @type {const} */ ({
  brokers: { type: 'string', default: '1' },
  'no-registry': { type: 'boolean', default: false },
  secure: { type: 'boolean', default: false },
  port: { type: 'string', default: '9092' },
  'data-dir': { type: 'string' },
  erase: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
})

function parse() {
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    throw new StepFailure(`${/** @type {Error} */ (error).message}\n\n${usage}`)
  }
}

/** @param {{ brokers: string, port: string }} values */
function numbers({ brokers, port }) {
  const first = Number(port)
  if (brokers !== '1' && brokers !== '3')
    throw new StepFailure(`--brokers ${brokers}: a local cluster has 1 or 3 brokers`)
  if (!Number.isInteger(first) || first < 1024 || first > 65_535 - PORTS_AT_MOST)
    throw new StepFailure(`--port ${port}: give a whole number from 1024 to ${65_535 - PORTS_AT_MOST}`)
  const ports = Array.from({ length: PORTS_AT_MOST }, (_, index) => first + index)
  return { brokers: brokers === '3' ? /** @type {const} */ (3) : /** @type {const} */ (1), ports }
}

/** @param {string} directory @param {import('../deploy/kafka/state.mjs').ClusterState} state */
function printAddresses(directory, state) {
  const lines = [`bootstrap  ${bootstrapOf(state)}`]
  const registry = registryUrlOf(state)
  if (registry !== undefined) lines.push(`registry   ${registry} (in memory: empty after a restart)`)
  if (state.secure) {
    const { users, caPath } = readSecurity(directory)
    lines.push(`mTLS       ${mtlsBootstrapOf(state)}`, `authority  ${caPath}`)
    lines.push(
      `users      ${users.map(({ name }) => name).join(', ')}; passwords, certificates: ${directory}/security`,
    )
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** @param {string} directory @returns {number} exit code */
function status(directory) {
  const state = readState(directory)
  const parts = [
    ...(state?.brokers ?? []).map(({ id, process: target }) => ({ name: `broker ${id}`, target })),
    ...(state?.registry === undefined ? [] : [{ name: 'registry', target: state.registry.process }]),
  ]
  const running = parts.filter(({ target }) => runs(target))
  if (state === undefined || running.length === 0) {
    process.stdout.write('nothing runs\n')
    return NOTHING_RUNS
  }
  for (const { name, target } of parts)
    process.stdout.write(`${name.padEnd(10)} ${runs(target) ? `process ${target?.pid}` : 'does not run'}\n`)
  printAddresses(directory, state)
  return running.length === parts.length ? 0 : 1
}

async function main() {
  const { values, positionals } = parse()
  const [command, ...rest] = positionals
  if (values.help) {
    process.stdout.write(usage)
    return 0
  }
  if (command === undefined || rest.length > 0)
    throw new StepFailure(`give one of up, down, status\n\n${usage}`)
  const directory = resolve(values['data-dir'] ?? resolve(repository, '.weir', 'kafka'))
  if (command === 'status') return status(directory)
  const started = performance.now()
  if (command === 'down') {
    const ended = await stopCluster(directory)
    say('kafka', ended === 0 ? 'nothing ran' : `${ended} processes ended`, started)
    if (values.erase) eraseCluster(directory)
    return 0
  }
  if (command !== 'up') throw new StepFailure(`no command ${command}\n\n${usage}`)
  const state = await startCluster(directory, {
    ...numbers(values),
    registry: !values['no-registry'],
    secure: values.secure,
    tell: (text) => say('kafka', text),
  })
  say('kafka', 'up', started)
  printAddresses(directory, state)
  return 0
}

await asScript(async () => {
  try {
    return await main()
  } catch (error) {
    if (error instanceof LocalKafkaError) throw new StepFailure(error.message)
    throw error
  }
})
