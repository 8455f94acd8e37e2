/**
 * What is left of the working model as a model of its own, with the original numbers of its rows and columns.
 * Depends on working-model.ts, sparse-model.ts.
 */
import type { SparseModel } from '../sparse-model.js'
import type { WorkingModel } from './working-model.js'

export interface ReducedModel {
  readonly model: SparseModel
  /** Number in the original model, by row and by column of the reduced one. */
  readonly rowOrigin: Int32Array
  readonly columnOrigin: Int32Array
}

function present(flags: Uint8Array): Int32Array {
  let count = 0
  for (let v = 0; v < flags.length; v++) count += flags[v]
  const members = new Int32Array(count)
  let k = 0
  for (let v = 0; v < flags.length; v++) if (flags[v] !== 0) members[k++] = v
  return members
}

function picked(values: Float64Array, members: Int32Array): Float64Array {
  const result = new Float64Array(members.length)
  for (let k = 0; k < members.length; k++) result[k] = values[members[k]]
  return result
}

export function reducedModel(work: WorkingModel): ReducedModel {
  const { matrix } = work
  const rowOrigin = present(work.hasRow)
  const columnOrigin = present(work.hasColumn)
  const newColumn = new Int32Array(work.hasColumn.length)
  const columnStart = new Int32Array(columnOrigin.length + 1)
  for (let k = 0; k < columnOrigin.length; k++) {
    newColumn[columnOrigin[k]] = k
    columnStart[k + 1] = columnStart[k] + matrix.columnCount[columnOrigin[k]]
  }
  const rowIndex = new Int32Array(matrix.nonzeros)
  const value = new Float64Array(matrix.nonzeros)
  const end = columnStart.slice()
  // By rows, so that every column lists its rows in ascending order.
  for (let k = 0; k < rowOrigin.length; k++) {
    for (let e = matrix.rowHead[rowOrigin[k]]; e >= 0; e = matrix.nextInRow[e]) {
      const at = end[newColumn[matrix.column[e]]]++
      rowIndex[at] = k
      value[at] = matrix.value[e]
    }
  }
  const model: SparseModel = {
    rows: rowOrigin.length,
    columns: columnOrigin.length,
    columnStart,
    rowIndex,
    value,
    cost: picked(work.cost, columnOrigin),
    columnLower: picked(work.columnLower, columnOrigin),
    columnUpper: picked(work.columnUpper, columnOrigin),
    rowLower: picked(work.rowLower, rowOrigin),
    rowUpper: picked(work.rowUpper, rowOrigin),
  }
  return { model, rowOrigin, columnOrigin }
}
