/**
 * Runs an instance of the distributed runtime on Kafka until it is stopped: the machines, their ports, and the loop that steps them.
 *
 *   lock -> preflight -> workers -> step, step, step ... -> drain -> leave
 *
 * Depends on the state machines and all their adapters.
 */
import { join } from 'node:path'
import type { Logger } from 'pino'
import { toHex } from '../../identity.js'
import { moduleUrl } from '../agent-module.js'
import { lockDataDirectory } from '../data-directory.js'
import { Instance } from '../distributed/instance.js'
import type { Ringable } from '../distributed/pending-operation.js'
import type { Clock, Notices } from '../distributed/ports.js'
import type { RegistrySettings } from '../registry/settings.js'
import { Bell } from '../rings/bell.js'
import { instanceConfiguration, instanceHeartbeatMillis } from '../run-configuration.js'
import { PartitionSnapshots } from '../snapshots/partition-snapshots.js'
import { StageHost } from '../workers/stage-host.js'
import { checkKafkaSettings, kafkaPorts } from './ports.js'
import { openSchemas, preflight } from './preflight.js'
import { DRAIN_BOUND_MS } from './properties.js'
import type { KafkaSettings } from './settings.js'

export interface InstanceRunOptions {
  readonly kafka: KafkaSettings
  readonly registry: RegistrySettings | undefined
  readonly dataDir: string
  readonly workers: number
  readonly agentModule: string | URL
  readonly optimizer: { readonly module: WebAssembly.Module; readonly digest: Uint8Array }
  readonly version: string
  readonly logger: Logger
  readonly heartbeatMillis?: number
  /** A snapshot of a partition after this many of its journal entries. */
  readonly snapshotEveryEntries?: number
  /** Ends the run in order: drains, hands over, leaves the group. */
  readonly signal: AbortSignal
  /** Called once the instance is there, before the first step; what it gives is stopped at the end. */
  readonly onStarted?: (
    instance: Instance,
    lagOf: (partition: number) => number,
  ) => Promise<{ stop(): Promise<void> }>
}

/** Some ten seconds of reading at the pace of a replay. */
const DEFAULT_SNAPSHOT_ENTRIES = 50_000
/** An honest cycle takes milliseconds. */
const CYCLE_DEADLINE_MS = 10_000
const STOP_GRACE_MS = 1_000
/** What goes on by itself is told this often while it lasts. */
const HINDRANCES_EVERY_MS = 10_000
const DEFAULT_POOL_THREADS = 4
/** For snapshots, while all partitions commit. */
const POOL_THREADS_FOR_FILES = 2
/** A machine that nobody rings is stepped all the same: deadlines of workers are found by looking. */
const LONGEST_SLEEP_MS = 250

/**
 * @throws WeirError WEIR_LOCKED, WEIR_KAFKA, WEIR_REGISTRY, WEIR_CONFIG, WEIR_MISSING_PART before anything is owned; later what
 *   makes the membership impossible
 */
export async function runInstance(options: InstanceRunOptions): Promise<void> {
  const lock = await lockDataDirectory(options.dataDir)
  try {
    await run(options)
  } finally {
    await lock.release()
  }
}

