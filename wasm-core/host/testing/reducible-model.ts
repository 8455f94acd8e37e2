/**
 * Random models that presolve has something to do with: a small core, made larger by what its rules take away again, then shuffled.
 * Depends on random-model.ts, sparse-model.ts.
 */
import type { SparseModel } from '../sparse-model.js'
import type { SeededRandom, Shape } from './random-model.js'

interface Column {
  cost: number
  lower: number
  upper: number
  /** A value within the bounds; rows are set around the point of these values. */
  at: number
}

interface Row {
  lower: number
  upper: number
  entries: Map<Column, number>
}

interface Draft {
  readonly columns: Column[]
  readonly rows: Row[]
  /** Now and then a row that the point misses, or a cost that leads to infinity. */
  readonly isSafe: boolean
}

type Complication = (random: SeededRandom, draft: Draft) => void
type Entries = [Column, number][]

const factor = (random: SeededRandom): number => random.pick([-3, -2, -1, -0.3, 0.5, 1, 1, 2, 7])

function newColumn(random: SeededRandom, draft: Draft): Column {
  const lower = random.pick([0, 0, 0, -4, 1.5, -Infinity])
  const upper = random.pick([Infinity, Infinity, 5, 9, lower === -Infinity ? 2 : lower])
  const at = Math.max(lower, Math.min(upper, random.pick([0, 0, lower, upper, 1, 4])))
  const cost = random.chance(0.4) ? 0 : random.whole(-3, 6)
  const column = { cost, lower, upper, at: Math.abs(at) === Infinity ? 0 : at }
  if (draft.isSafe && upper === Infinity) column.cost = lower === -Infinity ? 0 : Math.abs(cost)
  else if (draft.isSafe && lower === -Infinity) column.cost = -Math.abs(cost)
  draft.columns.push(column)
  return column
}

function activity(entries: Iterable<[Column, number]>): number {
  let sum = 0
  for (const [column, a] of entries) sum += a * column.at
  return sum
}

/** A row that holds at the point: an equation, one side or two, tight or loose. */
function newRow(random: SeededRandom, draft: Draft, entries: Entries): Row {
  const middle = activity(entries) + (draft.isSafe || random.chance(0.9) ? 0 : random.whole(-3, 3))
  const slack = random.pick([0, 0, 1, 3, 40])
  const [lower, upper] = random.pick<[number, number]>([
    [middle, middle],
    [middle - slack, Infinity],
    [-Infinity, middle + slack],
    [middle - slack, middle + slack],
  ])
  const row = { lower, upper, entries: new Map(entries) }
  draft.rows.push(row)
  return row
}

function newEquation(draft: Draft, entries: Entries): void {
  const side = activity(entries)
  draft.rows.push({ lower: side, upper: side, entries: new Map(entries) })
}

/** Puts a column into a row, which moves by what the column brings at the point. */
function enter(random: SeededRandom, row: Row, column: Column, a = factor(random)): void {
  const before = row.entries.get(column) ?? 0
  row.entries.set(column, a)
  row.lower += (a - before) * column.at
  row.upper += (a - before) * column.at
}

function someEntries(random: SeededRandom, draft: Draft, atMost: number): Entries {
  const chosen = new Map<Column, number>()
  for (let left = random.whole(1, atMost); left > 0; left--)
    chosen.set(random.pick(draft.columns), factor(random))
  return [...chosen]
}

