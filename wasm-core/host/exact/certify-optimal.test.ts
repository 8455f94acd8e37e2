/** Every basis of tiny models against enumeration in fractions; answers of the optimizer; answers and bases that are wrong on purpose. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { AT_LOWER, BASIC } from '../basis.js'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import { denseModel, diet } from '../testing/dense-model.js'
import { type EnumeratedVertex, enumerateVertices } from '../testing/enumerate-vertices.js'
import { randomModel, SeededRandom } from '../testing/random-model.js'
import { certifyOptimal, type FloatAnswer } from './certify-optimal.js'
import { fromDouble } from './dyadic.js'
import { exactModel } from './exact-model.js'
import {
  compareRationals,
  difference,
  fromDyadic,
  magnitude,
  type Rational,
  rational,
  toDecimal,
} from './rational.js'
import { pricesOf, safeBound } from './safe-bound.js'

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

const nearest = (value: Rational): number => Number(toDecimal(value, 25))

function answerOf({ columns }: SparseModel, { x, reduced, objective }: EnumeratedVertex): FloatAnswer {
  return {
    primal: Float64Array.from(x.slice(0, columns), nearest),
    dual: Float64Array.from(reduced.slice(columns), nearest),
    objective: nearest(objective),
  }
}

test('each basis of 150 tiny models: proven exactly when enumeration says so, and bounds hold when it is within tolerance', () => {
  const random = new SeededRandom(8)
  const seen = { optimal: 0, 'optimal-within': 0, refuted: 0 }
  for (let round = 0; round < 150; round++) {
    const model = randomModel(random, { rows: random.whole(1, 2), columns: random.whole(1, 3) })
    const vertices = enumerateVertices(model)
    const optimal = vertices.filter(({ isFeasible, hasRightSigns }) => isFeasible && hasRightSigns)
    for (const vertex of vertices) {
      const certificate = certifyOptimal(model, vertex.basis, answerOf(model, vertex))
      seen[certificate.outcome]++
      assert.equal(certificate.outcome === 'optimal', vertex.isFeasible && vertex.hasRightSigns)
      if (certificate.outcome === 'refuted') {
        const isRight = certificate.reason === 'primal-infeasible' ? vertex.isFeasible : vertex.hasRightSigns
        assert.equal(isRight, false, certificate.detail)
        continue
      }
      assert.deepEqual(certificate.objective, vertex.objective)
      if (certificate.outcome !== 'optimal-within') continue
      // Every optimal vertex has the same objective; that it lies within the bounds is the whole promise.
      for (const { objective } of optimal) {
        const { lowest, highest } = certificate
        assert.ok(lowest === undefined || compareRationals(lowest, objective) <= 0)
        assert.ok(highest === undefined || compareRationals(highest, objective) >= 0)
      }
    }
    const objectives = optimal.map(({ objective }) => objective)
    for (const objective of objectives) assert.deepEqual(objective, objectives[0])
  }
  assert.ok(seen.optimal > 60 && seen.refuted > 500, JSON.stringify(seen))
})

test('300 optima of the optimizer are proven, or bounded, and what it says is no further away than it claims', () => {
  const random = new SeededRandom(18)
  const seen = { optimal: 0, 'optimal-within': 0 }
  for (let round = 0; round < 300; round++) {
    const model = randomModel(random, { rows: random.whole(1, 12), columns: random.whole(1, 16) })
    const program = LinearProgram.instantiate(module)
    program.load(model)
    if (program.resolve() !== 'optimal') continue
    const certificate = certifyOptimal(model, program.exportBasis(), program)
    assert.ok(
      certificate.outcome !== 'refuted',
      JSON.stringify(certificate, (_, v) => (typeof v === 'bigint' ? String(v) : v)),
    )
    seen[certificate.outcome]++
    const { objective, distance } = certificate
    const apart = magnitude(difference(fromDyadic(fromDouble(program.objective)), objective))
    assert.deepEqual(distance.objective.exact, apart)
    assert.ok(compareRationals(fromDyadic(fromDouble(distance.objective.atMost)), apart) >= 0)
    const bound = safeBound(exactModel(model), pricesOf(program.dual))
    if (bound !== undefined && certificate.outcome === 'optimal')
      assert.ok(compareRationals(bound, objective) <= 0)
    if (certificate.outcome !== 'optimal-within' || certificate.repair !== 'optimal') continue
    // Prices of another optimal vertex may be far from those of the answer; feasibility and signs may not be wrong.
    const repaired = certifyOptimal(model, certificate.basis as Uint8Array, program)
    assert.ok(
      repaired.outcome === 'optimal' ||
        (repaired.outcome === 'refuted' && repaired.reason === 'answer-differs'),
    )
  }
  assert.ok(seen.optimal > 100, JSON.stringify(seen))
})

function solved(model: SparseModel) {
  const program = LinearProgram.instantiate(module)
  program.load(model)
  assert.equal(program.resolve(), 'optimal')
  const { primal, dual, objective } = program
  return { basis: program.exportBasis(), answer: { primal: primal.slice(), dual: dual.slice(), objective } }
}

test('an answer that is off by one unit in the last place is told so, exactly', () => {
  const { basis, answer } = solved(diet)
  const exact = certifyOptimal(diet, basis, answer)
  assert.ok(exact.outcome === 'optimal')
  assert.deepEqual([exact.distance.primal.atMost, exact.distance.objective.atMost], [0, 0])
  const off = certifyOptimal(diet, basis, { ...answer, objective: 9 + 2 ** -49 })
  assert.ok(off.outcome === 'optimal')
  assert.deepEqual(off.distance.objective, { exact: rational(1n, 1n << 49n), atMost: 2 ** -49 })
  const x = certifyOptimal(diet, basis, { ...answer, primal: Float64Array.of(3, 1 - 2 ** -53) })
  assert.ok(x.outcome === 'optimal' && x.distance.primal.atMost === 2 ** -53)
})

test('wrong answers and wrong bases are refuted, each by its reason', () => {
  const { basis, answer } = solved(diet)
  const reason = (certificate: ReturnType<typeof certifyOptimal>) =>
    certificate.outcome === 'refuted' ? certificate.reason : certificate.outcome
  assert.equal(reason(certifyOptimal(diet, basis, { ...answer, objective: 9.001 })), 'answer-differs')
  assert.equal(
    reason(certifyOptimal(diet, basis, { ...answer, dual: Float64Array.of(-3) })),
    'answer-differs',
  )
  assert.equal(reason(certifyOptimal(diet, basis, { ...answer, objective: Number.NaN })), 'answer-not-finite')
  // x basic at 4, beyond its bound of 3; y basic with x at 0, where x is cheaper; the slack basis, at 0 + 0 < 4.
  assert.equal(
    reason(certifyOptimal(diet, Uint8Array.of(BASIC, AT_LOWER, AT_LOWER), answer)),
    'primal-infeasible',
  )
  assert.equal(
    reason(certifyOptimal(diet, Uint8Array.of(AT_LOWER, BASIC, AT_LOWER), answer)),
    'dual-infeasible',
  )
  assert.equal(
    reason(certifyOptimal(diet, Uint8Array.of(AT_LOWER, AT_LOWER, BASIC), answer)),
    'primal-infeasible',
  )
  // y has no upper bound, and is not free.
  assert.equal(reason(certifyOptimal(diet, Uint8Array.of(BASIC, 2, AT_LOWER), answer)), 'misplaced-variable')
  assert.equal(reason(certifyOptimal(diet, Uint8Array.of(BASIC, 3, AT_LOWER), answer)), 'misplaced-variable')
  const twins = denseModel([[1, 0, 9], [1, 0, 9]], [[2, 9, 1, 2], [4, 9, 2, 4]]) // biome-ignore format: a table
  const zero = { primal: new Float64Array(2), dual: new Float64Array(2), objective: 0 }
  assert.equal(reason(certifyOptimal(twins, Uint8Array.of(0, 0, 1, 1), zero)), 'singular-basis')
  assert.throws(() => certifyOptimal(diet, Uint8Array.of(0, 0, 1), answer), { code: 'WEIR_SOLVER' })
  assert.throws(() => certifyOptimal(diet, basis, { ...answer, dual: new Float64Array(2) }), {
    code: 'WEIR_SOLVER',
  })
})

test('a sign that is wrong by rounding is within tolerance, and exact steps find the optimum', () => {
  const model = denseModel([[1, 0.1, 1], [2, 0, 0.2]], [[0.3, Infinity, 1, 1]]) // biome-ignore format: a table
  const basis = Uint8Array.of(1, 0, 1)
  const exact = certifyOptimal(model, basis, {
    primal: Float64Array.of(0.1, 0.2),
    dual: Float64Array.of(2),
    objective: 0.5,
  })
  // x = 0.1 is no optimum: y costs more, by 1, which is no rounding.
  assert.ok(exact.outcome === 'refuted' && exact.reason === 'dual-infeasible')
  const cheap = { ...model, cost: Float64Array.of(1, 1 + 2 ** -52) }
  const answer = { primal: Float64Array.of(0.1, 0.2), dual: Float64Array.of(1), objective: 0.3 }
  const within = certifyOptimal(cheap, basis, answer)
  assert.ok(within.outcome === 'optimal-within' && within.repair === 'optimal' && within.pivots > 0)
  assert.equal(within.gap?.numerator, 0n)
  assert.ok(compareRationals(within.dualViolation, rational(1n, 1n << 52n)) === 0)
  const repaired = { ...answer, primal: Float64Array.of(0.3, 0) }
  assert.equal(certifyOptimal(cheap, within.basis as Uint8Array, repaired).outcome, 'optimal')
  const stopped = certifyOptimal(cheap, basis, answer, { limits: { bits: 1e5, operations: 1e8, pivots: 0 } })
  assert.ok(stopped.outcome === 'optimal-within' && stopped.repair === 'feasible')
  assert.ok(stopped.gap !== undefined && stopped.gap.numerator > 0n)
})

test('rows that exclude each other by a rest of rounding are found to do so', () => {
  // x + y = 0.3, x = 0.1, y = 0.2: their sum in doubles is not 0.3.
  const model = denseModel([[1, 0.1, 0.1], [1, 0.2, 0.2]], [[0.3, 0.3, 1, 1]]) // biome-ignore format: a table
  const answer = { primal: Float64Array.of(0.1, 0.2), dual: new Float64Array(1), objective: 0.1 + 0.2 }
  const within = certifyOptimal(model, Uint8Array.of(1, 1, 0), answer)
  assert.ok(
    within.outcome === 'optimal-within' && within.repair === 'infeasible' && within.highest === undefined,
  )
})
