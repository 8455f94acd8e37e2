/**
 * BOUNDS: from the kinds of bounds to two bounds a column. Depends on columns.ts.
 *
 *   UP b  (.., b]     LO b  [b, ..)     FX b  [b, b]     FR  (-inf, inf)     MI  (-inf, ..)     PL  (.., inf)
 *
 * A column starts as [0, inf). Each side may be given once. An upper bound below 0 opens the lower one, unless that is given too:
 * the column would have no value otherwise, and so CPLEX, Gurobi and Clp read it (HiGHS keeps 0 and calls the model infeasible).
 */
import { type Columns, refuseIntegers } from './columns.js'
import { type DataLine, type Field, KINDS_WITHOUT_VALUE, type Pair } from './data-line.js'
import { type LineReader, quoted } from './line-reader.js'
import { INFINITE_FROM } from './mps-model.js'
import { parseNumber } from './numbers.js'
import { SetName } from './set-name.js'

const integerKinds: ReadonlySet<string> = new Set(['BV', 'LI', 'UI'])
const semiKinds: ReadonlySet<string> = new Set(['SC', 'SI'])

/** A side of all columns: values, and the lines they come from, 0 for the default. */
class BoundSide {
  readonly value: Float64Array
  readonly line: Int32Array

  constructor(columns: number, start: number) {
    this.value = new Float64Array(columns).fill(start)
    this.line = new Int32Array(columns)
  }
}

export class Bounds {
  readonly #lower: BoundSide
  readonly #upper: BoundSide
  readonly #relaxed: Uint8Array
  readonly #set: SetName

  constructor(
    private readonly lines: LineReader,
    private readonly columns: Columns,
    private readonly relaxIntegers: boolean,
  ) {
    this.#set = new SetName(lines, 'bounds')
    this.#lower = new BoundSide(columns.names.length, 0)
    this.#upper = new BoundSide(columns.names.length, Number.POSITIVE_INFINITY)
    this.#relaxed = Uint8Array.from(columns.isInteger, Number)
  }

  add(line: DataLine): void {
    const kind = line.code.text
    this.#checkKind(kind, line.code)
    const { label, pair } = this.#resolve(kind, line)
    this.#set.check(label)
    const column = this.columns.indexOf(pair.name.text)
    if (column === undefined) {
      this.lines.refuse(
        pair.name.column,
        `there is no column ${quoted(pair.name.text)}`,
        'name a column of COLUMNS',
      )
    }
    if (integerKinds.has(kind)) this.#relaxed[column] = 1
    this.#apply(kind, column, pair)
  }

  #checkKind(kind: string, { text, column }: Field): void {
    if (semiKinds.has(kind)) {
      this.lines.refuse(
        column,
        `${kind} is the bound of a semicontinuous column`,
        'no linear program has these: remove it',
      )
    }
    if (integerKinds.has(kind) && !this.relaxIntegers) refuseIntegers(this.lines, column)
    if (!['UP', 'LO', 'FX', 'FR', 'MI', 'PL', 'BV', 'LI', 'UI'].includes(kind)) {
      this.lines.refuse(column, `${quoted(text)} is no kind of bound`, 'use UP, LO, FX, FR, MI or PL')
    }
  }

  /** `FR a b` may be set and column, or column and a needless value: whichever has a column that exists. */
  #resolve(kind: string, { label, pairs }: DataLine): { readonly label: Field; readonly pair: Pair } {
    const pair = pairs[0] as Pair
    const second = pair.name
    const isColumnFirst =
      KINDS_WITHOUT_VALUE.has(kind) &&
      pair.value === undefined &&
      this.columns.indexOf(second.text) === undefined &&
      this.columns.indexOf(label.text) !== undefined &&
      !Number.isNaN(parseNumber(second.text))
    if (!isColumnFirst) return { label, pair }
    return { label: { text: '', column: label.column }, pair: { ...pair, name: label } }
  }

  #apply(kind: string, column: number, pair: Pair): void {
    const [low, high] = sidesOf(kind, KINDS_WITHOUT_VALUE.has(kind) ? 0 : this.#needed(kind, pair))
    if (low !== undefined) this.#give(this.#lower, 'lower', column, low, pair)
    if (high !== undefined) this.#give(this.#upper, 'upper', column, high, pair)
  }

  /** The value of a kind that needs one; infinite only where that means no bound. */
  #needed(kind: string, { name, value, valueColumn }: Pair): number {
    if (value === undefined) {
      return this.lines.refuse(
        valueColumn,
        `no value of the ${kind} bound of ${quoted(name.text)}`,
        'give one',
      )
    }
    const isInfinite = Math.abs(value) >= INFINITE_FROM
    const isOpen = (kind.startsWith('U') && value > 0) || (kind.startsWith('L') && value < 0)
    if (isInfinite && !isOpen)
      this.lines.refuse(valueColumn, `an infinite ${kind} bound`, 'give a finite one')
    return value
  }

  #give(side: BoundSide, name: string, column: number, value: number, pair: Pair): void {
    const earlier = side.line[column] as number
    if (earlier !== 0) {
      const who = quoted(pair.name.text)
      this.lines.refuse(
        pair.name.column,
        `column ${who} has its ${name} bound from line ${earlier}`,
        'leave one',
      )
    }
    side.line[column] = this.lines.number
    side.value[column] = value
  }

  /** Lower and upper bounds by column. */
  build(): { readonly lower: Float64Array; readonly upper: Float64Array; readonly integersRelaxed: number } {
    const lower = this.#lower.value
    const upper = this.#upper.value
    for (let j = 0; j < lower.length; j++) {
      const hasLower = this.#lower.line[j] !== 0
      const hasUpper = this.#upper.line[j] !== 0
      if (hasUpper && !hasLower && (upper[j] as number) < 0) lower[j] = Number.NEGATIVE_INFINITY
      if (this.columns.isInteger[j] && !hasLower && !hasUpper) upper[j] = 1
    }
    const integersRelaxed = this.#relaxed.reduce((sum, flag) => sum + flag, 0)
    return { lower, upper, integersRelaxed }
  }
}

/** The bounds that a kind gives; undefined where it leaves one alone. */
function sidesOf(kind: string, value: number): readonly [low: number | undefined, high: number | undefined] {
  const open = Number.POSITIVE_INFINITY
  if (kind === 'LO' || kind === 'LI') return [value <= -INFINITE_FROM ? -open : value, undefined]
  if (kind === 'UP' || kind === 'UI') return [undefined, value >= INFINITE_FROM ? open : value]
  if (kind === 'MI') return [-open, undefined]
  if (kind === 'PL') return [undefined, open]
  if (kind === 'FR') return [-open, open]
  return kind === 'BV' ? [0, 1] : [value, value]
}
