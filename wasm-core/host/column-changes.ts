/**
 * Columns that come and go: the model with them or without them, and the basis from which its next solve goes on.
 * Depends on sparse-model.ts and basis.ts; used by linear-program.ts.
 */
import { AT_LOWER, AT_UPPER, FREE } from './basis.js'
import { checkModel, type SparseModel } from './sparse-model.js'

/** Columns to be added, as a `SparseModel` has them, in rows that exist; `cost` has as many elements as there are columns. */
export type AddedColumns = Omit<SparseModel, 'rows' | 'columns' | 'rowLower' | 'rowUpper'>

/** The model with the new columns behind its own. Throws `WEIR_SOLVER` on malformed ones, places counted from the first new one. */
export function withColumns(model: SparseModel, added: AddedColumns): SparseModel {
  checkModel({ ...model, ...added, columns: added.cost.length })
  const entries = model.columnStart[model.columns] as number
  const starts = added.columnStart.subarray(1).map((offset) => offset + entries)
  return {
    ...model,
    columns: model.columns + added.cost.length,
    columnStart: joinedOffsets(model.columnStart, starts),
    rowIndex: joinedOffsets(model.rowIndex, added.rowIndex),
    value: joined(model.value, added.value),
    cost: joined(model.cost, added.cost),
    columnLower: joined(model.columnLower, added.columnLower),
    columnUpper: joined(model.columnUpper, added.columnUpper),
  }
}

function joined(first: Float64Array, second: Float64Array): Float64Array {
  const all = new Float64Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

function joinedOffsets(first: Int32Array, second: Int32Array): Int32Array {
  const all = new Int32Array(first.length + second.length)
  all.set(first)
  all.set(second, first.length)
  return all
}

/** The basis with the new columns of `model` standing on their bound nearest to 0, where they disturb least. */
export function basisWithColumns(basis: Uint8Array, model: SparseModel): Uint8Array {
  const extended = new Uint8Array(model.columns + model.rows)
  const before = basis.length - model.rows
  extended.set(basis.subarray(0, before))
  for (let j = before; j < model.columns; j++) {
    const low = Math.abs(model.columnLower[j] as number)
    const high = Math.abs(model.columnUpper[j] as number)
    extended[j] = low === Infinity && high === Infinity ? FREE : low <= high ? AT_LOWER : AT_UPPER
  }
  extended.set(basis.subarray(before), model.columns)
  return extended
}

/** The model without the columns marked 1; those behind move up. */
export function withoutColumns(model: SparseModel, isRemoved: Uint8Array): SparseModel {
  const isKept = (_: number, j: number) => isRemoved[j] !== 1
  const start = [0]
  const entries: number[] = []
  for (let j = 0; j < model.columns; j++) {
    if (isRemoved[j] === 1) continue
    for (let k = model.columnStart[j] as number; k < (model.columnStart[j + 1] as number); k++)
      entries.push(k)
    start.push(entries.length)
  }
  return {
    ...model,
    columns: start.length - 1,
    columnStart: Int32Array.from(start),
    rowIndex: Int32Array.from(entries, (k) => model.rowIndex[k] as number),
    value: Float64Array.from(entries, (k) => model.value[k] as number),
    cost: model.cost.filter(isKept),
    columnLower: model.columnLower.filter(isKept),
    columnUpper: model.columnUpper.filter(isKept),
  }
}

/** The basis without them. It lacks a basic variable for each basic column removed; the module fills up. */
export function basisWithoutColumns(basis: Uint8Array, isRemoved: Uint8Array): Uint8Array {
  return basis.filter((_, v) => isRemoved[v] !== 1)
}
