/** The rebalancing models with a prefix of their change streams: warm re-solves against cold ones, by HiGHS and bit by bit by the optimizer itself. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { applyStep, type ChangeStep, readChangeFile } from './changes/change-stream.js'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import { readMpsFile } from './mps/mps-file.js'
import type { SparseModel } from './sparse-model.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { copyModel } from './testing/random-model.js'
import { assertOptimal } from './testing/verify-answer.js'

// dist/wasm-core/host -> root of the repository; the shared data lie beside it.
const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = join(process.env.WEIR_SHARED ?? join(root, '..', 'shared'), 'rebalancing-lp')
const skip = existsSync(folder) ? false : `SKIPPED: no rebalancing models at ${folder} (set WEIR_SHARED)`
const STEPS = 60

let module: WebAssembly.Module
let oracle: HighsOracle
before(async () => {
  module = (await compileOptimizer()).module
  oracle = await HighsOracle.load()
})

for (const pools of [8, 32]) {
  for (const stream of ['tick', 'batch', 'mixed']) {
    test(`${pools} pools, ${stream}: ${STEPS} warm re-solves`, { skip }, () => {
      const model = copyModel(readMpsFile(join(folder, `rebal_${pools}.mps`)).model)
      const program = LinearProgram.instantiate(module)
      program.load(model)
      assert.equal(program.resolve(), 'optimal')
      const cold = LinearProgram.instantiate(module)
      let iterations = 0
      const steps = readChangeFile(join(folder, `rebal_${pools}_${stream}.ndjson`), model)
      for (const step of steps.slice(0, STEPS)) {
        change(model, step)
        applyStep(program, step)
        assert.equal(program.resolve(), 'optimal')
        iterations += program.iterations
        assertOptimal(model, program)
        cold.load(model)
        assert.equal(cold.resolve(), 'optimal')
        assert.deepEqual([program.primal, program.dual], [cold.primal, cold.dual], 'warm and cold: same bits')
        const expected = oracle.solve(model, 'optimal').objective
        const gap = Math.abs(program.objective - expected)
        assert.ok(gap <= 1e-9 * Math.abs(expected), `objective ${program.objective}, HiGHS ${expected}`)
      }
      const { factorizations, ...mishaps } = program.counters
      assert.ok(factorizations > 0)
      assert.deepEqual(mishaps, { fallbacks: 0, failures: 0, repairs: 0, notCanonical: 0 })
      process.stdout.write(
        `# ${pools} pools, ${stream}: ${(iterations / STEPS).toFixed(1)} iterations a re-solve\n`,
      )
    })
  }
}

/** The same step on the model, which HiGHS and the checks see. */
function change(model: SparseModel, { rows, columns, costs }: ChangeStep): void {
  rows.index.forEach((i, k) => {
    model.rowLower[i] = rows.lower[k] as number
    model.rowUpper[i] = rows.upper[k] as number
  })
  columns.index.forEach((j, k) => {
    model.columnLower[j] = columns.lower[k] as number
    model.columnUpper[j] = columns.upper[k] as number
  })
  costs.index.forEach((j, k) => {
    model.cost[j] = costs.cost[k] as number
  })
}
