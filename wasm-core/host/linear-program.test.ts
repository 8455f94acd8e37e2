/** The face itself: its conventions, on models small enough to solve by hand or with unique duals. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'
import { denseModel, diet } from './testing/dense-model.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { randomModel, SeededRandom } from './testing/random-model.js'
import { assertFarkas, assertOptimal, assertUnbounded } from './testing/verify-answer.js'

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

function loaded(model: SparseModel): LinearProgram {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  return program
}

test('signs of duals and reduced costs, by hand', () => {
  const program = loaded(diet)
  assert.equal(program.resolve(), 'optimal')
  assert.deepEqual([...program.primal], [3, 1])
  assert.deepEqual([...program.rowActivity], [4])
  assert.equal(program.objective, 9)
  // One unit more of the side is met by y: the objective rises by 3.
  assert.deepEqual([...program.dual], [3])
  // x at its upper bound: one unit more of it saves 1.
  assert.deepEqual([...program.reducedCost], [-1, 0])
  assert.deepEqual([...program.basis], [2, 0, 1])

  // The same row turned round has its upper side binding: a unit more of that side saves 3.
  const turned = loaded(
    denseModel(
      [
        [2, 0, 3],
        [3, 0, Infinity],
      ],
      [[-Infinity, -4, -1, -1]],
    ),
  )
  assert.equal(turned.resolve(), 'optimal')
  assert.deepEqual([...turned.dual], [-3])
  assert.deepEqual([...turned.basis], [2, 0, 2])
})

test('duals are the change of the objective, and agree with HiGHS where they are unique', async () => {
  const oracle = await HighsOracle.load()
  let checked = 0
  for (let seed = 300; seed < 600; seed++) {
    const model = randomModel(new SeededRandom(seed), { rows: 8, columns: 14 })
    const program = loaded(model)
    if (program.resolve() !== 'optimal' || !isUnique(model, program)) continue
    checked++
    const expected = oracle.solve(model, 'optimal')
    const scale = Math.max(1, ...expected.rowDual.map(Math.abs))
    program.dual.forEach((y, i) => {
      assert.ok(
        Math.abs(y - (expected.rowDual[i] as number)) < 1e-6 * scale,
        `seed ${seed}: dual ${i} is ${y}`,
      )
    })
    program.reducedCost.forEach((d, j) => {
      assert.ok(
        Math.abs(d - (expected.colDual[j] as number)) < 1e-6 * scale,
        `seed ${seed}: reduced cost ${j} is ${d}`,
      )
    })
    assertMarginal(program, seed)
  }
  assert.ok(checked >= 40, `only ${checked} models have unique duals`)
})

/** Primal and dual nondegenerate: no basic variable on a bound, no nonbasic one with a reduced cost of zero. */
function isUnique(model: SparseModel, program: LinearProgram): boolean {
  const values = [...program.primal, ...program.rowActivity]
  const lower = [...model.columnLower, ...model.rowLower]
  const upper = [...model.columnUpper, ...model.rowUpper]
  const reduced = [...program.reducedCost, ...program.dual]
  return values.every((at, v) =>
    program.basis[v] === 0
      ? at - (lower[v] as number) > 1e-4 && (upper[v] as number) - at > 1e-4
      : lower[v] === upper[v] || Math.abs(reduced[v] as number) > 1e-4,
  )
}

/** Moves one binding side by a small step and compares the objective with the dual's forecast. */
function assertMarginal(program: LinearProgram, seed: number): void {
  const row = program.dual.findIndex((y) => y !== 0)
  if (row < 0) return
  const y = program.dual[row] as number
  const before = program.objective
  const step = 1e-6
  const [lower, upper] = [program.rowLower[row] as number, program.rowUpper[row] as number]
  const isEquality = lower === upper
  program.changeRow(
    row,
    y > 0 || isEquality ? lower + step : lower,
    y < 0 || isEquality ? upper + step : upper,
  )
  assert.equal(program.resolve(), 'optimal')
  const change = (program.objective - before) / step
  assert.ok(
    Math.abs(change - y) <= 1e-3 * Math.max(1, Math.abs(y), Math.abs(before)),
    `seed ${seed}: ${change}, dual ${y}`,
  )
}

test('models without rows, without columns and with nothing at all', () => {
  const boxed = loaded(
    denseModel(
      [
        [1, -2, 5],
        [-1, -2, 5],
        [0, -Infinity, Infinity],
      ],
      [],
    ),
  )
  assert.equal(boxed.resolve(), 'optimal')
  assert.deepEqual([...boxed.primal], [-2, 5, 0])
  assert.equal(boxed.objective, -7)
  const falling = denseModel([[-1, 0, Infinity]], [])
  const open = loaded(falling)
  assert.equal(open.resolve(), 'unbounded')
  assertUnbounded(falling, open)
  assert.equal(
    loaded(
      denseModel(
        [],
        [
          [-1, 1],
          [0, Infinity],
        ],
      ),
    ).resolve(),
    'optimal',
  )
  const impossible = denseModel(
    [],
    [
      [-1, 1],
      [2, Infinity],
    ],
  )
  const program = loaded(impossible)
  assert.equal(program.resolve(), 'infeasible')
  assertFarkas(impossible, program.ray)
  assert.equal(loaded(denseModel([], [])).resolve(), 'optimal')
})

test('crossed bounds are infeasible, and the ray names the column or row', () => {
  const program = loaded(diet)
  program.changeColumn(1, 2, 1)
  assert.equal(program.resolve(), 'infeasible')
  assert.deepEqual([...program.ray], [0, 1, 0])
  program.changeColumn(1, 2, Infinity)
  program.changeRow(0, 4, 3)
  assert.equal(program.resolve(), 'infeasible')
  assert.deepEqual([...program.ray], [0, 0, 1])
  program.changeRow(0, 4, Infinity)
  assert.equal(program.resolve(), 'optimal')
  assert.deepEqual([...program.primal], [2, 2])
})

test('cycling examples end at their optimum', () => {
  // Beale 1955: Dantzig's rule with the usual tie-break cycles in six pivots.
  const beale = denseModel(
    [
      [-0.75, 0, Infinity],
      [150, 0, Infinity],
      [-0.02, 0, Infinity],
      [6, 0, Infinity],
    ],
    [
      [-Infinity, 0, 0.25, -60, -0.04, 9],
      [-Infinity, 0, 0.5, -90, -0.02, 3],
      [-Infinity, 1, 0, 0, 1, 0],
    ],
  )
  for (const method of ['automatic', 'primal', 'bland'] as const) {
    const program = loaded(beale)
    program.useMethod(method)
    assert.equal(program.resolve(), 'optimal')
    assert.ok(Math.abs(program.objective + 0.05) < 1e-12)
    assertOptimal(beale, program)
  }
})
