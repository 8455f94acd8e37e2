/**
 * A linear program in exact numbers, with variables numbered as in a basis: columns, then the activities of rows. Depends on
 * sparse-model.ts, dyadic.ts.
 */
import type { SparseModel } from '../sparse-model.js'
import { type Dyadic, fromDouble } from './dyadic.js'

export interface ExactModel {
  readonly rows: number
  readonly columns: number
  readonly variables: number
  /** By column; entries of 0 are left out. */
  readonly entries: readonly { readonly row: readonly number[]; readonly value: readonly Dyadic[] }[]
  /** By column. */
  readonly cost: readonly Dyadic[]
  /** By variable; undefined for none. */
  readonly lower: readonly (Dyadic | undefined)[]
  readonly upper: readonly (Dyadic | undefined)[]
}

/** The exact model of one that `checkModel` accepts. */
export function exactModel(model: SparseModel): ExactModel {
  const { rows, columns, columnStart, rowIndex, value } = model
  const entries = Array.from({ length: columns }, (_, j) => {
    const row: number[] = []
    const values: Dyadic[] = []
    for (let k = columnStart[j]; k < columnStart[j + 1]; k++) {
      if (value[k] === 0) continue
      row.push(rowIndex[k])
      values.push(fromDouble(value[k]))
    }
    return { row, value: values }
  })
  return {
    rows,
    columns,
    variables: rows + columns,
    entries,
    cost: Array.from(model.cost, fromDouble),
    lower: [...Array.from(model.columnLower, finite), ...Array.from(model.rowLower, finite)],
    upper: [...Array.from(model.columnUpper, finite), ...Array.from(model.rowUpper, finite)],
  }
}

const finite = (bound: number): Dyadic | undefined => (Number.isFinite(bound) ? fromDouble(bound) : undefined)
