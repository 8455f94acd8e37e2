/**
 * The parts of a local Kafka: Java and Maven of the machine, and what Maven fetches once into the cache folder.
 *
 * ```
 * .weir/kafka/lib/          jars of the broker                    WEIR_KAFKA_CACHE names another folder than .weir/kafka
 * .weir/kafka/apicurio/     the schema registry, unpacked
 * ```
 * A folder is fetched under another name and renamed when it is whole; its marker holds the digest of what it was
 * fetched for, so neither half a download nor an older version is ever used. Depends on Node alone.
 */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REGISTRY_VERSION = '2.6.13.Final'
const REGISTRY_ARTIFACT = `io.apicurio:apicurio-registry-app:${REGISTRY_VERSION}:tar.gz:all`
const LEAST_JAVA = 17
// 185 MB in all; past this the line is broken rather than slow.
const FETCH_BOUND_MS = 15 * 60_000
const PROBE_BOUND_MS = 20_000
const OUTPUT_BYTES_AT_MOST = 16 * 1024 * 1024

/** A failure with a message meant for the user: what is wrong, and the way out in brackets. */
export class LocalKafkaError extends Error {}

/** The package's root, also when this module runs from `dist/`. */
export const repository = rootAbove(dirname(fileURLToPath(import.meta.url)))
export const deployFolder = join(repository, 'deploy', 'kafka')

/** @param {string} folder @returns {string} */
function rootAbove(folder) {
  if (existsSync(join(folder, 'package.json'))) return folder
  const above = dirname(folder)
  if (above === folder) throw new Error('no package.json above deploy/kafka')
  return rootAbove(above)
}

/** @returns {string} */
export function cacheFolder() {
  return resolve(repository, process.env.WEIR_KAFKA_CACHE ?? join('.weir', 'kafka'))
}

/**
 * @param {string} program @param {string[]} args
 * @param {{ timeoutMs?: number, env?: NodeJS.ProcessEnv }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>} never throws
 */
export function execute(program, args, { timeoutMs = PROBE_BOUND_MS, env = process.env } = {}) {
  const options = {
    timeout: timeoutMs,
    maxBuffer: OUTPUT_BYTES_AT_MOST,
    env,
    killSignal: /** @type {const} */ ('SIGKILL'),
  }
  return new Promise((done) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      done({ ok: error === null, output: `${stdout}${stderr}${error === null ? '' : `\n${error.message}`}` })
    })
  })
}

/** @param {string} name @returns {string} the program below JAVA_HOME where that is set, else as found by PATH */
export function javaProgram(name = 'java') {
  const home = process.env.JAVA_HOME
  const below = home === undefined ? '' : join(home, 'bin', name)
  return below !== '' && existsSync(below) ? below : name
}

/** @returns {Promise<string | undefined>} what hinders a local Kafka, with the remedy */
export async function missingTool() {
  const java = await execute(javaProgram(), ['-version'])
  const version = Number(/version "(\d+)/.exec(java.output)?.[1] ?? 0)
  const install = 'Debian: apt-get install openjdk-17-jre-headless maven'
  if (!java.ok)
    return `no Java found: a local Kafka needs a Java runtime of version ${LEAST_JAVA} or newer (${install})`
  if (version < LEAST_JAVA)
    return `Java ${version} is too old: a local Kafka needs ${LEAST_JAVA} or newer (${install})`
  // Maven only fetches; with everything in the cache it is not needed.
  if (isWhole('lib') && isWhole('apicurio')) return undefined
  const maven = await execute('mvn', ['-version'])
  return maven.ok ? undefined : `no Maven found: it fetches the broker and the registry (${install})`
}

/**
 * @param {{ registry: boolean, tell?: (text: string) => void }} options
 * @returns {Promise<{ classPath: string, registryJar: string }>} `registryJar` is empty without a registry
 */
export async function fetchParts({ registry, tell = () => {} }) {
  const missing = await missingTool()
  if (missing !== undefined) throw new LocalKafkaError(missing)
  const jars = await fetched('lib', tell, (folder) =>
    maven(['dependency:copy-dependencies', `-DoutputDirectory=${folder}`]),
  )
  const classPath = join(jars, '*')
  if (!registry) return { classPath, registryJar: '' }
  const unpacked = await fetched('apicurio', tell, fetchRegistry)
  return { classPath, registryJar: join(unpacked, `apicurio-registry-app-${REGISTRY_VERSION}-runner.jar`) }
}

/** @param {string} folder */
async function fetchRegistry(folder) {
  await maven(['dependency:copy', `-Dartifact=${REGISTRY_ARTIFACT}`, `-DoutputDirectory=${folder}`])
  const archive = readdirSync(folder).find((name) => name.endsWith('.tar.gz')) ?? ''
  const result = await execute('tar', ['-xzf', join(folder, archive), '-C', folder], {
    timeoutMs: FETCH_BOUND_MS,
  })
  if (!result.ok)
    throw new LocalKafkaError(`the registry's archive could not be unpacked: ${lastLines(result.output)}`)
  rmSync(join(folder, archive))
}

/** @param {string[]} goals */
async function maven(goals) {
  const args = ['-q', '-B', '-f', join(deployFolder, 'pom.xml'), ...goals]
  const result = await execute('mvn', args, { timeoutMs: FETCH_BOUND_MS })
  if (!result.ok)
    throw new LocalKafkaError(
      `Maven could not fetch the parts (is Maven Central, or the mirror of your settings.xml, reachable?)\n${lastLines(result.output)}`,
    )
}

/**
 * @param {'lib' | 'apicurio'} name @param {(text: string) => void} tell
 * @param {(folder: string) => Promise<void>} fetch fills an empty folder
 * @returns {Promise<string>} the folder
 */
async function fetched(name, tell, fetch) {
  const folder = join(cacheFolder(), name)
  if (isWhole(name)) return folder
  mkdirSync(cacheFolder(), { recursive: true })
  tell(`fetching ${name === 'lib' ? 'the broker (43 MB)' : 'the schema registry (142 MB)'} with Maven, once`)
  const draft = mkdtempSync(join(cacheFolder(), `${name}.partial-`))
  try {
    await fetch(draft)
    writeFileSync(join(draft, '.whole'), wanted(name))
    // Two processes may fetch at once; the second finds the first one's folder whole and keeps it.
    if (!isWhole(name)) {
      rmSync(folder, { recursive: true, force: true })
      renameSync(draft, folder)
    }
  } catch (error) {
    if (!isWhole(name)) throw error
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
  return folder
}

/** @param {'lib' | 'apicurio'} name */
function isWhole(name) {
  try {
    return readFileSync(join(cacheFolder(), name, '.whole'), 'utf8') === wanted(name)
  } catch {
    return false
  }
}

/** @param {'lib' | 'apicurio'} name @returns {string} */
function wanted(name) {
  if (name === 'apicurio') return REGISTRY_ARTIFACT
  return createHash('sha256')
    .update(readFileSync(join(deployFolder, 'pom.xml')))
    .digest('hex')
}

/** @param {string} output @returns {string} */
export function lastLines(output, lines = 8) {
  return output.trim().split('\n').slice(-lines).join('\n')
}
