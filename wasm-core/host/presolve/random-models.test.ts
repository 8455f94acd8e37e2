/**
 * Thousands of random models with and without presolve: the same status and objective, and everything that is promised of an answer, a
 * ray or a basis. A failure names its seed; `modelOf` makes the model again from it.
 */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import { randomModel, SeededRandom, type Shape } from '../testing/random-model.js'
import { reducibleModel } from '../testing/reducible-model.js'
import { assertClose, verifiedSolve } from '../testing/verify-presolve.js'
import { ruleNames } from './statistics.js'

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

type Kind = 'reducible' | 'random'

function modelOf(kind: Kind, seed: number, largest: Shape): SparseModel {
  const random = new SeededRandom(seed)
  const shape = { rows: random.whole(1, largest.rows), columns: random.whole(1, largest.columns) }
  return kind === 'random' ? randomModel(random, shape) : reducibleModel(random, shape, 20)
}

interface Tally {
  readonly statuses: Record<string, number>
  readonly rules: Record<string, number>
  /** Why the original model was solved after all. */
  readonly originals: Record<string, number>
  /** Bases that were not optimal at once. */
  cleanUps: number
  worstGap: number
}

function count(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1
}

function compare(model: SparseModel, plain: LinearProgram, presolved: LinearProgram, tally: Tally): void {
  plain.load(model)
  const status = plain.resolve()
  const solve = verifiedSolve(presolved, model)
  assert.equal(solve.status, status)
  count(tally.statuses, status)
  for (const rule of ruleNames) if (solve.statistics.rules[rule].uses > 0) count(tally.rules, rule)
  if (solve.originalReason !== undefined) count(tally.originals, solve.originalReason)
  if (status !== 'optimal') return
  if (solve.iterationsFromBasis > 0) tally.cleanUps++
  assertClose(solve.answer.objective, plain.objective, 'objective')
  const gap = Math.abs(solve.answer.objective - plain.objective) / Math.max(1, Math.abs(plain.objective))
  tally.worstGap = Math.max(tally.worstGap, gap)
}

function compareAll(kind: Kind, firstSeed: number, models: number, largest: Shape): Tally {
  const tally: Tally = { statuses: {}, rules: {}, originals: {}, cleanUps: 0, worstGap: 0 }
  const plain = LinearProgram.instantiate(module)
  const presolved = LinearProgram.instantiate(module)
  for (let seed = firstSeed; seed < firstSeed + models; seed++) {
    try {
      compare(modelOf(kind, seed, largest), plain, presolved, tally)
    } catch (cause) {
      throw new Error(`${kind} model of seed ${seed}: ${(cause as Error).message}`, { cause })
    }
  }
  process.stdout.write(`# ${models} ${kind} models from seed ${firstSeed}: ${JSON.stringify(tally)}\n`)
  return tally
}

const SMALL: Shape = { rows: 12, columns: 14 }
const MEDIUM: Shape = { rows: 60, columns: 80 }

test('3,000 reducible models: every rule takes part, and nothing changes but the size', () => {
  const { statuses, rules, cleanUps } = compareAll('reducible', 1, 3000, SMALL)
  for (const status of ['optimal', 'infeasible', 'unbounded'])
    assert.ok((statuses[status] as number) >= 200, `enough models are ${status}`)
  for (const rule of ruleNames) assert.ok((rules[rule] ?? 0) >= 50, `enough models use ${rule}`)
  assert.ok(cleanUps <= 3)
})

test('2,000 random models, and 300 larger ones of both kinds', () => {
  const { statuses } = compareAll('random', 1, 2000, SMALL)
  for (const status of ['optimal', 'infeasible', 'unbounded'])
    assert.ok((statuses[status] as number) >= 300, `enough models are ${status}`)
  compareAll('random', 100_001, 150, MEDIUM)
  compareAll('reducible', 100_001, 150, MEDIUM)
})

test('models drawn anew on every run', () => {
  const tally: Tally = { statuses: {}, rules: {}, originals: {}, cleanUps: 0, worstGap: 0 }
  const plain = LinearProgram.instantiate(module)
  const presolved = LinearProgram.instantiate(module)
  fc.assert(
    fc.property(fc.integer(), (seed) => compare(modelOf('reducible', seed, SMALL), plain, presolved, tally)),
    { numRuns: 300 },
  )
})
