/**
 * Writes a model and its stream of changes as one file of plain arrays: what the native drivers read, so that every solver
 * gets the same bits and none needs a parser. `native/problem.hpp` is the reader. Depends on problem.ts.
 *
 * Little-endian, no padding; n rows, m columns, z entries, s steps:
 *
 *   'WEIRLP01' | i32 n m z s
 *   f64 cost[m] columnLower[m] columnUpper[m] rowLower[n] rowUpper[n] value[z] | i32 columnStart[m + 1] rowIndex[z]
 *   s times: i32 rows columns costs | i32 rows[], f64 lower[] upper[] | i32 columns[], f64 lower[] upper[]
 *            | i32 costColumns[], f64 costs[]
 */
import { writeFileSync } from 'node:fs'
import { endianness } from 'node:os'
import { WeirError } from '../../pipeline/errors.js'
import type { Problem } from './problem.js'

const MAGIC = 'WEIRLP01'

type Numbers = Int32Array | Float64Array

const bytesOf = (array: Numbers) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** Throws `WEIR_MISSING_PART` on a big-endian machine. */
export function writeProblem(path: string, { model, steps }: Problem): void {
  if (endianness() !== 'LE') {
    throw new WeirError('WEIR_MISSING_PART', 'native solvers are measured on little-endian machines only', {
      place: path,
      remedy: 'measure without them',
    })
  }
  const entries = model.columnStart[model.columns] as number
  const arrays: Numbers[] = [
    Int32Array.of(model.rows, model.columns, entries, steps.length),
    model.cost,
    model.columnLower,
    model.columnUpper,
    model.rowLower,
    model.rowUpper,
    model.value.subarray(0, entries),
    model.columnStart,
    model.rowIndex.subarray(0, entries),
  ]
  for (const { rows, columns, costs } of steps) {
    arrays.push(Int32Array.of(rows.index.length, columns.index.length, costs.index.length))
    arrays.push(rows.index, rows.lower, rows.upper, columns.index, columns.lower, columns.upper)
    arrays.push(costs.index, costs.cost)
  }
  writeFileSync(path, Buffer.concat([Buffer.from(MAGIC, 'latin1'), ...arrays.map(bytesOf)]))
}
