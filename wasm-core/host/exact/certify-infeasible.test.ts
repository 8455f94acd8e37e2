/** Rays of the optimizer, exact and repaired, against a check that recomputes their terms as fractions; and rays that prove nothing. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import { denseModel, diet } from '../testing/dense-model.js'
import { exactly } from '../testing/enumerate-vertices.js'
import { randomModel, SeededRandom } from '../testing/random-model.js'
import { certifyInfeasible, type ProvenInfeasible } from './certify-infeasible.js'
import { fromDyadic, RATIONAL_ZERO, type Rational, rational, sum } from './rational.js'

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

const product = (a: Rational, b: Rational) =>
  rational(a.numerator * b.numerator, a.denominator * b.denominator)

/** The slow twin: every term of every column, then every bound, one fraction after the other. */
function assertProof(model: SparseModel, { multipliers, margin }: ProvenInfeasible): void {
  const m = multipliers.values.map((value) => fromDyadic(value, multipliers.denominator))
  const { columns, rows } = model
  for (let j = 0; j < columns; j++) {
    let rest = m[j]
    for (let k = model.columnStart[j]; k < model.columnStart[j + 1]; k++)
      rest = sum(rest, product(exactly(model.value[k]), m[columns + model.rowIndex[k]]))
    assert.equal(rest.numerator, 0n, `column ${j}`)
  }
  const lower = [...model.columnLower, ...model.rowLower]
  const upper = [...model.columnUpper, ...model.rowUpper]
  let total = RATIONAL_ZERO
  for (let v = 0; v < columns + rows; v++) {
    if (m[v].numerator !== 0n)
      total = sum(total, product(m[v], exactly(m[v].numerator > 0n ? lower[v] : upper[v])))
  }
  assert.deepEqual(total, margin)
  assert.ok(margin.numerator > 0n)
}

test('rays of 400 random models prove what they claim, most of them as they are', () => {
  const random = new SeededRandom(28)
  const seen = { plain: 0, repaired: 0, crossed: 0, open: 0 }
  for (let round = 0; round < 400; round++) {
    const model = randomModel(random, { rows: random.whole(2, 10), columns: random.whole(1, 10) })
    const program = LinearProgram.instantiate(module)
    program.load(model)
    if (program.resolve() !== 'infeasible') continue
    const certificate = certifyInfeasible(model, program.ray, { basis: program.exportBasis() })
    if (certificate.outcome === 'refuted') seen.open++
    else if (certificate.kind === 'crossed') seen.crossed++
    else {
      assertProof(model, certificate)
      seen[certificate.isRepaired ? 'repaired' : 'plain']++
    }
  }
  assert.ok(seen.plain + seen.repaired > 40 && seen.open === 0, JSON.stringify(seen))
})

test('a ray that misses by its last digits is repaired, for a free column whose term must vanish', () => {
  // x free with 0.1 x >= 1 and 0.3 x <= 2: 3 times the first less the second, but 3 * 0.1 is not 0.3 in doubles.
  const model = denseModel([[0, -Infinity, Infinity]], [[1, Infinity, 0.1], [-Infinity, 2, 0.3]]) // biome-ignore format: a table
  const ray = Float64Array.of(0, 3, -1)
  const certificate = certifyInfeasible(model, ray)
  assert.ok(certificate.outcome === 'infeasible' && certificate.isRepaired)
  assertProof(model, certificate)
})

test('bounds that cross are a proof by themselves', () => {
  const model = denseModel([[1, 2, 1]], [[0, 5, 1]])
  const certificate = certifyInfeasible(model, Float64Array.of(1, 0))
  assert.ok(certificate.outcome === 'infeasible' && certificate.kind === 'crossed')
  assert.deepEqual(certificate.margin, rational(1n, 1n))
})

test('no ray proves that a feasible model has no point', () => {
  const random = new SeededRandom(38)
  for (let round = 0; round < 300; round++) {
    const ray = Float64Array.from({ length: 3 }, () => random.whole(-2, 2) * random.pick([1, 0.1, 1e-12]))
    assert.equal(certifyInfeasible(diet, ray, { basis: Uint8Array.of(1, 0, 1) }).outcome, 'refuted')
  }
  const reason = (ray: Float64Array) => {
    const certificate = certifyInfeasible(diet, ray)
    return certificate.outcome === 'refuted' ? certificate.reason : certificate.outcome
  }
  assert.equal(reason(Float64Array.of(0, 0, Number.NaN)), 'ray-not-finite')
  assert.equal(reason(new Float64Array(3)), 'no-margin')
  assert.equal(reason(Float64Array.of(0, 0, 1)), 'unheld')
  assert.throws(() => certifyInfeasible(diet, new Float64Array(2)), { code: 'WEIR_SOLVER' })
})
