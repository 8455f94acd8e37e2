/**
 * The columns of an MPS file with their entries and costs, and the markers around integer ones. Depends on rows.ts.
 */
import type { DataLine, Pair } from './data-line.js'
import { type LineReader, quoted } from './line-reader.js'
import { MPS_LIMITS } from './mps-model.js'
import { DROPPED, OBJECTIVE, type Rows, refuseLongName } from './rows.js'

export class Columns {
  readonly names: string[] = []
  readonly cost: number[] = []
  /** Entries in the order of the file; column j begins at start[j]. */
  readonly start: number[] = []
  readonly rowIndex: number[] = []
  readonly value: number[] = []
  /** Between INTORG and INTEND; such a column is binary unless BOUNDS names it. */
  readonly isInteger: boolean[] = []
  readonly #indexOf = new Map<string, number>()
  /** Last column that had an entry in a row, plus 1; the two places in front are for the N rows. */
  readonly #lastInRow: Int32Array
  #current: string | undefined
  #insideMarkers = false

  constructor(
    private readonly lines: LineReader,
    private readonly rows: Rows,
    private readonly relaxIntegers: boolean,
  ) {
    this.#lastInRow = new Int32Array(rows.names.length + 2)
  }

  add(line: DataLine): void {
    if (line.pairs.length === 0) this.#marker(line)
    else if (line.label.text !== this.#current) this.#begin(line)
    for (const pair of line.pairs) this.#entry(pair)
  }

  /** A column without an entry has no line, so the last one ends where the section does. */
  close(): void {
    if (this.#insideMarkers) {
      this.lines.refuse(
        1,
        'COLUMNS ends inside markers of integer columns',
        "put an 'INTEND' marker before this line",
      )
    }
    this.start.push(this.value.length)
  }

  /** Index of a column, undefined when COLUMNS does not have it. */
  indexOf(name: string): number | undefined {
    return this.#indexOf.get(name)
  }

  #begin({ label }: DataLine): void {
    if (label.text.length > MPS_LIMITS.nameLength) refuseLongName(this.lines, label)
    if (this.#indexOf.has(label.text)) {
      this.lines.refuse(
        label.column,
        `the column ${quoted(label.text)} goes on after others have begun`,
        'put its lines together, or give each column a name of its own',
      )
    }
    if (this.names.length >= MPS_LIMITS.columns) {
      this.lines.refuse(label.column, `more than ${MPS_LIMITS.columns} columns`, 'split the model')
    }
    this.#indexOf.set(label.text, this.names.length)
    this.names.push(label.text)
    this.cost.push(0)
    this.start.push(this.value.length)
    this.isInteger.push(this.#insideMarkers)
    this.#current = label.text
  }

  #entry({ name, value = 0, valueColumn }: Pair): void {
    const row = this.rows.find(name)
    const j = this.names.length - 1
    if (!Number.isFinite(value))
      this.lines.refuse(valueColumn, 'an infinite coefficient', 'give a finite one')
    if (row === DROPPED) return
    const seen = row === OBJECTIVE ? 0 : row + 1
    if (this.#lastInRow[seen] === j + 1) {
      const column = quoted(this.names[j] as string)
      this.lines.refuse(
        name.column,
        `a second entry of column ${column} in row ${quoted(name.text)}`,
        'leave one',
      )
    }
    this.#lastInRow[seen] = j + 1
    if (row === OBJECTIVE) this.cost[j] = value
    else if (value !== 0) {
      if (this.value.length >= MPS_LIMITS.entries) {
        this.lines.refuse(valueColumn, `more than ${MPS_LIMITS.entries} entries`, 'split the model')
      }
      this.rowIndex.push(row)
      this.value.push(value)
    }
  }

  #marker({ code }: DataLine): void {
    const isStart = code.text === "'INTORG'"
    if (!isStart && code.text !== "'INTEND'") {
      this.lines.refuse(
        code.column,
        `${quoted(code.text)} is no marker of a linear program`,
        "use 'INTORG' or 'INTEND'",
      )
    }
    if (isStart === this.#insideMarkers) {
      this.lines.refuse(code.column, `${quoted(code.text)} without its other end`, 'pair the markers')
    }
    if (isStart && !this.relaxIntegers) refuseIntegers(this.lines, code.column)
    this.#insideMarkers = isStart
    this.#current = undefined
  }
}

/** An integer column makes another problem, so it is read as a continuous one only when that was asked for. */
export function refuseIntegers(lines: LineReader, column: number): never {
  return lines.refuse(
    column,
    'integer columns, and the optimizer solves linear programs only',
    'to solve without integrality: --relax-integers',
  )
}
