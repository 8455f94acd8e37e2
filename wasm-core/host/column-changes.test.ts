/** Columns that come and go on a resident model, against cold HiGHS solves, and the warm start that is kept. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { AddedColumns } from './column-changes.js'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'
import { assertAnswer } from './testing/assert-answer.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { changeModel, copyModel, randomModel, SeededRandom } from './testing/random-model.js'
import { writeThrough } from './testing/write-through.js'

let module: WebAssembly.Module
let oracle: HighsOracle
before(async () => {
  module = (await compileOptimizer()).module
  oracle = await HighsOracle.load()
})

/** Columns of the model from `first` on, as a block to be added. */
function blockOf(model: SparseModel, first: number, count: number): AddedColumns {
  const start = model.columnStart[first] as number
  const end = model.columnStart[first + count] as number
  const part = (array: Float64Array) => array.slice(first, first + count)
  return {
    columnStart: model.columnStart.slice(first, first + count + 1).map((offset) => offset - start),
    rowIndex: model.rowIndex.slice(start, end),
    value: model.value.slice(start, end),
    cost: part(model.cost),
    columnLower: part(model.columnLower),
    columnUpper: part(model.columnUpper),
  }
}

/** The model that has only these columns, in this order, put together without the code under test. */
function composed(model: SparseModel, columns: readonly number[]): SparseModel {
  const blocks = columns.map((j) => blockOf(model, j, 1))
  const start = [0]
  for (const { rowIndex } of blocks) start.push((start[start.length - 1] as number) + rowIndex.length)
  const doubles = (pick: (block: AddedColumns) => Float64Array) =>
    Float64Array.from(blocks.flatMap((block) => [...pick(block)]))
  return {
    ...model,
    columns: columns.length,
    columnStart: Int32Array.from(start),
    rowIndex: Int32Array.from(blocks.flatMap((block) => [...block.rowIndex])),
    value: doubles(({ value }) => value),
    cost: doubles(({ cost }) => cost),
    columnLower: doubles(({ columnLower }) => columnLower),
    columnUpper: doubles(({ columnUpper }) => columnUpper),
  }
}

/** A pool of columns, and which of them are in the model now, in the order of the model. */
interface Membership {
  readonly inside: number[]
  readonly outside: number[]
}

function changeMembership(random: SeededRandom, program: LinearProgram, pool: SparseModel, now: Membership) {
  if (now.outside.length > 0 && (now.inside.length === 0 || random.chance(0.5))) {
    const joining = now.outside.splice(0, random.whole(1, Math.min(5, now.outside.length)))
    program.addColumns(composed(pool, joining))
    now.inside.push(...joining)
    return
  }
  const leaving = new Set<number>()
  for (let left = random.whole(1, Math.min(5, now.inside.length)); left > 0; left--)
    leaving.add(random.whole(0, now.inside.length - 1))
  program.removeColumns([...leaving])
  const kept = now.inside.filter((_, at) => !leaving.has(at))
  now.outside.push(...now.inside.filter((_, at) => leaving.has(at)))
  now.inside.splice(0, now.inside.length, ...kept)
}

/** Opens bounds and sides to 0 and boxes the columns: most subsets of columns have an optimum then. */
function allowZero(model: SparseModel): void {
  const reach = (array: Float64Array, pick: (...values: number[]) => number, box: number) => {
    for (let k = 0; k < array.length; k++)
      array[k] = Math.max(-box, Math.min(box, pick(array[k] as number, 0)))
  }
  reach(model.columnLower, Math.min, 9)
  reach(model.columnUpper, Math.max, 9)
  reach(model.rowLower, Math.min, Infinity)
  reach(model.rowUpper, Math.max, Infinity)
}

