import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { WeirError } from '../../../pipeline/errors.js'
import { readMpsFile } from '../mps/mps-file.js'
import { type ChangeStep, readChangeFile, readChanges } from './change-stream.js'

// dist/wasm-core/host/changes -> root of the repository
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = join(process.env.WEIR_SHARED ?? join(root, '..', 'shared'), 'rebalancing-lp')
const skip = existsSync(folder) ? false : `SKIPPED: no rebalancing models at ${folder} (set WEIR_SHARED)`

const shape = { rows: 3, columns: 4 }
const read = (text: string) => readChanges(Buffer.from(text), shape, 's.ndjson')

/** A step as plain arrays. */
function plain({ rows, columns, costs }: ChangeStep) {
  const intervals = ({ index, lower, upper }: ChangeStep['rows']) =>
    [...index].map((i, k) => [i, lower[k], upper[k]])
  return {
    rows: intervals(rows),
    columns: intervals(columns),
    costs: [...costs.index].map((j, k) => [j, costs.cost[k]]),
  }
}

test('steps are read in order, each sorted by index; keys and sides may be left open', () => {
  const steps = read(
    '{"rows":[[2,1,2],[0,"-inf",5]],"columns":[[3,0,"inf"]],"costs":[[1,-2.5]]}\r\n\n{}\n{"rows":[[1,-1e30,1e20]]}',
  )
  assert.deepEqual(steps.map(plain), [
    {
      rows: [
        [0, -Infinity, 5],
        [2, 1, 2],
      ],
      columns: [[3, 0, Infinity]],
      costs: [[1, -2.5]],
    },
    { rows: [], columns: [], costs: [] },
    { rows: [[1, -Infinity, Infinity]], columns: [], costs: [] },
  ])
})

test('costs are in the sense of the file', () => {
  const [step] = readChanges(Buffer.from('{"costs":[[0,2],[1,0]]}'), { ...shape, maximize: true }, 's.ndjson')
  assert.deepEqual([...(step?.costs.cost ?? [])], [-2, 0])
})

const mistakes: readonly (readonly [text: string, says: RegExp])[] = [
  ['', /^s\.ndjson: holds no step/],
  ['{}\n{"rows":', /^s\.ndjson:2: the line is no JSON \(write one step a line/],
  ['[]', /^s\.ndjson:1: the line is no JSON object/],
  ['null', /no JSON object/],
  ['{}\n\n{"row":[]}', /^s\.ndjson:3: unknown key 'row' \(use rows, columns, costs\)/],
  ['{"rows":{}}', /rows is no array/],
  ['{"rows":[[0,1]]}', /rows\[0\] has not 3 elements/],
  ['{"rows":[[0,0,0],[3,0,0]]}', /rows\[1\] names 3 of 3 \(count from 0/],
  ['{"columns":[[-1,0,0]]}', /columns\[0\] names -1 of 4/],
  ['{"columns":[[0.5,0,0]]}', /names 0\.5 of 4/],
  ['{"columns":[["1",0,0]]}', /names "1" of 4/],
  ['{"rows":[[0,"inf",0]]}', /the lower side of 0 is "inf" \(give a number, or "-inf" for none\)/],
  ['{"rows":[[0,0,"-inf"]]}', /the upper side of 0 is "-inf"/],
  ['{"rows":[[0,1e999,0]]}', /the lower side of 0 is/],
  ['{"rows":[[0,null,0]]}', /the lower side of 0 is null/],
  ['{"rows":[[1,0,0],[0,0,0],[1,2,2]]}', /rows names 1 twice/],
  ['{"costs":[[0,"inf"]]}', /the cost of column 0 is "inf"/],
  ['{"costs":[[0,1e999]]}', /the cost of column 0 is/],
]

for (const [text, says] of mistakes) {
  test(`refused with its line: ${text.replaceAll('\n', '\\n')}`, () => {
    assert.throws(
      () => read(text),
      (error: unknown) => {
        assert.ok(error instanceof WeirError && error.code === 'WEIR_INPUT' && error.remedy !== undefined)
        assert.match(error.toLine(), says)
        return true
      },
    )
  })
}

test('whatever JSON a line holds, a step or one error comes out', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), fc.constant('{"rows":[[0,')), (text) => {
      try {
        for (const { rows } of read(text)) assert.ok(rows.index.every((index) => index < shape.rows))
      } catch (error) {
        assert.ok(error instanceof WeirError && error.code === 'WEIR_INPUT', String(error))
      }
    }),
    { numRuns: 1_000 },
  )
})

test('the published streams are read', { skip }, () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ndjson'))
  for (const file of files) {
    const { model } = readMpsFile(join(folder, file.replace(/_[a-z]+\.ndjson$/, '.mps')))
    const steps = readChangeFile(join(folder, file), model)
    assert.ok(steps.length >= 60, file)
    assert.ok(steps.every(({ rows }) => rows.index.length > 0))
  }
  assert.equal(files.length, 12)
})
