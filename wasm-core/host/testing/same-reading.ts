/**
 * Compares our reading of an MPS text with that of HiGHS, number by number. Depends on the oracle and the reader.
 */
import assert from 'node:assert/strict'
import type { DetachedModelData } from 'highs'
import type { MpsModel } from '../mps/mps-model.js'

type Numbers = ArrayLike<number>

/** HiGHS keeps the costs of a maximization and turns the sense; ours are negated. Entries may come in another order. */
export function assertSameReading(read: MpsModel, theirs: DetachedModelData, what: string): void {
  const { model } = read
  assertSame(`${what}: size`, [model.rows, model.columns], [theirs.numRows, theirs.numCols])
  assertSame(`${what}: constant`, [read.objectiveOffset], [theirs.offset])
  assertSame(`${what}: cost`, read.maximize ? model.cost.map((cost) => -cost) : model.cost, theirs.colCost)
  assertSame(`${what}: lower bounds`, model.columnLower, theirs.colLower)
  assertSame(`${what}: upper bounds`, model.columnUpper, theirs.colUpper)
  assertSame(`${what}: lower sides`, model.rowLower, theirs.rowLower)
  assertSame(`${what}: upper sides`, model.rowUpper, theirs.rowUpper)
  assert.equal(theirs.matrix.format, 'csc')
  const { starts, indices, values } = theirs.matrix
  assertSame(`${what}: column starts`, model.columnStart, starts)
  for (let j = 0; j < model.columns; j++) {
    const ours = entriesOf(j, model.columnStart, model.rowIndex, model.value)
    assertSame(`${what}: entries of column ${j}`, ours, entriesOf(j, starts, indices, values))
  }
}

/** The sign of a zero says nothing here, so `===` is the comparison; assert.deepEqual would tell 0 from -0. */
function assertSame(what: string, ours: Numbers, theirs: Numbers): void {
  assert.equal(ours.length, theirs.length, what)
  for (let k = 0; k < ours.length; k++) {
    if (ours[k] !== theirs[k]) assert.fail(`${what}: ${ours[k]} at ${k}, HiGHS ${theirs[k]}`)
  }
}

/** Rows and values of a column, by row. */
function entriesOf(j: number, start: Numbers, row: Numbers, value: Numbers): number[] {
  const entries: [number, number][] = []
  for (let k = start[j] as number; k < (start[j + 1] as number); k++) {
    entries.push([row[k] as number, value[k] as number])
  }
  return entries.sort(([a], [b]) => a - b).flat()
}