test('random sequences of columns added and removed, rows and bounds changed in between', () => {
  const outcomes: Record<string, number> = {}
  for (let seed = 40_000; seed < 40_060; seed++) {
    const random = new SeededRandom(seed)
    const pool = copyModel(randomModel(random, { rows: random.whole(1, 20), columns: random.whole(4, 40) }))
    if (random.chance(0.7)) allowZero(pool)
    const half = pool.columns >> 1
    const now: Membership = {
      inside: Array.from({ length: half }, (_, j) => j),
      outside: Array.from({ length: pool.columns - half }, (_, k) => half + k),
    }
    const program = LinearProgram.instantiate(module)
    program.load(composed(pool, now.inside))
    program.resolve()
    for (let step = 0; step < 12; step++) {
      changeMembership(random, program, pool, now)
      let model = composed(pool, now.inside)
      if (random.chance(0.3)) {
        changeModel(random, pool, 3)
        model = composed(pool, now.inside)
        writeThrough(program, model)
      }
      assert.deepEqual(program.exportModel(), model, 'the resident model is the one meant')
      const basics = program.exportBasis().filter((code) => code === 0).length
      assert.equal(basics, model.rows, 'the basis is whole before the next solve')
      const status = program.resolve()
      outcomes[status] = (outcomes[status] ?? 0) + 1
      assertAnswer(model, program, status, oracle.solve(model, status), `seed ${seed}, step ${step}`)
    }
    assert.equal(program.counters.failures, 0)
  }
  process.stdout.write(`# seeds 40000..40059: ${JSON.stringify(outcomes)}\n`)
  assert.ok((outcomes.optimal ?? 0) >= 200)
})

/** A large feasible model with an optimum. */
function optimalModel(seed: number): [SparseModel, LinearProgram] {
  for (let at = seed; at < seed + 200; at++) {
    const model = randomModel(new SeededRandom(at), { rows: 40, columns: 60 })
    const program = LinearProgram.instantiate(module)
    program.load(model)
    if (program.resolve() === 'optimal' && program.iterations > 20) return [model, program]
  }
  throw new Error('no model with an optimum')
}

/** Enough to confirm an optimum; a cold solve of these models takes more than 20 iterations. */
const A_LOOK = 2

function assertStillAt(program: LinearProgram, objective: number): void {
  assert.equal(program.resolve(), 'optimal')
  assert.ok(program.iterations <= A_LOOK, `${program.iterations} iterations`)
  assert.ok(Math.abs(program.objective - objective) <= 1e-9 * (1 + Math.abs(objective)))
}

test('columns that cost too much, and columns at 0 that go, leave the optimum where it is', () => {
  const [model, program] = optimalModel(50_000)
  const { objective } = program
  const dear = {
    ...blockOf(model, 0, 3),
    columnLower: new Float64Array(3),
    cost: new Float64Array(3).fill(1e6),
  }
  program.addColumns({ ...dear, columnUpper: new Float64Array(3).fill(Infinity) })
  assert.equal(program.columns, 63)
  assertStillAt(program, objective)
  program.removeColumns([61, 60, 62, 60])
  assert.equal(program.columns, 60)
  assertStillAt(program, objective)
})

test('a basic column that goes leaves most of the basis', () => {
  const [, program] = optimalModel(51_000)
  const cold = program.iterations
  const leaving = program.basis.subarray(0, 60).indexOf(0)
  program.removeColumns([leaving])
  assert.equal(program.resolve(), 'optimal')
  assert.ok(program.iterations < cold / 2, `${program.iterations} of ${cold}`)
  assert.equal(program.counters.repairs, 1)
})

test('what makes no column is refused, and nothing is changed', () => {
  const [model, program] = optimalModel(52_000)
  const { primal } = program
  const block = blockOf(model, 0, 2)
  const refused = (change: Partial<AddedColumns>, place: string) =>
    assert.throws(() => program.addColumns({ ...block, ...change }), { code: 'WEIR_SOLVER', place })
  refused({ columnStart: Int32Array.of(1, 2, 2) }, 'columnStart[0]')
  refused({ cost: Float64Array.of(1, Number.NaN) }, 'cost[1]')
  refused({ rowIndex: block.rowIndex.map(() => 99) }, 'rowIndex[0]')
  assert.throws(() => program.removeColumns([0, 60]), /there is no column 60/)
  assert.equal(program.primal, primal)
  assertStillAt(program, program.objective)
  program.addColumns(blockOf(model, 0, 0))
  program.removeColumns([])
  assert.equal(program.columns, 60)
})
