/** Limits, outcomes that only the original model can settle, and the way back to warm re-solves. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { WeirError } from '../../../pipeline/errors.js'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import { denseModel } from '../testing/dense-model.js'
import { randomModel, SeededRandom } from '../testing/random-model.js'
import { assertUnbounded } from '../testing/verify-answer.js'
import { assertClose } from '../testing/verify-presolve.js'
import { solveWithPresolve } from './solve-with-presolve.js'

const INF = Infinity
let program: LinearProgram
before(async () => {
  program = LinearProgram.instantiate((await compileOptimizer()).module)
})

/** Dense, bounded, without anything to take away: presolve leaves the optimizer something to do. */
function irreducible() {
  const columns = [-5, -4, -3, -6].map((cost) => [cost, 0, 9])
  return denseModel(columns, [
    [-INF, 5, 2, 3, 1, 1],
    [-INF, 11, 4, 1, 2, 3],
    [-INF, 8, 3, 4, 2, 2],
  ])
}

test('limits end the reduced solve, and then there is no answer', () => {
  const stopped = solveWithPresolve(program, irreducible(), { iterationLimit: 0 })
  assert.equal(stopped.status, 'iteration-limit')
  assert.equal(stopped.answer.primalResidual, INF)
  assert.equal(stopped.basis, undefined)
  assert.equal(solveWithPresolve(program, irreducible(), { deadlineMs: 0 }).status, 'deadline')
})

test('iterations are those of the reduced model', () => {
  const solve = solveWithPresolve(program, irreducible())
  assert.equal(solve.status, 'optimal')
  assert.ok(solve.reducedIterations > 0)
  assert.equal(solve.originalIterations, 0)
  assert.deepEqual(solve.statistics.before, { rows: 3, columns: 4, nonzeros: 12 })
})

test('a model that runs away is settled on the original model, with a direction', () => {
  const model = denseModel(
    [
      [-1, 0, INF],
      [1, 0, 5],
    ],
    [[1, INF, 1, 1]],
  )
  const solve = solveWithPresolve(program, model)
  assert.equal(solve.status, 'unbounded')
  assert.equal(solve.originalReason, 'unbounded')
  assertUnbounded(model, solve.answer)
})

test('an answer that misses the check is set right on the original model', () => {
  // A substitution along an entry a thousandth of its row magnifies what the reduced answer may be off.
  const random = new SeededRandom(171_065)
  const model = randomModel(random, { rows: random.whole(1, 12), columns: random.whole(1, 14) })
  const solve = solveWithPresolve(program, model)
  assert.equal(solve.originalReason, 'answer-not-restored')
  const { objective } = solve.answer
  program.load(model)
  assert.equal(program.resolve(), 'optimal')
  assertClose(objective, program.objective, 'objective')
})

test('the restored basis takes warm re-solves on from there', () => {
  const model = irreducible()
  const { basis, answer } = solveWithPresolve(program, model)
  assert.ok(basis !== undefined)
  program.load(model)
  program.importBasis(basis)
  program.changeRow(0, -INF, 5.01)
  assert.equal(program.resolve(), 'optimal')
  assert.ok(program.iterations <= 1)
  assert.ok(program.objective <= answer.objective)
})

test('canonical answers are those of the model itself, to the last bit', () => {
  // Any point of x + y = 4 is optimal.
  const model = denseModel(
    [
      [1, 0, 3],
      [1, 0, 3],
      [5, 0, 9],
    ],
    [
      [4, INF, 1, 1, 1],
      [-INF, 9, 1, 2, -1],
    ],
  )
  program.load(model)
  assert.equal(program.resolve({ answers: 'canonical' }), 'optimal')
  const expected = program.primal.slice()
  const solve = solveWithPresolve(program, model, { answers: 'canonical' })
  assert.equal(solve.originalReason, 'canonical')
  assert.deepEqual(solve.answer.primal, expected)
})

test('numbers that presolve would multiply out of the range of doubles are left to the optimizer', () => {
  const model = denseModel(
    [
      [1, 0, INF],
      [1e200, 0, 5],
    ],
    [[1e200, INF, 1e-7, 1e150]],
  )
  const solve = solveWithPresolve(program, model)
  assert.deepEqual(solve.statistics.after, { rows: 1, columns: 2, nonzeros: 2 })
})

test('a malformed model is refused as by `load`', () => {
  const model = { ...irreducible(), cost: new Float64Array(3) }
  assert.throws(() => solveWithPresolve(program, model), WeirError)
})
