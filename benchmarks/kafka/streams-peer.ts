/**
 * The Kafka Streams peer: built by Maven once into the cache folder of the local Kafka, and run as a process.
 *
 * ```
 * .weir/kafka/streams-peer/   classes/, lib/ and `.whole`, which holds the digest of what was built
 * ```
 * Depends on deploy/kafka and Java.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { cacheFolder, execute, javaProgram, repository } from '../../deploy/kafka/parts.mjs'
import { WeirError } from '../../pipeline/errors.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { Reports } from './contender.js'
import { sourceTopicOf } from './groups.js'

const SOURCES = join(repository, 'benchmarks', 'peers', 'kafka-streams')
/** 85 MB on a slow line. */
const BUILD_BOUND_MS = 10 * 60_000

export interface StreamsReport {
  readonly running: boolean
  readonly records: number
  readonly atMs: number
}

/** Folder of the built program. @throws WeirError WEIR_MISSING_PART without a compiler or Maven */
export async function buildStreamsPeer(): Promise<string> {
  const folder = join(cacheFolder(), 'streams-peer')
  const marker = join(folder, '.whole')
  const digest = digestOf(SOURCES)
  if (existsSync(marker) && readFileSync(marker, 'utf8') === digest) return folder
  rmSync(folder, { recursive: true, force: true })
  const { ok, output } = await execute(
    'mvn',
    [
      '-q',
      '-B',
      '-f',
      join(SOURCES, 'pom.xml'),
      'compile',
      'dependency:copy-dependencies',
      `-DbuildFolder=${folder}`,
      `-DoutputDirectory=${join(folder, 'lib')}`,
    ],
    { timeoutMs: BUILD_BOUND_MS },
  )
  if (!ok)
    throw new WeirError('WEIR_MISSING_PART', `the Kafka Streams peer was not built: ${lastLineOf(output)}`, {
      place: 'benchmarks/peers/kafka-streams',
      remedy:
        'it needs Maven, a Java compiler of version 17 or newer (Debian: openjdk-17-jdk-headless) and Maven Central',
    })
  writeFileSync(marker, digest)
  return folder
}

function digestOf(folder: string): string {
  const hash = createHash('sha256')
  for (const name of (readdirSync(folder, { recursive: true }) as string[]).sort())
    if (/\.(java|xml)$/.test(name)) hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex')
}

function lastLineOf(output: string): string {
  return (
    output.split('\n').find((line) => line.startsWith('[ERROR]')) ?? output.trim().split('\n').at(-1) ?? ''
  )
}

export interface StreamsOptions {
  readonly kafka: KafkaSettings
  readonly outputTopic: string
  readonly commitIntervalMs: number
  readonly threads: number
}

export class StreamsPeer {
  readonly reports = new Reports<StreamsReport>()
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  readonly #stateFolder = mkdtempSync(join(tmpdir(), 'weir-bench-streams-'))
  #stopping = false

  constructor(folder: string, { kafka, outputTopic, commitIntervalMs, threads }: StreamsOptions) {
    const classPath = [join(folder, 'classes'), join(folder, 'lib', '*')].join(':')
    this.#child = spawn(
      javaProgram(),
      [
        '-Xmx512m',
        '-cp',
        classPath,
        'weir.peer.Balances',
        kafka.bootstrapServers.join(','),
        `${kafka.topicPrefix}streams-${commitIntervalMs}`,
        sourceTopicOf(kafka),
        outputTopic,
        this.#stateFolder,
        String(commitIntervalMs),
        String(threads),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    )
    if (this.#child.stdout === null) throw new WeirError('WEIR_BUG', 'the peer has no output')
    createInterface(this.#child.stdout).on('line', (line) => this.#take(line))
    this.#ended = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        if (!this.#stopping) this.reports.fail(`the Kafka Streams peer ended with ${signal ?? code}`)
        resolve()
      })
      this.#child.once('error', (error) => this.reports.fail(`the Kafka Streams peer: ${error.message}`))
    })
  }

  async stop(): Promise<void> {
    this.#stopping = true
    this.#child.stdin?.end()
    await this.#ended
    rmSync(this.#stateFolder, { recursive: true, force: true })
  }

  #take(line: string): void {
    const [word, records = '0', atMs = '0'] = line.split(' ')
    const before = this.reports.latest
    if (word === 'running')
      this.reports.add({ running: true, records: before?.records ?? 0, atMs: before?.atMs ?? 0 })
    else if (word === 'processed')
      this.reports.add({ running: before?.running ?? false, records: Number(records), atMs: Number(atMs) })
  }
}
