/**
 * Brings a resident model up to date with a changed one, by the methods for changes and only where they differ.
 * Depends on linear-program.ts and sparse-model.ts.
 */
import type { LinearProgram } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'

/** `model` has the shape and the matrix of the resident one. */
export function writeThrough(program: LinearProgram, model: SparseModel): void {
  for (let i = 0; i < model.rows; i++) {
    const [low, high] = [model.rowLower[i] as number, model.rowUpper[i] as number]
    if (program.rowLower[i] !== low || program.rowUpper[i] !== high) program.changeRow(i, low, high)
  }
  for (let j = 0; j < model.columns; j++) {
    const [low, high] = [model.columnLower[j] as number, model.columnUpper[j] as number]
    if (program.columnLower[j] !== low || program.columnUpper[j] !== high) program.changeColumn(j, low, high)
    if (program.cost[j] !== model.cost[j]) program.changeCost(j, model.cost[j] as number)
  }
}
