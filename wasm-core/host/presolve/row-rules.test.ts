/** Rules that take rows away, each on a model that can be checked by hand: the answer is brought back with values, duals and basis. */
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { denseModel } from '../testing/dense-model.js'
import { RuleCheck } from '../testing/rule-check.js'

const INF = Infinity
let check: RuleCheck
before(async () => {
  check = await RuleCheck.load()
})

test('a row without entries leaves, or proves that there is no solution', () => {
  const columns = [[1, 0, 5]]
  check.optimum('empty-row', denseModel(columns, [[-1, 1, 0]]), { primal: [0], dual: [0] })
  const ray = check.infeasible('empty-row', denseModel(columns, [[2, 3, 0]]))
  assert.deepEqual([...ray], [0, 1])
})

test('a row with one entry becomes a bound, and takes its price back', () => {
  const model = denseModel(
    [
      [-2, 0, INF],
      [-1, 0, INF],
    ],
    [
      [-INF, 6, 2, 0],
      [-INF, 10, 1, 1],
    ],
  )
  check.optimum('singleton-row', model, { primal: [3, 7], dual: [-0.5, -1] })
})

test('a row with one negative entry bounds from the other side', () => {
  const model = denseModel([[1, -INF, INF]], [[-INF, 6, -2]])
  check.optimum('singleton-row', model, { primal: [-3], dual: [-0.5] })
})

test('a bound from a row that only repeats the column leaves the price with the column', () => {
  const model = denseModel([[1, 3, INF]], [[6, INF, 2]])
  check.optimum('singleton-row', model, { primal: [3], dual: [0], reducedCost: [1] })
})

test('a row that its columns cannot reach leaves', () => {
  const model = denseModel(
    [
      [-1, 0, 3],
      [-2, 0, 3],
    ],
    [[-INF, 10, 1, 1]],
  )
  check.optimum('redundant-row', model, { primal: [3, 3], dual: [0] })
})

test('a row that another one makes idle leaves', () => {
  const model = denseModel(
    [
      [-2, 0, INF],
      [-1, 0, INF],
    ],
    [
      [-INF, 4, 1, 1],
      [-INF, 13, 2, 1],
    ],
  )
  check.optimum('redundant-row', model, { primal: [4, 0], dual: [-2, 0] })
})

test('a row that is met only in one corner fixes its columns there; its price is what the dearest one asks', () => {
  const model = denseModel(
    [
      [3, 0, 1],
      [1, 0, 2],
      [2, 0, 3],
    ],
    [[6, INF, 1, 1, 1]],
  )
  check.optimum('forcing-row', model, { primal: [1, 2, 3], dual: [3], reducedCost: [0, -2, -1] })
})

test('a row that forces at its upper side, with a negative entry', () => {
  const model = denseModel(
    [
      [-4, 1, 5],
      [1, 0, 2],
    ],
    [[-INF, -3, 1, -2]],
  )
  check.optimum('forcing-row', model, { primal: [1, 2], dual: [-4], reducedCost: [0, -7] })
})

test('parallel rows become one; the one that binds keeps the price', () => {
  const rows = [
    [2, INF, 1, 1],
    [-12, INF, -2, -2],
    [-INF, 1, 1, -1],
  ]
  const cheap = denseModel(
    [
      [1, 0, INF],
      [2, 0, INF],
    ],
    rows,
  )
  check.optimum('parallel-rows', cheap, { primal: [1.5, 0.5], dual: [1.5, 0, -0.5] })
  const dear = denseModel(
    [
      [-1, 0, INF],
      [-2, 0, INF],
    ],
    rows,
  )
  check.optimum('parallel-rows', dear, { primal: [0, 6], dual: [0, 1, 0] })
})

test('contradictions are proven with the rows that they come from', () => {
  const box = [
    [1, 0, 4],
    [1, 0, 2],
  ]
  check.infeasible('singleton-row', denseModel(box, [[9, INF, 2, 0]]))
  // The bound x <= 1 comes from a row, so that row is part of the proof.
  const chain = denseModel(box, [
    [-INF, 2, 2, 0],
    [5, INF, 1, 1],
  ])
  const ray = check.infeasible('redundant-row', chain)
  assert.ok((ray[2] as number) < 0 && (ray[3] as number) > 0)
  const parallel = denseModel(
    [
      [1, -9, 9],
      [1, -9, 9],
    ],
    [
      [-INF, 1, 1, -1],
      [-INF, -6, -2, 2],
    ],
  )
  check.infeasible('parallel-rows', parallel)
})
