/** Ranges against solves with the number moved: the forecast inside by HiGHS, the basis inside and beyond by our own. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import type { BoundRange, Range } from './ranging.js'
import type { SparseModel } from './sparse-model.js'
import { diet } from './testing/dense-model.js'
import { HighsOracle } from './testing/highs-oracle.js'
import { copyModel, randomModel, SeededRandom } from './testing/random-model.js'

let module: WebAssembly.Module
let oracle: HighsOracle
before(async () => {
  module = (await compileOptimizer()).module
  oracle = await HighsOracle.load()
})

function solved(model: SparseModel): LinearProgram | undefined {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  return program.resolve() === 'optimal' ? program : undefined
}

/** What is moved, where it is now, and how to move it. */
interface Moved {
  readonly what: string
  readonly present: number
  readonly range: Range
  /** The objective's change for one unit. */
  readonly slope: number
  readonly isCost: boolean
  move(model: SparseModel, value: number): void
}

function moveBound(
  lower: Float64Array,
  upper: Float64Array,
  at: number,
  side: BoundRange['side'],
  value: number,
): void {
  if (side !== 'upper') lower[at] = value
  if (side !== 'lower') upper[at] = value
}

/** Every number of the model that has a range. */
function movables(model: SparseModel, program: LinearProgram): Moved[] {
  const found: Moved[] = []
  for (let i = 0; i < model.rows; i++) {
    const range = program.rangeOfRow(i)
    assert.equal(range === undefined, isBetween(program, model.columns + i), `row ${i}`)
    if (range === undefined) continue
    const { side, price } = range
    const present = (side === 'upper' ? model.rowUpper : model.rowLower)[i] as number
    const move = (m: SparseModel, value: number) => moveBound(m.rowLower, m.rowUpper, i, side, value)
    found.push({ what: `row ${i}`, present, range, slope: price, isCost: false, move })
  }
  for (let j = 0; j < model.columns; j++) {
    const range = program.rangeOfColumn(j)
    assert.equal(range === undefined, isBetween(program, j), `column ${j}`)
    if (range !== undefined) {
      const { side, price } = range
      const present = (side === 'upper' ? model.columnUpper : model.columnLower)[j] as number
      const move = (m: SparseModel, value: number) => moveBound(m.columnLower, m.columnUpper, j, side, value)
      found.push({ what: `column ${j}`, present, range, slope: price, isCost: false, move })
    }
    const cost = program.rangeOfCost(j)
    const move = (m: SparseModel, value: number) => m.cost.set([value], j)
    const slope = program.primal[j] as number
    found.push({
      what: `cost ${j}`,
      present: model.cost[j] as number,
      range: cost,
      slope,
      isCost: true,
      move,
    })
  }
  return found
}

function isBetween(program: LinearProgram, variable: number): boolean {
  const code = program.basis[variable]
  return code === 0 || code === 3
}

function ends({ range: { lower, upper, objectiveAtLower, objectiveAtUpper } }: Moved) {
  return [
    { end: lower, objective: objectiveAtLower, outwards: -1 },
    { end: upper, objective: objectiveAtUpper, outwards: 1 },
  ]
}

test('within a range the objective is the forecast, beyond it no better for a bound and no worse for a cost', () => {
  let inside = 0
  let beyond = 0
  for (let seed = 20_000; inside < 3000; seed++) {
    const random = new SeededRandom(seed)
    const model = randomModel(random, { rows: random.whole(1, 10), columns: random.whole(1, 14) })
    const program = solved(model)
    if (program === undefined) continue
    const base = program.objective
    for (const moved of movables(model, program)) {
      if (!random.chance(0.3)) continue
      const { what, present, range, slope } = moved
      const place = `seed ${seed}, ${what}`
      assert.ok(range.lower <= present && present <= range.upper, place)
      for (const { end, objective, outwards } of ends(moved)) {
        const at = Number.isFinite(end) ? end : present + outwards * random.between(0, 50)
        const forecast = base + slope * (at - present)
        if (Number.isFinite(end)) assert.ok(Math.abs(forecast - objective) <= 1e-9 * (1 + Math.abs(base)))
        else assert.ok(slope === 0 ? objective === base : !Number.isFinite(objective), place)
        const tolerance = 1e-7 * (1 + Math.abs(base) + Math.abs(slope * (at - present)))
        const changed = copyModel(model)
        moved.move(changed, at)
        const answer = oracle.solve(changed, 'optimal')
        assert.equal(answer.status, 'optimal', place)
        assert.ok(
          Math.abs(answer.objective - forecast) <= tolerance,
          `${place} at ${at}: HiGHS ${answer.objective}, forecast ${forecast}`,
        )
        inside++
        if (!Number.isFinite(end)) continue
        moved.move(changed, end + outwards * (1 + Math.abs(end)))
        const far = oracle.solve(changed)
        if (far.status !== 'optimal') continue
        beyond++
        const excess = far.objective - (forecast + slope * outwards * (1 + Math.abs(end)))
        assert.ok(moved.isCost ? excess <= tolerance : excess >= -tolerance, `${place}: ${excess} beyond`)
      }
    }
  }
  process.stdout.write(`# ${inside} forecasts, ${beyond} solves beyond a range\n`)
})

