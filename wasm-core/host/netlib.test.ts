/**
 * Published models (Netlib): exact optima, and a checked proof for each infeasible one. They are what
 * random models are not: scaled by people, degenerate, and known to break solvers.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import { readMpsFile } from './mps/mps-file.js'
import { assertFarkas } from './testing/verify-answer.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = join(process.env.WEIR_SHARED ?? join(root, '..', 'shared'), 'netlib')
const skip = existsSync(folder) ? false : `SKIPPED: no Netlib models at ${folder} (set WEIR_SHARED)`

/** Of the exact optimum, relative. */
const TOLERANCE = 1e-8

interface PublishedOptimum {
  readonly name: string
  readonly optimum: number
  readonly objectiveOffset: number
}

test('feasible models reach their exact optimum', { skip }, async () => {
  const { module } = await compileOptimizer()
  const optima = JSON.parse(readFileSync(join(folder, 'optima.json'), 'utf8')) as {
    feasible: PublishedOptimum[]
  }
  let solved = 0
  for (const published of optima.feasible) {
    const { name } = published
    const program = LinearProgram.instantiate(module)
    program.load(readMpsFile(join(folder, `${name}.mps`)).model)
    assert.equal(program.resolve(), 'optimal', name)
    const expected = published.optimum - published.objectiveOffset
    const gap = Math.abs(program.objective - expected) / Math.max(1, Math.abs(expected))
    assert.ok(gap <= TOLERANCE, `${name}: ${program.objective}, published ${expected}`)
    assert.equal(program.counters.failures, 0)
    solved++
  }
  process.stdout.write(`# ${solved} published optima\n`)
  assert.equal(solved, optima.feasible.length)
})

test('infeasible models are proven so', { skip }, async () => {
  const { module } = await compileOptimizer()
  for (const file of readdirSync(join(folder, 'infeasible'))) {
    const { model } = readMpsFile(join(folder, 'infeasible', file))
    const program = LinearProgram.instantiate(module)
    program.load(model)
    assert.equal(program.resolve(), 'infeasible', file)
    assertFarkas(model, program.ray)
  }
})
