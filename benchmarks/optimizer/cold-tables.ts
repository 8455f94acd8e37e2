/** The tables of the cold solves. Depends on the results. */
import { markdownTable, times } from '../markdown.js'
import type { ColdInstanceResult, ColdResult } from './results.js'

const WORST_SHOWN = 5

export function coldTables(cold: ColdResult): string {
  const missing = cold.notMeasured.map(({ name, notMeasured }) => `${name}: not measured: ${notMeasured}.`)
  return [summaryTable(cold), ...missing, ...worst(cold)].join('\n\n')
}

const toFigures = (ms: number) => (ms < 10 ? ms.toFixed(2) : ms.toFixed(1))

function summaryTable({ contenders, instances }: ColdResult): string {
  const own = contenders.find(({ family }) => family === 'weir')!
  const head = ['', 'solved', 'mean ms', `mean / ${own.name}`, 'sum ms', 'worst relative error', 'not solved']
  const rows = contenders.map((contender) => [
    contender.name,
    `${contender.solved} of ${instances.length}`,
    toFigures(contender.meanMs),
    contender === own ? '' : times(contender.meanMs / own.meanMs),
    contender.sumMs.toFixed(0),
    contender.maxRelativeError.toExponential(1),
    contender.unsolved.join(', '),
  ])
  return markdownTable(head, rows)
}

/** For each of Weir's contenders, the instances on which HiGHS, whichever presolve is faster, is furthest ahead. */
function worst({ contenders, instances }: ColdResult): string[] {
  const indicesOf = (wanted: string) =>
    contenders.flatMap(({ family }, index) => (family === wanted ? [index] : []))
  const best = ({ ms }: ColdInstanceResult) =>
    Math.min(...indicesOf('highs').map((index) => ms[index] ?? Number.POSITIVE_INFINITY))
  return indicesOf('weir').map((index) => {
    const rows = instances
      .map((instance) => {
        const own = instance.ms[index] ?? Number.POSITIVE_INFINITY
        return { name: instance.name, own, highs: best(instance), ratio: best(instance) / own }
      })
      // Those not solved are in the first table.
      .filter(({ ratio, own }) => Number.isFinite(ratio) && Number.isFinite(own))
      .sort((a, b) => a.ratio - b.ratio)
    const lost = rows.filter(({ ratio }) => ratio < 1).length
    const name = contenders[index]!.name
    const title = `${name} is slower than the faster HiGHS on ${lost} of ${rows.length} instances. The worst:`
    const shown = rows
      .slice(0, WORST_SHOWN)
      .map((row) => [row.name, toFigures(row.own), toFigures(row.highs), times(row.ratio)])
    return `${title}\n\n${markdownTable(['', `${name} ms`, 'HiGHS WASM ms', 'HiGHS / Weir'], shown)}`
  })
}
