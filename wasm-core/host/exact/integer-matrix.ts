/** Sparse integer matrices by columns, and their products with integer vectors. Depends on nothing. */

export interface IntegerMatrix {
  readonly rows: number
  readonly columns: number
  /** `columns + 1` places in the two arrays below. */
  readonly columnStart: Int32Array
  readonly rowIndex: Int32Array
  /** None is 0. */
  readonly value: readonly bigint[]
}

/** A x. */
export function product(
  { rows, columns, columnStart, rowIndex, value }: IntegerMatrix,
  x: readonly bigint[],
) {
  const sums = new Array<bigint>(rows).fill(0n)
  for (let j = 0; j < columns; j++) {
    const factor = x[j] as bigint
    if (factor === 0n) continue
    for (let k = columnStart[j]; k < columnStart[j + 1]; k++) sums[rowIndex[k]] += value[k] * factor
  }
  return sums
}

/** A with rows and columns exchanged. */
export function transposed({ rows, columns, columnStart, rowIndex, value }: IntegerMatrix): IntegerMatrix {
  const start = new Int32Array(rows + 1)
  for (const i of rowIndex) start[i + 1]++
  for (let i = 0; i < rows; i++) start[i + 1] += start[i]
  const next = start.slice(0, rows)
  const index = new Int32Array(rowIndex.length)
  const values = new Array<bigint>(rowIndex.length)
  for (let j = 0; j < columns; j++) {
    for (let k = columnStart[j]; k < columnStart[j + 1]; k++) {
      const at = next[rowIndex[k]]++
      index[at] = j
      values[at] = value[k]
    }
  }
  return { rows: columns, columns: rows, columnStart: start, rowIndex: index, value: values }
}
