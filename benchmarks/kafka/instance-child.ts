/**
 * The process of one instance: the product's own run on Kafka, with its counters told to the parent.
 *
 * Started by `contender.ts`, never imported. Depends on the runtime.
 */
import { pino } from 'pino'
import type { Instance } from '../../pipeline/runtime/distributed/instance.js'
import { runInstance } from '../../pipeline/runtime/kafka/run-instance.js'
import type { KafkaSettings } from '../../pipeline/runtime/kafka/settings.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'

export interface InstanceOrder {
  readonly kafka: KafkaSettings
  readonly dataDir: string
  readonly workers: number
  readonly snapshotEveryEntries?: number
}

/** What the parent is told every few milliseconds: cumulative numbers of the partitions that are owned. */
export interface InstanceReport {
  readonly lifeCycle: string
  readonly live: number
  readonly groups: number
  /** Groups that were fed and have nothing under way; all inputs are in committed cycles when `settled`. */
  readonly settled: boolean
  readonly records: number
  readonly cycles: number
  readonly instructions: number
  readonly deadLetters: number
  readonly transactions: number
  /** Cycles applied by followers, and the partitions' next journal entries. */
  readonly followed: number
  readonly entries: number
  readonly atMs: number
  readonly cpuMs: number
  readonly failure: string | undefined
}

/** Fine enough for a drain of seconds; a report costs a fraction of a millisecond of the measured thread. */
const REPORT_INTERVAL_MS = 25

function reportOf(instance: Instance): InstanceReport {
  const owners = instance.partitions.flatMap(({ owner }) => (owner === undefined ? [] : [owner]))
  const groups = owners
    .flatMap(({ state }) => [...state.groups.values()])
    .filter(({ agent }) => agent === 'ready')
  const sum = (of: (owner: (typeof owners)[number]) => number) =>
    owners.reduce((total, owner) => total + of(owner), 0)
  const { user, system } = process.cpuUsage()
  return {
    lifeCycle: instance.lifeCycle,
    live: owners.length,
    groups: groups.length,
    settled: groups.every(
      ({ waiting, underWay, committedCycle, nextCycle }) =>
        waiting.isEmpty && underWay === undefined && committedCycle === nextCycle - 1,
    ),
    records: sum(({ counters }) => counters.records),
    cycles: sum(({ counters }) => counters.cycles),
    instructions: sum(({ counters }) => counters.instructions),
    deadLetters: sum(({ counters }) => counters.deadLetters),
    transactions: sum(({ counters }) => counters.transactions),
    followed: instance.partitions.reduce((total, { follower }) => total + (follower?.cycles ?? 0), 0),
    entries: instance.partitions.reduce((total, { state }) => total + (state?.chain.nextSequence ?? 0), 0),
    atMs: performance.timeOrigin + performance.now(),
    cpuMs: (user + system) / 1000,
    failure: instance.partitions.find(({ failure }) => failure !== undefined)?.failure?.toLine(),
  }
}

async function main(): Promise<void> {
  const order = JSON.parse(process.argv[2] ?? '{}') as InstanceOrder
  const end = new AbortController()
  process.on('message', (message) => {
    if (message === 'stop') end.abort()
  })
  // Without its parent nobody would end it.
  process.on('disconnect', () => process.exit(1))
  const { dataDir, kafka, workers, snapshotEveryEntries } = order
  await runInstance({
    kafka,
    registry: undefined,
    dataDir,
    workers,
    agentModule: new URL('../../pipeline/agent.js', import.meta.url),
    optimizer: await compileOptimizer(),
    version: 'benchmark',
    logger: pino(
      { level: process.env.WEIR_BENCH_LOG ?? 'silent' },
      pino.destination({ dest: 2, sync: true }),
    ),
    ...(snapshotEveryEntries === undefined ? {} : { snapshotEveryEntries }),
    signal: end.signal,
    onStarted: async (instance) => {
      const timer = setInterval(() => process.send?.(reportOf(instance)), REPORT_INTERVAL_MS)
      return { stop: async () => clearInterval(timer) }
    },
  })
  process.disconnect()
}

await main()
