/**
 * A local Kafka: one or three real brokers and a schema registry on loopback, each a process of its own.
 *
 * ```
 * DIR/cluster.json            what runs: ports, process ids with their start times, written before it is waited for
 * DIR/broker-1/               server.properties (0600), broker.log, data/
 * DIR/registry/registry.log   the registry holds its schemas in memory: a restart empties it
 * DIR/security/               of a secure cluster, see security.mjs
 * ```
 * Used by `npm run kafka` and by the tests. Every function reads `cluster.json` anew, so that a command and a watchdog
 * in other processes see the same. Depends on Node, Java and what parts.mjs fetches.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { deployFolder, execute, fetchParts, javaProgram, LocalKafkaError, lastLines } from './parts.mjs'
import { end, isAlive, signal, sleep, startDetached } from './processes.mjs'
import { HOST, serverProperties } from './properties.mjs'
import { GRANTED_PREFIX, readSecurity, securityOf, superUsers } from './security.mjs'
import { brokersSeenBy, createGrants } from './wire.mjs'

const BROKER_JVM = ['-Xmx512m', '-XX:TieredStopAtLevel=1']
const REGISTRY_JVM = ['-Xmx256m', '-XX:TieredStopAtLevel=1']
// A broker listens after 2 to 5 s; on a machine whose cores are all busy it took 30.
const READY_BOUND_MS = 120_000
const READY_POLL_MS = 100
// A broker hands over its partitions when asked to end; alone it has nobody to hand them to.
const STOP_GRACE_MS = 10_000
const FORMAT_BOUND_MS = 60_000

/**
 * @typedef {import('./processes.mjs').ProcessId} ProcessId
 * @typedef {import('./properties.mjs').BrokerPorts & { process?: ProcessId | undefined }} Broker
 * @typedef {{ version: 1, clusterId: string, secure: boolean, brokers: Broker[],
 *   registry?: { port: number, process?: ProcessId | undefined } | undefined }} ClusterState
 * @typedef {{ brokers: 1 | 3, registry: boolean, secure: boolean, ports: readonly number[],
 *   tell?: (text: string) => void }} ClusterOptions `ports`: PORTS_AT_MOST free ones, used as `layOut` says
 */

/** Three brokers with three listeners each, and the registry. */
export const PORTS_AT_MOST = 10

/**
 * Starts what does not run yet and waits until it answers.
 *
 * @param {string} folder @param {ClusterOptions} options @returns {Promise<ClusterState>}
 */
