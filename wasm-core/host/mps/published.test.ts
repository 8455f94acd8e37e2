/**
 * The published models: sizes and constants as listed, the numbers that HiGHS reads from the same files, and the traps that
 * made them worth publishing (blanks in names, sets without names, ranges, a constant in the objective).
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { HighsOracle } from '../testing/highs-oracle.js'
import { assertSameReading } from '../testing/same-reading.js'
import { readMpsFile } from './mps-file.js'
import { fileObjective } from './mps-model.js'

// dist/wasm-core/host/mps -> root of the repository
const root = fileURLToPath(new URL('../../../../', import.meta.url))
const shared = process.env.WEIR_SHARED ?? join(root, '..', 'shared')
const folder = join(shared, 'netlib')
const skip = existsSync(folder) ? false : `SKIPPED: no Netlib models at ${folder} (set WEIR_SHARED)`
/** Above, HiGHS takes seconds. */
const SOLVED_NONZEROS = 6000

interface Published {
  readonly name: string
  readonly rows: number
  readonly columns: number
  readonly nonzeros: number
  readonly optimum: number
  readonly objectiveOffset: number
}

let oracle: HighsOracle
before(async () => {
  oracle = await HighsOracle.load()
})

test('every published model is read, with its size and constant, as HiGHS reads it', { skip }, () => {
  const { feasible } = JSON.parse(readFileSync(join(folder, 'optima.json'), 'utf8')) as {
    feasible: Published[]
  }
  for (const { name, rows, columns, nonzeros, objectiveOffset } of feasible) {
    const file = join(folder, `${name}.mps`)
    const read = readMpsFile(file)
    assert.deepEqual(
      [read.model.rows, read.model.columns, read.model.value.length, read.objectiveOffset],
      [rows, columns, nonzeros, objectiveOffset],
      name,
    )
    assertSameReading(read, readingOf(file), name)
  }
  assert.ok(feasible.length >= 56)
})

test('every published infeasible model is read as HiGHS reads it', { skip }, () => {
  const files = readdirSync(join(folder, 'infeasible'))
  for (const name of files) {
    const file = join(folder, 'infeasible', name)
    assertSameReading(readMpsFile(file), readingOf(file), name)
  }
  assert.ok(files.length >= 15)
})

test('the model read has the published optimum, its constant included', { skip }, () => {
  const { feasible } = JSON.parse(readFileSync(join(folder, 'optima.json'), 'utf8')) as {
    feasible: Published[]
  }
  const small = feasible.filter(({ nonzeros }) => nonzeros <= SOLVED_NONZEROS)
  for (const { name, optimum } of small) {
    const read = readMpsFile(join(folder, `${name}.mps`))
    const objective = fileObjective(read, oracle.solve(read.model, 'optimal').objective)
    const gap = Math.abs(objective - optimum) / Math.max(1, Math.abs(optimum))
    assert.ok(gap <= 1e-9, `${name}: ${objective}, published ${optimum}`)
  }
  assert.ok(small.some(({ name }) => name === 'e226') && small.some(({ name }) => name === 'forplan'))
})

test('blanks belong to the names of forplan, and its sides are ranges where it says so', { skip }, () => {
  const { rowNames, columnNames, format } = readMpsFile(join(folder, 'forplan.mps'))
  assert.equal(format, 'fixed')
  assert.ok(rowNames.includes('DEDO3 1R') && columnNames.includes('DEDO3 11'))
})

function readingOf(file: string) {
  const reading = oracle.model(readFileSync(file))
  assert.ok(reading !== undefined, file)
  return reading
}
