/** The section of the optimizer in the page of benchmarks: method, figures, where Weir loses. Depends on the tables. */
import { markdownTable } from '../markdown.js'
import { coldTables } from './cold-tables.js'
import { growthTable, pivotTable, startUpTable } from './growth-tables.js'
import type { GoalOutcome, OptimizerResults, WarmResult } from './results.js'
import { warmTables } from './warm-tables.js'

/** `plotFile` stands beside the page; undefined where there is no page. */
export function optimizerPage(results: OptimizerResults, plotFile: string | undefined): string {
  const { machine, date, isQuick, peers, warm, cold, startUp, growth, goals, seconds } = results
  const quick = isQuick ? 'QUICK RUN: it shows that everything runs; its figures are none. ' : ''
  const plot =
    plotFile === undefined ? [] : [`![Time of a re-solve against pools and against pivots](${plotFile})`]
  return [
    `${quick}Machine: ${machine}. Run on ${date}, ${seconds.toFixed(0)} s. Peers: ${peers.join(', ')}.`,
    '### Goals',
    goalsTable(goals),
    '### Warm re-solves',
    warmMethod(warm),
    warmTables(warm),
    '### Cold solves',
    ...('skipped' in cold ? [`Skipped: ${cold.skipped}.`] : [coldMethod(cold), coldTables(cold)]),
    '### The beginning of a process',
    `A fresh process solves a generated model of ${startUp.pools} pools, then ${startUp.solves} payments on it, with nothing before. "Compiled and warm" runs from reading the module until the median of 50 re-solves is within a quarter of that of the last 50. "Of its own" is the longest re-solve without the time in which the thread waited for a processor that other processes had.`,
    startUpTable(startUp),
    '### Growth',
    'Generated models, one payment a step, microseconds; Weir (fast) and HiGHS WASM in turns, each step at the median of three passes. Below: the median time of a re-solve by the pivots it needed (payments, and steps that move every balance).',
    ...plot,
    growthTable(growth),
    pivotTable(growth),
  ].join('\n\n')
}

function goalsTable(goals: readonly GoalOutcome[]): string {
  const rows = goals.map(({ goal, found, isMet }) => [
    goal,
    isMet === undefined ? '' : isMet ? 'met' : '**missed**',
    found,
  ])
  return markdownTable(['goal', '', 'found'], rows, 3)
}

function warmMethod(warm: readonly WarmResult[]): string {
  const isPublished = warm.every(({ model }) => model === 'published')
  const models = isPublished
    ? 'Published rebalancing models'
    : 'Models marked as generated come from this repository, since the published ones were not at hand'
  return `${models}: pools and stream. tick: one payment; batch: every balance moves; mixed: also limits and prices. Microseconds a step: changes, solve, objective, and a copy of all primal and dual values.

Weir and HiGHS WASM take turns step by step in one process. GLPK and Clp are processes of their own, driven by their libraries (GLPK: dual simplex on a resident problem; Clp: \`dual(0, 7)\`, which keeps the factorization), with their own clocks; they and "Weir fast, alone" have whole passes to themselves, so their ratios are to that column. All passes follow each other in rounds.

The first table holds every step of every pass, interruptions by other processes included. Ratios, in the second, are of percentiles over the steps, each at the median of its passes, which is what a step costs.`
}

function coldMethod({
  instances,
  solvedByAll,
  secondsAtMost,
}: Exclude<OptimizerResults['cold'], { skipped: string }>) {
  return `${instances.length} Netlib instances, all contenders in turns on each, median of three where one solve is short, at most ${secondsAtMost} s. The clock runs from the model in memory to the objective. Mean: geometric, shifted by 1 ms, over the ${solvedByAll} instances that all solved. Error: from the exact optimum.`
}
