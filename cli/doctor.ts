/**
 * `weir doctor`: what is there, what is missing, and how to get it. Changes nothing.
 *
 * Depends on Node, the optimizer's host and the finder of the ClickHouse engine.
 */
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { access, constants, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import type { Command } from 'commander'
import { WeirError } from '../pipeline/errors.js'
import { toHex } from '../pipeline/identity.js'
import type { RunConfiguration } from '../pipeline/runtime/run-configuration.js'
import type { Json } from '../schemas/canonical-json.js'
import { findEngineLibrary } from '../sinks/clickhouse/embedded/library.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { colors } from './colors.js'
import { EXIT } from './failure.js'
import { CONFIG_FLAG } from './flags.js'
import { printJson, printText } from './output.js'
import { configuredFolder, configuredInstance } from './run-configuration.js'

interface DoctorFlags {
  readonly dataDir: string
  readonly config?: string
  readonly json?: boolean
}

interface Check {
  readonly part: string
  /** Without a required part nothing runs; without another one, what `without` says. */
  readonly required: boolean
  readonly ok: boolean
  readonly found: string
  readonly without?: string | undefined
  readonly remedy?: string | undefined
  /** For programs. */
  readonly facts?: Json
}

/** Bound on a probed program; a Java that is not warm needs a second. */
const PROBE_BOUND_MS = 15_000
/** The demo's day takes about 0.5 GB with ClickHouse's tables. */
const LEAST_FREE_BYTES = 2 * 1024 ** 3

export function register(program: Command): void {
  program
    .command('doctor')
    .description('say what is installed, what is missing and how to get it')
    .option('--data-dir <dir>', 'where data would be kept', '.weir')
    .option(...CONFIG_FLAG)
    .option('--json', 'print one JSON document')
    .action(doctor)
}

async function doctor(flags: DoctorFlags): Promise<void> {
  const checks = await Promise.all([
    node(),
    optimizer(),
    configuration('folder', 'Configuration of a run over a folder', () => configuredFolder(flags.config)),
    configuration('kafka', 'Configuration of an instance on Kafka', () => configuredInstance(flags.config)),
    dataDirectory(flags.dataDir),
    loopback(),
    engine(),
    kafkaClient(),
    peer(),
    program('Java', 'java', ['-version'], 'local Kafka broker and fixtures', 'install a JDK 17 or newer'),
    program('Maven', 'mvn', ['-v'], 'local Kafka broker', 'install Apache Maven 3.8 or newer'),
  ])
  const healthy = checks.every(({ ok, required }) => ok || !required)
  const machine = `${os.cpus().length} x ${os.cpus()[0]?.model.trim() ?? 'unknown'}, ${gigabytes(os.totalmem())} memory, ${process.platform} ${process.arch}`
  if (flags.json === true) printJson({ healthy, machine, checks: checks.map(withoutAdvice) })
  else printText([machine, ...checks.map(line)].join('\n'))
  process.exitCode = healthy ? EXIT.ok : EXIT.different
}

/** Consequence and remedy belong to what is missing. */
function withoutAdvice(check: Check): Check {
  const { part, required, ok, found, facts } = check
  return ok ? { part, required, ok, found, ...(facts === undefined ? {} : { facts }) } : check
}

function line({ part, ok, required, found, without, remedy }: Check): string {
  const mark = ok ? colors.green('ok     ') : required ? colors.red('MISSING') : colors.yellow('absent ')
  const consequence = ok || without === undefined ? '' : `; without it: ${without}`
  const way = ok || remedy === undefined ? '' : `\n          ${remedy}`
  return `${mark} ${part}: ${found}${consequence}${way}`
}

async function node(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const ok = major > 20 || (major === 20 && minor >= 19)
  return {
    part: 'Node',
    required: true,
    ok,
    found: process.versions.node,
    remedy: 'install Node 20.19 or newer',
  }
}

async function optimizer(): Promise<Check> {
  const part = 'Optimizer'
  try {
    const { digest } = await compileOptimizer()
    return {
      part,
      required: true,
      ok: true,
      found: `WebAssembly, SHA-256 ${Buffer.from(digest).toString('hex')}`,
    }
  } catch (error) {
    return { part, required: true, ok: false, found: reason(error), remedy: 'run: npm run build' }
  }
}

/** Told for both runtimes: which one runs is for the flags of `weir run` to say. */
function configuration(runtime: string, part: string, read: () => RunConfiguration): Check {
  try {
    const { canonical, digest } = read()
    const hex = toHex(digest)
    const facts = { runtime, digest: hex, settings: JSON.parse(canonical) as Json }
    return { part, required: true, ok: true, found: `SHA-256 ${hex}\n          ${canonical}`, facts }
  } catch (error) {
    if (!(error instanceof WeirError)) throw error
    const { place, message, remedy } = error
    return { part, required: true, ok: false, found: `${place ?? ''}: ${message}`, remedy }
  }
}

/** Free space and the right to write, at the nearest folder that exists. */
async function dataDirectory(dataDir: string): Promise<Check> {
  let folder = resolve(dataDir)
  while (!existsSync(folder)) folder = dirname(folder)
  const part = 'Data directory'
  try {
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    const ok = bavail * bsize >= LEAST_FREE_BYTES
    const found = `${dataDir}, ${gigabytes(bavail * bsize)} free`
    return {
      part,
      required: true,
      ok,
      found,
      remedy: `make ${gigabytes(LEAST_FREE_BYTES)} free, or give another --data-dir`,
    }
  } catch (error) {
    return {
      part,
      required: true,
      ok: false,
      found: `${dataDir}: ${reason(error)}`,
      remedy: 'give a --data-dir that can be written',
    }
  }
}

/** The embedded engine and, later, the console listen on free ports of the loopback interface. */
function loopback(): Promise<Check> {
  const part = 'Loopback port'
  return new Promise((resolveCheck) => {
    const server = createServer()
    server.once('error', (error) =>
      resolveCheck({
        part,
        required: true,
        ok: false,
        found: error.message,
        remedy: 'bring the interface lo up',
      }),
    )
    server.listen(0, '127.0.0.1', () => {
      server.close(() =>
        resolveCheck({ part, required: true, ok: true, found: '127.0.0.1 can be listened on' }),
      )
    })
  })
}

async function engine(): Promise<Check> {
  const part = 'Embedded ClickHouse'
  const without = 'explain, lineage and sql need a server (--clickhouse-url), or run with --no-clickhouse'
  try {
    findEngineLibrary()
    const found = await probe(process.execPath, ['-e', "require('ffi-rs')"])
    if (found.ok)
      return { part, required: false, ok: true, found: 'engine library and its loader are installed' }
    return {
      part,
      required: false,
      ok: false,
      found: 'ffi-rs cannot be loaded',
      without,
      remedy: 'run: npm run setup',
    }
  } catch (error) {
    const remedy = error instanceof WeirError ? error.remedy : undefined
    return { part, required: false, ok: false, found: reason(error), without, remedy }
  }
}

/** Loaded in a child process: one thread of a process may load it, and a binary for another libc may end it. */
async function kafkaClient(): Promise<Check> {
  const part = 'Kafka client'
  const without = 'the embedded path works, Kafka sources and journals do not'
  const loaded = await probe(process.execPath, ['-e', "require('@confluentinc/kafka-javascript')"])
  if (loaded.ok) return { part, required: false, ok: true, found: '@confluentinc/kafka-javascript loads' }
  const { missing = [], reason: why = 'not installed' } = setUpRecord()
  const install = missing.length === 0 ? '' : `apt-get install ${missing.join(' ')}, then `
  return {
    part,
    required: false,
    ok: false,
    found: why,
    without,
    remedy: `${install}npm run setup -- --retry-kafka`,
  }
}

async function peer(): Promise<Check> {
  const found = await probe(process.execPath, ['-e', "require.resolve('highs')"])
  return {
    part: 'HiGHS',
    required: false,
    ok: found.ok,
    found: found.ok ? 'npm package highs is installed' : 'not installed',
    without: 'weir bench resolve has no peer',
    remedy: 'run: npm run setup',
  }
}

/** What `scripts/setup.mjs` wrote down of its attempt at the Kafka client. */
function setUpRecord(): { missing?: string[]; reason?: string } {
  const file = fileURLToPath(new URL('../../node_modules/.weir-setup.json', import.meta.url))
  try {
    return (JSON.parse(readFileSync(file, 'utf8')) as { kafka?: object }).kafka ?? {}
  } catch {
    // Set up by other means, such as a global installation: nothing was written down.
    return {}
  }
}

async function program(
  part: string,
  name: string,
  args: string[],
  without: string,
  remedy: string,
): Promise<Check> {
  const { ok, output } = await probe(name, args)
  const found = ok
    ? stripVTControlCharacters(output.split('\n')[0] ?? '').trim()
    : `${name} is not on the PATH`
  return { part, required: false, ok, found, without: `no ${without}`, remedy }
}

function probe(file: string, args: string[]): Promise<{ ok: boolean; output: string }> {
  const cwd = fileURLToPath(new URL('../..', import.meta.url))
  return new Promise((done) => {
    execFile(file, args, { cwd, timeout: PROBE_BOUND_MS, killSignal: 'SIGKILL' }, (error, stdout, stderr) =>
      done({ ok: error === null, output: stdout || stderr }),
    )
  })
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
