/** The goals, on results made up for them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { goalsOf, type Measured } from './goals.js'
import type { WarmColumn, WarmResult } from './results.js'

function column(name: string, p50: number, p99 = p50, maxRelativeDifference = 0): WarmColumn {
  const micros = { samples: 1, p50, p99, p999: p99, mean: p50 }
  return {
    name,
    role: name.startsWith('Weir') ? 'weir' : 'peer',
    micros,
    stepMicros: micros,
    pivotsMean: 1,
    maxRelativeDifference,
  }
}

function warm(
  pools: number,
  kind: WarmResult['kind'],
  highs: WarmColumn,
  ...natives: WarmResult['alone']
): WarmResult {
  const together = [column('Weir fast', 10), column('Weir canonical', 11), highs]
  const alone = [column('Weir fast', 5), ...natives]
  return { pools, kind, model: 'generated', rows: 1, columns: 1, steps: 1, passes: 1, together, alone }
}

const run = { compileMs: 1, firstSolveMs: 1, solvesUntilReady: 1, longestMs: 9, medianMs: 1 }
const startUp = {
  pools: 32,
  solves: 1000,
  solvers: [
    {
      name: 'Weir',
      runs: [
        { ...run, readyMs: 20, longestOwnMs: 1 },
        { ...run, readyMs: 30, longestOwnMs: 3 },
      ],
    },
  ],
}
const outcomes = (measured: Partial<Measured>) =>
  goalsOf({ warm: [], cold: { skipped: 'no data' }, startUp, ...measured })
const outcome = (measured: Partial<Measured>, goal: string) =>
  outcomes(measured).find((one) => one.goal.startsWith(goal))!

test('what was not measured is neither met nor missed', () => {
  const open = outcomes({}).filter(({ isMet }) => isMet === undefined)
  assert.equal(open.length, 11)
  assert.ok(open.every(({ found }) => found === 'not measured'))
  const missing = [warm(32, 'tick', column('HiGHS WASM', 100), { name: 'GLPK', notMeasured: 'install it' })]
  assert.equal(outcome({ warm: missing }, '32 pools, tick: fastest native').isMet, undefined)
})

test('ratios are taken within an arrangement, and every stream that misses is named', () => {
  const tick = warm(32, 'tick', column('HiGHS WASM', 100, 49), column('GLPK', 9), column('Clp', 20))
  const batch = warm(8, 'batch', column('HiGHS WASM', 20), column('GLPK', 4))
  const results = { warm: [tick, batch] }
  assert.deepEqual(outcome(results, '32 pools, tick: HiGHS WASM / Weir at p50').isMet, true)
  assert.deepEqual(outcome(results, '32 pools, tick: HiGHS WASM / Weir at p99'), {
    goal: '32 pools, tick: HiGHS WASM / Weir at p99 >= 5x',
    found: '4.90x (32 tick)',
    isMet: false,
  })
  assert.equal(outcome(results, '32 pools, tick: fastest native').found, '1.80x (32 tick, GLPK)')
  assert.equal(outcome(results, 'every stream: fastest native').found, '0.80x (8 batch, GLPK)')
})

test('the largest difference of an objective decides, that of a peer too', () => {
  const far = warm(8, 'tick', column('HiGHS WASM', 100), column('Clp', 20, 20, 1e-8))
  assert.deepEqual(outcome({ warm: [far] }, 'every step').isMet, false)
  const failed = warm(8, 'tick', column('HiGHS WASM', 100, 100, Number.POSITIVE_INFINITY))
  assert.deepEqual(outcome({ warm: [failed] }, 'every step').isMet, false)
})

test('Netlib: the faster HiGHS counts, and an instance that is not solved', () => {
  const contender = { solved: 1, sumMs: 1, maxRelativeError: 1e-10, unsolved: [] as string[] }
  const cold = (unsolved: string[]) => ({
    instances: [],
    contenders: [
      { ...contender, name: 'Weir', family: 'weir' as const, meanMs: 10, unsolved },
      { ...contender, name: 'HiGHS on', family: 'highs' as const, meanMs: 20 },
      { ...contender, name: 'HiGHS off', family: 'highs' as const, meanMs: 9 },
    ],
    notMeasured: [],
    solvedByAll: 1,
    secondsAtMost: 1,
  })
  assert.deepEqual(outcome({ cold: cold([]) }, 'Netlib: mean'), {
    goal: 'Netlib: mean time of Weir <= that of HiGHS WASM, whichever presolve is faster',
    found: 'HiGHS / Weir 0.90x',
    isMet: false,
  })
  assert.equal(outcome({ cold: cold([]) }, 'Netlib: every').isMet, true)
  assert.equal(outcome({ cold: cold(['afiro: deadline']) }, 'Netlib: every').isMet, false)
})

test('the slowest process decides', () => {
  assert.deepEqual(
    [outcome({}, 'fresh process: module').found, outcome({}, 'fresh process: none').isMet],
    ['30.0 ms', false],
  )
})
