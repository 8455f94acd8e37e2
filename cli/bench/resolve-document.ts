/**
 * What `weir bench resolve` says of a run: percentiles, pivots, how far the peer's objectives are, ratios.
 * Depends on the run and on the tables of the command line.
 */
import type { MpsModel } from '../../wasm-core/host/mps/mps-model.js'
import { fileObjective } from '../../wasm-core/host/mps/mps-model.js'
import { formatTable } from '../amounts.js'
import { EXIT } from '../failure.js'
import type { StepRecord, StreamRun } from './run-stream.js'

/** Relative; both sides answer to about 1e-9, so a larger difference means that one of them is wrong. */
const DIFFERENCE_ALLOWED = 1e-7
/** As `weir solve` has it. */
const NUMERICAL_FAILURE_EXIT = 6

export interface Micros {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly mean: number
}

export interface Pivots {
  readonly mean: number
  readonly max: number
}

export interface ResolveDocument {
  readonly model: {
    readonly name: string
    readonly rows: number
    readonly columns: number
    readonly nonzeros: number
  }
  readonly steps: number
  /** Steps of the passes that were thrown away. */
  readonly warmUpSteps: number
  readonly answers: 'fast' | 'canonical'
  readonly micros: Micros
  readonly pivots: Pivots
  readonly zeroPivotSteps: number
  readonly statuses: Readonly<{ [status: string]: number }>
  /** In the file's own sense, with its constant; null where a step has no optimum. */
  readonly objectives: readonly (number | null)[]
  readonly peer?: {
    readonly name: string
    readonly micros: Micros
    readonly pivots: Pivots
    /** Over the steps where both have an optimum. */
    readonly maxRelativeDifference: number
    /** Steps where one of the two has an optimum and the other has none. */
    readonly differentStatuses: number
  }
  /** The peer's time divided by ours: above 1, Weir is faster. */
  readonly ratio?: { readonly p50: number; readonly p99: number }
}

export interface ResolveContext {
  readonly mps: MpsModel
  readonly answers: 'fast' | 'canonical'
  readonly peerName: string | undefined
}

export function resolveDocument(run: StreamRun, { mps, answers, peerName }: ResolveContext): ResolveDocument {
  const [own, peer] = run.records as [StepRecord, StepRecord | undefined]
  const micros = microsOf(own.micros)
  const peerMicros = peer === undefined ? undefined : microsOf(peer.micros)
  const { rows, columns, value } = mps.model
  return {
    model: { name: mps.name, rows, columns, nonzeros: value.length },
    steps: own.micros.length,
    warmUpSteps: run.warmUpSteps,
    answers,
    micros,
    pivots: pivotsOf(own.iterations),
    zeroPivotSteps: own.iterations.reduce((count, pivots) => count + (pivots === 0 ? 1 : 0), 0),
    statuses: tally(own.status),
    objectives: Array.from(own.objective, (value) =>
      Number.isNaN(value) ? null : fileObjective(mps, value),
    ),
    ...(peer === undefined || peerMicros === undefined
      ? {}
      : {
          peer: {
            name: peerName ?? 'peer',
            micros: peerMicros,
            pivots: pivotsOf(peer.iterations),
            ...differences(own, peer),
          },
          ratio: { p50: peerMicros.p50 / micros.p50, p99: peerMicros.p99 / micros.p99 },
        }),
  }
}

/** Percentiles by nearest rank. */
function microsOf(samples: Float64Array): Micros {
  const sorted = samples.toSorted()
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number
  const mean = sorted.reduce((sum, sample) => sum + sample, 0) / sorted.length
  return { p50: rank(0.5), p99: rank(0.99), p999: rank(0.999), max: sorted.at(-1) as number, mean }
}

function pivotsOf(iterations: Int32Array): Pivots {
  const sum = iterations.reduce((total, pivots) => total + pivots, 0)
  const max = iterations.reduce((most, pivots) => Math.max(most, pivots), 0)
  return { mean: sum / iterations.length, max }
}

function tally(statuses: readonly string[]): { [status: string]: number } {
  const counts: { [status: string]: number } = {}
  for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

function differences(own: StepRecord, peer: StepRecord) {
  let maxRelativeDifference = 0
  let differentStatuses = 0
  own.objective.forEach((ours, k) => {
    const theirs = peer.objective[k] as number
    if (Number.isNaN(ours) !== Number.isNaN(theirs)) differentStatuses++
    else if (!Number.isNaN(ours)) {
      const difference = Math.abs(ours - theirs) / Math.max(1, Math.abs(theirs))
      maxRelativeDifference = Math.max(maxRelativeDifference, difference)
    }
  })
  return { maxRelativeDifference, differentStatuses }
}

/** A peer with other answers makes the times worthless, and so does a step without any. */
export function exitCodeOf({ statuses, peer }: Pick<ResolveDocument, 'statuses' | 'peer'>): number {
  if (statuses['numerical-failure'] !== undefined) return NUMERICAL_FAILURE_EXIT
  if (peer === undefined) return EXIT.ok
  const isSame = peer.differentStatuses === 0 && peer.maxRelativeDifference <= DIFFERENCE_ALLOWED
  return isSame ? EXIT.ok : EXIT.different
}

export function describeResolve(document: ResolveDocument): string {
  const { model, steps, warmUpSteps, answers, peer, ratio, statuses, zeroPivotSteps } = document
  const row = (name: string, micros: Micros, pivots: Pivots) => [
    name,
    ...[micros.p50, micros.p99, micros.p999, micros.max, micros.mean].map((value) => value.toFixed(1)),
    pivots.mean.toFixed(1),
    String(pivots.max),
  ]
  const head = ['microseconds', 'p50', 'p99', 'p99.9', 'max', 'mean', 'pivots', 'most']
  const rows = [row(`weir, ${answers}`, document.micros, document.pivots)]
  if (peer !== undefined) rows.push(row(peer.name, peer.micros, peer.pivots))
  const outcome = Object.entries(statuses).map(([status, count]) => `${count} ${status}`)
  const lines = [
    `${model.name}: ${model.rows} rows, ${model.columns} columns, ${model.nonzeros} entries; ${steps} steps after ${warmUpSteps} of warm-up`,
    formatTable(head, rows, head.slice(1)).trimEnd(),
    `${outcome.join(', ')}; ${zeroPivotSteps} without a pivot`,
  ]
  if (peer !== undefined && ratio !== undefined) {
    lines.push(
      `${ratio.p50.toFixed(1)} times as fast at p50, ${ratio.p99.toFixed(1)} at p99; largest difference of an objective ${peer.maxRelativeDifference.toExponential(1)}`,
    )
    if (peer.differentStatuses > 0)
      lines.push(`DIFFERENT: ${peer.differentStatuses} steps have an optimum for one of the two only`)
  }
  return lines.join('\n')
}
