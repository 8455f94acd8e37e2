/** The tables of the warm streams. Depends on the results. */
import { formatMicros, markdownTable, times } from '../markdown.js'
import { highsRatio, nativeRatios, type Ratio, ratioTo } from './goals.js'
import type { WarmColumn, WarmResult } from './results.js'
import type { NotMeasured } from './solvers.js'

export function warmTables(warm: readonly WarmResult[]): string {
  return [timesTable(warm), ratiosTable(warm), losses(warm)].join('\n\n')
}

function timesTable(warm: readonly WarmResult[]): string {
  const { together, alone } = warm[0] as WarmResult
  const head = [
    'p50 / p99 / p99.9',
    'steps',
    ...together.map(({ name }) => name),
    ...alone.map(({ name, ...rest }) => ('role' in rest && rest.role === 'weir' ? `${name}, alone` : name)),
  ]
  const rows = warm.map((result) => [
    streamOf(result),
    result.steps * result.passes,
    ...[...result.together, ...result.alone].map(timesOf),
  ])
  return markdownTable(head, rows)
}

function streamOf({ pools, kind, model }: WarmResult): string {
  return `${pools} ${kind}${model === 'published' ? '' : ', generated'}`
}

function timesOf(column: WarmColumn | NotMeasured): string {
  if ('notMeasured' in column) return `not measured: ${column.notMeasured}`
  const { p50, p99, p999 } = column.micros
  return [p50, p99, p999].map(formatMicros).join(' / ')
}

function ratiosTable(warm: readonly WarmResult[]): string {
  const natives = (warm[0] as WarmResult).alone.slice(1).map(({ name }) => name)
  const head = [
    'p50 / p99, times Weir fast',
    'Weir canonical',
    'HiGHS WASM',
    ...natives,
    'pivots',
    'objectives differ by',
  ]
  const rows = warm.map((result) => {
    const [fast, canonical] = result.together as [WarmColumn, WarmColumn]
    const measured = new Map(nativeRatios(result).map((ratio) => [ratio.peer, ratio]))
    const differences = [...result.together, ...result.alone].map((column) =>
      'micros' in column ? column.maxRelativeDifference : 0,
    )
    return [
      streamOf(result),
      ratioOf(ratioTo(fast, canonical)),
      ratioOf(highsRatio(result)),
      ...natives.map((name) => ratioOf(measured.get(name))),
      fast.pivotsMean.toFixed(1),
      Math.max(...differences).toExponential(1),
    ]
  })
  return markdownTable(head, rows)
}

const ratioOf = (ratio: Pick<Ratio, 'p50' | 'p99'> | undefined) =>
  ratio === undefined ? '-' : `${times(ratio.p50)} / ${times(ratio.p99)}`

/** Every stream on which a peer is faster, in one line a peer. */
function losses(warm: readonly WarmResult[]): string {
  const lost = new Map<string, string[]>()
  for (const result of warm) {
    for (const ratio of [highsRatio(result), ...nativeRatios(result)]) {
      if (ratio.p50 >= 1 && ratio.p99 >= 1) continue
      const places = lost.get(ratio.peer) ?? []
      lost.set(ratio.peer, [...places, `${streamOf(result)} (${ratioOf(ratio)})`])
    }
  }
  if (lost.size === 0) return 'Weir loses none of these streams, neither at p50 nor at p99.'
  const lines = [...lost].map(([peer, places]) => `- to ${peer}: ${places.join(', ')}`)
  return ['**Where Weir loses**, at p50 or at p99:\n', ...lines].join('\n')
}
