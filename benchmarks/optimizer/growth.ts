/**
 * How the time of a re-solve grows with the model and with the pivots it needs, on generated models.
 * Depends on the contenders of `weir bench resolve`.
 */
import { HighsContender } from '../../cli/bench/highs-contender.js'
import { runPass, type StepRecord, warmUp } from '../../cli/bench/run-stream.js'
import { WeirContender } from '../../cli/bench/weir-contender.js'
import { LinearProgram } from '../../wasm-core/host/linear-program.js'
import { percentiles } from '../harness.js'
import { generatedRebalancing } from './rebalancing-stream.js'
import type { GrowthPoint, GrowthResult, PivotBucket } from './results.js'
import type { Solvers } from './solvers.js'
import { stepMedians } from './step-medians.js'

export interface GrowthOptions {
  readonly pools: readonly number[]
  /** Of a tick stream, at 8 pools; fewer on large models, so that all sizes take about as long. */
  readonly stepsAtMost: number
  readonly stepsAtLeast: number
  readonly warmUpSteps: number
  readonly warmUpBoundMs: number
}

const COLD_SOLVES = 3
/** Three tell an interruption from the cost of a step. */
const PASSES = 3

/** A median of fewer is none. */
const BUCKET_SOLVES_LEAST = 5

/** Of one contender, by step. */
interface Steps {
  readonly micros: readonly number[]
  readonly iterations: Int32Array
}

export function measureGrowth(solvers: Solvers, options: GrowthOptions): GrowthResult {
  const points: GrowthPoint[] = []
  const buckets: PivotBucket[] = []
  for (const pools of options.pools) {
    const steps = Math.max(options.stepsAtLeast, Math.min(options.stepsAtMost, Math.round(100_000 / pools)))
    const { point, own } = measureTicks(solvers, pools, steps, options)
    points.push(point)
    buckets.push(...bucketsOf(pools, [own, measureBatches(solvers, pools, steps)]))
  }
  return { points, buckets }
}

function measureTicks(solvers: Solvers, pools: number, count: number, options: GrowthOptions) {
  const { model, steps } = generatedRebalancing(pools, 'tick', count)
  const program = LinearProgram.instantiate(solvers.module)
  const weir = new WeirContender(program, model, 'fast')
  const highs = new HighsContender(solvers.highs, model)
  try {
    warmUp([weir, highs], steps, options.warmUpSteps, options.warmUpBoundMs)
    const colds = Array.from({ length: COLD_SOLVES }, () => {
      const before = performance.now()
      weir.restart()
      return performance.now() - before
    })
    const coldPivots = program.iterations
    const passes = Array.from({ length: PASSES }, () => runPass([weir, highs], steps))
    const stepsOf = (index: number) => medianSteps(passes.map((records) => records[index]!))
    const own = stepsOf(0)
    const point: GrowthPoint = {
      pools,
      rows: model.rows,
      columns: model.columns,
      solves: steps.length,
      pivotsMean: own.iterations.reduce((sum, pivots) => sum + pivots, 0) / steps.length,
      weir: percentiles(own.micros.slice()),
      highs: percentiles(stepsOf(1).micros.slice()),
      coldMs: percentiles(colds).p50,
      coldPivots,
    }
    return { point, own }
  } finally {
    highs.dispose()
  }
}

/** Ticks need few pivots; steps that move every balance show what many cost. They are longer, so fewer do. */
function measureBatches(solvers: Solvers, pools: number, ticks: number): Steps {
  const { model, steps } = generatedRebalancing(pools, 'batch', Math.ceil(ticks / 4))
  const weir = new WeirContender(LinearProgram.instantiate(solvers.module), model, 'fast')
  return medianSteps(Array.from({ length: PASSES }, () => runPass([weir], steps)[0]!))
}

/** The optimizer and HiGHS repeat their pivots in every pass; times are the median of each step. */
function medianSteps(passes: readonly StepRecord[]): Steps {
  const { iterations } = passes[0]!
  return { iterations, micros: stepMedians(passes.map(({ micros }) => micros)) }
}

/** Buckets are 0, 1, 2 to 3, 4 to 7 and so on. */
function bucketsOf(pools: number, records: readonly Steps[]): PivotBucket[] {
  const byBucket = new Map<number, { pivots: number[]; micros: number[] }>()
  for (const { iterations, micros } of records) {
    for (const [k, pivots] of iterations.entries()) {
      const key = pivots === 0 ? 0 : 2 ** Math.floor(Math.log2(pivots))
      const bucket = byBucket.get(key) ?? { pivots: [], micros: [] }
      byBucket.set(key, bucket)
      bucket.pivots.push(pivots)
      bucket.micros.push(micros[k] as number)
    }
  }
  return [...byBucket]
    .filter(([, bucket]) => bucket.pivots.length >= BUCKET_SOLVES_LEAST)
    .sort(([a], [b]) => a - b)
    .map(([pivotsFrom, { pivots, micros }]) => ({
      pools,
      pivotsFrom,
      pivotsTo: Math.max(0, 2 * pivotsFrom - 1),
      solves: pivots.length,
      pivotsMean: pivots.reduce((sum, value) => sum + value, 0) / pivots.length,
      microsMedian: percentiles(micros).p50,
    }))
}
