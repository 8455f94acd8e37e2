/**
 * RHS and RANGES: from the kind of a row, its right-hand side and its range to two sides. Depends on rows.ts.
 *
 *   kind   side b     range R               sides
 *   L      b          none, R               (-inf, b]      [b - |R|, b]
 *   G      b          none, R               [b, inf)       [b, b + |R|]
 *   E      b          none, R >= 0, R < 0   [b, b]         [b, b + R]     [b + R, b]
 */
import type { DataLine, Pair } from './data-line.js'
import { type LineReader, quoted } from './line-reader.js'
import { INFINITE_FROM } from './mps-model.js'
import { OBJECTIVE, type RowKind, type Rows } from './rows.js'
import { SetName } from './set-name.js'

/** One value a row, from the lines of a section that has one set. */
class RowValues {
  readonly value: Float64Array
  /** Line of each value, 0 for none; the objective's is the last. */
  readonly line: Int32Array
  readonly set: SetName

  constructor(
    private readonly lines: LineReader,
    rows: number,
    private readonly what: string,
  ) {
    this.set = new SetName(lines, what)
    this.value = new Float64Array(rows)
    this.line = new Int32Array(rows + 1)
  }

  claim(index: number, { name }: Pair): void {
    const earlier = this.line[index] as number
    if (earlier !== 0) {
      this.lines.refuse(
        name.column,
        `row ${quoted(name.text)} has its ${this.what} from line ${earlier}`,
        'leave one',
      )
    }
    this.line[index] = this.lines.number
  }
}

export class Sides {
  readonly #rhs: RowValues
  readonly #ranges: RowValues
  objectiveOffset = 0

  constructor(
    private readonly lines: LineReader,
    private readonly rows: Rows,
  ) {
    this.#rhs = new RowValues(lines, rows.names.length, 'right-hand side')
    this.#ranges = new RowValues(lines, rows.names.length, 'range')
  }

  addRhs(line: DataLine): void {
    this.#rhs.set.check(line.label)
    for (const pair of line.pairs) this.#rhsEntry(pair)
  }

  #rhsEntry(pair: Pair): void {
    const { name, value = 0, valueColumn } = pair
    const row = this.rows.find(name)
    if (row >= 0) {
      const kind = this.rows.kinds[row] as RowKind
      // An L row may be open above and a G row below; elsewhere no value could meet an infinite side.
      if (Math.abs(value) >= INFINITE_FROM && (value > 0 ? kind !== 'L' : kind !== 'G')) {
        this.lines.refuse(
          valueColumn,
          `an infinite side of the ${kind} row ${quoted(name.text)}`,
          'give a finite one',
        )
      }
      this.#rhs.claim(row, pair)
      this.#rhs.value[row] = value
    } else if (row === OBJECTIVE) {
      if (!Number.isFinite(value))
        this.lines.refuse(valueColumn, 'an infinite constant of the objective', 'give a finite one')
      this.#rhs.claim(this.rows.names.length, pair)
      // Subtracted, and not negated, so that 0 stays +0.
      this.objectiveOffset = 0 - value
    }
  }

  addRange(line: DataLine): void {
    this.#ranges.set.check(line.label)
    for (const pair of line.pairs) {
      const row = this.rows.find(pair.name)
      if (row < 0) {
        this.lines.refuse(
          pair.name.column,
          `a range of the N row ${quoted(pair.name.text)}`,
          'leave it out: N rows have no sides',
        )
      }
      this.#ranges.claim(row, pair)
      this.#ranges.value[row] = pair.value ?? 0
    }
  }

  /** Lower and upper sides by row. */
  build(): { readonly lower: Float64Array; readonly upper: Float64Array } {
    const count = this.rows.names.length
    const lower = new Float64Array(count)
    const upper = new Float64Array(count)
    for (let i = 0; i < count; i++) {
      const range = this.#ranges.line[i] === 0 ? undefined : (this.#ranges.value[i] as number)
      const [low, high] = sidesOf(this.rows.kinds[i] as RowKind, this.#rhs.value[i] as number, range)
      lower[i] = low
      upper[i] = high
    }
    return { lower, upper }
  }
}

function sidesOf(kind: RowKind, side: number, range: number | undefined): [low: number, high: number] {
  // Only L and G rows come here with an infinite side, and then on the side where they are open: nothing binds.
  if (Math.abs(side) >= INFINITE_FROM) return [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]
  const width = range === undefined ? undefined : openIfInfinite(Math.abs(range))
  if (kind === 'L') return [side - (width ?? Number.POSITIVE_INFINITY), side]
  if (kind === 'G') return [side, side + (width ?? Number.POSITIVE_INFINITY)]
  if (range === undefined || width === undefined) return [side, side]
  return range < 0 ? [side - width, side] : [side, side + width]
}

function openIfInfinite(width: number): number {
  return width >= INFINITE_FROM ? Number.POSITIVE_INFINITY : width
}
