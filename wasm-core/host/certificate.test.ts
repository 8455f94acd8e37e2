/** The certificates against answers of the optimizer, and against answers that were tampered with. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { dualityGap, infeasibilityProof, unboundednessProof } from './certificate.js'
import { compileOptimizer } from './compile.js'
import { LinearProgram } from './linear-program.js'
import { randomModel, SeededRandom } from './testing/random-model.js'

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

test('answers of random models prove themselves, and tampered ones do not', () => {
  const seen = { optimal: 0, infeasible: 0, unbounded: 0 }
  for (let seed = 1; seed <= 400; seed++) {
    const random = new SeededRandom(seed)
    const model = randomModel(random, { rows: random.whole(1, 12), columns: random.whole(1, 12) })
    const program = LinearProgram.instantiate(module)
    program.load(model)
    const status = program.resolve()
    if (status === 'optimal') {
      const gap = dualityGap(model, program)
      assert.ok(gap <= 1e-7, `seed ${seed}: gap ${gap}`)
      const priced = program.dual.findIndex(
        (price, i) => Math.abs(price) > 1e-3 && isFar(model.rowLower[i], model.rowUpper[i]),
      )
      if (priced >= 0) {
        const dual = program.dual.slice()
        dual[priced] = 2 * (dual[priced] as number)
        const { primal, reducedCost, rowActivity } = program
        assert.ok(
          dualityGap(model, { primal, reducedCost, rowActivity, dual }) > 1e-6,
          `seed ${seed}: tampered`,
        )
      }
    } else if (status === 'infeasible') {
      const { kind, margin, residual } = infeasibilityProof(model, program.ray)
      assert.ok(margin > 0 && residual <= 1e-8, `seed ${seed}: ${kind} ${margin} ${residual}`)
      const turned = infeasibilityProof(
        model,
        program.ray.map((multiplier) => -multiplier),
      )
      assert.ok(!(turned.margin > 0), `seed ${seed}: the turned ray proves nothing`)
    } else if (status === 'unbounded') {
      const { margin, residual } = unboundednessProof(model, program.ray)
      assert.ok(margin > 0 && residual <= 1e-8, `seed ${seed}: ${margin} ${residual}`)
      assert.ok(
        unboundednessProof(
          model,
          program.ray.map((step) => -step),
        ).margin < 0,
      )
    } else assert.fail(status)
    seen[status]++
  }
  assert.ok(seen.optimal > 100 && seen.infeasible > 20 && seen.unbounded > 20, JSON.stringify(seen))
})

/** The binding side is not near 0, so that paying for it twice shows. */
function isFar(lower: number | undefined, upper: number | undefined): boolean {
  return [lower, upper].every(
    (side) => side !== undefined && (!Number.isFinite(side) || Math.abs(side) > 0.1),
  )
}

test('crossed bounds are a proof of their own', () => {
  const model = {
    rows: 0,
    columns: 1,
    columnStart: Int32Array.of(0, 0),
    rowIndex: new Int32Array(0),
    value: new Float64Array(0),
    cost: Float64Array.of(1),
    columnLower: Float64Array.of(2),
    columnUpper: Float64Array.of(0.5),
    rowLower: new Float64Array(0),
    rowUpper: new Float64Array(0),
  }
  const program = LinearProgram.instantiate(module)
  program.load(model)
  assert.equal(program.resolve(), 'infeasible')
  assert.deepEqual(infeasibilityProof(model, program.ray), { kind: 'crossed', margin: 1.5, residual: 0 })
})
