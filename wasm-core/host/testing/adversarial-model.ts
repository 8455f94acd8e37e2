/**
 * Seeded random models that are hard in one way each: what breaks linear-programming codes, in small doses.
 * Depends on dense-model.ts and random-model.ts.
 *
 * Families build tables (see `denseModel`) around a point inside the bounds, so that most models are feasible; a few are made
 * infeasible by a margin far above any tolerance, or are unbounded.
 */
import type { SparseModel } from '../sparse-model.js'
import { denseModel } from './dense-model.js'
import type { SeededRandom } from './random-model.js'

/** Columns `[cost, lower, upper]` and rows `[lower, upper, ...coefficients]`. */
interface Table {
  readonly columns: number[][]
  readonly rows: number[][]
}

export type Family = keyof typeof families

/** A model of one family, of up to 12 rows, or 40 in one of twenty; equal seeds give equal models. */
export function adversarialModel(random: SeededRandom, family: Family): SparseModel {
  const rows = random.chance(0.05) ? random.whole(25, 40) : random.whole(1, 12)
  const columns = Math.max(1, Math.round(rows * random.between(0.6, 2)))
  const table = families[family](random, rows, columns)
  if (random.chance(0.08)) contradict(random, table)
  return denseModel(table.columns, table.rows)
}

/** What makes each one hard, by name. */
const families = {
  degenerate,
  rankDeficient,
  freeAndFixed,
  emptyLines,
  wideScales,
  parallelRows,
  nearlyParallel,
  alternativeOptima,
  penalties,
  assignment,
  kleeMinty,
  narrowBoxes,
  chained,
} satisfies Record<string, (random: SeededRandom, rows: number, columns: number) => Table>

export const familyNames = Object.keys(families) as Family[]

/** Small whole numbers, a third of them 0. */
function coefficient(random: SeededRandom): number {
  return random.chance(0.35) ? 0 : random.whole(-3, 4)
}

function boxes(random: SeededRandom, columns: number): number[][] {
  return Array.from({ length: columns }, () => {
    const low = random.chance(0.6) ? 0 : random.whole(-6, 3)
    return [random.whole(-5, 6), low, random.chance(0.5) ? Infinity : low + random.whole(1, 9)]
  })
}

/** A point on or near the lower ends of the bounds. */
function insideOf(random: SeededRandom, columns: readonly number[][]): number[] {
  return columns.map(([, low = 0, high = 0]) => {
    if (low === -Infinity) return high === Infinity ? random.whole(-4, 4) : high
    return random.chance(0.5) ? low : Math.min(high, low + random.whole(1, 4))
  })
}

function activityOf(coefficients: readonly number[], point: readonly number[]): number {
  return coefficients.reduce((sum, entry, j) => sum + entry * (point[j] as number), 0)
}

/** Sides through the activity, on either side or both, or `slack` away from it. */
function sides(random: SeededRandom, activity: number, slack: number): [number, number] {
  const kind = random.whole(0, 5)
  if (kind === 0) return [activity, activity]
  if (kind < 3) return [-Infinity, activity + slack]
  if (kind < 5) return [activity - slack, Infinity]
  return [activity - slack, activity + slack]
}

function around(
  random: SeededRandom,
  columns: number[][],
  matrix: readonly number[][],
  slack: () => number,
): Table {
  const point = insideOf(random, columns)
  const rows = matrix.map((line) => [...sides(random, activityOf(line, point), slack()), ...line])
  return { columns, rows }
}

function matrixOf(random: SeededRandom, rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => coefficient(random)))
}

/** Two rows that no point meets together, 1 or more apart. */
function contradict(random: SeededRandom, { rows, columns }: Table): void {
  const line = columns.map(() => coefficient(random))
  const at = random.whole(-5, 5)
  rows.push([at + 1, Infinity, ...line], [-Infinity, at, ...line])
}

/** All rows pass through one vertex: steps of length zero. */
function degenerate(random: SeededRandom, rows: number, columns: number): Table {
  return around(random, boxes(random, columns), matrixOf(random, rows, columns), () => 0)
}

