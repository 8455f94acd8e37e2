/**
 * Models written down as tables, for tests that are small enough to solve by hand. Depends on sparse-model.ts.
 */
import type { SparseModel } from '../sparse-model.js'

/** A model from dense rows `[lower, upper, ...coefficients]` and columns `[cost, lower, upper]`. */
export function denseModel(columns: readonly number[][], rows: readonly number[][]): SparseModel {
  const start = [0]
  const index: number[] = []
  const value: number[] = []
  columns.forEach((_, j) => {
    rows.forEach((row, i) => {
      if (row[2 + j] !== 0) {
        index.push(i)
        value.push(row[2 + j] as number)
      }
    })
    start.push(index.length)
  })
  const pick = (table: readonly number[][], at: number) =>
    Float64Array.from(table, (line) => line[at] as number)
  return {
    rows: rows.length,
    columns: columns.length,
    columnStart: Int32Array.from(start),
    rowIndex: Int32Array.from(index),
    value: Float64Array.from(value),
    cost: pick(columns, 0),
    columnLower: pick(columns, 1),
    columnUpper: pick(columns, 2),
    rowLower: pick(rows, 0),
    rowUpper: pick(rows, 1),
  }
}

/** Costs 2 and 3, x + y >= 4, x <= 3: the optimum is 9 at x = 3, y = 1. */
export const diet = denseModel([[2, 0, 3], [3, 0, Infinity]], [[4, Infinity, 1, 1]]) // biome-ignore format: a table
