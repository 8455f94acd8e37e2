/**
 * From an answer, or a Farkas ray, of the reduced model back to the original one: every rule undoes what it did, last first.
 * Depends on the rules' undo functions, postsolve-stack.ts, restoration.ts, reduced-model.ts, farkas.ts, sparse-model.ts, pipeline/errors.ts.
 *
 * Invariant of every undo: the number of basic variables grows by the rows that come back, and the basis matrix stays
 * nonsingular (each rule says why). So the restored basis is a basis whatever rounding did to the numbers.
 */
import { WeirError } from '../../../pipeline/errors.js'
import type { SparseModel } from '../sparse-model.js'
import { undoFixedColumn } from './dominated-column.js'
import { undoMovedBounds } from './doubleton-equation.js'
import { farkasRay } from './farkas.js'
import { undoParallelColumn } from './parallel-columns.js'
import { undoParallelRow } from './parallel-rows.js'
import { type PostsolveStack, type RecordReader, recordKind } from './postsolve-stack.js'
import type { ReducedModel } from './reduced-model.js'
import { Restoration } from './restoration.js'
import { undoForcingRow, undoRemovedRow } from './row-rules.js'
import { undoSingletonRow } from './singleton-row.js'
import { undoBindingRow, undoSlackColumn } from './slack-column.js'
import { undoSubstitution } from './substitution.js'

/** Of a solved model; `LinearProgram` is one. */
export interface ReducedAnswer {
  readonly primal: Float64Array
  readonly dual: Float64Array
  readonly reducedCost: Float64Array
  /** Columns, then rows: 0 basic, 1 at lower, 2 at upper, 3 free at zero. */
  readonly basis: Uint8Array
}

/** Signs and codes as in `LinearProgram`. */
export interface RestoredAnswer extends ReducedAnswer {
  readonly rowActivity: Float64Array
  readonly objective: number
}

type Undo = (record: RecordReader, point: Restoration) => void

const undoOf: Readonly<Record<number, Undo>> = {
  [recordKind.removedRow]: undoRemovedRow,
  [recordKind.fixedColumn]: undoFixedColumn,
  [recordKind.singletonRow]: undoSingletonRow,
  [recordKind.forcingRow]: undoForcingRow,
  [recordKind.bindingRow]: undoBindingRow,
  [recordKind.slackColumn]: undoSlackColumn,
  [recordKind.movedBounds]: undoMovedBounds,
  [recordKind.substitution]: undoSubstitution,
  [recordKind.parallelRow]: undoParallelRow,
  [recordKind.parallelColumn]: undoParallelColumn,
}

function unwind(stack: PostsolveStack, point: Restoration): void {
  stack.unwind((kind, record) => undoOf[kind](record, point))
}

/** What presolve remembers; it may be used any number of times. */
export interface Trail {
  readonly original: SparseModel
  readonly stack: PostsolveStack
  readonly reduced: ReducedModel
}

export function restoreAnswer({ original, stack, reduced }: Trail, answer: ReducedAnswer): RestoredAnswer {
  const { rowOrigin, columnOrigin } = reduced
  const point = new Restoration(original.rows, original.columns, 1)
  for (let k = 0; k < columnOrigin.length; k++) {
    const j = columnOrigin[k]
    point.primal[j] = answer.primal[k]
    point.reducedCost[j] = answer.reducedCost[k]
    point.columnStatus[j] = answer.basis[k]
  }
  for (let k = 0; k < rowOrigin.length; k++) {
    point.dual[rowOrigin[k]] = answer.dual[k]
    point.rowStatus[rowOrigin[k]] = answer.basis[columnOrigin.length + k]
  }
  unwind(stack, point)
  return completed(original, point)
}

/** Activities, reduced costs and objective from the original data, free of what rounding the undoing collected. */
function completed(original: SparseModel, point: Restoration): RestoredAnswer {
  const { rows, columns, columnStart, rowIndex, value } = original
  const rowActivity = new Float64Array(rows)
  let objective = 0
  for (let j = 0; j < columns; j++) {
    const at = point.primal[j]
    let reduced = original.cost[j]
    objective += reduced * at
    for (let e = columnStart[j]; e < columnStart[j + 1]; e++) {
      rowActivity[rowIndex[e]] += value[e] * at
      reduced -= value[e] * point.dual[rowIndex[e]]
    }
    point.reducedCost[j] = reduced
  }
  const basis = new Uint8Array(columns + rows)
  basis.set(point.columnStatus)
  basis.set(point.rowStatus, columns)
  let basics = 0
  for (let v = 0; v < basis.length; v++) if (basis[v] === 0) basics++
  if (basics !== rows)
    throw new WeirError('WEIR_BUG', `postsolve left ${basics} basic variables for ${rows} rows`)
  const { primal, dual, reducedCost } = point
  return { primal, rowActivity, dual, reducedCost, basis, objective }
}

/** Undefined when rounding, or a tolerance of presolve, left no proof for the original model. */
export function restoreRay({ original, stack, reduced }: Trail, ray: Float64Array): Float64Array | undefined {
  const { rowOrigin, columnOrigin } = reduced
  const point = new Restoration(original.rows, original.columns, 0)
  for (let k = 0; k < columnOrigin.length; k++) point.reducedCost[columnOrigin[k]] = ray[k]
  for (let k = 0; k < rowOrigin.length; k++) point.dual[rowOrigin[k]] = ray[columnOrigin.length + k]
  unwind(stack, point)
  return farkasRay(original, point.dual)
}

/** The ray for multipliers of rows (original numbers) that contradict the bounds of the reduced model. */
export function restoreProof(
  trail: Trail,
  rows: readonly number[],
  multipliers: readonly number[],
): Float64Array | undefined {
  const { model, rowOrigin } = trail.reduced
  const ray = new Float64Array(model.columns + model.rows)
  for (let k = 0; k < model.rows; k++) {
    const at = rows.indexOf(rowOrigin[k])
    if (at >= 0) ray[model.columns + k] = multipliers[at]
  }
  for (let j = 0; j < model.columns; j++) {
    for (let e = model.columnStart[j]; e < model.columnStart[j + 1]; e++)
      ray[j] -= ray[model.columns + model.rowIndex[e]] * model.value[e]
  }
  return restoreRay(trail, ray)
}