/** Equalities of which some are sums of others, now and then with a right-hand side that is not that sum. */
function rankDeficient(random: SeededRandom, rows: number, columns: number): Table {
  const matrix = matrixOf(random, rows, columns)
  for (let i = 1; i < rows; i++) {
    if (!random.chance(0.5)) continue
    const [a, b] = [matrix[random.whole(0, i - 1)], matrix[random.whole(0, i - 1)]] as [number[], number[]]
    const [p, q] = [random.whole(-2, 2), random.whole(-2, 2)]
    matrix[i] = a.map((entry, j) => p * entry + q * (b[j] as number))
  }
  const table = around(random, boxes(random, columns), matrix, () => 0)
  const point = insideOf(random, table.columns)
  for (const row of table.rows) {
    const activity = activityOf(row.slice(2), point) + (random.chance(0.03) ? random.whole(1, 3) : 0)
    row.splice(0, 2, activity, activity)
  }
  return table
}

function freeAndFixed(random: SeededRandom, rows: number, columns: number): Table {
  const kinds = boxes(random, columns).map(([cost = 0, low = 0, high = 0]) => {
    const kind = random.whole(0, 3)
    if (kind === 0) return [random.chance(0.7) ? 0 : cost, -Infinity, Infinity]
    if (kind === 1) return [cost, low, low]
    return kind === 2 ? [-cost, -Infinity, low] : [cost, low, high]
  })
  return around(random, kinds, matrixOf(random, rows, columns), () => random.whole(0, 3))
}

/** Rows and columns without an entry, some of them with a cost or a side that decides everything. */
function emptyLines(random: SeededRandom, rows: number, columns: number): Table {
  const matrix = matrixOf(random, rows, columns).map((line) =>
    random.chance(0.3) ? line.map(() => 0) : line,
  )
  const gone = new Set(Array.from({ length: random.whole(0, columns) }, () => random.whole(0, columns - 1)))
  const sparse = matrix.map((line) => line.map((entry, j) => (gone.has(j) ? 0 : entry)))
  return around(random, boxes(random, columns), sparse, () => random.whole(0, 2))
}

/** Rows, columns and costs in units that are up to a million times too large or too small; entries over 14 powers of ten. */
function wideScales(random: SeededRandom, rows: number, columns: number): Table {
  const base = around(random, boxes(random, columns), matrixOf(random, rows, columns), () =>
    random.whole(0, 3),
  )
  const columnUnit = base.columns.map(() => 10 ** random.whole(-4, 4))
  const rowUnit = base.rows.map(() => 10 ** random.whole(-3, 3))
  const costUnit = 10 ** random.whole(-4, 6)
  return {
    columns: base.columns.map(([cost = 0, low = 0, high = 0], j) => {
      const unit = columnUnit[j] as number
      return [cost * costUnit * unit, low / unit, high / unit]
    }),
    rows: base.rows.map(([low = 0, high = 0, ...line], i) => {
      const unit = rowUnit[i] as number
      return [low * unit, high * unit, ...line.map((entry, j) => entry * unit * (columnUnit[j] as number))]
    }),
  }
}

/** Multiples of rows, with sides that are equal, near, or far. */
function parallelRows(random: SeededRandom, rows: number, columns: number): Table {
  // Multiples of the lines as drawn: multiples of multiples would end below 1e-9, which HiGHS takes for 0.
  const drawn = matrixOf(random, rows, columns)
  const matrix = drawn.map((line, i) => {
    if (i === 0 || !random.chance(0.6)) return line
    const factor = random.pick([1, -1, 2, 0.5, -3, 1e-3])
    return (drawn[random.whole(0, i - 1)] as number[]).map((entry) => entry * factor)
  })
  return around(random, boxes(random, columns), matrix, () => random.pick([0, 0, 1e-3, 1]))
}

/** Rows that are multiples of others but for the sixth to ninth digit: bases near singular, answers far out. */
function nearlyParallel(random: SeededRandom, rows: number, columns: number): Table {
  const matrix = matrixOf(random, rows, columns)
  for (let i = 1; i < rows; i++) {
    if (!random.chance(0.3)) continue
    const size = 10 ** -random.whole(5, 8)
    const line = matrix[random.whole(0, i - 1)] as number[]
    matrix[i] = line.map((entry) => (random.chance(0.5) ? entry : entry + size * random.whole(-4, 4)))
  }
  return around(random, boxes(random, columns), matrix, () => random.pick([0, 0, 1e-3, 1]))
}