const complications: Readonly<Record<string, Complication>> = {
  emptyRow: (random, draft) => void newRow(random, draft, []),
  emptyColumn: (random, draft) => void newColumn(random, draft),
  fixedColumn: (random, draft) => {
    const column = random.pick(draft.columns)
    column.lower = column.at
    column.upper = column.at
  },
  singletonRow: (random, draft) => void newRow(random, draft, [[random.pick(draft.columns), factor(random)]]),
  parallelRow: (random, draft) => {
    const source = random.pick(draft.rows)
    const scale = factor(random)
    const entries = [...source.entries].map(([column, a]): [Column, number] => [column, a * scale])
    const row = newRow(random, draft, entries)
    if (random.chance(0.3)) {
      row.lower = scale * (scale > 0 ? source.lower : source.upper)
      row.upper = scale * (scale > 0 ? source.upper : source.lower)
    }
  },
  parallelColumn: (random, draft) => {
    const source = random.pick(draft.columns)
    const scale = factor(random)
    const column = newColumn(random, draft)
    column.cost = source.cost * scale + random.pick([0, 0, 0, 1, -1])
    for (const row of draft.rows) {
      const a = row.entries.get(source)
      if (a !== undefined) enter(random, row, column, a * scale)
    }
  },
  doubletonEquation: (random, draft) => {
    const source = random.pick(draft.columns)
    const column = newColumn(random, draft)
    newEquation(draft, [
      [source, factor(random)],
      [column, factor(random)],
    ])
    enter(random, random.pick(draft.rows), column)
  },
  slackColumn: (random, draft) => enter(random, random.pick(draft.rows), newColumn(random, draft)),
  freeColumn: (random, draft) => {
    const column = newColumn(random, draft)
    column.lower = -Infinity
    column.upper = Infinity
    newEquation(draft, [...someEntries(random, draft, 4), [column, factor(random)]])
    enter(random, random.pick(draft.rows), column)
  },
  extremeRow: (random, draft) => {
    // The point moves into the corner that the row allows just so, with some room, or makes idle.
    const entries = someEntries(random, draft, 5)
    let least = 0
    for (const [{ lower, upper }, a] of entries) least += a > 0 ? a * lower : a * upper
    if (Math.abs(least) === Infinity || least < activity(entries)) return
    const side = least + random.pick([0, 0, 0, 2])
    const isIdle = random.chance(0.3)
    draft.rows.push({
      lower: isIdle ? least - 1 : -Infinity,
      upper: isIdle ? Infinity : side,
      entries: new Map(entries),
    })
  },
  looseColumn: (random, draft) => {
    const column = newColumn(random, draft)
    column.cost = 0
    column.upper = Infinity
    for (let left = random.whole(1, 3); left > 0; left--) {
      const entries: Entries = [...someEntries(random, draft, 3), [column, random.whole(1, 3)]]
      draft.rows.push({ lower: random.whole(-5, 5), upper: Infinity, entries: new Map(entries) })
    }
  },
  penaltyColumns: (random, draft) => {
    // Shortfall and excess with prices, which bound the row's dual from both sides.
    const row = random.pick(draft.rows)
    for (const sign of [1, -1]) {
      const column = { cost: random.whole(1, 9), lower: 0, upper: Infinity, at: 0 }
      draft.columns.push(column)
      row.entries.set(column, sign)
    }
  },
}

/** A core of the given shape, and up to `count` complications on top of it and of each other. */
export function reducibleModel(random: SeededRandom, shape: Shape, count: number): SparseModel {
  const draft: Draft = { columns: [], rows: [], isSafe: random.chance(0.8) }
  for (let left = shape.columns; left > 0; left--) newColumn(random, draft)
  for (let left = shape.rows; left > 0; left--) newRow(random, draft, someEntries(random, draft, 6))
  const kinds = Object.values(complications)
  for (let left = random.whole(0, count); left > 0; left--) random.pick(kinds)(random, draft)
  return modelOf(random, draft)
}

function shuffled<T>(random: SeededRandom, members: readonly T[]): T[] {
  const result = [...members]
  for (let k = result.length - 1; k > 0; k--) {
    const other = random.whole(0, k)
    const member = result[k]
    result[k] = result[other]
    result[other] = member
  }
  return result
}

function modelOf(random: SeededRandom, draft: Draft): SparseModel {
  const columns = shuffled(random, draft.columns)
  const rows = shuffled(random, draft.rows)
  const columnStart = [0]
  const rowIndex: number[] = []
  const value: number[] = []
  for (const column of columns) {
    rows.forEach(({ entries }, i) => {
      const a = entries.get(column)
      if (a === undefined || a === 0) return
      rowIndex.push(i)
      value.push(a)
    })
    columnStart.push(rowIndex.length)
  }
  return {
    rows: rows.length,
    columns: columns.length,
    columnStart: Int32Array.from(columnStart),
    rowIndex: Int32Array.from(rowIndex),
    value: Float64Array.from(value),
    cost: Float64Array.from(columns, ({ cost }) => cost),
    columnLower: Float64Array.from(columns, ({ lower }) => lower),
    columnUpper: Float64Array.from(columns, ({ upper }) => upper),
    rowLower: Float64Array.from(rows, ({ lower }) => lower),
    rowUpper: Float64Array.from(rows, ({ upper }) => upper),
  }
}
