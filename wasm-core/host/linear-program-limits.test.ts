/** The edges of the face: limits, any start basis, wide scales, memory, and what is refused. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import { WeirError } from '../../pipeline/errors.js'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'
import { denseModel, diet } from './testing/dense-model.js'
import { changeModel, copyModel, randomModel, SeededRandom } from './testing/random-model.js'
import { assertFeasible, assertOptimal } from './testing/verify-answer.js'
import { writeThrough } from './testing/write-through.js'

let module: WebAssembly.Module
let digest: Uint8Array
before(async () => {
  ;({ module, digest } = await compileOptimizer())
})

function loaded(model: SparseModel): LinearProgram {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  return program
}

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
  const model = denseModel(
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
  const model = denseModel(
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
    writeThrough(program, model)
    program.resolve()
  }
  assert.equal(program.memoryBytes, memoryBytes)
  assert.equal(program.primal, primal)
  assert.equal(primal.length, 60)
})

test('an objective beyond the range of doubles is no optimum', () => {
  const program = loaded(denseModel([[1e300, 0, Infinity]], [[1e19, Infinity, 1]]))
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
    ...denseModel([], []),
    rows: 1_000_001,
    rowLower: new Float64Array(1_000_001),
    rowUpper: new Float64Array(1_000_001),
  }
  assert.match(
    refusal(() => loaded(wide)),
    /beyond the limits/,
  )

  const program = loaded(diet)
  program.changeCost(1, Number.NaN)
  assert.match(
    refusal(() => program.resolve()),
    /column 1: cost NaN/,
  )
  program.changeCost(1, 3)
  program.changeRow(0, Infinity, Infinity)
  assert.match(
    refusal(() => program.resolve()),
    /row 0: sides/,
  )
  program.changeRow(0, 4, Infinity)
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

test('after a limit the duals bound the optimum from below, and a feasible point from above', () => {
  const program = LinearProgram.instantiate(module)
  let bounded = 0
  let feasible = 0
  for (let seed = 4000; seed < 4400; seed++) {
    const random = new SeededRandom(seed)
    program.load(randomModel(random, { rows: random.whole(2, 25), columns: random.whole(2, 35) }))
    if (program.resolve() !== 'optimal') continue
    const optimum = program.objective
    const slack = 1e-6 * (1 + Math.abs(optimum))
    assert.ok(Math.abs(program.dualBound - optimum) <= slack, `seed ${seed}: bound of the optimum itself`)
    program.resetBasis()
    if (program.resolve({ iterationLimit: random.whole(0, 12) }) !== 'iteration-limit') continue
    assert.ok(program.dualBound <= optimum + slack, `seed ${seed}: ${program.dualBound} above ${optimum}`)
    if (program.dualBound > -Infinity) bounded++
    if (program.primalResidual > 1e-7) continue
    assert.ok(program.objective >= optimum - slack, `seed ${seed}: ${program.objective} below ${optimum}`)
    feasible++
  }
  assert.ok(bounded >= 20 && feasible >= 5, `${bounded} bounds, ${feasible} feasible points`)
})
