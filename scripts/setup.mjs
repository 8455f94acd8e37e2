/**
 * `npm run setup`: makes `node_modules` what the lockfile says, and gets the native parts that need more than a copy.
 *
 * Install scripts of packages never run by themselves (`.npmrc`); the one that is wanted, the Kafka client's,
 * is called by name in `kafka-client.mjs`. What was done is kept in `node_modules/.weir-setup.json` and not done
 * again. Depends on Node alone.
 */

import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { installKafkaClient } from './kafka-client.mjs'
import { asScript, digestOf, isMain, npmCommand, repository, run, StepFailure, say, tail } from './steps.mjs'

const LEAST_NODE = [20, 19]
// 780 MB over a slow line; past this the line is broken rather than slow.
const INSTALL_BOUND_MS = 20 * 60_000

const markerFile = join(repository, 'node_modules', '.weir-setup.json')

/** @param {{ retryKafka?: boolean }} [options] */
export async function setUp({ retryKafka = false } = {}) {
  requireNode()
  if (isLink(join(repository, 'node_modules'))) {
    // A worktree that borrows another checkout's packages: installing here would replace the owner's.
    return
  }
  const wanted = digestOf(['package-lock.json', 'package.json', '.npmrc'])
  let marker = readMarker()
  if (marker.packages !== wanted) {
    await installPackages()
    marker = { packages: wanted }
    writeMarker(marker)
  }
  await installEngineLibrary(marker)
  const kafka = await installKafkaClient(retryKafka ? undefined : marker.kafka)
  if (kafka !== marker.kafka) writeMarker({ ...marker, kafka })
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return
  throw new StepFailure(
    `Node ${LEAST_NODE.join('.')} or newer is needed, this is ${process.versions.node} (install a newer one, for example with nvm: nvm install 22)`,
  )
}

async function installPackages() {
  const started = performance.now()
  say('set-up', 'installing packages from the lockfile')
  const { program, first } = npmCommand()
  const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const result = await run(program, args, { timeoutMs: INSTALL_BOUND_MS })
  if (!result.ok) {
    throw new StepFailure(
      `npm ci failed (see below; is the package registry reachable?)\n${tail(result.output, 15)}`,
    )
  }
  say('set-up', 'packages installed', started)
}

/**
 * The lockfile pins the ClickHouse engine for Linux x64. Elsewhere the same version is fetched by name; without
 * it everything but the queries on ClickHouse works.
 *
 * @param {{ engine?: string }} marker
 */
async function installEngineLibrary(marker) {
  const platform = `${process.platform}-${process.arch}`
  const packages = {
    'linux-arm64': 'lib-linux-arm64-gnu',
    'darwin-arm64': 'lib-darwin-arm64',
    'darwin-x64': 'lib-darwin-x64',
  }
  const name = packages[platform]
  if (name === undefined || marker.engine !== undefined) return
  const started = performance.now()
  const require = createRequire(import.meta.url)
  const version = require('../package.json').optionalDependencies['@chdb/lib-linux-x64-gnu']
  const wanted = `@chdb/${name}@${version}`
  const { program, first } = npmCommand()
  const args = [
    ...first,
    'install',
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    wanted,
  ]
  const result = await run(program, args, { timeoutMs: INSTALL_BOUND_MS })
  marker.engine = result.ok ? wanted : 'missing'
  writeMarker(marker)
  if (result.ok) say('set-up', `ClickHouse engine ${wanted} installed`, started)
  else
    say(
      'set-up',
      `ClickHouse engine ${wanted} could not be had; give a server by --clickhouse-url, or use --no-clickhouse`,
    )
}

/** @returns {{ packages?: string, engine?: string, kafka?: object }} */
function readMarker() {
  try {
    return JSON.parse(readFileSync(markerFile, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {object} marker */
function writeMarker(marker) {
  writeFileSync(markerFile, `${JSON.stringify(marker, null, 2)}\n`)
}

/** @param {string} path */
function isLink(path) {
  try {
    return lstatSync(path).isSymbolicLink()
  } catch {
    return false
  }
}

if (isMain(import.meta.url)) {
  await asScript(async () => {
    await setUp({ retryKafka: process.argv.includes('--retry-kafka') })
    say('set-up', 'done')
  })
}
