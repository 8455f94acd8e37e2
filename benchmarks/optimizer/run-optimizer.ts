/**
 * The benchmark `optimizer`: warm streams, cold solves, the beginning of a process, growth. One run makes every figure of
 * its page. Depends on the parts beside it.
 */
import { machineLine } from '../harness.js'
import { type ColdOptions, measureCold } from './cold.js'
import { goalsOf } from './goals.js'
import { type GrowthOptions, measureGrowth } from './growth.js'
import { STREAM_KINDS } from './problem.js'
import type { OptimizerResults, WarmResult } from './results.js'
import { openSolvers } from './solvers.js'
import { measureStartUp, type StartUpOptions } from './start-up.js'
import { measureWarm, type WarmOptions } from './warm.js'

interface Extent {
  readonly warm: WarmOptions & { readonly pools: readonly number[] }
  readonly cold: ColdOptions
  readonly startUp: StartUpOptions
  readonly growth: GrowthOptions
}

/** Within five minutes on two cores; the long cold solves take a third of it. */
const FULL: Extent = {
  warm: {
    pools: [8, 32, 128, 512],
    stepsAtMost: 1000,
    samplesWanted: 3000,
    boundMs: 8_000,
    warmUpSteps: 3000,
    warmUpBoundMs: 2_000,
  },
  cold: { instancesAtMost: 100, repetitions: 3, repeatedUpToMs: 100, secondsAtMost: 10 },
  startUp: { pools: 32, solves: 1000, processes: 5 },
  growth: {
    pools: [8, 16, 32, 64, 128, 256, 512, 1024, 2048],
    stepsAtMost: 500,
    stepsAtLeast: 100,
    warmUpSteps: 1000,
    warmUpBoundMs: 1_000,
  },
}

/** Shows that everything runs; its figures are none. */
const QUICK: Extent = {
  warm: { pools: [8], stepsAtMost: 20, samplesWanted: 20, boundMs: 500, warmUpSteps: 20, warmUpBoundMs: 100 },
  cold: { instancesAtMost: 3, repetitions: 1, repeatedUpToMs: 10, secondsAtMost: 5 },
  startUp: { pools: 8, solves: 60, processes: 1 },
  growth: { pools: [8, 16], stepsAtMost: 40, stepsAtLeast: 40, warmUpSteps: 40, warmUpBoundMs: 100 },
}

/** `say` is told what is being measured. */
export async function runOptimizer(isQuick: boolean, say: (what: string) => void): Promise<OptimizerResults> {
  const startedAt = performance.now()
  const extent = isQuick ? QUICK : FULL
  const solvers = await openSolvers()
  try {
    for (const native of solvers.natives) {
      if ('notMeasured' in native) say(`${native.name}: NOT MEASURED: ${native.notMeasured}`)
    }
    const warm: WarmResult[] = []
    for (const pools of extent.warm.pools) {
      say(`warm re-solves, ${pools} pools`)
      for (const kind of STREAM_KINDS) warm.push(await measureWarm(solvers, pools, kind, extent.warm))
    }
    say('cold solves')
    const cold = await measureCold(solvers, extent.cold)
    if ('skipped' in cold) say(`cold solves: SKIPPED: ${cold.skipped}`)
    say('growth')
    const growth = measureGrowth(solvers, extent.growth)
    say('the beginning of a process')
    const startUp = await measureStartUp(extent.startUp)
    return {
      machine: machineLine(),
      date: new Date().toISOString().slice(0, 10),
      isQuick,
      peers: solvers.labels,
      warm,
      cold,
      startUp,
      growth,
      goals: goalsOf({ warm, cold, startUp }),
      seconds: (performance.now() - startedAt) / 1000,
    }
  } finally {
    solvers.close()
  }
}
