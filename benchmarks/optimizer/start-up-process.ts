/**
 * What a fresh process is asked to measure of its own beginning: `node start-up-process.js weir|highs POOLS SOLVES` prints one
 * `StartUpRun` as JSON. Its engine has compiled nothing yet, and that is the point.
 * Depends on the contenders of `weir bench resolve`.
 */
import type { Contender } from '../../cli/bench/contender.js'
import { HighsContender } from '../../cli/bench/highs-contender.js'
import { WeirContender } from '../../cli/bench/weir-contender.js'
import { compileOptimizer } from '../../wasm-core/host/compile.js'
import { LinearProgram } from '../../wasm-core/host/linear-program.js'
import { loadHighs } from '../../wasm-core/host/peers/highs.js'
import type { SparseModel } from '../../wasm-core/host/sparse-model.js'
import { ProcessorWait } from './processor-wait.js'
import { generatedRebalancing } from './rebalancing-stream.js'
import type { StartUpRun } from './results.js'

/** Solves whose median tells whether the warm-up is over; steps of a stream differ, so that few would tell nothing. */
const WINDOW = 50
/** Over the median of the last solves. */
const SETTLED_WITHIN = 1.25

async function compiled(solver: string, model: SparseModel): Promise<Contender> {
  if (solver === 'highs') return new HighsContender(await loadHighs(), model)
  const { module } = await compileOptimizer()
  return new WeirContender(LinearProgram.instantiate(module), model, 'fast')
}

const median = (values: Float64Array) => values.toSorted()[values.length >> 1] as number

async function measure(solver: string, pools: number, solves: number): Promise<StartUpRun> {
  const { model, steps } = generatedRebalancing(pools, 'tick', solves)
  const wait = new ProcessorWait()
  const startedAt = performance.now()
  const contender = await compiled(solver, model)
  const compiledAt = performance.now()
  contender.restart()
  const solvedAt = performance.now()
  const stepMs = new Float64Array(steps.length)
  const ownMs = new Float64Array(steps.length)
  for (const [k, step] of steps.entries()) {
    const waitedMs = wait.totalMs()
    const before = performance.now()
    contender.step(step)
    stepMs[k] = performance.now() - before
    ownMs[k] = Math.max(0, (stepMs[k] as number) - (wait.totalMs() - waitedMs))
  }
  const window = Math.min(WINDOW, solves)
  const settledMs = median(stepMs.subarray(solves - window)) * SETTLED_WITHIN
  let solvesUntilReady = 0
  while (median(stepMs.subarray(solvesUntilReady, solvesUntilReady + window)) > settledMs) solvesUntilReady++
  const warmUpMs = stepMs.subarray(0, solvesUntilReady).reduce((sum, ms) => sum + ms, 0)
  return {
    compileMs: compiledAt - startedAt,
    firstSolveMs: solvedAt - compiledAt,
    readyMs: solvedAt - startedAt + warmUpMs,
    solvesUntilReady,
    longestMs: Math.max(...stepMs),
    longestOwnMs: Math.max(...ownMs),
    medianMs: median(stepMs),
  }
}

const [solver = 'weir', pools, solves] = process.argv.slice(2)
process.stdout.write(`${JSON.stringify(await measure(solver, Number(pools), Number(solves)))}\n`)
