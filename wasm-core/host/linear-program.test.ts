/** The face itself: conventions on models small enough to solve by hand, limits, bases, memory and refusals. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { WeirError } from '../../pipeline/errors.js'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { changeModel, copyModel, randomModel, SeededRandom } from './testing/random-model.js'
import { assertFarkas, assertFeasible, assertOptimal, assertUnbounded } from './testing/verify-answer.js'

let module: WebAssembly.Module
let digest: Uint8Array
before(async () => {
  ;({ module, digest } = await compileOptimizer())
})

/** A model from dense rows `[lower, upper, ...coefficients]` and columns `[cost, lower, upper]`. */
function dense(columns: readonly number[][], rows: readonly number[][]): SparseModel {
  const start = [0]
  const index: number[] = []
  const value: number[] = []
  columns.forEach((_, j) => {
    rows.forEach((row, i) => {
      if (row[2 + j] !== 0) {
        index.push(i)
        value.push(row[2 + j] as number)
      }
    })
    start.push(index.length)
  })
  const pick = (table: readonly number[][], at: number) =>
    Float64Array.from(table, (line) => line[at] as number)
  return {
    rows: rows.length,
    columns: columns.length,
    columnStart: Int32Array.from(start),
    rowIndex: Int32Array.from(index),
    value: Float64Array.from(value),
    cost: pick(columns, 0),
    columnLower: pick(columns, 1),
    columnUpper: pick(columns, 2),
    rowLower: pick(rows, 0),
    rowUpper: pick(rows, 1),
  }
}

function loaded(model: SparseModel): LinearProgram {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  return program
}

// Cost 2 and 3, x + y >= 4, x <= 3: x = 3, y = 1.
const diet = dense([[2, 0, 3], [3, 0, Infinity]], [[4, Infinity, 1, 1]]) // biome-ignore format: a table

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
    dense(
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
  const side = y > 0 ? program.rowLower : program.rowUpper
  const isEquality = program.rowLower[row] === program.rowUpper[row]
  side[row] = (side[row] as number) + step
  if (isEquality) program.rowLower.set([side[row] as number], row)
  if (isEquality) program.rowUpper.set([side[row] as number], row)
  assert.equal(program.resolve(), 'optimal')
  const change = (program.objective - before) / step
  assert.ok(
    Math.abs(change - y) <= 1e-3 * Math.max(1, Math.abs(y), Math.abs(before)),
    `seed ${seed}: ${change}, dual ${y}`,
  )
}

