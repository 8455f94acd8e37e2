/**
 * The growth of re-solve times as a picture: against pools, and against pivots. Depends on echarts, which draws SVG without
 * a browser (docs/adr/0040-echarts-draws-the-growth.md).
 */
import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { GrowthResult } from './results.js'

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

const WIDTH = 960
const HEIGHT = 420
/** Told apart by lightness too, for who sees no colours; that of Weir is the darkest. */
const WEIR = '#0b3c5d'
const WEIR_P99 = '#5b8fb0'
const PEER = '#d9822b'

type Point = readonly [x: number, y: number]

interface Line {
  readonly name: string
  readonly panel: 0 | 1
  readonly color?: string
  readonly points: readonly Point[]
}

/** One SVG of two panels, both axes logarithmic. */
export function growthPlot({ points, buckets }: GrowthResult): string {
  const lines: Line[] = [
    { name: 'Weir p50', panel: 0, color: WEIR, points: points.map(({ pools, weir }) => [pools, weir.p50]) },
    {
      name: 'Weir p99',
      panel: 0,
      color: WEIR_P99,
      points: points.map(({ pools, weir }) => [pools, weir.p99]),
    },
    {
      name: 'HiGHS p50',
      panel: 0,
      color: PEER,
      points: points.map(({ pools, highs }) => [pools, highs.p50]),
    },
    ...points.map(
      ({ pools }, index): Line => ({
        name: `${pools} pools`,
        panel: 1,
        // From light to dark with the size.
        color: `hsl(205, 60%, ${Math.round(80 - (60 * index) / Math.max(1, points.length - 1))}%)`,
        points: buckets
          // A logarithmic axis has no place for none.
          .filter((bucket) => bucket.pools === pools && bucket.pivotsFrom > 0)
          .map(({ pivotsMean, microsMedian }) => [pivotsMean, microsMedian]),
      }),
    ),
  ]
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  try {
    chart.setOption(optionOf(lines))
    return chart.renderToSVGString()
  } finally {
    chart.dispose()
  }
}

function optionOf(lines: readonly Line[]) {
  const axis = (name: string, gridIndex: number) => ({
    type: 'log' as const,
    name,
    gridIndex,
    nameLocation: 'middle' as const,
    minorSplitLine: { show: false },
  })
  const legendOf = (panel: 0 | 1, place: object) => ({
    ...place,
    bottom: 0,
    data: lines.filter((line) => line.panel === panel).map(({ name }) => name),
    icon: 'roundRect',
    itemHeight: 6,
  })
  return {
    animation: false,
    backgroundColor: '#ffffff',
    title: [
      { text: 'One payment, by size of the model', left: 60, textStyle: { fontSize: 14 } },
      { text: 'Weir, by pivots of a re-solve', left: WIDTH / 2 + 50, textStyle: { fontSize: 14 } },
    ],
    grid: [
      { left: 70, right: WIDTH / 2 + 20, top: 40, bottom: 100 },
      { left: WIDTH / 2 + 60, right: 30, top: 40, bottom: 100 },
    ],
    legend: [
      legendOf(0, { left: 60, width: WIDTH / 2 - 80 }),
      legendOf(1, { left: WIDTH / 2 + 40, width: WIDTH / 2 - 60 }),
    ],
    xAxis: [
      { ...axis('pools', 0), logBase: 2, nameGap: 26 },
      { ...axis('pivots', 1), logBase: 2, nameGap: 26 },
    ],
    yAxis: [
      { ...axis('microseconds', 0), nameGap: 50 },
      { ...axis('microseconds', 1), nameGap: 50 },
    ],
    series: lines.map(({ name, panel, color, points }) => ({
      type: 'line' as const,
      name,
      xAxisIndex: panel,
      yAxisIndex: panel,
      data: points.map((point) => [...point]),
      symbolSize: 5,
      color,
    })),
  }
}
