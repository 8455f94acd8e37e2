/**
 * The part of a matrix that is not eliminated yet, and the choice of the next pivot: a row or column with the fewest entries, and
 * in it the place whose column or row has the fewest. Singletons come first by that rule and leave no fill.
 * Depends on integer-matrix.ts, residue.ts.
 */
import type { IntegerMatrix } from './integer-matrix.js'
import { residue } from './residue.js'

interface Entries {
  readonly index: number[]
  readonly value: number[]
}

export class PivotOrder {
  readonly #prime: number
  readonly #inverse: number
  /** By row: columns and residues, in any order, none 0. */
  readonly #rows: Entries[]
  /** By column: the rows that have an entry in it, in any order. */
  readonly #columns: number[][]
  /** Rows and columns that may still have a pivot; the order of the scan decides ties. */
  readonly #openRows: number[]
  readonly #openColumns: number[]
  /** Scratch of `subtractRow`: 1 + place of a column in the row at work, 0 for none. */
  readonly #placeOf: Int32Array

  constructor(matrix: IntegerMatrix, prime: number) {
    this.#prime = prime
    this.#inverse = 1 / prime
    this.#rows = Array.from({ length: matrix.rows }, () => ({ index: [], value: [] }))
    this.#columns = Array.from({ length: matrix.columns }, () => [])
    this.#placeOf = new Int32Array(matrix.columns)
    const modulus = BigInt(prime)
    for (let j = 0; j < matrix.columns; j++) {
      for (let k = matrix.columnStart[j]; k < matrix.columnStart[j + 1]; k++) {
        const value = Number(matrix.value[k] % modulus)
        if (value === 0) continue
        const i = matrix.rowIndex[k]
        this.#rows[i].index.push(j)
        this.#rows[i].value.push(value < 0 ? value + prime : value)
        this.#columns[j].push(i)
      }
    }
    this.#openRows = this.#rows.map((_, i) => i)
    this.#openColumns = this.#columns.map((_, j) => j)
  }

  /** Undefined when what is left is 0. Time in proportion to the rows and columns left. */
  next(): { readonly row: number; readonly column: number } | undefined {
    const row = leastOpen(this.#openRows, (i) => this.#rows[i].index.length)
    const column = leastOpen(this.#openColumns, (j) => this.#columns[j].length)
    if (row === undefined || column === undefined) return undefined
    if (this.#columns[column].length <= this.#rows[row].index.length) {
      const rows = this.#columns[column]
      const best = rows.reduce((a, b) => (this.#rows[b].index.length < this.#rows[a].index.length ? b : a))
      return { row: best, column }
    }
    const columns = this.#rows[row].index
    const best = columns.reduce((a, b) => (this.#columns[b].length < this.#columns[a].length ? b : a))
    return { row, column: best }
  }

  /** Removes a row and gives its entries. */
  takeRow(row: number): Entries {
    const entries = this.#rows[row]
    this.#rows[row] = { index: [], value: [] }
    for (const j of entries.index) removeFrom(this.#columns[j], row)
    return entries
  }

  /** Removes a column and gives its rows and residues. */
  takeColumn(column: number): Entries {
    const rows = this.#columns[column]
    this.#columns[column] = []
    return { index: rows, value: rows.map((i) => this.#dropEntry(i, this.#rows[i].index.indexOf(column))) }
  }

  /** Row -= multiple * (index, value), modulo the prime. */
  subtractRow(row: number, multiple: number, index: readonly number[], value: readonly number[]): void {
    const entries = this.#rows[row]
    const placeOf = this.#placeOf
    entries.index.forEach((j, k) => {
      placeOf[j] = k + 1
    })
    const before = entries.index.length
    let hasZero = false
    for (let k = 0; k < index.length; k++) {
      const j = index[k]
      const at = placeOf[j] - 1
      const old = at < 0 ? 0 : entries.value[at]
      const changed = residue(old - multiple * value[k], this.#prime, this.#inverse)
      if (at < 0) {
        entries.index.push(j)
        entries.value.push(changed)
        this.#columns[j].push(row)
      } else entries.value[at] = changed
      hasZero ||= changed === 0
    }
    for (let k = 0; k < before; k++) placeOf[entries.index[k]] = 0
    if (hasZero) this.#dropZeros(row)
  }

  #dropZeros(row: number): void {
    const entries = this.#rows[row]
    for (let k = entries.index.length - 1; k >= 0; k--) {
      if (entries.value[k] !== 0) continue
      removeFrom(this.#columns[entries.index[k]], row)
      this.#dropEntry(row, k)
    }
  }

  #dropEntry(row: number, at: number): number {
    const { index, value } = this.#rows[row]
    const dropped = value[at]
    index[at] = index.at(-1) as number
    value[at] = value.at(-1) as number
    index.pop()
    value.pop()
    return dropped
  }
}

function removeFrom(list: number[], item: number): void {
  list[list.indexOf(item)] = list.at(-1) as number
  list.pop()
}

/** The member with the smallest count above 0. Those with a count of 0 leave for good: counts of 0 never grow again. */
function leastOpen(open: number[], countOf: (member: number) => number): number | undefined {
  let best: number | undefined
  let least = Number.POSITIVE_INFINITY
  let kept = 0
  for (const member of open) {
    const count = countOf(member)
    if (count === 0) continue
    open[kept++] = member
    if (count < least) [best, least] = [member, count]
  }
  open.length = kept
  return best
}
