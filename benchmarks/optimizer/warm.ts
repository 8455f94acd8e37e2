/**
 * Warm re-solves over the streams of rebalancing models. Depends on the contenders of `weir bench resolve` and on the
 * native drivers.
 *
 * Two arrangements, because a native peer has a process of its own: Weir and HiGHS take turns step by step in this
 * one, where each finds the caches as the other left them; and Weir, GLPK and Clp each have whole passes to themselves, where
 * caches stay theirs. Ratios are taken within an arrangement. Passes of all follow each other in rounds, so that a slow
 * moment of the machine meets all alike.
 */
import { HighsContender } from '../../cli/bench/highs-contender.js'
import { runPass, warmUp } from '../../cli/bench/run-stream.js'
import { WeirContender } from '../../cli/bench/weir-contender.js'
import type { ChangeStep } from '../../wasm-core/host/changes/change-stream.js'
import { LinearProgram } from '../../wasm-core/host/linear-program.js'
import type { Problem, StreamKind } from './problem.js'
import { publishedRebalancing } from './published-models.js'
import { generatedRebalancing } from './rebalancing-stream.js'
import type { WarmResult } from './results.js'
import { HIGHS_NAME, type NotMeasured, type Solvers } from './solvers.js'
import { Column, NativePasses } from './warm-passes.js'

export interface WarmOptions {
  readonly stepsAtMost: number
  /** Rounds go on until so many steps were measured, or for that long; one is measured always. */
  readonly samplesWanted: number
  readonly boundMs: number
  readonly warmUpSteps: number
  readonly warmUpBoundMs: number
}

/** For streams on generated models, where no published ones are at hand. */
const GENERATED_STEPS: Readonly<Record<number, number>> = { 8: 500, 32: 500, 128: 200, 512: 60 }

export async function measureWarm(
  solvers: Solvers,
  pools: number,
  kind: StreamKind,
  options: WarmOptions,
): Promise<WarmResult> {
  const published = publishedRebalancing(pools, kind)
  const { model, steps: all } = published ?? generatedRebalancing(pools, kind, GENERATED_STEPS[pools] ?? 100)
  const steps = all.slice(0, options.stepsAtMost)
  const { together, alone, natives, passes } = await measure(solvers, { model, steps }, options)
  const reference = together[0] as Column
  return {
    pools,
    kind,
    model: published === undefined ? 'generated' : 'published',
    rows: model.rows,
    columns: model.columns,
    steps: steps.length,
    passes,
    together: together.map((column) => column.result(reference)),
    alone: [
      alone.result(reference),
      ...natives.map((native) => ('notMeasured' in native ? native : native.column.result(reference))),
    ],
  }
}

async function measure(solvers: Solvers, problem: Problem, options: WarmOptions) {
  const { model, steps } = problem
  const weir = (answers: 'fast' | 'canonical') =>
    new WeirContender(LinearProgram.instantiate(solvers.module), model, answers)
  const fast = weir('fast')
  const highs = new HighsContender(solvers.highs, model)
  const inTurns = [fast, weir('canonical'), highs]
  const together = ['Weir fast', 'Weir canonical', HIGHS_NAME].map(
    (name, index) => new Column(name, index < 2 ? 'weir' : 'peer'),
  )
  const own = new Column('Weir fast', 'weir')
  const takeTurns = () => {
    for (const [index, record] of runPass(inTurns, steps).entries()) together[index]!.add(record)
  }
  const takeAlone = () => own.add(runPass([fast], steps)[0]!)
  const passes: (() => void | Promise<void>)[] = [takeTurns, takeAlone]
  const natives: (NativePasses | NotMeasured)[] = []
  for (const native of solvers.natives) {
    natives.push('driver' in native ? await NativePasses.open(native.name, native.driver, problem) : native)
  }
  for (const native of natives) if ('pass' in native) passes.push(() => native.pass())
  try {
    warmUp(inTurns, steps, options.warmUpSteps, options.warmUpBoundMs)
    const rounds = await runRounds(passes, steps, options)
    const outcomes = natives.map((native) => ('pass' in native ? (native.failure ?? native) : native))
    return { together, alone: own, natives: outcomes, passes: rounds }
  } finally {
    highs.dispose()
  }
}

/** Each round begins with another pass, so that nobody is always the one after a solver that leaves the caches cold. */
async function runRounds(
  passes: readonly (() => void | Promise<void>)[],
  steps: readonly ChangeStep[],
  { samplesWanted, boundMs }: WarmOptions,
): Promise<number> {
  const startedAt = performance.now()
  let rounds = 0
  do {
    for (let turn = 0; turn < passes.length; turn++) await passes[(rounds + turn) % passes.length]!()
    rounds++
  } while (rounds * steps.length < samplesWanted && performance.now() - startedAt < boundMs)
  return rounds
}