async function run(options: InstanceRunOptions): Promise<void> {
  const { kafka, registry, logger, optimizer } = options
  const configuration = instanceConfiguration({ ...options, hasRegistry: registry !== undefined })
  logger.info(
    { configuration: toHex(configuration.digest), settings: configuration.canonical },
    'configuration',
  )
  const bell = new LatchedBell()
  await checkKafkaSettings(kafka)
  const { journalId, partitions } = await preflight(kafka)
  checkThreadPool(partitions, logger)
  const schemas = await openSchemas(registry, kafka.topicPrefix, bell)
  const host = new StageHost({
    workers: options.workers,
    agentModule: moduleUrl(options.agentModule),
    optimizer: optimizer.module,
    optimizerDigest: optimizer.digest,
    bell: bell.inner,
    cycleDeadlineMs: CYCLE_DEADLINE_MS,
    stopGraceMs: STOP_GRACE_MS,
  })
  const ports = kafkaPorts(kafka, bell)
  const notices = noticesOf(logger)
  const instance = new Instance(
    {
      instanceId: kafka.instance,
      journalId,
      topicPrefix: kafka.topicPrefix,
      partitions,
      standby: kafka.standby,
      commitWaitMs: kafka.commit.maxWaitMillis,
      commitRecordsMost: kafka.commit.maxRecords,
      heartbeatMs: instanceHeartbeatMillis(options),
      snapshotEveryEntries: options.snapshotEveryEntries ?? DEFAULT_SNAPSHOT_ENTRIES,
      drainMs: DRAIN_BOUND_MS / 2,
      version: options.version,
      optimizerDigest: optimizer.digest,
      configuration: configuration.digest,
      nodeVersion: process.version,
    },
    {
      ...ports,
      clock: systemClock,
      schemas: schemas.lookup,
      agents: host,
      snapshots: new PartitionSnapshots(join(options.dataDir, 'snapshots'), bell, notices),
      notices,
    },
  )
  let faces: { stop(): Promise<void> } | undefined
  try {
    faces = await options.onStarted?.(instance, (partition) => ports.sources.lagOf(partition))
    const watch = setInterval(() => tellHindrances(instance, logger), HINDRANCES_EVERY_MS)
    await stepUntilStopped(instance, host, bell, options.signal).finally(() => clearInterval(watch))
  } finally {
    await faces?.stop()
    await host.stop()
    await ports.close()
    schemas.close()
  }
}

/** The client's commits wait in the threads of libuv's pool, whose size is fixed before any code of ours runs. */
function checkThreadPool(partitions: number, logger: Logger): void {
  const threads = Number(process.env.UV_THREADPOOL_SIZE ?? DEFAULT_POOL_THREADS)
  if (threads >= partitions + POOL_THREADS_FOR_FILES) return
  const wanted = partitions + POOL_THREADS_FOR_FILES
  logger.warn(
    { partitions, threads },
    `commits of ${partitions} partitions share ${threads} threads: start with UV_THREADPOOL_SIZE=${wanted} in the environment`,
  )
}

/** A broker that is away hinders many partitions with the same words; they are told once. */
function tellHindrances({ partitions }: Instance, logger: Logger): void {
  const told = new Map<string, number[]>()
  for (const { partition, hindrance } of partitions) {
    if (hindrance === undefined) continue
    const line = `${hindrance.message}${hindrance.remedy === undefined ? '' : ` (${hindrance.remedy})`}`
    told.set(line, [...(told.get(line) ?? []), partition])
  }
  for (const [line, numbers] of told) logger.warn({ partitions: numbers }, `partitions wait: ${line}`)
}

async function stepUntilStopped(
  instance: Instance,
  host: StageHost,
  bell: LatchedBell,
  signal: AbortSignal,
): Promise<void> {
  const stop = (): void => {
    instance.stop()
    bell.ring()
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      bell.clear()
      const { progress, wakeAtMs } = instance.step()
      if (instance.isStopped) return
      const { fault } = instance
      if (fault !== undefined && fault.kind !== 'retriable') throw fault.error
      // The client's callbacks run in turns of the event loop, also while there is more to do.
      if (progress) await new Promise((resolve) => setImmediate(resolve))
      else await bell.sleep(() => host.hasNews, wakeAtMs - performance.now())
    }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** A bell whose ring is not lost when nobody sleeps. */
class LatchedBell implements Ringable {
  readonly inner = new Bell()
  #rung = false

  ring(): void {
    this.#rung = true
    this.inner.ring()
  }

  clear(): void {
    this.#rung = false
  }

  async sleep(ready: () => boolean, mostMs: number): Promise<void> {
    const timer = setTimeout(() => this.ring(), Math.max(0, Math.min(mostMs, LONGEST_SLEEP_MS)))
    await this.inner.sleep(() => this.#rung || ready())
    clearTimeout(timer)
  }
}

const systemClock: Clock = {
  nowMicros: () => Math.round((performance.timeOrigin + performance.now()) * 1_000),
  monotonicMs: () => performance.now(),
}

function noticesOf(logger: Logger): Notices {
  return {
    info: (message, facts) => logger.info(facts, message),
    warn: (message, facts) => logger.warn(facts, message),
  }
}
