/** Long sequences of random changes on resident models, each step compared with a cold HiGHS solve of the same data. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { compileOptimizer } from './compile.js'
import { LinearProgram, type SolveStatus } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'
import { assertAnswer } from './testing/assert-answer.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { changeModel, copyModel, randomModel, SeededRandom } from './testing/random-model.js'
import { writeThrough } from './testing/write-through.js'

const SEQUENCES = 40
const STEPS = 25
const LONG_STEPS = 1000

let module: WebAssembly.Module
let oracle: HighsOracle
before(async () => {
  module = (await compileOptimizer()).module
  oracle = await HighsOracle.load()
})

for (const answers of ['fast', 'canonical'] as const) {
  test(`${SEQUENCES * STEPS} steps on resident models, several changes each, ${answers}`, () =>
    manySteps(answers, answers === 'fast' ? 5500 : 5000))
}

function manySteps(answers: 'fast' | 'canonical', firstSeed: number): void {
  const program = LinearProgram.instantiate(module)
  const outcomes: Record<string, number> = {}
  for (let seed = firstSeed; seed < firstSeed + SEQUENCES; seed++) {
    const random = new SeededRandom(seed)
    const original = randomModel(random, { rows: random.whole(2, 40), columns: random.whole(2, 60) })
    let model = copyModel(original)
    program.load(model)
    let status: SolveStatus = 'optimal'
    for (let step = 0; step < STEPS; step++) {
      // Without this most sequences would end infeasible and stay there.
      if (status !== 'optimal' && random.chance(0.5)) model = copyModel(original)
      changeModel(random, model, 6)
      writeThrough(program, model)
      status = program.resolve({ answers })
      outcomes[status] = (outcomes[status] ?? 0) + 1
      assertAnswer(model, program, status, oracle.solve(model, status), `seed ${seed}, step ${step}`)
    }
  }
  const seeds = `seeds ${firstSeed}..${firstSeed + SEQUENCES - 1}`
  process.stdout.write(`# ${seeds}: ${JSON.stringify(outcomes)} ${JSON.stringify(program.counters)}\n`)
  assert.equal(program.counters.failures, 0)
}

/** Rows, columns and costs that went astray return to where they began. */
function returnSome(random: SeededRandom, model: SparseModel, home: SparseModel): void {
  for (let i = 0; i < model.rows; i++) {
    if (random.chance(0.5)) continue
    model.rowLower[i] = home.rowLower[i] as number
    model.rowUpper[i] = home.rowUpper[i] as number
  }
  for (let j = 0; j < model.columns; j++) {
    if (random.chance(0.5)) continue
    model.columnLower[j] = home.columnLower[j] as number
    model.columnUpper[j] = home.columnUpper[j] as number
    model.cost[j] = home.cost[j] as number
  }
}

for (const [seed, answers] of [
  [61_000, 'fast'],
  [62_000, 'canonical'],
  [63_000, 'fast'],
  [64_000, 'canonical'],
] as const) {
  test(`${LONG_STEPS} changes on one resident model, seed ${seed}, ${answers}`, () => {
    const random = new SeededRandom(seed)
    const program = LinearProgram.instantiate(module)
    let home = randomModel(random, { rows: random.whole(8, 24), columns: random.whole(12, 36) })
    program.load(home)
    // A model without an optimum at the start would hardly ever have one.
    for (let draws = 0; program.resolve() !== 'optimal' && draws < 100; draws++) {
      home = randomModel(random, { rows: random.whole(8, 24), columns: random.whole(12, 36) })
      program.load(home)
    }
    const model = copyModel(home)
    const outcomes: Record<string, number> = {}
    let crossings = 0
    let status = program.resolve()
    for (let step = 0; step < LONG_STEPS; step++) {
      const earlier = status
      // Half of the way back at a time: through many kinds of infeasibility, too.
      if (status !== 'optimal' && random.chance(0.3)) returnSome(random, model, home)
      else changeModel(random, model, 1)
      writeThrough(program, model)
      status = program.resolve({ answers })
      outcomes[status] = (outcomes[status] ?? 0) + 1
      if ((status === 'optimal') !== (earlier === 'optimal')) crossings++
      assertAnswer(model, program, status, oracle.solve(model, status), `seed ${seed}, step ${step}`)
    }
    const { failures, fallbacks, repairs } = program.counters
    const size = `${model.rows} x ${model.columns}`
    process.stdout.write(
      `# seed ${seed}, ${size}: ${JSON.stringify(outcomes)}, ${crossings} crossings, fallbacks ${fallbacks} repairs ${repairs}\n`,
    )
    assert.equal(failures, 0)
    assert.ok((outcomes.optimal ?? 0) >= LONG_STEPS / 10, 'often there is an optimum')
    assert.ok(crossings >= 20, 'and often it comes or goes')
  })
}
