/**
 * The matrix while it is being reduced: entries in slots, each in the list of its row and in that of its column.
 * Taking an entry out is O(1), which is what presolve does most. Depends on sparse-model.ts.
 *
 *   slot          0      1      2    ...      for (let e = m.columnHead[j]; e >= 0; e = m.nextInColumn[e])
 *   row           row and column of the entry
 *   value         never 0
 *   nextInRow     slot of the row's next entry, -1 at the end; the same backwards and for columns
 *
 * A slot that is taken out keeps its links until the next `insert`, so a loop may take out the entry it stands on.
 * `insert` may replace the slot arrays: do not keep them in variables across it.
 */
import type { SparseModel } from '../sparse-model.js'

export class LinkedMatrix {
  readonly rowHead: Int32Array
  readonly columnHead: Int32Array
  readonly rowCount: Int32Array
  readonly columnCount: Int32Array
  row: Int32Array
  column: Int32Array
  value: Float64Array
  nextInRow: Int32Array
  nextInColumn: Int32Array
  nonzeros = 0
  #previousInRow: Int32Array
  #previousInColumn: Int32Array
  /** Slots in use or free again; those beyond were never used. */
  #used = 0
  readonly #free: number[] = []

  constructor(model: SparseModel) {
    const capacity = model.columnStart[model.columns] + 64
    this.rowHead = new Int32Array(model.rows).fill(-1)
    this.columnHead = new Int32Array(model.columns).fill(-1)
    this.rowCount = new Int32Array(model.rows)
    this.columnCount = new Int32Array(model.columns)
    this.row = new Int32Array(capacity)
    this.column = new Int32Array(capacity)
    this.value = new Float64Array(capacity)
    this.nextInRow = new Int32Array(capacity)
    this.nextInColumn = new Int32Array(capacity)
    this.#previousInRow = new Int32Array(capacity)
    this.#previousInColumn = new Int32Array(capacity)
    this.#fill(model)
  }

  /** As `insert` for every entry, but in one loop: most of a short presolve runs before the engine has compiled anything. */
  #fill({ columns, columnStart, rowIndex, value }: SparseModel): void {
    const { rowHead, columnHead, rowCount, columnCount } = this
    let e = 0
    // Backwards, since entries come in at the head: rows end up in the order of columns.
    for (let j = columns - 1; j >= 0; j--) {
      for (let k = columnStart[j + 1] - 1; k >= columnStart[j]; k--) {
        if (value[k] === 0) continue
        const i = rowIndex[k]
        const inRow = rowHead[i]
        const inColumn = columnHead[j]
        this.row[e] = i
        this.column[e] = j
        this.value[e] = value[k]
        this.nextInRow[e] = inRow
        this.nextInColumn[e] = inColumn
        if (inRow >= 0) this.#previousInRow[inRow] = e
        if (inColumn >= 0) this.#previousInColumn[inColumn] = e
        this.#previousInRow[e] = -1
        this.#previousInColumn[e] = -1
        rowHead[i] = e
        columnHead[j] = e
        rowCount[i]++
        columnCount[j]++
        e++
      }
    }
    this.#used = e
    this.nonzeros = e
  }

  /** The caller knows that the place is empty. */
  insert(i: number, j: number, value: number): void {
    const e = this.#free.pop() ?? this.#freshSlot()
    this.row[e] = i
    this.column[e] = j
    this.value[e] = value
    const inRow = this.rowHead[i]
    const inColumn = this.columnHead[j]
    this.nextInRow[e] = inRow
    this.nextInColumn[e] = inColumn
    this.#previousInRow[e] = -1
    this.#previousInColumn[e] = -1
    if (inRow >= 0) this.#previousInRow[inRow] = e
    if (inColumn >= 0) this.#previousInColumn[inColumn] = e
    this.rowHead[i] = e
    this.columnHead[j] = e
    this.rowCount[i]++
    this.columnCount[j]++
    this.nonzeros++
  }

  takeOut(e: number): void {
    const i = this.row[e]
    const j = this.column[e]
    const nextInRow = this.nextInRow[e]
    const nextInColumn = this.nextInColumn[e]
    const previousInRow = this.#previousInRow[e]
    const previousInColumn = this.#previousInColumn[e]
    if (previousInRow >= 0) this.nextInRow[previousInRow] = nextInRow
    else this.rowHead[i] = nextInRow
    if (previousInColumn >= 0) this.nextInColumn[previousInColumn] = nextInColumn
    else this.columnHead[j] = nextInColumn
    if (nextInRow >= 0) this.#previousInRow[nextInRow] = previousInRow
    if (nextInColumn >= 0) this.#previousInColumn[nextInColumn] = previousInColumn
    this.rowCount[i]--
    this.columnCount[j]--
    this.nonzeros--
    this.#free.push(e)
  }

  #freshSlot(): number {
    if (this.#used === this.row.length) this.#grow()
    return this.#used++
  }

  #grow(): void {
    const capacity = 2 * this.row.length
    const longer = (array: Int32Array) => {
      const copy = new Int32Array(capacity)
      copy.set(array)
      return copy
    }
    this.row = longer(this.row)
    this.column = longer(this.column)
    this.nextInRow = longer(this.nextInRow)
    this.nextInColumn = longer(this.nextInColumn)
    this.#previousInRow = longer(this.#previousInRow)
    this.#previousInColumn = longer(this.#previousInColumn)
    const value = new Float64Array(capacity)
    value.set(this.value)
    this.value = value
  }
}
