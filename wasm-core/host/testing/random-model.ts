/**
 * Seeded random linear programs for the tests: every kind of row and column, and every kind of outcome.
 * Depends on sparse-model.ts only.
 */
import type { SparseModel } from '../sparse-model.js'

/** Mulberry32 (Tommy Ettinger, public domain): equal seeds give equal models on every machine. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** Uniform in [0, 1). */
  unit(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  /** Whole number in [low, high]. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1))
  }

  between(low: number, high: number): number {
    return low + this.unit() * (high - low)
  }

  chance(probability: number): boolean {
    return this.unit() < probability
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)] as T
  }
}

export interface Shape {
  readonly rows: number
  readonly columns: number
}

/** Traits drawn once for a model, so that models differ in kind and not only in numbers. */
interface Traits {
  /** Small whole numbers everywhere: ties, degeneracy, alternative optima. */
  readonly isWhole: boolean
  readonly density: number
  /** Sides are set around A x0 for a point x0 inside the bounds, so that the model is feasible. */
  readonly isFeasible: boolean
  /** Sides pass exactly through x0: a degenerate vertex. */
  readonly isTight: boolean
  readonly freeShare: number
  readonly openShare: number
  readonly fixedShare: number
  readonly equalityShare: number
  /** Coefficients spread over this many powers of ten, to exercise scaling. */
  readonly spread: number
}

function drawTraits(random: SeededRandom): Traits {
  return {
    isWhole: random.chance(0.5),
    density: random.pick([0.1, 0.2, 0.4, 0.8, 1]),
    isFeasible: random.chance(0.7),
    isTight: random.chance(0.3),
    freeShare: random.pick([0, 0.05, 0.3]),
    openShare: random.pick([0.1, 0.5, 0.9]),
    fixedShare: random.pick([0, 0.1, 0.2]),
    equalityShare: random.pick([0, 0.2, 0.6]),
    spread: random.pick([0, 0, 0, 1, 2]),
  }
}

/** One random model; a handful of traits decide its character. */
export function randomModel(random: SeededRandom, shape: Shape): SparseModel {
  const traits = drawTraits(random)
  const { rows, columns } = shape
  const model = {
    rows,
    columns,
    ...randomMatrix(random, shape, traits),
    cost: new Float64Array(columns),
    columnLower: new Float64Array(columns),
    columnUpper: new Float64Array(columns),
    rowLower: new Float64Array(rows),
    rowUpper: new Float64Array(rows),
  }
  const inside = new Float64Array(columns)
  for (let j = 0; j < columns; j++) {
    model.cost[j] = random.chance(0.2) ? 0 : number(random, traits, -4, 8)
    const [low, high] = randomBounds(random, traits)
    model.columnLower[j] = low
    model.columnUpper[j] = high
    inside[j] = pointWithin(random, traits, low, high)
  }
  const activity = multiply(model, inside)
  for (let i = 0; i < rows; i++) {
    const middle = traits.isFeasible ? (activity[i] as number) : number(random, traits, -10, 10)
    const [low, high] = randomSides(random, traits, middle)
    model.rowLower[i] = low
    model.rowUpper[i] = high
  }
  return model
}

function number(random: SeededRandom, traits: Traits, low: number, high: number): number {
  return traits.isWhole ? random.whole(low, high) : random.between(low, high)
}

function randomMatrix(random: SeededRandom, shape: Shape, traits: Traits) {
  const start = [0]
  const index: number[] = []
  const value: number[] = []
  // Some rows stay empty on purpose, and so do some columns.
  const emptyRow = random.chance(0.15) ? random.whole(0, shape.rows - 1) : -1
  for (let j = 0; j < shape.columns; j++) {
    const isEmpty = random.chance(0.03)
    for (let i = 0; i < shape.rows && !isEmpty; i++) {
      if (i === emptyRow || !random.chance(traits.density)) continue
      const entry = number(random, traits, -3, 5) * 10 ** random.whole(-traits.spread, traits.spread)
      if (Math.abs(entry) < 1e-6) continue
      index.push(i)
      value.push(entry)
    }
    start.push(index.length)
  }
  return {
    columnStart: Int32Array.from(start),
    rowIndex: Int32Array.from(index),
    value: Float64Array.from(value),
  }
}

function randomBounds(random: SeededRandom, traits: Traits): [number, number] {
  if (random.chance(traits.freeShare)) return [-Infinity, Infinity]
  const low = random.chance(0.6) ? 0 : number(random, traits, -8, 4)
  if (random.chance(traits.fixedShare)) return [low, low]
  if (random.chance(traits.openShare)) return random.chance(0.85) ? [low, Infinity] : [-Infinity, low]
  return [low, low + Math.abs(number(random, traits, 0, 9))]
}

function pointWithin(random: SeededRandom, traits: Traits, low: number, high: number): number {
  if (low === -Infinity && high === Infinity) return number(random, traits, -5, 5)
  if (low === -Infinity) return high - (random.chance(0.5) ? 0 : Math.abs(number(random, traits, 0, 5)))
  if (high === Infinity) return low + (random.chance(0.5) ? 0 : Math.abs(number(random, traits, 0, 5)))
  return random.chance(0.5) ? low : high
}

function randomSides(random: SeededRandom, traits: Traits, middle: number): [number, number] {
  if (random.chance(traits.equalityShare)) return [middle, middle]
  const slack = () => (traits.isTight ? 0 : Math.abs(number(random, traits, 0, 6)))
  const kind = random.whole(0, 9)
  if (kind < 4) return [-Infinity, middle + slack()]
  if (kind < 7) return [middle - slack(), Infinity]
  if (kind < 9) return [middle - slack(), middle + slack()]
  return [-Infinity, Infinity]
}

/** A x, by row. */
export function multiply(model: SparseModel, x: Float64Array): Float64Array {
  const activity = new Float64Array(model.rows)
  for (let j = 0; j < model.columns; j++) {
    for (let k = model.columnStart[j] as number; k < (model.columnStart[j + 1] as number); k++) {
      const i = model.rowIndex[k] as number
      activity[i] = (activity[i] as number) + (model.value[k] as number) * (x[j] as number)
    }
  }
  return activity
}

/** A' y, by column. */
export function multiplyTransposed(model: SparseModel, y: Float64Array): Float64Array {
  const sums = new Float64Array(model.columns)
  for (let j = 0; j < model.columns; j++) {
    let sum = 0
    for (let k = model.columnStart[j] as number; k < (model.columnStart[j + 1] as number); k++) {
      sum += (model.value[k] as number) * (y[model.rowIndex[k] as number] as number)
    }
    sums[j] = sum
  }
  return sums
}

/** A copy whose bounds, sides and costs can be changed without touching the original. */
export function copyModel(model: SparseModel): SparseModel {
  return {
    ...model,
    cost: model.cost.slice(),
    columnLower: model.columnLower.slice(),
    columnUpper: model.columnUpper.slice(),
    rowLower: model.rowLower.slice(),
    rowUpper: model.rowUpper.slice(),
  }
}

/** One to `count` random changes of bounds, sides and costs, mostly mild, in place. */
export function changeModel(random: SeededRandom, model: SparseModel, count: number): void {
  for (let step = random.whole(1, count); step > 0; step--) {
    const kind = random.whole(0, 9)
    if (kind < 3) {
      const j = random.whole(0, model.columns - 1)
      model.cost[j] = (model.cost[j] as number) + random.between(-2, 2)
    } else if (kind < 6) {
      moveInterval(random, model.columnLower, model.columnUpper, random.whole(0, model.columns - 1))
    } else moveInterval(random, model.rowLower, model.rowUpper, random.whole(0, model.rows - 1))
  }
}

function moveInterval(random: SeededRandom, lower: Float64Array, upper: Float64Array, at: number): void {
  const low = lower[at] as number
  const high = upper[at] as number
  const shift = random.between(-2, 2)
  const kind = random.whole(0, 11)
  if (kind === 0) lower[at] = -Infinity
  else if (kind === 1) upper[at] = Infinity
  else if (kind === 2 && low > -Infinity) upper[at] = low
  else if (kind === 3 && low === -Infinity) lower[at] = (high < Infinity ? high : 0) - random.between(0, 8)
  else if (kind === 4 && high === Infinity) upper[at] = (low > -Infinity ? low : 0) + random.between(0, 8)
  else {
    lower[at] = low + shift
    upper[at] = high + shift
  }
}
