/**
 * Runs the benchmark on Kafka: throughput, latency, recovery, takeover, each beside its peers, on one broker of its own.
 *
 * Contenders take turns, never at once: the machine has few cores. Depends on the parts that measure.
 */
import { loadavg } from 'node:os'
import { machineLine, percentiles } from '../harness.js'
import { type Broker, startBroker } from './broker.js'
import { measureDrain, STREAMS_DEFAULT_COMMIT_MS } from './drain.js'
import { type LatencyOptions, plainLatency, streamsLatency, weirLatency } from './latency.js'
import { measureRecovery } from './recovery.js'
import { type DrainResult, type KafkaResults, type LatencyRow, type TakeoverRow, WEIR } from './results.js'
import { buildStreamsPeer } from './streams-peer.js'
import { measureTakeover } from './takeover.js'
import type { LoadResult } from './trigger-load.js'

const GROUPS = 8
const WORKERS = 2
const LATENCY_PARTITIONS = 4
const TRIGGERS_PER_SECOND = 50
const LIVE_RATE = 10_000
const STREAMS_SHORT_COMMIT_MS = 10

interface Extent {
  readonly records: number
  readonly rounds: number
  readonly brokerSeconds: number
  readonly latencySeconds: number
  readonly entries: readonly number[]
  readonly takeovers: number
}

const FULL: Extent = {
  records: 300_000,
  rounds: 1,
  brokerSeconds: 60,
  latencySeconds: 16,
  entries: [5_000, 20_000, 60_000],
  takeovers: 2,
}
const QUICK: Extent = {
  records: 20_000,
  rounds: 1,
  brokerSeconds: 5,
  latencySeconds: 5,
  entries: [1_000],
  takeovers: 1,
}
const WARM_UP_SECONDS = 4
const RATES = [1_000, 10_000]
const SESSION_TIMEOUTS_MS = [1_000, 2_000, 6_000]

type Tell = (what: string) => void

/** @throws WeirError WEIR_MISSING_PART without Java, Maven, a Java compiler or the native client */
export async function runKafka(isQuick: boolean, tell: Tell): Promise<KafkaResults> {
  const extent = isQuick ? QUICK : FULL
  const beganMs = performance.now()
  const loadBefore = loadavg()[0]
  const broker = await startBroker()
  try {
    tell('building the Kafka Streams peer')
    const streamsFolder = await buildStreamsPeer()
    tell(`warming the broker up for ${extent.brokerSeconds} s`)
    await warmUp(broker, extent)
    const drain = await drains(broker, extent, streamsFolder, tell)
    const latency = await latencies(broker, extent, streamsFolder, tell)
    const takeover = await takeovers(broker, extent, tell)
    tell(`recovery, journals of ${extent.entries.join(', ')} entries`)
    const recovery = await measureRecovery(broker, {
      groups: GROUPS,
      workers: WORKERS,
      liveRate: LIVE_RATE,
      entries: extent.entries,
      snapshotEveryEntries: Math.max(500, extent.entries[0] / 2),
    })
    return {
      machine: machineLine(),
      date: new Date().toISOString().slice(0, 10),
      isQuick,
      seconds: (performance.now() - beganMs) / 1000,
      loadAverage: [loadBefore, loadavg()[0]],
      records: extent.records,
      groups: GROUPS,
      partitions: LATENCY_PARTITIONS,
      triggersPerSecond: TRIGGERS_PER_SECOND,
      drain,
      latency,
      recovery,
      liveRate: LIVE_RATE,
      takeover,
    }
  } finally {
    await broker.stop()
  }
}

const LATENCY: Omit<LatencyOptions, 'seconds'> = {
  partitions: LATENCY_PARTITIONS,
  groups: GROUPS,
  workers: WORKERS,
  triggersPerSecond: TRIGGERS_PER_SECOND,
  warmUpSeconds: WARM_UP_SECONDS,
}

/** A broker runs for months; what its compiler does in its first minute would be counted against whoever is measured first. */
async function warmUp(broker: Broker, { brokerSeconds }: Extent): Promise<void> {
  await weirLatency(broker, { ...LATENCY, seconds: brokerSeconds }, [RATES[0]])
}

async function drains(
  broker: Broker,
  { records, rounds }: Extent,
  streamsFolder: string,
  tell: Tell,
): Promise<readonly DrainResult[]> {
  const results: DrainResult[] = []
  for (const partitions of [1, 4]) {
    const measured: DrainResult['rounds'][number][] = []
    for (let number = 1; number <= rounds; number++) {
      tell(`throughput, ${partitions} partition(s), round ${number} of ${rounds}`)
      const options = { partitions, groups: GROUPS, records, workers: WORKERS, streamsFolder }
      const round = await measureDrain(broker, options)
      tell(
        `${(round.weir.perSecond / round.bare.perSecond).toFixed(2)} of the bare client, ${round.weir.perSecond.toFixed(0)} events/s`,
      )
      measured.push(round)
    }
    results.push({ partitions, rounds: measured })
  }
  return results
}

async function latencies(
  broker: Broker,
  { latencySeconds }: Extent,
  streamsFolder: string,
  tell: Tell,
): Promise<readonly LatencyRow[]> {
  const options: LatencyOptions = { ...LATENCY, seconds: latencySeconds }
  const streams = (commitMs: number) => () => streamsLatency(broker, options, RATES, streamsFolder, commitMs)
  const contenders: readonly (readonly [string, () => Promise<readonly LoadResult[]>])[] = [
    [WEIR, () => weirLatency(broker, options, RATES)],
    ['bare client, one transaction a poll', () => plainLatency(broker, options, RATES)],
    [
      `Kafka Streams, commit every ${STREAMS_DEFAULT_COMMIT_MS} ms (default)`,
      streams(STREAMS_DEFAULT_COMMIT_MS),
    ],
    [`Kafka Streams, commit every ${STREAMS_SHORT_COMMIT_MS} ms`, streams(STREAMS_SHORT_COMMIT_MS)],
  ]
  const rows: LatencyRow[] = []
  for (const [contender, run] of contenders) {
    tell(`latency, ${contender}`)
    for (const [index, { samples, unanswered, lateMs }] of (await run()).entries()) {
      const { p50, p99, p999 } = percentiles(samples)
      tell(`${RATES[index]} events/s: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)} ms`)
      rows.push({
        contender,
        rate: RATES[index],
        samples: samples.length,
        unanswered,
        p50,
        p99,
        p999,
        lateMs,
      })
    }
  }
  return rows
}

async function takeovers(broker: Broker, extent: Extent, tell: Tell): Promise<readonly TakeoverRow[]> {
  const rows: TakeoverRow[] = []
  for (const sessionTimeoutMillis of SESSION_TIMEOUTS_MS) {
    tell(`takeover, session timeout ${sessionTimeoutMillis} ms`)
    const seconds: number[] = []
    for (let time = 0; time < extent.takeovers; time++)
      seconds.push(await measureTakeover(broker, { groups: GROUPS, workers: WORKERS, sessionTimeoutMillis }))
    tell(`${seconds.map((one) => one.toFixed(2)).join(', ')} s`)
    rows.push({ sessionTimeoutMillis, seconds })
  }
  return rows
}
