/** Long sequences of random changes on resident models, each step compared with a cold HiGHS solve of the same data. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileOptimizer } from './compile.js'
import { LinearProgram, type SolveStatus } from './linear-program.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { changeModel, copyModel, randomModel, SeededRandom } from './testing/random-model.js'
import { assertFarkas, assertOptimal, assertUnbounded } from './testing/verify-answer.js'

const SEQUENCES = 40
const STEPS = 25

test(`${SEQUENCES * STEPS} changes on resident models`, async () => {
  const { module } = await compileOptimizer()
  const oracle = await HighsOracle.load()
  const program = LinearProgram.instantiate(module)
  const outcomes: Record<string, number> = {}
  for (let seed = 5000; seed < 5000 + SEQUENCES; seed++) {
    const random = new SeededRandom(seed)
    const original = randomModel(random, { rows: random.whole(2, 40), columns: random.whole(2, 60) })
    let model = copyModel(original)
    program.load(model)
    let status: SolveStatus = 'optimal'
    for (let step = 0; step < STEPS; step++) {
      // Without this most sequences would end infeasible and stay there.
      if (status !== 'optimal' && random.chance(0.5)) model = copyModel(original)
      changeModel(random, model, 6)
      program.cost.set(model.cost)
      program.columnLower.set(model.columnLower)
      program.columnUpper.set(model.columnUpper)
      program.rowLower.set(model.rowLower)
      program.rowUpper.set(model.rowUpper)
      status = program.resolve()
      outcomes[status] = (outcomes[status] ?? 0) + 1
      const expected = oracle.solve(model, status)
      const place = `seed ${seed}, step ${step}`
      if (expected.status !== 'unknown') assert.equal(status, expected.status, place)
      if (status === 'infeasible') assertFarkas(model, program.ray)
      else if (status === 'unbounded') assertUnbounded(model, program)
      else {
        assertOptimal(model, program)
        const gap = Math.abs(program.objective - expected.objective)
        assert.ok(
          gap <= 1e-7 * (1 + Math.abs(expected.objective)),
          `${place}: ${program.objective}, HiGHS ${expected.objective}`,
        )
      }
    }
  }
  process.stdout.write(
    `# seeds 5000..${5000 + SEQUENCES - 1}: ${JSON.stringify(outcomes)} ${JSON.stringify(program.counters)}\n`,
  )
  assert.equal(program.counters.failures, 0)
})