/** Costs are a combination of the rows: whole faces are optimal, and reduced costs are 0. */
function alternativeOptima(random: SeededRandom, rows: number, columns: number): Table {
  const table = around(random, boxes(random, columns), matrixOf(random, rows, columns), () =>
    random.whole(0, 2),
  )
  const weights = table.rows.map(([low]) => (low === -Infinity ? -random.whole(0, 2) : random.whole(0, 2)))
  table.columns.forEach((column, j) => {
    const products = table.rows.map((row, i) => (row[2 + j] as number) * (weights[i] as number))
    column[0] = products.reduce((sum, product) => sum + product, 0)
  })
  return table
}

/** Each row may be missed at a price that is a million times that of anything else. */
function penalties(random: SeededRandom, rows: number, columns: number): Table {
  const { columns: plain, rows: lines } = around(
    random,
    boxes(random, columns),
    matrixOf(random, rows, columns),
    () => random.whole(-2, 3),
  )
  const price = () => 10 ** random.whole(4, 7)
  const missing = lines.flatMap(() => [
    [price(), 0, Infinity],
    [price(), 0, Infinity],
  ])
  const unit = (i: number) => lines.flatMap((_, k) => (k === i ? [1, -1] : [0, 0]))
  return {
    columns: [...plain, ...missing],
    rows: lines.map(([low = 0, high = 0, ...line], i) =>
      low <= high ? [low, high, ...line, ...unit(i)] : [high, low, ...line, ...unit(i)],
    ),
  }
}

/** Assignment of k to k: every vertex is highly degenerate, one row is redundant. */
function assignment(random: SeededRandom, rows: number): Table {
  const k = Math.max(1, Math.min(6, rows >> 1))
  const costs = Array.from({ length: k * k }, () => random.whole(0, 3))
  const line = (isIn: (from: number, to: number) => boolean) =>
    costs.map((_, at) => (isIn(Math.floor(at / k), at % k) ? 1 : 0))
  const sum = random.chance(0.5) ? 1 : 10 ** random.whole(0, 6)
  const range = Array.from({ length: k }, (_, at) => at)
  return {
    columns: costs.map((cost) => [cost, 0, random.chance(0.5) ? Infinity : sum]),
    rows: [
      ...range.map((at) => [sum, sum, ...line((from) => from === at)]),
      ...range.map((at) => [sum, sum, ...line((_, to) => to === at)]),
    ],
  }
}

/** Klee and Minty's cube: Dantzig's rule visits every vertex. */
function kleeMinty(random: SeededRandom, rows: number): Table {
  const n = Math.min(rows, 8)
  const base = random.pick([2, 5, 10])
  return {
    columns: Array.from({ length: n }, (_, j) => [-(2 ** (n - 1 - j)), 0, Infinity]),
    rows: Array.from({ length: n }, (_, i) => [
      -Infinity,
      base ** (i + 1),
      ...Array.from({ length: n }, (_, j) => (j < i ? 2 ** (i - j + 1) : j === i ? 1 : 0)),
    ]),
  }
}

/** Boxes a millionth wide beside large ones. */
function narrowBoxes(random: SeededRandom, rows: number, columns: number): Table {
  const narrow = boxes(random, columns).map(([cost = 0, low = 0, high = 0]) => [
    cost,
    low,
    random.chance(0.4) ? low + random.pick([1e-6, 1e-4, 1e-2]) : random.chance(0.2) ? low + 1e6 : high,
  ])
  return around(random, narrow, matrixOf(random, rows, columns), () => random.pick([0, 1e-5, 1, 1e5]))
}

/** Balances carried from one row to the next with growth: long chains of dependent pivots. */
function chained(random: SeededRandom, rows: number): Table {
  const growth = random.pick([0.5, 1, 1.05, 3])
  const n = rows + 1
  const start = random.whole(0, 9)
  return {
    columns: Array.from({ length: 2 * n }, (_, j) =>
      j < n
        ? [random.whole(-2, 2), random.chance(0.2) ? -5 : 0, random.chance(0.5) ? Infinity : 20 + start]
        : [random.whole(-3, 3), 0, random.whole(0, 9)],
    ),
    rows: Array.from({ length: rows }, (_, i) => {
      const line = new Array<number>(2 * n).fill(0)
      line[i] = -growth
      line[i + 1] = 1
      line[n + i] = random.chance(0.5) ? 1 : -1
      const flow = random.whole(-2, 3)
      return [flow, random.chance(0.7) ? flow : flow + random.whole(0, 4), ...line]
    }),
  }
}
