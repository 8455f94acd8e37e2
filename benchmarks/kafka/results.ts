/** What a run of the Kafka benchmark comes to, and the goals it is held to. Depends on the parts that measure. */
import type { DrainRound, Pace } from './drain.js'
import type { RecoveryRow } from './recovery.js'

export interface DrainResult {
  readonly partitions: number
  readonly rounds: readonly DrainRound[]
}

export interface LatencyRow {
  readonly contender: string
  readonly rate: number
  readonly samples: number
  readonly unanswered: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly lateMs: number
}

export interface TakeoverRow {
  readonly sessionTimeoutMillis: number
  /** Seconds, one for each try. */
  readonly seconds: readonly number[]
}

export interface KafkaResults {
  readonly machine: string
  readonly date: string
  readonly isQuick: boolean
  readonly seconds: number
  /** Processes that wanted a processor, as a mean of the last minute, before and after. */
  readonly loadAverage: readonly [number, number]
  readonly records: number
  readonly groups: number
  readonly partitions: number
  readonly triggersPerSecond: number
  readonly drain: readonly DrainResult[]
  readonly latency: readonly LatencyRow[]
  readonly recovery: readonly RecoveryRow[]
  readonly liveRate: number
  readonly takeover: readonly TakeoverRow[]
}

export interface Goal {
  readonly goal: string
  readonly found: string
  readonly isMet: boolean
}

const SHARE_OF_BARE = 0.8
const P50_MS = 10
const P99_MS = 30
const REPLAY_TIMES = 10
const TAKEOVER_BEYOND_SESSION_SECONDS = 1

/** Over rounds: records by time, so that a long round weighs as long as it took. */
export function meanPace(paces: readonly Pace[]): Pace {
  const seconds = paces.reduce((sum, { perSecond }) => sum + 1 / perSecond, 0)
  const cpuMicros = paces.reduce((sum, pace) => sum + pace.cpuMicros, 0) / paces.length
  return { perSecond: paces.length / seconds, cpuMicros }
}

function shareOfBare({ rounds }: DrainResult): number {
  return (
    meanPace(rounds.map(({ weir }) => weir)).perSecond / meanPace(rounds.map(({ bare }) => bare)).perSecond
  )
}

export function goalsOf(results: KafkaResults): readonly Goal[] {
  const { drain, latency, recovery, takeover, liveRate } = results
  const goals: Goal[] = drain.map((result) => ({
    goal: `${result.partitions} partition${result.partitions === 1 ? '' : 's'}: >= ${SHARE_OF_BARE * 100} % of what the bare client consumes`,
    found: `${(shareOfBare(result) * 100).toFixed(0)} %`,
    isMet: shareOfBare(result) >= SHARE_OF_BARE,
  }))
  for (const { contender, rate, p50, p99, unanswered } of latency.filter((row) => row.contender === WEIR))
    goals.push({
      goal: `${contender}, ${rate} events/s: p50 <= ${P50_MS} ms, p99 <= ${P99_MS} ms`,
      found: `${p50.toFixed(1)} / ${p99.toFixed(1)} ms`,
      isMet: p50 <= P50_MS && p99 <= P99_MS && unanswered === 0,
    })
  const longest = recovery.at(-1)
  if (longest !== undefined)
    goals.push({
      goal: `replay >= ${REPLAY_TIMES}x the live rate of ${liveRate} events/s`,
      found: `${(longest.replayPerSecond / liveRate).toFixed(1)}x, journal of ${longest.entries} entries`,
      isMet: longest.replayPerSecond >= REPLAY_TIMES * liveRate,
    })
  for (const { sessionTimeoutMillis, seconds } of takeover) {
    const bound = sessionTimeoutMillis / 1000 + TAKEOVER_BEYOND_SESSION_SECONDS
    const slowest = Math.max(...seconds)
    goals.push({
      goal: `takeover after kill -9, session timeout ${sessionTimeoutMillis / 1000} s: <= ${bound} s`,
      found: `${slowest.toFixed(2)} s`,
      isMet: slowest <= bound,
    })
  }
  return goals
}

export const WEIR = 'Weir'
