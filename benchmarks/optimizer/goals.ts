/**
 * What the optimizer is to reach, and whether a run found it so. Ratios are those of Weir's fast answers.
 * Depends on the results alone.
 */
import { times } from '../markdown.js'
import type { StreamKind } from './problem.js'
import type { GoalOutcome, OptimizerResults, StartUpRun, WarmColumn, WarmResult } from './results.js'

export type Measured = Pick<OptimizerResults, 'warm' | 'cold' | 'startUp'>

const DIFFERENCE_ALLOWED = 1e-9
const NETLIB_ERROR_ALLOWED = 1e-8
const READY_MS_ALLOWED = 150
const PAUSE_MS_ALLOWED = 2

export interface Ratio {
  readonly peer: string
  /** The peer's time divided by Weir's. */
  readonly p50: number
  readonly p99: number
}

/** Of the peers within one arrangement, from Weir's fast answers in the same. */
function ratiosIn(columns: readonly WarmColumn[]): Ratio[] {
  const [own, ...others] = columns as [WarmColumn, ...WarmColumn[]]
  return others.filter(({ role }) => role === 'peer').map((column) => ratioTo(own, column))
}

/** Of steps at the median of their passes. */
export function ratioTo(own: WarmColumn, { name, stepMicros }: WarmColumn): Ratio {
  const { p50, p99 } = own.stepMicros
  return { peer: name, p50: stepMicros.p50 / p50, p99: stepMicros.p99 / p99 }
}

export const highsRatio = ({ together }: WarmResult): Ratio => ratiosIn(together)[0]!

export const nativeRatios = ({ alone }: WarmResult): Ratio[] =>
  ratiosIn(alone.filter((column) => 'micros' in column))

export function goalsOf({ warm, cold, startUp }: Measured): GoalOutcome[] {
  const on = (pools: number, ...kinds: StreamKind[]) =>
    warm.filter((result) => result.pools === pools && (kinds.length === 0 || kinds.includes(result.kind)))
  const natives = (results: readonly WarmResult[]) =>
    results.flatMap((result) => nativeRatios(result).map((ratio) => named(result, ratio.p50, ratio.peer)))
  const highs = (results: readonly WarmResult[], rank: 'p50' | 'p99') =>
    results.map((result) => named(result, highsRatio(result)[rank]))
  return [
    atLeast('32 pools, tick: HiGHS WASM / Weir at p50', 10, highs(on(32, 'tick'), 'p50')),
    atLeast('32 pools, tick: HiGHS WASM / Weir at p99', 5, highs(on(32, 'tick'), 'p99')),
    atLeast('32 pools, tick: fastest native / Weir at p50', 2, natives(on(32, 'tick'))),
    atLeast('32 pools, batch: HiGHS WASM / Weir at p50', 8, highs(on(32, 'batch'), 'p50')),
    atLeast('32 pools, batch: fastest native / Weir at p50', 2, natives(on(32, 'batch'))),
    atLeast('128 pools, tick and batch: HiGHS WASM / Weir at p50', 6, highs(on(128, 'tick', 'batch'), 'p50')),
    atLeast(
      '128 pools, tick and batch: fastest native / Weir at p50',
      1.5,
      natives(on(128, 'tick', 'batch')),
    ),
    atLeast('512 pools, each stream: HiGHS WASM / Weir at p50', 3, highs(on(512), 'p50')),
    atLeast('every stream: fastest native / Weir at p50', 1, natives(warm)),
    sameObjectives(warm),
    ...netlibGoals(cold),
    ...startUpGoals(startUp.solvers[0]!.runs, startUp.solves),
  ]
}

interface Named {
  readonly name: string
  readonly ratio: number
}

const named = ({ pools, kind }: WarmResult, ratio: number, peer?: string): Named => ({
  name: `${pools} ${kind}${peer === undefined ? '' : `, ${peer}`}`,
  ratio,
})

const MISSED_SHOWN = 4

/** The lowest ratio decides, and is named with others that miss. */
function atLeast(what: string, least: number, ratios: readonly Named[]): GoalOutcome {
  const goal = `${what} >= ${least}x`
  const sorted = ratios.toSorted((a, b) => a.ratio - b.ratio)
  const lowest = sorted[0]
  if (lowest === undefined) return { goal, found: 'not measured', isMet: undefined }
  const missed = sorted.filter(({ ratio }) => ratio < least)
  const shown = missed.length === 0 ? [lowest] : missed.slice(0, MISSED_SHOWN)
  const found = shown.map(({ name, ratio }) => `${times(ratio)} (${name})`)
  if (missed.length > MISSED_SHOWN) found.push(`${missed.length - MISSED_SHOWN} more of ${ratios.length}`)
  return { goal, found: found.join(', '), isMet: missed.length === 0 }
}

function sameObjectives(warm: readonly WarmResult[]): GoalOutcome {
  const differences = warm.flatMap(({ together, alone }) =>
    [...together, ...alone].map((column) => ('micros' in column ? column.maxRelativeDifference : 0)),
  )
  const most = Math.max(0, ...differences)
  return {
    goal: `every step: the same objective as each peer, to ${DIFFERENCE_ALLOWED} relative`,
    found: most.toExponential(1),
    isMet: most <= DIFFERENCE_ALLOWED,
  }
}

function netlibGoals(cold: Measured['cold']): GoalOutcome[] {
  const mean = 'Netlib: mean time of Weir <= that of HiGHS WASM, whichever presolve is faster'
  const optima = `Netlib: every exact optimum, to ${NETLIB_ERROR_ALLOWED} relative`
  if ('skipped' in cold) {
    return [mean, optima].map((goal) => ({ goal, found: 'not measured', isMet: undefined }))
  }
  const fastest = (family: string) =>
    Math.min(...cold.contenders.filter((one) => one.family === family).map(({ meanMs }) => meanMs))
  const ratio = fastest('highs') / fastest('weir')
  const own = cold.contenders.filter(({ family }) => family === 'weir')
  const error = Math.max(...own.map(({ maxRelativeError }) => maxRelativeError))
  const unsolved = own.flatMap((contender) => contender.unsolved)
  return [
    { goal: mean, found: `HiGHS / Weir ${times(ratio)}`, isMet: ratio >= 1 },
    {
      goal: optima,
      found: [`error ${error.toExponential(1)}`, ...unsolved].join(', '),
      isMet: unsolved.length === 0 && error <= NETLIB_ERROR_ALLOWED,
    },
  ]
}

/** The slowest process decides. */
function startUpGoals(runs: readonly StartUpRun[], solves: number): GoalOutcome[] {
  const ready = Math.max(...runs.map(({ readyMs }) => readyMs))
  const own = Math.max(...runs.map(({ longestOwnMs }) => longestOwnMs))
  const longest = Math.max(...runs.map(({ longestMs }) => longestMs))
  return [
    {
      goal: `fresh process: module compiled and warm within ${READY_MS_ALLOWED} ms`,
      found: `${ready.toFixed(1)} ms`,
      isMet: ready <= READY_MS_ALLOWED,
    },
    {
      goal: `fresh process: none of the first ${solves} re-solves takes more than ${PAUSE_MS_ALLOWED} ms of its own`,
      found: `${own.toFixed(2)} ms, with other processes in between ${longest.toFixed(2)} ms`,
      isMet: own <= PAUSE_MS_ALLOWED,
    },
  ]
}
