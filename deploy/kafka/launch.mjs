/**
 * From settings to processes that answer: formats data folders, starts brokers and the registry, waits for them.
 *
 * Depends on Node, Java and what parts.mjs fetches.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { deployFolder, execute, javaProgram, LocalKafkaError, lastLines } from './parts.mjs'
import { sleep, startDetached } from './processes.mjs'
import { HOST, serverProperties } from './properties.mjs'
import { readSecurity, securityOf, superUsers } from './security.mjs'
import { folderOf, registryUrlOf, runs, writeState } from './state.mjs'
import { brokersSeenBy } from './wire.mjs'

// Ready in seconds, and as fast as it gets after as many; more than half a minute of load is what the whole compiler needs.
const QUICK_JVM = ['-Xmx512m', '-XX:TieredStopAtLevel=1']
// What Kafka's own scripts give a broker.
const PRODUCTION_JVM = [
  '-Xmx1g',
  '-Xms1g',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
]
const REGISTRY_JVM = ['-Xmx256m', '-XX:TieredStopAtLevel=1']
// A broker answers after 2 to 5 s; this leaves room for a machine whose cores are all busy.
const READY_BOUND_MS = 120_000
const READY_POLL_MS = 100
const REGISTRY_ANSWER_BOUND_MS = 2_000
const FORMAT_BOUND_MS = 60_000

/**
 * @typedef {import('./state.mjs').ClusterState} ClusterState
 * @typedef {import('./state.mjs').Broker} Broker
 */

/**
 * Writes the settings of all brokers and formats their data folders.
 *
 * @param {string} directory @param {ClusterState} state @param {string} classPath
 */
export async function format(directory, state, classPath) {
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
  writeFileSync(file, `${[...QUICK_JVM, ...quoted].join('\n')}\n`, { mode: 0o600 })
  const result = await execute(javaProgram(), [`@${file}`], { timeoutMs: FORMAT_BOUND_MS })
  rmSync(file)
  if (!result.ok)
    throw new LocalKafkaError(`the broker's data folder could not be formatted\n${lastLines(result.output)}`)
}

/** @param {string} directory @param {ClusterState} state @param {Broker} broker @param {string} classPath */
export function launchBroker(directory, state, broker, classPath) {
  const folder = folderOf(directory, broker)
  const logging = `-Dlog4j2.configurationFile=${join(deployFolder, 'log4j2.yaml')}`
  const jvm = state.tuned === true ? PRODUCTION_JVM : QUICK_JVM
  const args = [...jvm, logging, '-cp', classPath, 'kafka.Kafka', join(folder, 'server.properties')]
  broker.process = startDetached(javaProgram(), args, { logFile: join(folder, 'broker.log'), cwd: folder })
  // At once, so that a watchdog knows it whatever happens next.
  writeState(directory, state)
}

/** @param {string} directory @param {ClusterState} state @param {string} jar */
export function launchRegistry(directory, state, jar) {
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

/**
 * A broker is ready when it answers and sees itself and as many others as there should be.
 *
 * @param {string} directory @param {ClusterState} state @param {Broker} broker @param {number} brokersSeen
 */
export async function brokerReady(directory, state, broker, brokersSeen) {
  const address = adminAddress(directory, state, broker)
  const log = join(folderOf(directory, broker), 'broker.log')
  await until(`broker ${broker.id}`, broker.process, log, async () => {
    const seen = await brokersSeenBy(address)
    return seen.includes(broker.id) && seen.length >= brokersSeen
  })
}

/** @param {string} directory @param {ClusterState} state */
export async function registryReady(directory, state) {
  if (state.registry === undefined) return
  const log = join(directory, 'registry', 'registry.log')
  await until('the schema registry', state.registry.process, log, async () => {
    const response = await fetch(`${registryUrlOf(state)}/subjects`, {
      signal: AbortSignal.timeout(REGISTRY_ANSWER_BOUND_MS),
    })
    return response.ok
  })
}

/**
 * @param {string} what @param {import('./processes.mjs').ProcessId | undefined} target @param {string} log
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