test('models without rows, without columns and with nothing at all', () => {
  const boxed = loaded(
    dense(
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
  const falling = dense([[-1, 0, Infinity]], [])
  const open = loaded(falling)
  assert.equal(open.resolve(), 'unbounded')
  assertUnbounded(falling, open)
  assert.equal(
    loaded(
      dense(
        [],
        [
          [-1, 1],
          [0, Infinity],
        ],
      ),
    ).resolve(),
    'optimal',
  )
  const impossible = dense(
    [],
    [
      [-1, 1],
      [2, Infinity],
    ],
  )
  const program = loaded(impossible)
  assert.equal(program.resolve(), 'infeasible')
  assertFarkas(impossible, program.ray)
  assert.equal(loaded(dense([], [])).resolve(), 'optimal')
})

test('crossed bounds are infeasible, and the ray names the column or row', () => {
  const program = loaded(diet)
  program.columnLower[1] = 2
  program.columnUpper[1] = 1
  assert.equal(program.resolve(), 'infeasible')
  assert.deepEqual([...program.ray], [0, 1, 0])
  program.columnUpper[1] = Infinity
  program.rowUpper[0] = 3
  assert.equal(program.resolve(), 'infeasible')
  assert.deepEqual([...program.ray], [0, 0, 1])
  program.rowUpper[0] = Infinity
  assert.equal(program.resolve(), 'optimal')
  assert.deepEqual([...program.primal], [2, 2])
})

test('cycling examples end at their optimum', () => {
  // Beale 1955: Dantzig's rule with the usual tie-break cycles in six pivots.
  const beale = dense(
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

test('limits: stop word and iteration limit leave a usable basis', () => {
  const model = randomModel(new SeededRandom(11), { rows: 60, columns: 90 })
  const reference = loaded(model)
  const verdict = reference.resolve()
  assert.ok(reference.iterations > 10)
  const program = loaded(model)
  program.stopWord[0] = 1
  assert.equal(program.resolve(), 'deadline')
  assert.equal(program.iterations, 0)
  program.stopWord[0] = 0
  assert.equal(program.resolve({ iterationLimit: 0 }), 'iteration-limit')
  let solves = 0
  let status = program.resolve({ iterationLimit: 5 })
  while (status === 'iteration-limit' && solves++ < 1000) {
    assert.equal(program.iterations, 5)
    assert.ok(program.primal.every(Number.isFinite))
    status = program.resolve({ iterationLimit: 5 })
  }
  assert.equal(status, verdict)
  assert.ok(solves > 0)
})

test('a singular basis is repaired, by the same rule every time', () => {
  // Columns 0 and 1 are equal: together they are no basis.
  const model = dense(
    [
      [1, 0, 9],
      [2, 0, 9],
      [3, -Infinity, Infinity],
    ],
    [
      [2, 8, 1, 1, 0],
      [4, 8, 2, 2, 1],
    ],
  )
  const singular = Uint8Array.of(0, 0, 3, 1, 1)
  const answers = [1, 2].map(() => {
    const program = loaded(model)
    program.importBasis(singular)
    assert.deepEqual(program.exportBasis(), singular)
    assert.equal(program.resolve(), 'optimal')
    assertOptimal(model, program)
    assert.ok(program.counters.repairs > 0)
    return [...program.basis, ...program.primal]
  })
  assert.deepEqual(answers[0], answers[1])
  const random = new SeededRandom(77)
  for (let seed = 900; seed < 1100; seed++)
    assertAnyBasisWorks(randomModel(new SeededRandom(seed), { rows: 12, columns: 20 }), random)
})

/** Whatever set of `rows` variables is called basic, the verdict is that of the slack basis. */
function assertAnyBasisWorks(model: SparseModel, random: SeededRandom): void {
  const program = loaded(model)
  const expected = program.resolve()
  const objective = program.objective
  const basis = new Uint8Array(model.rows + model.columns).map(() => random.whole(1, 3))
  for (let left = model.rows; left > 0; ) {
    const v = random.whole(0, basis.length - 1)
    if (basis[v] === 0) continue
    basis[v] = 0
    left--
  }
  program.importBasis(basis)
  assert.equal(program.resolve(), expected)
  if (expected === 'optimal')
    assert.ok(Math.abs(program.objective - objective) <= 1e-7 * (1 + Math.abs(objective)))
}

test('wide scales: rows over eight powers of ten change no verdict', () => {
  const random = new SeededRandom(5)
  let optimal = 0
  for (let round = 0; round < 100; round++) {
    const base = randomModel(random, { rows: 10, columns: 15 })
    const factor = Float64Array.from({ length: 10 }, () => 10 ** random.whole(-4, 4))
    const times = (side: Float64Array) => side.map((entry, i) => entry * (factor[i] as number))
    const model = {
      ...base,
      value: base.value.map((entry, k) => entry * (factor[base.rowIndex[k] as number] as number)),
      rowLower: times(base.rowLower),
      rowUpper: times(base.rowUpper),
    }
    const plain = loaded(base)
    const scaled = loaded(model)
    const status = scaled.resolve()
    assert.equal(status, plain.resolve(), `round ${round}`)
    if (status !== 'optimal') continue
    optimal++
    assertFeasible(model, scaled)
    const gap = Math.abs(scaled.objective - plain.objective)
    assert.ok(
      gap <= 1e-6 * (1 + Math.abs(plain.objective)),
      `round ${round}: ${scaled.objective}, ${plain.objective}`,
    )
  }
  assert.ok(optimal >= 25)
})

test('numbers beyond all sense end in a refusal, never in a wrong answer', () => {
  const model = dense(
    [
      [1e300, 0, 1e300],
      [-1e300, 0, 1e300],
    ],
    [
      [1e300, 1e300, 1e250, 1e-250],
      [-1e300, 1e300, 1e-200, 1e200],
    ],
  )
  const program = loaded(model)
  const status = program.resolve()
  assert.equal(status, 'numerical-failure')
  assert.equal(program.counters.failures, 1)
})

test('memory grows in load only, and views stay valid', () => {
  const random = new SeededRandom(3)
  const model = copyModel(randomModel(random, { rows: 40, columns: 60 }))
  const program = loaded(model)
  const { memoryBytes, primal } = program
  for (let k = 0; k < 500; k++) {
    changeModel(random, model, 3)
    program.columnLower.set(model.columnLower)
    program.rowUpper.set(model.rowUpper)
    program.cost.set(model.cost)
    program.resolve()
  }
  assert.equal(program.memoryBytes, memoryBytes)
  assert.equal(program.primal, primal)
  assert.equal(primal.length, 60)
})

test('an objective beyond the range of doubles is no optimum', () => {
  const program = loaded(dense([[1e300, 0, Infinity]], [[1e19, Infinity, 1]]))
  assert.equal(program.resolve(), 'numerical-failure')
  assert.equal(program.counters.failures, 1)
})

test('the module imports nothing but the question whether to stop, and its digest is that of its bytes', () => {
  const imports = [{ module: 'host', name: 'stopRequested', kind: 'function' as const }]
  assert.deepEqual(WebAssembly.Module.imports(module), imports)
  const bytes = readFileSync(new URL('../optimizer.wasm', import.meta.url))
  assert.deepEqual(digest, new Uint8Array(createHash('sha256').update(bytes).digest()))
})

test('malformed models, values and bases are refused with their place', () => {
  const refusal = (act: () => unknown) => {
    try {
      act()
    } catch (error) {
      if (error instanceof WeirError) return `${error.code} ${error.toLine()}`
      throw error
    }
    return 'accepted'
  }
  const load = (change: Partial<SparseModel>) => refusal(() => loaded({ ...diet, ...change }))
  assert.match(load({ cost: Float64Array.of(1) }), /WEIR_SOLVER cost: has 1 elements, not 2/)
  assert.match(load({ cost: Float64Array.of(1, Number.NaN) }), /cost\[1\]: is NaN/)
  assert.match(load({ value: Float64Array.of(1, Infinity) }), /value\[1\]: is Infinity/)
  assert.match(load({ rowIndex: Int32Array.of(0, 1) }), /rowIndex\[1\]: column 1 names row 1 of 1/)
  assert.match(load({ columnStart: Int32Array.of(0, 2, 2) }), /column 0 has row 0 twice/)
  assert.match(load({ columnStart: Int32Array.of(0, 3, 2) }), /columnStart\[2\]/)
  assert.match(load({ rowLower: Float64Array.of(Number.NaN) }), /rowLower\[0\]: is NaN/)
  assert.match(load({ columnUpper: Float64Array.of(3, -Infinity) }), /columnUpper\[1\]: is -Infinity/)
  const wide = {
    ...dense([], []),
    rows: 1_000_001,
    rowLower: new Float64Array(1_000_001),
    rowUpper: new Float64Array(1_000_001),
  }
  assert.match(
    refusal(() => loaded(wide)),
    /beyond the limits/,
  )

  const program = loaded(diet)
  program.cost[1] = Number.NaN
  assert.match(
    refusal(() => program.resolve()),
    /column 1: cost NaN/,
  )
  program.cost[1] = 3
  program.rowLower[0] = Infinity
  assert.match(
    refusal(() => program.resolve()),
    /row 0: sides/,
  )
  program.rowLower[0] = 4
  assert.equal(program.resolve(), 'optimal')
  assert.match(
    refusal(() => program.resolve({ iterationLimit: -1 })),
    /iterationLimit/,
  )
  assert.match(
    refusal(() => program.importBasis(Uint8Array.of(0))),
    /has 1 elements, not 3/,
  )
  assert.match(
    refusal(() => program.importBasis(Uint8Array.of(0, 0, 1))),
    /has 2 basic variables/,
  )
  assert.match(
    refusal(() => program.importBasis(Uint8Array.of(0, 4, 1))),
    /the code 4/,
  )
  assert.match(
    refusal(() => LinearProgram.instantiate(module).resolve()),
    /no model is loaded/,
  )
})
