/**
 * What the optimizer says of models, changes and indices that it does not take. Depends on sparse-model.ts and pipeline/errors.ts.
 */
import { WeirError } from '../../pipeline/errors.js'
import type { SparseModel } from './sparse-model.js'

const TOO_LARGE_CODE = 1
/** Of `reserve`; the layout may have moved by then. */
export const OUT_OF_MEMORY_CODE = 2

/** Of a model that `reserve` answered with a code other than 0. */
export function sizeRefusal({ rows, columns }: SparseModel, code: number): WeirError {
  const size = `${rows} rows x ${columns} columns`
  return new WeirError(
    'WEIR_SOLVER',
    code === TOO_LARGE_CODE ? `${size} is beyond the limits of the optimizer` : `no memory for ${size}`,
    { place: 'model', remedy: 'split the model; the limits are in wasm-core/README.md' },
  )
}

export function unknownIndex(what: string, index: number, { rows, columns }: SparseModel): WeirError {
  return new WeirError('WEIR_SOLVER', `there is no ${what} ${index}`, {
    place: `model of ${rows} rows and ${columns} columns`,
    remedy: 'count from 0',
  })
}

/** Of a variable (columns, then rows) whose bounds or cost were overwritten with what is none. */
export function dataRefusal(model: SparseModel, variable: number): WeirError {
  const i = variable - model.columns
  const isColumn = i < 0
  const bounds = isColumn
    ? `bounds ${model.columnLower[variable]} and ${model.columnUpper[variable]}`
    : `bounds ${model.rowLower[i]} and ${model.rowUpper[i]}`
  const message = isColumn ? `cost ${model.cost[variable]}, ${bounds}` : `sides: ${bounds}`
  return new WeirError('WEIR_SOLVER', message, {
    place: isColumn ? `column ${variable}` : `row ${i}`,
    remedy: 'a cost is finite, a lower bound a number or -Infinity, an upper bound a number or Infinity',
  })
}
