/**
 * A local Kafka: one or three real brokers and a schema registry on loopback, each a process of its own.
 *
 * ```
 * DIR/cluster.json            what runs: ports, process ids with their start times
 * DIR/broker-1/               server.properties (0600), broker.log, data/
 * DIR/registry/registry.log   the registry holds its schemas in memory: a restart empties it
 * DIR/security/               of a secure cluster, see security.mjs
 * DIR/.formatted              written when all data folders are
 * ```
 * Used by `npm run kafka` and by the tests. Depends on Node, Java and what parts.mjs fetches.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { adminAddress, brokerReady, format, launchBroker, launchRegistry, registryReady } from './launch.mjs'
import { fetchParts, LocalKafkaError } from './parts.mjs'
import { isFree } from './ports.mjs'
import { end, gone, isAlive, signal } from './processes.mjs'
import { HOST } from './properties.mjs'
import { GRANTED_PREFIX } from './security.mjs'
import { bootstrapOf, brokerAt, layOut, processesOf, readState, runs, writeState } from './state.mjs'
import { createGrants } from './wire.mjs'

// A broker hands over its partitions when asked to end; alone it has nobody to hand them to.
const STOP_GRACE_MS = 10_000
// SIGKILL needs no consent; only a machine that hardly runs takes longer.
const KILL_BOUND_MS = 10_000

/**
 * @typedef {import('./state.mjs').ClusterState} ClusterState
 * @typedef {import('./state.mjs').ClusterOptions} ClusterOptions
 * @typedef {import('./wire.mjs').Grant} Grant
 */

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
  const before = processesOf(state)
  await requireFreePorts(state)
  writeState(directory, state)
  if (known === undefined || !existsSync(join(directory, '.formatted')))
    await format(directory, state, parts.classPath)
  try {
    await launch(directory, state, parts)
  } catch (error) {
    // What ran before goes on; a half-started cluster would only be in the way of the next try.
    const started = processesOf(state).filter(({ pid }) => before.every((other) => other.pid !== pid))
    await end(started, STOP_GRACE_MS)
    throw error
  }
  return state
}

/** @param {string} directory @param {ClusterState} state @param {{ classPath: string, registryJar: string }} parts */
async function launch(directory, state, { classPath, registryJar }) {
  const { brokers, registry } = state
  const stopped = brokers.filter((broker) => !runs(broker.process))
  for (const broker of stopped) launchBroker(directory, state, broker, classPath)
  if (registry !== undefined && !runs(registry.process)) launchRegistry(directory, state, registryJar)
  await Promise.all([
    ...brokers.map((broker) => brokerReady(directory, state, broker, brokers.length)),
    registryReady(directory, state),
  ])
  if (state.secure && stopped.length > 0) await grantToWeir(directory)
}

/** Starts one broker again, on its ports and its data. @param {string} directory @param {number} index from 0 */
export async function restartBroker(directory, index) {
  const { state, broker } = brokerAt(directory, index)
  if (runs(broker.process)) throw new LocalKafkaError(`broker ${broker.id} runs (end it first)`)
  const { classPath } = await fetchParts({ registry: false })
  launchBroker(directory, state, broker, classPath)
  await brokerReady(directory, state, broker, 1)
}

/**
 * @param {string} directory @param {number} index from 0
 * @param {NodeJS.Signals} name a broker that gets SIGKILL is gone when the promise is kept
 */
export async function signalBroker(directory, index, name) {
  const { broker } = brokerAt(directory, index)
  if (broker.process === undefined || !signal(broker.process, name))
    throw new LocalKafkaError(`broker ${broker.id} does not run`)
  if (name === 'SIGKILL') await gone([broker.process], KILL_BOUND_MS)
}

/** Lets a user do something; the cluster's own rules stay. @param {string} directory @param {readonly Grant[]} grants */
export async function grant(directory, grants) {
  const { state, broker } = brokerAt(directory, 0)
  await createGrants(adminAddress(directory, state, broker), grants)
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

/** Ends everything at once, for data that nobody needs any more. @param {string} directory */
export async function killCluster(directory) {
  const state = readState(directory)
  if (state === undefined) return
  const targets = processesOf(state)
  for (const target of targets) signal(target, 'SIGKILL')
  await gone(targets, KILL_BOUND_MS)
}

/** Removes the data of a cluster that does not run; fetched parts stay. @param {string} directory */
export function eraseCluster(directory) {
  const state = readState(directory)
  if (state === undefined) return
  const folders = [...state.brokers.map(({ id }) => `broker-${id}`), 'registry', 'security']
  for (const name of [...folders, '.formatted', 'cluster.json'])
    rmSync(join(directory, name), { recursive: true, force: true })
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
      `${directory} holds another cluster: ${is} (give another --data-dir, or remove it: npm run kafka -- down --erase)`,
    )
  }
  const kept = options.registry || runs(known.registry?.process) ? known.registry : undefined
  return { ...known, registry: kept ?? wanted.registry }
}

/** @param {ClusterState} state */
async function requireFreePorts({ brokers, registry, secure }) {
  const ports = brokers
    .filter((broker) => !runs(broker.process))
    .flatMap(({ port, controllerPort, mtlsPort, proxied = [] }) => [
      port,
      controllerPort,
      ...(secure ? [mtlsPort] : []),
      ...proxied.map((listener) => listener.port),
    ])
  if (registry !== undefined && !runs(registry.process)) ports.push(registry.port)
  for (const port of ports) {
    if (!(await isFree(port)))
      throw new LocalKafkaError(`port ${port} of ${HOST} is taken by another program (give another --port)`)
  }
}

/** @param {string} directory */
async function grantToWeir(directory) {
  const resources = /** @type {const} */ (['topic', 'group', 'transactionalId'])
  const rule = /** @type {const} */ ({
    principal: 'weir',
    name: GRANTED_PREFIX,
    pattern: 'prefixed',
    operation: 'all',
  })
  await grant(
    directory,
    resources.map((resource) => ({ ...rule, resource })),
  )
}