export async function startCluster(folder, options) {
  const directory = resolve(folder)
  const tell = options.tell ?? (() => {})
  const parts = await fetchParts({ registry: options.registry, tell })
  const known = readState(directory)
  const state = known === undefined ? layOut(options) : continued(known, options, directory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const stopped = state.brokers.filter((broker) => !runs(broker.process))
  await requireFreePorts(state)
  writeState(directory, state)
  if (known === undefined || !existsSync(join(directory, '.formatted')))
    await format(directory, state, parts.classPath)
  for (const broker of stopped) launchBroker(directory, state, broker, parts.classPath)
  if (state.registry !== undefined && !runs(state.registry.process))
    launchRegistry(directory, state, parts.registryJar)
  writeState(directory, state)
  await Promise.all([
    ...state.brokers.map((broker) => brokerReady(directory, state, broker, state.brokers.length)),
    registryReady(directory, state),
  ])
  if (state.secure && stopped.length > 0) await grantToWeir(directory, state)
  return state
}

/** Starts one broker again, on its ports and its data. @param {string} directory @param {number} index from 0 */
export async function restartBroker(directory, index) {
  const { state, broker } = brokerAt(directory, index)
  const { classPath } = await fetchParts({ registry: false })
  launchBroker(directory, state, broker, classPath)
  writeState(directory, state)
  await brokerReady(directory, state, broker, 1)
}

/** @param {string} directory @param {number} index from 0 @param {NodeJS.Signals} name */
export function signalBroker(directory, index, name) {
  const { broker } = brokerAt(directory, index)
  return broker.process !== undefined && signal(broker.process, name)
}

/** @param {string} directory @param {number} index @returns {{ state: ClusterState, broker: Broker }} */
export function brokerAt(directory, index) {
  const state = readState(directory)
  const broker = state?.brokers[index]
  if (state === undefined || broker === undefined)
    throw new LocalKafkaError(`no broker ${index} in ${directory}`)
  return { state, broker }
}

/** Ends what runs; the data stays. @param {string} directory @returns {Promise<number>} how many processes ran */
export async function stopCluster(directory, graceMs = STOP_GRACE_MS) {
  const state = readState(directory)
  if (state === undefined) return 0
  const targets = processesOf(state)
  await end(targets, graceMs)
  const left = targets.find(isAlive)
  if (left !== undefined)
    throw new LocalKafkaError(`process ${left.pid} does not end (end it by hand: kill -9 ${left.pid})`)
  return targets.length
}

/** The living processes of a cluster. @param {ClusterState} state @returns {ProcessId[]} */
export function processesOf({ brokers, registry }) {
  return [...brokers.map((broker) => broker.process), registry?.process].filter(
    (target) => target !== undefined && isAlive(target),
  )
}

/** @param {ProcessId | undefined} target */
export function runs(target) {
  return target !== undefined && isAlive(target)
}

/** @param {ClusterState} state */
export function bootstrapOf({ brokers }) {
  return brokers.map(({ port }) => `${HOST}:${port}`).join(',')
}

/** For clients that come by certificate. @param {ClusterState} state @returns {string} */
export function mtlsBootstrapOf({ brokers }) {
  return brokers.map(({ mtlsPort }) => `${HOST}:${mtlsPort}`).join(',')
}

/** @param {ClusterState} state @returns {string | undefined} the Confluent-compatible base of the registry */
export function registryUrlOf({ registry }) {
  return registry === undefined ? undefined : `http://${HOST}:${registry.port}/apis/ccompat/v7`
}

/** @param {string} directory @returns {ClusterState | undefined} */
export function readState(directory) {
  let text
  try {
    text = readFileSync(join(directory, 'cluster.json'), 'utf8')
  } catch {
    return undefined
  }
  return JSON.parse(text)
}

/** Whole or not at all: a watchdog may read at any moment. @param {string} directory @param {ClusterState} state */
function writeState(directory, state) {
  const path = join(directory, 'cluster.json')
  writeFileSync(`${path}.draft`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.draft`, path)
}

/** @param {ClusterOptions} options @returns {ClusterState} */
function layOut({ brokers, registry, secure, ports }) {
  const port = (/** @type {number} */ index) => ports[index] ?? 0
  return {
    version: 1,
    clusterId: randomBytes(16).toString('base64url').replace(/^-/, 'w'),
    secure,
    brokers: Array.from({ length: brokers }, (_, index) => ({
      id: index + 1,
      port: port(index),
      controllerPort: port(3 + index),
      mtlsPort: port(6 + index),
    })),
    registry: registry ? { port: port(9) } : undefined,
  }
}

/**
 * The cluster of a data folder keeps its brokers, ports and security; only its registry comes and goes.
 *
 * @param {ClusterState} known @param {ClusterOptions} options @param {string} directory @returns {ClusterState}
 */
function continued(known, options, directory) {
  const wanted = layOut(options)
  const differs =
    known.secure !== wanted.secure ||
    known.brokers.length !== wanted.brokers.length ||
    known.brokers.some(({ port }, index) => port !== wanted.brokers[index]?.port)
  if (differs) {
    const { length } = known.brokers
    const is = `${length} broker${length === 1 ? '' : 's'}${known.secure ? ', secure' : ''}, at ${bootstrapOf(known)}`
    throw new LocalKafkaError(
      `${directory} holds another cluster: ${is} (give another --data-dir, or stop it and remove the folder)`,
    )
  }
  return { ...known, registry: known.registry ?? wanted.registry }
}

/** @param {ClusterState} state */
async function requireFreePorts({ brokers, registry, secure }) {
  const ports = brokers
    .filter((broker) => !runs(broker.process))
    .flatMap(({ port, controllerPort, mtlsPort }) => [port, controllerPort, ...(secure ? [mtlsPort] : [])])
  if (registry !== undefined && !runs(registry.process)) ports.push(registry.port)
  for (const port of ports) {
    if (!(await isFree(port)))
      throw new LocalKafkaError(`port ${port} of ${HOST} is taken by another program (give another --port)`)
  }
}

/** @param {number} port @returns {Promise<boolean>} */
export function isFree(port) {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', () => done(false))
    server.listen({ host: HOST, port, exclusive: true }, () => server.close(() => done(true)))
  })
}

/**
 * Writes the settings of all brokers and formats their data folders.
 *
 * @param {string} directory @param {ClusterState} state @param {string} classPath
 */
async function format(directory, state, classPath) {
  const security = state.secure ? await securityOf(directory) : undefined
  await Promise.all(
    state.brokers.map(async (broker) => {
      const folder = folderOf(directory, broker)
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true })
      const properties = join(folder, 'server.properties')
      const settings =
        security === undefined
          ? undefined
          : {
              keyStore: security.brokerStorePath,
              trustStore: security.caPath,
              plainUsers: security.users,
              superUsers,
            }
      const text = serverProperties(broker, state.brokers, join(folder, 'data'), settings)
      writeFileSync(properties, text, { mode: 0o600 })
      const args = [
        '-cp',
        classPath,
        'kafka.tools.StorageTool',
        'format',
        '-t',
        state.clusterId,
        '-c',
        properties,
      ]
      for (const { name, password } of security?.users ?? []) {
        for (const mechanism of ['SCRAM-SHA-512', 'SCRAM-SHA-256'])
          args.push('--add-scram', `${mechanism}=[name=${name},password=${password}]`)
      }
      await java(folder, args)
    }),
  )
  writeFileSync(join(directory, '.formatted'), '')
}

/**
 * Arguments go by a file that only we can read: some are passwords, and a command line can be read by everyone.
 *
 * @param {string} folder @param {string[]} args
 */
async function java(folder, args) {
  const file = join(folder, 'format.args')
  const quoted = args.map((arg) => `"${arg.replace(/[\\"]/g, '\\$&')}"`)
  writeFileSync(file, `${[...BROKER_JVM, ...quoted].join('\n')}\n`, { mode: 0o600 })
  const result = await execute(javaProgram(), [`@${file}`], { timeoutMs: FORMAT_BOUND_MS })
  rmSync(file)
  if (!result.ok)
    throw new LocalKafkaError(`the broker's data folder could not be formatted\n${lastLines(result.output)}`)
}

