/** Random models of every kind against HiGHS, each answer checked on its own as well, by every method. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { compileOptimizer } from './compile.js'
import { LinearProgram, type SolveMethod, type SolveStatus } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { randomModel, SeededRandom, type Shape } from './testing/random-model.js'
import { assertFarkas, assertOptimal, assertUnbounded } from './testing/verify-answer.js'

let module: WebAssembly.Module
let oracle: HighsOracle
before(async () => {
  module = (await compileOptimizer()).module
  oracle = await HighsOracle.load()
})

function assertAnswer(model: SparseModel, program: LinearProgram, status: SolveStatus): void {
  if (status === 'optimal') assertOptimal(model, program)
  else if (status === 'infeasible') assertFarkas(model, program.ray)
  else if (status === 'unbounded') assertUnbounded(model, program)
  else assert.fail(status)
}

interface Tally {
  outcomes: Record<string, number>
  /** HiGHS gave no verdict; ours still had to prove itself. */
  undecidedByOracle: number
  /** HiGHS gave different verdicts under different settings. */
  contradictedByOracle: number
}

function compare(
  seed: number,
  shape: Shape,
  methods: readonly SolveMethod[],
  program: LinearProgram,
  tally: Tally,
): void {
  const model = randomModel(new SeededRandom(seed), shape)
  for (const method of methods) {
    program.load(model)
    program.useMethod(method)
    const status = program.resolve()
    const expected = oracle.solve(model, status)
    const place = `seed ${seed}, ${shape.rows} x ${shape.columns}, ${method}`
    try {
      assertAnswer(model, program, status)
      if (!expected.isFirstOpinion) tally.contradictedByOracle++
      if (expected.status === 'unknown') tally.undecidedByOracle++
      else {
        assert.equal(status, expected.status)
        if (status === 'optimal') {
          const gap = Math.abs(program.objective - expected.objective)
          assert.ok(
            gap <= 1e-7 * (1 + Math.abs(expected.objective)),
            `objective ${program.objective}, HiGHS ${expected.objective}`,
          )
        }
      }
    } catch (cause) {
      throw new Error(`${place}: ${(cause as Error).message}`, { cause })
    }
    tally.outcomes[status] = (tally.outcomes[status] ?? 0) + 1
  }
}

function run(
  firstSeed: number,
  count: number,
  methods: readonly SolveMethod[],
  shapeOf: (random: SeededRandom) => Shape,
): Tally {
  const program = LinearProgram.instantiate(module)
  const tally: Tally = { outcomes: {}, undecidedByOracle: 0, contradictedByOracle: 0 }
  for (let seed = firstSeed; seed < firstSeed + count; seed++) {
    compare(seed, shapeOf(new SeededRandom(seed ^ 0x5eed)), methods, program, tally)
  }
  assert.equal(program.counters.failures, 0)
  assert.ok(
    tally.undecidedByOracle + tally.contradictedByOracle <= count / 100,
    'the oracle decides nearly all models',
  )
  const { fallbacks, repairs } = program.counters
  process.stdout.write(
    `# seeds ${firstSeed}..${firstSeed + count - 1}: ${JSON.stringify(tally)} fallbacks ${fallbacks} repairs ${repairs}\n`,
  )
  return tally
}

test('2,200 small models: status, objective and answer agree with HiGHS', () => {
  const tally = run(1, 2200, ['automatic', 'primal', 'bland'], (random) => ({
    rows: random.whole(1, 40),
    columns: random.whole(1, 60),
  }))
  for (const outcome of ['optimal', 'infeasible', 'unbounded']) {
    assert.ok((tally.outcomes[outcome] ?? 0) >= 300, `enough models are ${outcome}`)
  }
})

test('models of 100 to 200 rows agree with HiGHS', () => {
  // Bland's rule alone may take thousands of steps at this size.
  run(100_001, 30, ['automatic', 'primal'], (random) => ({
    rows: random.whole(100, 200),
    columns: random.whole(100, 300),
  }))
})
