/**
 * A linear program as sparse columns, and the checks it must pass before it enters the module.
 * Depends on pipeline/errors.ts.
 *
 *   minimize  cost'x   subject to   rowLower <= A x <= rowUpper,   columnLower <= x <= columnUpper
 */
import { WeirError } from '../../pipeline/errors.js'

/** Bounds may be -Infinity or +Infinity for none. A lower bound above its upper one is allowed and makes the model infeasible. */
export interface SparseModel {
  readonly rows: number
  readonly columns: number
  /** `columns + 1` offsets: column j owns entries columnStart[j] .. columnStart[j + 1] - 1. */
  readonly columnStart: Int32Array
  /** Row of each entry, from 0; any order within a column, no row twice. */
  readonly rowIndex: Int32Array
  readonly value: Float64Array
  readonly cost: Float64Array
  readonly columnLower: Float64Array
  readonly columnUpper: Float64Array
  readonly rowLower: Float64Array
  readonly rowUpper: Float64Array
}

/** Doubles to be read; an array that must not be written to. */
export interface DoublesView extends Iterable<number> {
  readonly length: number
  readonly [index: number]: number
  slice(): Float64Array
}

export const emptyModel: SparseModel = {
  rows: 0,
  columns: 0,
  columnStart: new Int32Array(1),
  rowIndex: new Int32Array(0),
  value: new Float64Array(0),
  cost: new Float64Array(0),
  columnLower: new Float64Array(0),
  columnUpper: new Float64Array(0),
  rowLower: new Float64Array(0),
  rowUpper: new Float64Array(0),
}

/** Copies all numbers into the arrays of a model of the same shape. */
export function writeModel(target: SparseModel, source: SparseModel): void {
  target.columnStart.set(source.columnStart)
  target.rowIndex.set(source.rowIndex)
  target.value.set(source.value)
  target.cost.set(source.cost)
  target.columnLower.set(source.columnLower)
  target.columnUpper.set(source.columnUpper)
  target.rowLower.set(source.rowLower)
  target.rowUpper.set(source.rowUpper)
}

/** A copy that shares no array. */
export function cloneModel(model: SparseModel): SparseModel {
  return {
    rows: model.rows,
    columns: model.columns,
    columnStart: model.columnStart.slice(),
    rowIndex: model.rowIndex.slice(),
    value: model.value.slice(),
    cost: model.cost.slice(),
    columnLower: model.columnLower.slice(),
    columnUpper: model.columnUpper.slice(),
    rowLower: model.rowLower.slice(),
    rowUpper: model.rowUpper.slice(),
  }
}

function refuse(place: string, message: string, remedy: string): never {
  throw new WeirError('WEIR_SOLVER', message, { place, remedy })
}

/** Throws `WEIR_SOLVER` naming the first row, column or entry that makes no linear program. */
export function checkModel(model: SparseModel): void {
  const { rows, columns } = model
  checkCount('rows', rows)
  checkCount('columns', columns)
  checkLength('columnStart', model.columnStart, columns + 1)
  const nonzeros = model.columnStart[columns] as number
  for (let j = 0; j < columns; j++) {
    const start = model.columnStart[j] as number
    const end = model.columnStart[j + 1] as number
    if (end < start) refuse(`columnStart[${j + 1}]`, `is ${end}, below ${start}`, 'order the columns')
  }
  if (model.columnStart[0] !== 0) refuse('columnStart[0]', 'must be 0', 'start the first column at entry 0')
  checkLength('rowIndex', model.rowIndex, nonzeros)
  checkLength('value', model.value, nonzeros)
  checkLength('cost', model.cost, columns)
  checkLength('columnLower', model.columnLower, columns)
  checkLength('columnUpper', model.columnUpper, columns)
  checkLength('rowLower', model.rowLower, rows)
  checkLength('rowUpper', model.rowUpper, rows)
  checkEntries(model)
  for (let j = 0; j < columns; j++) {
    if (!Number.isFinite(model.cost[j])) refuse(`cost[${j}]`, `is ${model.cost[j]}`, 'give a finite cost')
  }
  checkBounds('columnLower', model.columnLower, 'columnUpper', model.columnUpper)
  checkBounds('rowLower', model.rowLower, 'rowUpper', model.rowUpper)
}

function checkCount(name: string, count: number): void {
  if (!Number.isInteger(count) || count < 0) refuse(name, `is ${count}`, 'give a count of 0 or more')
}

function checkLength(name: string, array: { readonly length: number }, expected: number): void {
  if (array.length !== expected) {
    refuse(
      name,
      `has ${array.length} elements, not ${expected}`,
      'give one element for each row, column or entry',
    )
  }
}

function checkEntries(model: SparseModel): void {
  const columnOfRow = new Int32Array(model.rows).fill(-1)
  for (let j = 0; j < model.columns; j++) {
    const end = model.columnStart[j + 1] as number
    for (let k = model.columnStart[j] as number; k < end; k++) {
      const i = model.rowIndex[k] as number
      if (i === undefined || i < 0 || i >= model.rows) {
        refuse(`rowIndex[${k}]`, `column ${j} names row ${i} of ${model.rows}`, 'count rows from 0')
      }
      if (columnOfRow[i] === j)
        refuse(`rowIndex[${k}]`, `column ${j} has row ${i} twice`, 'add the two entries up')
      columnOfRow[i] = j
      if (!Number.isFinite(model.value[k]))
        refuse(`value[${k}]`, `is ${model.value[k]}`, 'give a finite coefficient')
    }
  }
}

// The same conditions as loadWorkingData in assembly/iterate.ts checks on every solve.
function checkBounds(lowerName: string, lower: Float64Array, upperName: string, upper: Float64Array): void {
  for (let v = 0; v < lower.length; v++) {
    const low = lower[v] as number
    const high = upper[v] as number
    if (!(low < Infinity)) refuse(`${lowerName}[${v}]`, `is ${low}`, 'give a number, or -Infinity for none')
    if (!(high > -Infinity)) refuse(`${upperName}[${v}]`, `is ${high}`, 'give a number, or Infinity for none')
  }
}
