/**
 * `npm test [-- PATTERN]`: set-up, types, format and lint, then every test; PATTERN runs the test files whose path holds it.
 *
 * Ends with one line `N passed, N failed, N skipped`, counted from the test runner's events; a failed step before
 * the tests counts as one failure. Depends on Node alone until the packages are there.
 */

import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { run as runTests } from 'node:test'
import { spec } from 'node:test/reporters'
import { missingTool } from '../deploy/kafka/parts.mjs'
import { bootstrapOf, registryUrlOf } from '../deploy/kafka/state.mjs'
import { startTemporaryCluster } from '../deploy/kafka/temporary.mjs'
import { build, typescriptFolders } from './build.mjs'
import { setUp } from './setup.mjs'
import { asScript, filesBelow, repository, run, StepFailure, say } from './steps.mjs'

const LINT_BOUND_MS = 2 * 60_000
// The longest file kills and restarts whole processes dozens of times: three minutes on a machine that does nothing else.
const FILE_BOUND_MS = 10 * 60_000
// System tests start processes of their own; more at once would only make them wait for each other.
const FILES_AT_ONCE = Math.min(2, cpus().length)

async function types() {
  try {
    await build()
    return true
  } catch (error) {
    if (!(error instanceof StepFailure)) throw error
    process.stderr.write(`${error.message}\n`)
    return false
  }
}

async function formatAndLint() {
  const started = performance.now()
  const biome = join(repository, 'node_modules', '@biomejs', 'biome', 'bin', 'biome')
  const args = [biome, 'check', '--error-on-warnings', '.']
  const result = await run(process.execPath, args, { timeoutMs: LINT_BOUND_MS })
  if (!result.ok)
    process.stderr.write(`${result.output.trimEnd()}\n(npm run format mends what can be mended)\n`)
  else say('test', 'format and lint', started)
  return result.ok
}

/**
 * One Kafka for all test files that ask for the shared one; the others start their own, because they hurt it.
 *
 * Where it cannot be had the tests themselves say why, each in its own result.
 *
 * @param {string[]} sources
 * @returns {Promise<() => Promise<void>>} ends it
 */
async function startSharedKafka(sources) {
  const asks = (path) => /support\/kafka\/shared\.js'/.test(readFileSync(join(repository, path), 'utf8'))
  const nothing = async () => {}
  if (process.env.WEIR_TEST_KAFKA || !sources.some(asks) || (await missingTool()) !== undefined)
    return nothing
  const started = performance.now()
  const tell = (text) => say('test', text)
  try {
    const { state, stop } = await startTemporaryCluster({ brokers: 1, registry: true, secure: false, tell })
    process.env.WEIR_TEST_KAFKA = JSON.stringify({
      bootstrap: bootstrapOf(state),
      registryUrl: registryUrlOf(state),
    })
    say('test', 'Kafka and schema registry for the tests are up', started)
    return stop
  } catch (error) {
    say('test', `no shared Kafka: ${error instanceof Error ? error.message : error}`)
    return nothing
  }
}

/**
 * The sources of the tests, so that a removed test does not live on in `dist/`.
 *
 * @param {string} pattern
 */
function testSources(pattern) {
  const sources = typescriptFolders
    .flatMap((folder) => filesBelow(folder, /\.test\.ts$/))
    .filter((path) => path.includes(pattern))
    // System tests take longest: begun first, they do not leave a core idle at the end.
    .sort((a, b) => Number(b.startsWith('tests')) - Number(a.startsWith('tests')))
  if (sources.length === 0) throw new StepFailure(`no test file has '${pattern}' in its path`)
  return sources
}

/** Runs the compiled tests. @param {string[]} sources */
async function tests(sources) {
  const files = sources.map((path) => join(repository, 'dist', path.replace(/\.ts$/, '.js')))
  const tally = { passed: 0, failed: 0, skipped: [] }
  const started = performance.now()
  const failures = new spec()
  failures.pipe(process.stderr)
  const progress = new Progress()
  const stream = runTests({ files, concurrency: FILES_AT_ONCE, timeout: FILE_BOUND_MS })
  for await (const event of stream) {
    count(event, files, tally, progress)
    if (event.type === 'test:fail' || (event.type === 'test:diagnostic' && tally.failed > 0))
      failures.write(event)
  }
  progress.close()
  await new Promise((resolve) => {
    failures.once('end', resolve)
    failures.end()
  })
  say('test', `${files.length} files`, started)
  return tally
}

/** @param {{ type: string, data: any }} event @param {string[]} files @param {any} tally @param {Progress} progress */
function count({ type, data }, files, tally, progress) {
  if (type !== 'test:pass' && type !== 'test:fail') return
  const isSuite = data.details?.type === 'suite'
  // A file without tests is reported as one test with the file's name; only its failure tells something.
  const isFile = files.includes(data.name)
  if (type === 'test:fail') {
    // A suite fails because of the tests in it, which are counted, or in a hook of its own, which is not.
    if (!isSuite || data.details?.error?.failureType !== 'subtestsFailed') tally.failed += 1
  } else if (data.skip !== undefined && data.skip !== false) {
    const reason = typeof data.skip === 'string' && data.skip !== '' ? data.skip : 'no reason given'
    tally.skipped.push({ name: data.name, file: sourceOf(data.file), reason })
  } else if (!isSuite && !isFile) tally.passed += 1
  const durationMs = data.nesting === 0 ? (data.details?.duration_ms ?? 0) : 0
  progress.saw(sourceOf(data.file ?? data.name), type === 'test:pass', durationMs)
}

/** @param {string | undefined} file */
function sourceOf(file) {
  const dist = join(repository, 'dist', '/')
  return file?.startsWith(dist) ? file.slice(dist.length).replace(/\.js$/, '.ts') : (file ?? '?')
}

/** One line a test file; the runner reports files in order, so a new name ends the one before. */
class Progress {
  #file = ''
  #tests = 0
  #failures = 0
  #durationMs = 0

  /** @param {string} file @param {boolean} passed @param {number} durationMs */
  saw(file, passed, durationMs) {
    if (file !== this.#file) {
      this.close()
      this.#file = file
    }
    this.#tests += 1
    this.#durationMs += durationMs
    if (!passed) this.#failures += 1
  }

  close() {
    if (this.#file === '') return
    const failures = this.#failures === 0 ? '' : `, ${this.#failures} FAILED`
    say('test', `${this.#file}: ${this.#tests} tests${failures}, ${(this.#durationMs / 1000).toFixed(1)} s`)
    this.#file = ''
    this.#tests = 0
    this.#failures = 0
    this.#durationMs = 0
  }
}

await asScript(async () => {
  const pattern = process.argv[2] ?? ''
  await setUp()
  const failedSteps = []
  if (!(await types())) failedSteps.push('types')
  if (pattern === '' && !(await formatAndLint())) failedSteps.push('format and lint')
  const sources = testSources(pattern)
  const stopKafka = await startSharedKafka(sources)
  const tally = await tests(sources)
  await stopKafka()
  for (const { name, file, reason } of tally.skipped) say('skipped', `${name} [${file}]: ${reason}`)
  for (const step of failedSteps) say('failed', step)
  const failed = tally.failed + failedSteps.length
  process.stdout.write(`${tally.passed} passed, ${failed} failed, ${tally.skipped.length} skipped\n`)
  return failed === 0 ? 0 : 1
})
