/**
 * The same data give the same bits of an optimum, whatever the instance did before and from whatever basis it starts: the promise
 * on which replay, restart and certificates rest. Random histories, shrunk by fast-check when one breaks it.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { compileOptimizer } from './compile.js'
import { LinearProgram, type SolveStatus } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'
import { changeModel, copyModel, randomModel, SeededRandom } from './testing/random-model.js'
import { writeThrough } from './testing/write-through.js'

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

/** What may happen to a resident model between two solves that are compared. */
type Episode =
  | { readonly kind: 'change'; readonly seed: number; readonly count: number }
  | { readonly kind: 'limited'; readonly iterations: number }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'reset' }

const episode: fc.Arbitrary<Episode> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      seed: fc.integer({ min: 0, max: 1e6 }),
      count: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('limited' as const), iterations: fc.nat(6) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stopped' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const) }) },
)

/** Lives through one episode; `model` keeps up with the data in `program`. */
function live(program: LinearProgram, model: SparseModel, what: Episode): void {
  if (what.kind === 'change') {
    changeModel(new SeededRandom(what.seed), model, what.count)
    writeThrough(program, model)
    program.resolve()
  } else if (what.kind === 'limited') {
    program.resolve({ iterationLimit: what.iterations })
  } else if (what.kind === 'stopped') {
    program.stopWord[0] = 1
    program.resolve()
    program.stopWord[0] = 0
  } else program.resetBasis()
}

/** Verdict, and every bit of an optimum; how it was reached (iterations) is no part of it. */
function bitsOf(program: LinearProgram, status: SolveStatus): Record<string, unknown> {
  const bytes = (array: Float64Array) =>
    Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64')
  if (status !== 'optimal') return { status }
  return {
    status,
    primal: bytes(program.primal),
    rowActivity: bytes(program.rowActivity),
    dual: bytes(program.dual),
    reducedCost: bytes(program.reducedCost),
    objective: bytes(Float64Array.of(program.objective, program.primalResidual, program.dualResidual)),
    basis: Buffer.from(program.basis).toString('base64'),
  }
}

test('a resident instance, a fresh one and one with another past answer with the same bits', () => {
  let compared = 0
  const statuses: Record<string, number> = {}
  const history = fc.tuple(
    fc.integer({ min: 0, max: 1e9 }),
    fc.array(episode, { minLength: 1, maxLength: 8 }),
    fc.integer({ min: 0, max: 1e6 }),
  )
  fc.assert(
    fc.property(history, ([modelSeed, episodes, lastSeed]) => {
      const random = new SeededRandom(modelSeed)
      const model = copyModel(
        randomModel(random, { rows: random.whole(1, 30), columns: random.whole(1, 40) }),
      )
      const resident = LinearProgram.instantiate(module)
      resident.load(model)
      for (const what of episodes) live(resident, model, what)

      const start = resident.exportBasis()
      changeModel(new SeededRandom(lastSeed), model, 5)
      writeThrough(resident, model)
      const expected = bitsOf(resident, resident.resolve())

      const fresh = LinearProgram.instantiate(module)
      fresh.load(model)
      assert.deepEqual(bitsOf(fresh, fresh.resolve()), expected, 'cold')
      fresh.importBasis(start)
      assert.deepEqual(bitsOf(fresh, fresh.resolve()), expected, 'from the same basis')
      fresh.load(model)
      fresh.useMethod('primal')
      assert.deepEqual(bitsOf(fresh, fresh.resolve()), expected, 'by the primal method alone')
      fresh.useMethod('automatic')

      // Another model first, then a larger one, then ours in memory that is no longer clean.
      const other = randomModel(random, { rows: 35, columns: 50 })
      fresh.load(other)
      fresh.resolve()
      fresh.load(model)
      fresh.resolve()
      fresh.importBasis(start)
      assert.deepEqual(bitsOf(fresh, fresh.resolve()), expected)

      compared += 4
      statuses[expected.status as string] = (statuses[expected.status as string] ?? 0) + 1
    }),
    { seed: 20_240_601, numRuns: 400 },
  )
  process.stdout.write(`# seed 20240601: ${compared} comparisons, ${JSON.stringify(statuses)}\n`)
  assert.ok((statuses.optimal ?? 0) >= 50)
})

test('resolving again without a change takes no iteration and gives the same bits', () => {
  const program = LinearProgram.instantiate(module)
  for (let seed = 700; seed < 800; seed++) {
    program.load(randomModel(new SeededRandom(seed), { rows: 20, columns: 30 }))
    const first = bitsOf(program, program.resolve())
    if (first.status !== 'optimal') continue
    const again = bitsOf(program, program.resolve())
    assert.equal(program.iterations, 0)
    assert.deepEqual(again, first, `seed ${seed}`)
  }
})