test('the basis stays optimal inside a range and no further', () => {
  let kept = 0
  let left = 0
  for (let seed = 30_000; kept < 4000; seed++) {
    const random = new SeededRandom(seed)
    const model = randomModel(random, { rows: random.whole(1, 25), columns: random.whole(1, 35) })
    const program = solved(model)
    if (program === undefined) continue
    const basis = program.exportBasis()
    for (const moved of movables(model, program)) {
      if (!random.chance(0.2)) continue
      const place = `seed ${seed}, ${moved.what}`
      for (const { end, outwards } of ends(moved)) {
        const changed = copyModel(model)
        const target = Number.isFinite(end) ? end : moved.present + outwards * 100
        moved.move(changed, moved.present + 0.999 * (target - moved.present))
        assert.deepEqual(basisAfter(program, changed, basis), basis, `${place} inside`)
        kept++
        if (!Number.isFinite(end)) continue
        // Well above the tolerance of 1e-9, also where a basic variable moves slowly.
        moved.move(changed, end + outwards * 0.01 * (1 + Math.abs(end)))
        assert.notDeepEqual(basisAfter(program, changed, basis), basis, `${place} beyond ${end}`)
        left++
      }
    }
  }
  process.stdout.write(`# ${kept} bases kept, ${left} left\n`)
})

/** The basis found from `start`; none when there is no optimum any more. */
function basisAfter(program: LinearProgram, model: SparseModel, start: Uint8Array): Uint8Array | undefined {
  program.load(model)
  program.importBasis(start)
  return program.resolve() === 'optimal' ? program.exportBasis() : undefined
}

test('ranges by hand', () => {
  const program = solved(diet) as LinearProgram
  // Below 3 the dearer y is not needed any more.
  assert.deepEqual(program.rangeOfRow(0), {
    side: 'lower',
    price: 3,
    lower: 3,
    upper: Infinity,
    objectiveAtLower: 6,
    objectiveAtUpper: Infinity,
  })
  // From 4 on x alone is enough.
  assert.deepEqual(program.rangeOfColumn(0), {
    side: 'upper',
    price: -1,
    lower: 0,
    upper: 4,
    objectiveAtLower: 12,
    objectiveAtUpper: 8,
  })
  assert.equal(program.rangeOfColumn(1), undefined)
  assert.deepEqual(program.rangeOfCost(0), {
    lower: -Infinity,
    upper: 3,
    objectiveAtLower: -Infinity,
    objectiveAtUpper: 12,
  })
  assert.deepEqual(program.rangeOfCost(1), {
    lower: 2,
    upper: Infinity,
    objectiveAtLower: 8,
    objectiveAtUpper: Infinity,
  })
})

test('a range needs the optimum of the model as it is', () => {
  const program = LinearProgram.instantiate(module)
  program.load(diet)
  const stale = { code: 'WEIR_SOLVER', place: 'ranging' }
  assert.throws(() => program.rangeOfCost(0), stale)
  assert.equal(program.resolve(), 'optimal')
  const range = program.rangeOfRow(0)
  program.changeCost(0, 2.5)
  assert.throws(() => program.rangeOfCost(0), stale)
  program.changeCost(0, 2)
  program.changeRow(0, 5, Infinity)
  assert.throws(() => program.rangeOfRow(0), stale)
  program.changeRow(0, 4, Infinity)
  const basis = program.exportBasis()
  program.resetBasis()
  // The slack basis is not that of the answer.
  assert.throws(() => program.rangeOfRow(0), stale)
  program.importBasis(basis)
  assert.deepEqual(program.rangeOfRow(0), range)
  assert.throws(() => program.rangeOfRow(1), /there is no row 1/)
})
