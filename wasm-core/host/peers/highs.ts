/**
 * HiGHS compiled to WebAssembly (npm `highs`), where it is installed: what the optimizer is measured against and judged by.
 * Depends on the npm package, which no answer of Weir needs, and on sparse-model.ts.
 */
import { createRequire } from 'node:module'
import type { Highs, ModelData } from 'highs'
import { WeirError } from '../../../pipeline/errors.js'
import type { SparseModel } from '../sparse-model.js'

const require = createRequire(import.meta.url)

/** Throws `WEIR_MISSING_PART` where it is not installed. */
export async function loadHighs(): Promise<Highs> {
  let load: () => Promise<Highs>
  try {
    // The package's types describe its CommonJS and its ES entry at once, which NodeNext resolution does not accept for a default import.
    load = require('highs') as () => Promise<Highs>
  } catch (cause) {
    throw new WeirError('WEIR_MISSING_PART', 'HiGHS is not installed', {
      place: 'npm package highs',
      remedy: 'run: npm run setup',
      cause,
    })
  }
  return await load()
}

/** The model in the form that npm `highs` takes. */
export function toHighs(model: SparseModel): ModelData {
  return {
    numCols: model.columns,
    numRows: model.rows,
    colCost: model.cost,
    colLower: model.columnLower,
    colUpper: model.columnUpper,
    rowLower: model.rowLower,
    rowUpper: model.rowUpper,
    matrix: {
      format: 'csc',
      numRows: model.rows,
      numCols: model.columns,
      starts: model.columnStart,
      indices: model.rowIndex,
      values: model.value,
    },
  }
}

export const HIGHS_OPTIMAL = 7
