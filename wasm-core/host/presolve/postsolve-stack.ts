/**
 * What was taken away, in order, as numbers in one growing array: enough to bring back answers, bases and rays.
 * Each rule writes its records and reads them back itself; the layout stands above its undo function.
 * Depends on linked-matrix.ts.
 */
import type { LinkedMatrix } from './linked-matrix.js'

export const recordKind = {
  removedRow: 0,
  fixedColumn: 1,
  singletonRow: 2,
  forcingRow: 3,
  bindingRow: 4,
  slackColumn: 5,
  movedBounds: 6,
  substitution: 7,
  parallelRow: 8,
  parallelColumn: 9,
} as const
export type RecordKind = (typeof recordKind)[keyof typeof recordKind]

export class PostsolveStack {
  readonly #kinds: RecordKind[] = []
  readonly #starts: number[] = []
  #numbers = new Float64Array(1024)
  #length = 0

  begin(kind: RecordKind): void {
    this.#kinds.push(kind)
    this.#starts.push(this.#length)
  }

  put(number: number): void {
    if (this.#length === this.#numbers.length) {
      const longer = new Float64Array(2 * this.#length)
      longer.set(this.#numbers)
      this.#numbers = longer
    }
    this.#numbers[this.#length++] = number
  }

  /** The count of the row's entries, then column and value of each; the column `except` is left out. */
  putRow(matrix: LinkedMatrix, i: number, except = -1): void {
    const counted = this.#length
    this.put(0)
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) {
      if (matrix.column[e] === except) continue
      this.put(matrix.column[e])
      this.put(matrix.value[e])
      this.#numbers[counted]++
    }
  }

  /** The count of the column's entries, then row and value of each; the row `except` is left out. */
  putColumn(matrix: LinkedMatrix, j: number, except = -1): void {
    const counted = this.#length
    this.put(0)
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) {
      if (matrix.row[e] === except) continue
      this.put(matrix.row[e])
      this.put(matrix.value[e])
      this.#numbers[counted]++
    }
  }

  /** Calls `undo` for each record, the last one first. */
  unwind(undo: (kind: RecordKind, record: RecordReader) => void): void {
    const reader = new RecordReader(this.#numbers)
    for (let k = this.#kinds.length - 1; k >= 0; k--) {
      reader.moveTo(this.#starts[k])
      undo(this.#kinds[k], reader)
    }
  }
}

/** Reads the numbers of a record in the order in which they were put. */
export class RecordReader {
  readonly #numbers: Float64Array
  #at = 0

  constructor(numbers: Float64Array) {
    this.#numbers = numbers
  }

  moveTo(start: number): void {
    this.#at = start
  }

  next(): number {
    return this.#numbers[this.#at++]
  }

  /** sum of value * vector[index] over a list that `putRow` or `putColumn` wrote. */
  product(vector: Float64Array): number {
    let sum = 0
    for (let left = this.next(); left > 0; left--) {
      const index = this.next()
      sum += this.next() * vector[index]
    }
    return sum
  }
}
