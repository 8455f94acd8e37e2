/** What the benchmark of the optimizer finds out, as data: what `--json` writes and the page is made of. */
import type { Percentiles } from '../harness.js'
import type { StreamKind } from './problem.js'
import type { NotMeasured } from './solvers.js'

export interface WarmColumn {
  readonly name: string
  readonly role: 'weir' | 'peer'
  /** Microseconds a step, over all steps of all passes. */
  readonly micros: Percentiles
  /** Over the steps, each at the median of its passes: what a step costs, without what the machine did in between. */
  readonly stepMicros: Percentiles
  readonly pivotsMean: number
  /** Of an objective, from that of Weir's fast answers, over all steps. */
  readonly maxRelativeDifference: number
}

export interface WarmResult {
  readonly pools: number
  readonly kind: StreamKind
  readonly model: 'published' | 'generated'
  readonly rows: number
  readonly columns: number
  /** Steps of the stream, and passes over it that count. */
  readonly steps: number
  readonly passes: number
  /** In turns step by step, in one process: Weir fast, Weir canonical, HiGHS. */
  readonly together: readonly WarmColumn[]
  /** Each in passes of its own: Weir fast, then the native peers. */
  readonly alone: readonly (WarmColumn | NotMeasured)[]
}

export interface ColdInstanceResult {
  readonly name: string
  /** In the order of the contenders; undefined where it was not solved to optimality within the limit. */
  readonly ms: readonly (number | undefined)[]
}

export interface ColdContenderResult {
  readonly name: string
  readonly family: 'weir' | 'highs' | 'native'
  readonly solved: number
  /** Shifted geometric mean over the instances that all contenders solved. */
  readonly meanMs: number
  readonly sumMs: number
  /** Of an objective, from the exact optimum. */
  readonly maxRelativeError: number
  /** Instances that were not solved, with what the solver said. */
  readonly unsolved: readonly string[]
}

export interface ColdResult {
  readonly instances: readonly ColdInstanceResult[]
  readonly contenders: readonly ColdContenderResult[]
  readonly notMeasured: readonly NotMeasured[]
  readonly solvedByAll: number
  readonly secondsAtMost: number
}

/** Of one process; milliseconds. */
export interface StartUpRun {
  readonly compileMs: number
  readonly firstSolveMs: number
  /** From the reading of the module to the end of the warm-up: until re-solves take what they take later. */
  readonly readyMs: number
  readonly solvesUntilReady: number
  /** The longest of the re-solves, on the wall clock. */
  readonly longestMs: number
  /** Without the time in which the thread waited for a processor that other processes had, where the system tells it. */
  readonly longestOwnMs: number
  readonly medianMs: number
}

export interface StartUpResult {
  readonly pools: number
  readonly solves: number
  readonly solvers: readonly { readonly name: string; readonly runs: readonly StartUpRun[] }[]
}

export interface GrowthPoint {
  readonly pools: number
  readonly rows: number
  readonly columns: number
  readonly solves: number
  readonly pivotsMean: number
  readonly weir: Percentiles
  readonly highs: Percentiles
  readonly coldMs: number
  readonly coldPivots: number
}

/** Steps of one size of model with that many pivots. */
export interface PivotBucket {
  readonly pools: number
  readonly pivotsFrom: number
  readonly pivotsTo: number
  readonly solves: number
  readonly pivotsMean: number
  readonly microsMedian: number
}

export interface GrowthResult {
  readonly points: readonly GrowthPoint[]
  readonly buckets: readonly PivotBucket[]
}

export interface GoalOutcome {
  readonly goal: string
  readonly found: string
  /** Undefined where it was not measured. */
  readonly isMet: boolean | undefined
}

export interface OptimizerResults {
  readonly machine: string
  readonly date: string
  readonly isQuick: boolean
  readonly peers: readonly string[]
  readonly warm: readonly WarmResult[]
  readonly cold: ColdResult | { readonly skipped: string }
  readonly startUp: StartUpResult
  readonly growth: GrowthResult
  readonly goals: readonly GoalOutcome[]
  readonly seconds: number
}
