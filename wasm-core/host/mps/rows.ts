/**
 * The rows of an MPS file: names, kinds, and which of the N rows is the objective. Depends on line-reader.ts.
 */
import type { DataLine, Field } from './data-line.js'
import { type LineReader, quoted } from './line-reader.js'
import { MPS_LIMITS } from './mps-model.js'

export type RowKind = 'L' | 'G' | 'E'

/** Places of names that are no rows of the model. */
export const OBJECTIVE = -1
export const DROPPED = -2

export class Rows {
  readonly names: string[] = []
  readonly kinds: RowKind[] = []
  readonly #indexOf = new Map<string, number>()
  readonly #nRows: string[] = []
  #wanted: { readonly field: Field; readonly line: number } | undefined
  objectiveName = ''

  constructor(private readonly lines: LineReader) {}

  /** From OBJNAME: the N row to take instead of the first. */
  wantObjective(field: Field): void {
    this.#wanted = { field, line: this.lines.number }
  }

  add({ code, label }: DataLine): void {
    const kind = code.text
    if (label.text.length > MPS_LIMITS.nameLength) refuseLongName(this.lines, label)
    if (this.#indexOf.has(label.text)) {
      this.lines.refuse(
        label.column,
        `the row ${quoted(label.text)} is there already`,
        'give each row a name of its own',
      )
    }
    if (kind === 'N') {
      this.#nRows.push(label.text)
      this.#indexOf.set(label.text, DROPPED)
    } else if (kind === 'L' || kind === 'G' || kind === 'E') {
      this.#indexOf.set(label.text, this.names.length)
      this.names.push(label.text)
      this.kinds.push(kind)
    } else this.lines.refuse(code.column, `${quoted(code.text)} is no kind of row`, 'use N, L, G or E')
    if (this.#indexOf.size > MPS_LIMITS.rows) {
      this.lines.refuse(label.column, `more than ${MPS_LIMITS.rows} rows`, 'split the model')
    }
  }

  /** All rows are there: settles which N row is the objective. */
  close(): void {
    const wanted = this.#wanted
    if (wanted !== undefined && !this.#nRows.includes(wanted.field.text)) {
      const { text, column } = wanted.field
      this.lines.refuseAt(wanted.line, column, `there is no N row ${quoted(text)}`, 'name an N row of ROWS')
    }
    const name = wanted?.field.text ?? this.#nRows[0]
    if (name === undefined) return
    this.objectiveName = name
    this.#indexOf.set(name, OBJECTIVE)
  }

  get dropped(): number {
    return this.#nRows.length - (this.objectiveName === '' ? 0 : 1)
  }

  /** Index of a row, `OBJECTIVE` or `DROPPED`; refuses a name that ROWS does not have. */
  find({ text, column }: Field): number {
    const index = this.#indexOf.get(text)
    if (index !== undefined) return index
    return this.lines.refuse(column, `there is no row ${quoted(text)}`, 'name a row of ROWS')
  }
}

export function refuseLongName(lines: LineReader, { text, column }: Field): never {
  return lines.refuse(
    column,
    `a name of ${text.length} characters`,
    `use at most ${MPS_LIMITS.nameLength} characters`,
  )
}
