/** Random models written as MPS and read back, in both formats; HiGHS reads the same texts and must see the same model. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import type { SparseModel } from '../sparse-model.js'
import { HighsOracle } from '../testing/highs-oracle.js'
import { type MpsStyle, randomNames, writeMps } from '../testing/mps-writer.js'
import { randomModel, SeededRandom } from '../testing/random-model.js'
import { assertSameReading } from '../testing/same-reading.js'
import { fileObjective, type MpsFormat } from './mps-model.js'
import { readMps } from './reader.js'

let oracle: HighsOracle
before(async () => {
  oracle = await HighsOracle.load()
})

interface Written {
  readonly model: SparseModel
  readonly style: MpsStyle
  readonly text: string
}

const formats = fc.constantFrom<MpsFormat>('fixed', 'free')

/**
 * As a text can say it: zeros have no sign, and ranges are widths, from which sides in units of 1/1024 come back to the last bit.
 */
function sayable(model: SparseModel): SparseModel {
  for (const side of [model.rowLower, model.rowUpper]) {
    side.set(side.map((value) => Math.round(value * 1024) / 1024))
  }
  const { cost, columnLower, columnUpper, rowLower, rowUpper } = model
  for (const numbers of [cost, columnLower, columnUpper, rowLower, rowUpper]) {
    numbers.set(numbers.map((value) => value + 0))
  }
  return model
}

function write(seed: number, format: MpsFormat, names: 'plain' | 'any' | 'for HiGHS'): Written {
  const random = new SeededRandom(seed)
  const shape = { rows: random.whole(1, 12), columns: random.whole(1, 15) }
  const model = sayable(randomModel(random, shape))
  const plain = (letter: string, count: number) => Array.from({ length: count }, (_, k) => `${letter}${k}`)
  const style: MpsStyle = {
    format,
    rowNames: names !== 'any' ? plain('r', shape.rows) : randomNames(random, shape.rows, format),
    columnNames: names !== 'any' ? plain('c', shape.columns) : randomNames(random, shape.columns, format),
    objectiveName: 'OBJ,',
    offset: random.chance(0.5) ? 0 : random.between(-100, 100),
    maximize: random.chance(0.4),
    // HiGHS fails on ranges of E rows in a set without a name.
    setName: names === 'for HiGHS' ? 'SET' : random.pick(['', 'SET']),
    lineEnd: random.pick(['\n', '\r\n']),
    noise: random,
  }
  return { model, style, text: writeMps(model, style) }
}

test('what is written is read, to the last bit', () => {
  fc.assert(
    fc.property(fc.nat(), formats, (seed, format) => {
      const { model, style, text } = write(seed, format, 'any')
      const read = readMps(text, { source: 'random.mps', format })
      assert.deepEqual(read.model, model)
      assert.deepEqual(read.rowNames, style.rowNames)
      assert.deepEqual(read.columnNames, style.columnNames)
      assert.equal(read.objectiveOffset, style.offset)
      assert.equal(read.maximize, style.maximize)
      assert.equal(read.name, 'RANDOM')
    }),
    { numRuns: 500 },
  )
})

test('the format is found', () => {
  fc.assert(
    fc.property(fc.nat(), formats, (seed, format) => {
      const { model, text } = write(seed, format, 'plain')
      assert.deepEqual(readMps(text, { source: 'random.mps' }).model, model)
    }),
    { numRuns: 500 },
  )
})

test('HiGHS reads the same model from the same text, and the same optimum follows', () => {
  let optimal = 0
  for (let seed = 1; seed <= 200; seed++) {
    const { text } = write(seed, seed % 2 === 0 ? 'fixed' : 'free', 'for HiGHS')
    const read = readMps(text, { source: 'random.mps' })
    const theirs = oracle.model(text)
    assert.ok(theirs !== undefined, text)
    assertSameReading(read, theirs, `seed ${seed}`)
    const expected = oracle.optimum(text)
    const answer = oracle.solve(read.model)
    if (answer.status !== 'optimal' || expected === undefined) continue
    optimal++
    const objective = fileObjective(read, answer.objective)
    const allowed = 1e-9 * Math.max(1, Math.abs(objective))
    assert.ok(Math.abs(objective - expected) <= allowed, `seed ${seed}: ${objective}, HiGHS ${expected}`)
  }
  assert.ok(optimal > 60, `only ${optimal} had an optimum`)
})
