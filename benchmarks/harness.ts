/**
 * The one harness of all benchmarks: warm-up, interleaved rounds of Weir and its peers in one process, percentiles, ratios.
 *
 * Contenders of a scenario take turns in short rounds, so that a slow moment of the machine hits all of them alike; the
 * ratio of their medians is what counts, absolute times are only as good as the machine. Depends on nothing of Weir.
 */
import os from 'node:os'

/** Samples kept of one contender; a bound on memory, far above what a percentile of 99.9 needs. */
const SAMPLES_LIMIT = 500_000

export interface Contender {
  readonly name: string
  /** Weir itself, or what it is compared with. */
  readonly role: 'weir' | 'peer'
  /** Does one round and pushes one sample per operation (or per batch, divided), microseconds. */
  round(samples: number[]): void | Promise<void>
}

export interface Scenario {
  /** Name for `npm run bench -- NAME`. */
  readonly name: string
  /** Scenarios of a family are also run by its name. */
  readonly family?: string
  /** What one sample is, in one line. */
  readonly measures: string
  /** Rounds that are thrown away, and rounds that count. */
  readonly warmUpRounds: number
  readonly rounds: number
  contenders(): Promise<{
    readonly list: readonly Contender[]
    /** Read at the end: rounds may add to them. */
    readonly notes?: readonly string[]
    close?(): Promise<void> | void
  }>
}

export interface Percentiles {
  readonly samples: number
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly mean: number
}

export interface ContenderResult extends Percentiles {
  readonly name: string
  readonly role: 'weir' | 'peer'
  /** This contender's p50 divided by Weir's: above 1, Weir is faster. */
  readonly ratioP50: number
  readonly ratioP99: number
}

export interface ScenarioResult {
  readonly name: string
  readonly measures: string
  readonly unit: 'us'
  readonly contenders: readonly ContenderResult[]
  readonly notes: readonly string[]
  readonly seconds: number
}

/** Percentiles by nearest rank. The samples are sorted in place. */
export function percentiles(samples: number[]): Percentiles {
  samples.sort((a, b) => a - b)
  const rank = (p: number) =>
    samples[Math.min(samples.length - 1, Math.ceil(p * samples.length) - 1)] ?? Number.NaN
  const mean = samples.reduce((sum, sample) => sum + sample, 0) / samples.length
  return { samples: samples.length, p50: rank(0.5), p99: rank(0.99), p999: rank(0.999), mean }
}

export async function runScenario(scenario: Scenario): Promise<ScenarioResult> {
  const startedAt = process.hrtime.bigint()
  const set = await scenario.contenders()
  try {
    const samples = set.list.map((): number[] => [])
    for (let round = 0; round < scenario.warmUpRounds + scenario.rounds; round++) {
      for (const [index, contender] of set.list.entries()) {
        const target = round < scenario.warmUpRounds ? [] : samples[index]!
        if (target.length < SAMPLES_LIMIT) await contender.round(target)
      }
    }
    const measured = set.list.map((contender, index) => ({
      contender,
      numbers: percentiles(samples[index]!),
    }))
    const own = measured.find((entry) => entry.contender.role === 'weir')!.numbers
    return {
      name: scenario.name,
      measures: scenario.measures,
      unit: 'us',
      contenders: measured.map(({ contender, numbers }) => ({
        name: contender.name,
        role: contender.role,
        ...numbers,
        ratioP50: numbers.p50 / own.p50,
        ratioP99: numbers.p99 / own.p99,
      })),
      notes: set.notes ?? [],
      seconds: Number(process.hrtime.bigint() - startedAt) / 1e9,
    }
  } finally {
    await set.close?.()
  }
}

/** The machine's line: figures without it say little. */
export function machineLine(): string {
  const cpus = os.cpus()
  const gib = (os.totalmem() / 2 ** 30).toFixed(0)
  return `${cpus[0]?.model ?? 'unknown CPU'}, ${cpus.length} cores, ${gib} GiB, ${os.type()} ${os.release()}, Node ${process.version}`
}

export function nowMicros(): number {
  return Number(process.hrtime.bigint()) / 1000
}
