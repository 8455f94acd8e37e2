/** Exact solutions of sparse systems against dense elimination in fractions, and the proof of singularity against its rank. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exactly, solveDense } from '../testing/enumerate-vertices.js'
import { SeededRandom } from '../testing/random-model.js'
import { type Dyadic, fromDouble } from './dyadic.js'
import { WorkMeter } from './limits.js'
import { type DyadicMatrix, LinearSystem } from './linear-system.js'
import { fromDyadic } from './rational.js'
import { PRIMES } from './residue.js'

function fromRows(rows: readonly (readonly number[])[]): DyadicMatrix {
  const columns = rows.map((_, j) => {
    const present = rows.flatMap((row, i) => (row[j] === 0 ? [] : [i]))
    return { row: present, value: present.map((i) => fromDouble(rows[i][j])) }
  })
  return { rows: rows.length, columns }
}

const kinds: readonly ((random: SeededRandom) => number)[] = [
  (random) => random.whole(-1, 1),
  (random) => random.whole(-3, 9) / 10,
  (random) => random.between(-1, 1) * 2 ** random.whole(-60, 60),
]

function randomRows(random: SeededRandom): number[][] {
  const size = random.whole(1, 9)
  const entry = random.pick(kinds)
  const density = random.pick([0.3, 0.6, 1])
  const rows = Array.from({ length: size }, () =>
    Array.from({ length: size }, () => (random.chance(density) ? entry(random) : 0)),
  )
  // A row that is the sum of two others, where there are three: often exactly, sometimes but for rounding.
  if (size > 2 && random.chance(0.3)) rows[0] = rows[1].map((value, j) => value + rows[2][j])
  return rows
}

test('300 random systems and their transposes have the solutions of dense elimination, or are proven singular', () => {
  const random = new SeededRandom(81)
  let [regular, singular] = [0, 0]
  for (let round = 0; round < 300; round++) {
    const rows = randomRows(random)
    const side = rows.map(() => kinds[1](random))
    const meter = new WorkMeter()
    const system = LinearSystem.of(fromRows(rows), meter)
    const dense = rows.map((row) => row.map(exactly))
    const expected = solveDense(dense, side.map(exactly))
    assert.equal(system === undefined, expected === undefined)
    if (system === undefined || expected === undefined) {
      singular++
      continue
    }
    regular++
    const exact = side.map(fromDouble)
    assert.deepEqual(fractions(system.solve(exact)), expected)
    const turned = dense.map((_, i) => dense.map((row) => row[i]))
    assert.deepEqual(fractions(system.solveTransposed(exact)), solveDense(turned, side.map(exactly)))
  }
  assert.ok(regular > 100 && singular > 40, `${regular} regular, ${singular} singular`)
})

const fractions = ({ values, denominator }: { values: readonly Dyadic[]; denominator: bigint }) =>
  values.map((value) => fromDyadic(value, denominator))

test('a determinant that a prime divides is met by another prime, and is not called singular', () => {
  const system = LinearSystem.of(
    fromRows([
      [PRIMES[0], 0],
      [1, PRIMES[1]],
    ]),
    new WorkMeter(),
  )
  assert.ok(system !== undefined)
  const { values, denominator } = system.solve([fromDouble(1), fromDouble(1)])
  assert.deepEqual(fromDyadic(values[0], denominator), { numerator: 1n, denominator: BigInt(PRIMES[0]) })
})

test('limits on bits and on operations end it with what to do', () => {
  const random = new SeededRandom(3)
  const rows = Array.from({ length: 30 }, () => Array.from({ length: 30 }, () => random.between(-1, 1)))
  const solve = (limits: object) => {
    const meter = new WorkMeter({ bits: 1e6, operations: 1e9, pivots: 0, ...limits })
    const sides = rows.map(() => fromDouble(1))
    return LinearSystem.of(fromRows(rows), meter)?.solve(sides)
  }
  assert.ok(solve({}) !== undefined)
  assert.throws(() => solve({ bits: 1000 }), { code: 'WEIR_SOLVER', remedy: /limit on bits/ })
  assert.throws(() => solve({ operations: 10_000 }), { code: 'WEIR_SOLVER', remedy: /limit on operations/ })
})
