/** Rules that take columns away, each on a model that can be checked by hand: the answer is brought back with values, duals and basis. */
import { before, test } from 'node:test'
import { denseModel } from '../testing/dense-model.js'
import { RuleCheck } from '../testing/rule-check.js'

const INF = Infinity
let check: RuleCheck
before(async () => {
  check = await RuleCheck.load()
})

test('columns without entries rest where their costs say, or run away', () => {
  const columns = [
    [1, 2, 5],
    [-1, 0, 4],
    [0, -INF, INF],
    [0, -INF, 3],
  ]
  check.optimum('empty-column', denseModel(columns, []), {
    primal: [2, 4, 0, 3],
    reducedCost: [1, -1, 0, 0],
  })
  check.unbounded(denseModel([[-1, 0, INF]], []))
  // Beside a cost of 1, 1e-12 is none: the column stays at the bound that it has.
  const tiny = [
    [1, 2, 5],
    [1e-12, -INF, -3],
  ]
  check.optimum('empty-column', denseModel(tiny, []), { primal: [2, -3] })
})

test('a fixed column moves the sides of its rows', () => {
  const model = denseModel(
    [
      [5, 2, 2],
      [1, 0, 10],
    ],
    [[5, INF, 1, 1]],
  )
  check.optimum('fixed-column', model, { primal: [2, 3], dual: [1], reducedCost: [4, 0] })
})

test('a column that only costs rests on its lower bound', () => {
  const model = denseModel(
    [
      [1, 0, INF],
      [1, 0, INF],
      [2, 0, INF],
    ],
    [
      [1, INF, -1, 1, 0],
      [1, INF, -1, 1, 1],
    ],
  )
  check.optimum('dominated-column', model, { primal: [0, 1, 0], objective: 1 })
})

test('a column without cost that only hurts rests too', () => {
  const model = denseModel(
    [
      [0, 0, 7],
      [1, 0, INF],
      [2, 0, INF],
    ],
    [
      [1, INF, -1, 1, 0],
      [1, INF, -2, 1, 1],
    ],
  )
  check.optimum('weakly-dominated-column', model, { primal: [0, 1, 0], objective: 1 })
})

test('a column that a priced shortfall outbids rests: the dual of its row is bounded by a column with one entry', () => {
  // Shortfall s at 2 bounds the dual of the row by 2, so that x at 3 never enters; y at 1 does.
  const model = denseModel(
    [
      [3, 0, INF],
      [1, 0, 4],
      [2, 0, INF],
    ],
    [
      [10, INF, 1, 1, 1],
      [-INF, 9, 1, 1, 0],
    ],
  )
  check.optimum('dominated-column', model, { primal: [0, 4, 6], dual: [2, 0], reducedCost: [1, -1, 0] })
})

test('a column that runs away although its row would allow the others to stay', () => {
  const model = denseModel(
    [
      [-1, 0, INF],
      [1, 0, 5],
    ],
    [[1, INF, 1, 1]],
  )
  check.unbounded(model)
})

test('a column with one entry becomes room in its row', () => {
  const rows = [
    [5, 5, 1, 1, 1],
    [-INF, 1, 1, -1, 0],
  ]
  const free = denseModel(
    [
      [1, 0, INF],
      [2, 0, INF],
      [0, 0, 2],
    ],
    rows,
  )
  check.optimum('slack-column', free, {
    primal: [2, 1, 2],
    dual: [1.5, -0.5],
    reducedCost: [0, 0, -1.5],
  })
  const priced = denseModel(
    [
      [1, 0, INF],
      [2, 0, INF],
      [1, 0, 2],
    ],
    rows,
  )
  check.optimum('slack-column', priced, { primal: [2, 1, 2], dual: [1.5, -0.5], objective: 6 })
})

test('a negative entry turns the room round', () => {
  const model = denseModel(
    [
      [1, 0, INF],
      [2, 0, INF],
      [4, 1, 3],
    ],
    [
      [5, 5, 1, 1, -2],
      [-INF, 1, 1, -1, 0],
    ],
  )
  check.optimum('slack-column', model, { primal: [4, 3, 1], dual: [1.5, -0.5], reducedCost: [0, 0, 7] })
})

test('a free column in a row with two sides takes the value that the row needs', () => {
  const model = denseModel(
    [
      [0, -INF, INF],
      [1, 2, 9],
    ],
    [[-3, -1, 1, 1]],
  )
  check.optimum('slack-column', model, { primal: [-5, 2], dual: [0] })
})

test('a column that costs and is kept up only by its row makes the row an equation', () => {
  const model = denseModel(
    [
      [1, -INF, INF],
      [3, 0, 1],
      [3, 0, 1],
    ],
    [
      [4, INF, 1, 1, 1],
      [-INF, 1.5, 0, 1, 1],
    ],
  )
  check.optimum('binding-row', model, { primal: [4, 0, 0], dual: [1, 0], reducedCost: [0, 2, 2] })
})

test('parallel columns with costs in proportion become one and share its value', () => {
  const rows = [
    [4, INF, 1, 2, 1],
    [-INF, 6, 1, 2, -1],
  ]
  const model = denseModel(
    [
      [1, 0, 1],
      [2, 0, 3],
      [3, 0, 1],
    ],
    rows,
  )
  check.optimum('parallel-columns', model, { objective: 4, dual: [1, 0] })
})

test('of two parallel columns the dearer one rests when the other has no end', () => {
  const model = denseModel(
    [
      [1, 0, INF],
      [3, 0, 5],
      [3, 0, 1],
    ],
    [
      [4, INF, 1, 2, 1],
      [-INF, 6, 1, 2, -1],
    ],
  )
  check.optimum('parallel-columns', model, { primal: [4, 0, 0], reducedCost: [0, 1, 2] })
})

test('opposite columns become one free column', () => {
  const model = denseModel(
    [
      [1, 0, INF],
      [-1, 0, INF],
      [3, 0, 9],
      [2, 0, 9],
    ],
    [
      [-4, INF, 1, -1, 1, 1],
      [2, INF, -1, 1, 3, 1],
    ],
  )
  check.optimum('parallel-columns', model, { objective: -4, dual: [1, 0] })
})
