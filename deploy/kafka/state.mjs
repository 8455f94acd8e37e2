/**
 * `DIR/cluster.json`: what a local cluster consists of and which processes it runs.
 *
 * Read anew by every function that acts, so that a command and a watchdog in other processes see the same; written
 * whole, and before anything is waited for. Depends on Node alone.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { LocalKafkaError } from './parts.mjs'
import { isAlive } from './processes.mjs'
import { HOST } from './properties.mjs'

/**
 * @typedef {import('./processes.mjs').ProcessId} ProcessId
 * @typedef {import('./properties.mjs').BrokerPorts & { process?: ProcessId | undefined }} Broker
 * @typedef {{ version: 1, clusterId: string, secure: boolean, tuned?: boolean | undefined, brokers: Broker[],
 *   registry?: { port: number, process?: ProcessId | undefined } | undefined }} ClusterState
 * @typedef {{ brokers: 1 | 3, registry: boolean, secure: boolean, ports: readonly number[], proxied?: number,
 *   tuned?: boolean, tell?: (text: string) => void }} ClusterOptions `tuned`: brokers run as Kafka's own scripts start them, which
 *   pays once they are warm; `ports`: PORTS_AT_MOST free ones, and two for each proxied listener of
 *   each broker, used as `layOut` says; `proxied`: further listeners of each broker, whose clients are sent to a port where a
 *   proxy must listen; not of a secure cluster
 */

/** Three brokers with three listeners each, and the registry. */
export const PORTS_AT_MOST = 10

/** @param {string} directory @param {number} index @returns {{ state: ClusterState, broker: Broker }} */
export function brokerAt(directory, index) {
  const state = readState(directory)
  const broker = state?.brokers[index]
  if (state === undefined || broker === undefined)
    throw new LocalKafkaError(`no broker ${index} in ${directory}`)
  return { state, broker }
}

/** The living processes of a cluster. @param {ClusterState} state @returns {ProcessId[]} */
export function processesOf({ brokers, registry }) {
  return [...brokers, ...(registry === undefined ? [] : [registry])].flatMap(({ process: target }) =>
    target !== undefined && isAlive(target) ? [target] : [],
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
export function writeState(directory, state) {
  const path = join(directory, 'cluster.json')
  writeFileSync(`${path}.draft`, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 })
  renameSync(`${path}.draft`, path)
}

/** @param {ClusterOptions} options @returns {ClusterState} */
export function layOut({ brokers, registry, secure, ports, proxied = 0, tuned }) {
  const port = (/** @type {number} */ index) => ports[index] ?? 0
  return {
    version: 1,
    clusterId: randomBytes(16).toString('base64url').replace(/^-/, 'w'),
    secure,
    tuned,
    brokers: Array.from({ length: brokers }, (_, index) => ({
      id: index + 1,
      port: port(index),
      controllerPort: port(3 + index),
      mtlsPort: port(6 + index),
      proxied: Array.from({ length: proxied }, (_, listener) => {
        const first = PORTS_AT_MOST + 2 * (index * proxied + listener)
        return { port: port(first), advertisedPort: port(first + 1) }
      }),
    })),
    registry: registry ? { port: port(9) } : undefined,
  }
}

/** @param {string} directory @param {{ id: number }} broker @returns {string} */
export function folderOf(directory, { id }) {
  return join(resolve(directory), `broker-${id}`)
}
