/** Rules that use an equation to do without a column, on models that can be checked by hand. */
import { before, test } from 'node:test'
import { denseModel } from '../testing/dense-model.js'
import { RuleCheck } from '../testing/rule-check.js'

const INF = Infinity
let check: RuleCheck
before(async () => {
  check = await RuleCheck.load()
})

test('an equation of two columns replaces one by the other', () => {
  const model = denseModel(
    [
      [-2, 0, 10],
      [-1, 0, INF],
    ],
    [
      [1, 1, 1, -2],
      [-INF, 7, 1, 1],
    ],
  )
  check.optimum('doubleton-equation', model, { primal: [5, 2], dual: [-1 / 3, -5 / 3] })
})

test('a bound that moved to the column that stays is the bound of the one that left', () => {
  const model = denseModel(
    [
      [-2, 0, 3],
      [-1, 0, INF],
    ],
    [
      [1, 1, 1, -2],
      [-INF, 7, 1, 1],
    ],
  )
  check.optimum('doubleton-equation', model, { primal: [3, 1], dual: [0.5, 0], reducedCost: [-2.5, 0] })
})

test('a free column is expressed by the others of its equation', () => {
  const model = denseModel(
    [
      [0, -INF, INF],
      [1, 0, INF],
      [1, 0, INF],
    ],
    [
      [4, 4, 1, 1, 1],
      [-INF, 1, 1, -1, 1],
    ],
  )
  check.optimum('column-substitution', model, {
    primal: [2.5, 1.5, 0],
    dual: [0.5, -0.5],
    reducedCost: [0, 0, 1],
  })
})

test('a column that its rows keep within its bounds counts as free', () => {
  // f = 4 - x - y with x + y <= 4 by the bounds of x and y: f >= 0 need not be asked for.
  const model = denseModel(
    [
      [0, 0, INF],
      [1, 0, 2],
      [1, 0, 2],
    ],
    [
      [4, 4, 1, 1, 1],
      [-INF, 1, 1, -1, 1],
    ],
  )
  check.optimum('column-substitution', model, { primal: [2.5, 1.5, 0], dual: [0.5, -0.5] })
})

test('an inequality is an equation where a free column and the signs of the other rows give its dual a sign', () => {
  // Of the first column: y0 + y1 = 1 with y1 <= 0, so y0 >= 1, and the first row binds. Then f = 4 - x - 2 y.
  const model = denseModel(
    [
      [1, -INF, INF],
      [0.5, 0, 3],
      [1.5, 0, 9],
    ],
    [
      [4, INF, 1, 1, 2],
      [-INF, 5, 1, -1, 3],
    ],
  )
  check.optimum('binding-row', model, { primal: [-13, 3, 7], dual: [1.5, -0.5], reducedCost: [0, -1.5, 0] })
})