/** @param {string} directory @param {ClusterState} state @param {Broker} broker @param {string} classPath */
function launchBroker(directory, state, broker, classPath) {
  const folder = folderOf(directory, broker)
  const logging = `-Dlog4j2.configurationFile=${join(deployFolder, 'log4j2.yaml')}`
  const args = [...BROKER_JVM, logging, '-cp', classPath, 'kafka.Kafka', join(folder, 'server.properties')]
  broker.process = startDetached(javaProgram(), args, { logFile: join(folder, 'broker.log'), cwd: folder })
  // At once, so that a watchdog knows it whatever happens next.
  writeState(directory, state)
}

/** @param {string} directory @param {ClusterState} state @param {string} jar */
function launchRegistry(directory, state, jar) {
  if (state.registry === undefined) return
  const folder = join(directory, 'registry')
  mkdirSync(folder, { recursive: true })
  const address = [`-Dquarkus.http.host=${HOST}`, `-Dquarkus.http.port=${state.registry.port}`]
  state.registry.process = startDetached(javaProgram(), [...REGISTRY_JVM, ...address, '-jar', jar], {
    logFile: join(folder, 'registry.log'),
    cwd: folder,
  })
  writeState(directory, state)
}

/** @param {string} directory @param {{ id: number }} broker @returns {string} */
function folderOf(directory, { id }) {
  return join(resolve(directory), `broker-${id}`)
}

/**
 * A broker is ready when it answers and sees itself and as many others as there should be.
 *
 * @param {string} directory @param {ClusterState} state @param {Broker} broker @param {number} brokersSeen
 */
async function brokerReady(directory, state, broker, brokersSeen) {
  const address = adminAddress(directory, state, broker)
  const log = join(folderOf(directory, broker), 'broker.log')
  await until(`broker ${broker.id}`, broker.process, log, async () => {
    const seen = await brokersSeenBy(address)
    return seen.includes(broker.id) && seen.length >= brokersSeen
  })
}

/** @param {string} directory @param {ClusterState} state */
async function registryReady(directory, state) {
  if (state.registry === undefined) return
  const log = join(directory, 'registry', 'registry.log')
  await until('the schema registry', state.registry.process, log, async () => {
    const response = await fetch(`${registryUrlOf(state)}/subjects`, {
      signal: AbortSignal.timeout(READY_POLL_MS * 20),
    })
    return response.ok
  })
}

/**
 * @param {string} what @param {ProcessId | undefined} target @param {string} log
 * @param {() => Promise<boolean>} answers may throw while nobody listens
 */
async function until(what, target, log, answers) {
  const deadline = performance.now() + READY_BOUND_MS
  while (performance.now() < deadline) {
    if (!runs(target))
      throw new LocalKafkaError(`${what} ended while it started; its log ${log} ends with\n${tailOf(log)}`)
    if (await answers().catch(() => false)) return
    await sleep(READY_POLL_MS)
  }
  throw new LocalKafkaError(`${what} did not answer within ${READY_BOUND_MS / 1000} s (see ${log})`)
}

/** @param {string} log */
function tailOf(log) {
  try {
    return lastLines(readFileSync(log, 'utf8'))
  } catch {
    return '(nothing)'
  }
}

/** @param {string} directory @param {ClusterState} state @param {Broker} broker @returns {import('./wire.mjs').Address} */
export function adminAddress(directory, state, { port, mtlsPort }) {
  if (!state.secure) return { host: HOST, port }
  return { host: HOST, port: mtlsPort, tls: readSecurity(directory).broker }
}

/** @param {string} directory @param {ClusterState} state */
async function grantToWeir(directory, state) {
  const [first] = state.brokers
  if (first === undefined) return
  const resources = /** @type {const} */ (['topic', 'group', 'transactionalId'])
  const grants = resources.map((resource) => ({
    ...{ principal: 'weir', resource, name: GRANTED_PREFIX },
    ...{ pattern: /** @type {const} */ ('prefixed'), operation: /** @type {const} */ ('all') },
  }))
  await createGrants(adminAddress(directory, state, first), grants)
}
