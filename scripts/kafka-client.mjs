/**
 * The native Kafka client, an optional part: its prebuilt binary where it can be had, else a build, else a line
 * that says what is missing. The embedded path never needs it.
 *
 * The build links the system's OpenSSL and zlib (`CKJS_LINKING=dynamic`): the package's default also downloads the
 * sources of its libraries. It takes about 85 s, so nothing is begun that must fail, and a failure is remembered
 * until what was missing has changed. Depends on Node alone.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { npmCommand, repository, run, say, tail } from './steps.mjs'

const folder = join(repository, 'node_modules', '@confluentinc', 'kafka-javascript')
// A binary of about 10 MB; a host that does not answer must not hold up the first start.
const DOWNLOAD_BOUND_MS = 60_000
const BUILD_BOUND_MS = 10 * 60_000
const LOAD_BOUND_MS = 20_000

/**
 * @typedef {{ state: 'ready' | 'missing', abi: string, missing: string[], reason: string }} KafkaState
 * @param {KafkaState | undefined} known what an earlier set-up found
 * @returns {Promise<KafkaState | undefined>} `known` itself when there was nothing to do
 */
export async function installKafkaClient(known) {
  if (!existsSync(folder)) return known
  const abi = `${process.platform}-${process.arch}-${process.versions.modules}`
  if (known?.abi === abi) {
    if (known.state === 'ready') return known
    const missing = await missingBuildTools()
    if (missing.join() === known.missing.join()) return known
  }
  if (await loads()) return { state: 'ready', abi, missing: [], reason: '' }
  return (await download(abi)) ?? (await build(abi))
}

/** @param {string} abi @returns {Promise<KafkaState | undefined>} */
async function download(abi) {
  const started = performance.now()
  const tool = join(repository, 'node_modules', '@mapbox', 'node-pre-gyp', 'bin', 'node-pre-gyp')
  // Without --fallback-to-build: that would be the static build, which downloads sources.
  const result = await run(process.execPath, [tool, 'install'], { cwd: folder, timeoutMs: DOWNLOAD_BOUND_MS })
  if (!result.ok || !(await loads())) return undefined
  say('set-up', 'Kafka client: prebuilt binary installed', started)
  return { state: 'ready', abi, missing: [], reason: '' }
}

/** @param {string} abi @returns {Promise<KafkaState>} */
async function build(abi) {
  const missing = await missingBuildTools()
  if (missing.length > 0)
    return unavailable(abi, missing, `no prebuilt binary, and a build needs ${missing.join(', ')}`)
  const started = performance.now()
  say('set-up', 'Kafka client: no prebuilt binary to be had, building it (about 85 s, once)')
  const { program, first } = npmCommand()
  const args = [
    ...first,
    'rebuild',
    '@confluentinc/kafka-javascript',
    '--ignore-scripts=false',
    '--foreground-scripts',
  ]
  const result = await run(program, args, { env: buildEnvironment(), timeoutMs: BUILD_BOUND_MS })
  if (result.ok && (await loads())) {
    say('set-up', 'Kafka client: built', started)
    return { state: 'ready', abi, missing, reason: '' }
  }
  return unavailable(
    abi,
    missing,
    result.timedOut ? 'the build took too long' : `the build failed: ${cause(result.output)}`,
  )
}

/** @param {string} abi @param {string[]} missing @param {string} reason @returns {KafkaState} */
function unavailable(abi, missing, reason) {
  say(
    'set-up',
    `Kafka client: ${reason}; the embedded path works without it (again: npm run setup -- --retry-kafka)`,
  )
  return { state: 'missing', abi, missing, reason }
}

function buildEnvironment() {
  const env = { ...process.env, CKJS_LINKING: 'dynamic' }
  // librdkafka's makefiles do not survive a parallel make.
  for (const name of ['JOBS', 'MAKEFLAGS', 'npm_config_jobs', 'npm_config_ignore_scripts']) delete env[name]
  const prefix = dirname(dirname(process.execPath))
  // Headers that came with Node spare node-gyp a download.
  if (existsSync(join(prefix, 'include', 'node', 'node_version.h'))) env.npm_config_nodedir = prefix
  return env
}

/** Debian's names of what a build needs and is not there. @returns {Promise<string[]>} */
export async function missingBuildTools() {
  const timeoutMs = 10_000
  const has = async (program, args) => (await run(program, args, { timeoutMs })).ok
  const missing = []
  if (!(await has('c++', ['--version'])) || !(await has('make', ['--version'])))
    missing.push('build-essential')
  if (!(await has('python3', ['--version']))) missing.push('python3')
  const header = async (name) =>
    (await run('c++', ['-E', '-x', 'c++', '-'], { timeoutMs, input: `#include <${name}>\n` })).ok
  if (!missing.includes('build-essential')) {
    if (!(await header('openssl/ssl.h'))) missing.push('libssl-dev')
    if (!(await header('zlib.h'))) missing.push('zlib1g-dev')
  }
  return missing
}

/** In a process of its own: a binary for another libc or ABI may end the process that loads it. */
export async function loads() {
  const binary = join(folder, 'build', 'Release', 'confluent-kafka-javascript.node')
  if (!existsSync(binary)) return false
  const code = `require(${JSON.stringify(folder)})`
  return (await run(process.execPath, ['-e', code], { timeoutMs: LOAD_BOUND_MS })).ok
}

/** The line of a build log that tells most. @param {string} output */
function cause(output) {
  const lines = output.split('\n')
  const telling =
    lines.find((line) => /(^|\s)(error|fatal error|ERR! stack Error):? /i.test(line)) ?? tail(output, 1)
  return telling.trim().slice(0, 160)
}
