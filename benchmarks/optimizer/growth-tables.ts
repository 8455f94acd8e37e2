/** The tables of the beginning of a process, and of growth. Depends on the results. */
import { formatMicros, markdownTable, times } from '../markdown.js'
import type { GrowthResult, StartUpResult, StartUpRun } from './results.js'

export function startUpTable({ solvers }: StartUpResult): string {
  const head = [
    'ms, median / worst',
    'processes',
    'compile',
    'first solve',
    'compiled and warm',
    'longest re-solve',
    'of its own',
    'median re-solve',
  ]
  const rows = solvers.map(({ name, runs }) => {
    const both = (of: (run: StartUpRun) => number) => {
      const sorted = runs.map(of).sort((a, b) => a - b)
      return `${sorted[sorted.length >> 1]!.toFixed(2)} / ${sorted.at(-1)!.toFixed(2)}`
    }
    return [
      name,
      runs.length,
      both(({ compileMs }) => compileMs),
      both(({ firstSolveMs }) => firstSolveMs),
      both(({ readyMs }) => readyMs),
      both(({ longestMs }) => longestMs),
      both(({ longestOwnMs }) => longestOwnMs),
      both(({ medianMs }) => medianMs),
    ]
  })
  return markdownTable(head, rows)
}

export function growthTable({ points }: GrowthResult): string {
  const head = [
    'pools',
    'rows x columns',
    'solves',
    'pivots',
    'Weir p50',
    'Weir p99',
    'HiGHS p50',
    'HiGHS p99',
    'HiGHS / Weir p50',
    'Weir cold',
    'pivots, cold',
  ]
  const rows = points.map(({ weir, highs, ...point }) => [
    point.pools,
    `${point.rows} x ${point.columns}`,
    point.solves,
    point.pivotsMean.toFixed(1),
    ...[weir.p50, weir.p99, highs.p50, highs.p99].map(formatMicros),
    times(highs.p50 / weir.p50),
    formatMicros(point.coldMs * 1000),
    point.coldPivots,
  ])
  return markdownTable(head, rows)
}

/** One row a size, one column a range of pivots. */
export function pivotTable({ points, buckets }: GrowthResult): string {
  const starts = [...new Set(buckets.map(({ pivotsFrom }) => pivotsFrom))].sort((a, b) => a - b)
  const rangeOf = (from: number) => (from < 2 ? `${from}` : `${from} to ${2 * from - 1}`)
  const rows = points.map(({ pools }) => [
    pools,
    ...starts.map((from) => {
      const bucket = buckets.find((one) => one.pools === pools && one.pivotsFrom === from)
      return bucket === undefined ? '' : formatMicros(bucket.microsMedian)
    }),
  ])
  return markdownTable(['pools, by pivots', ...starts.map(rangeOf)], rows)
}
