/**
 * Warm re-solve: one payment moves two balances of a 32-pool model; the optimum is found again from where it was.
 *
 * Peer: HiGHS compiled to WASM (npm `highs`), kept warm in the way its API offers. Both see the same payments; objectives
 * are compared at the end and a difference fails the benchmark.
 */

import { WeirError } from '../pipeline/errors.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { LinearProgram } from '../wasm-core/host/linear-program.js'
import { loadHighs, toHighs } from '../wasm-core/host/peers/highs.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'
import { rebalancingWorkload, seededRandom } from './rebalancing-workload.js'

const POOLS = 32
const PAYMENTS_PER_ROUND = 50

interface Payment {
  readonly from: number
  readonly to: number
  readonly amount: number
}

function payments(seed: number): () => Payment {
  const random = seededRandom(seed)
  return () => {
    const from = Math.floor(random() * POOLS)
    const to = (from + 1 + Math.floor(random() * (POOLS - 1))) % POOLS
    return { from, to, amount: Math.round(random() * 300) / 100 }
  }
}

export const warmResolve: Scenario = {
  name: 'warm-resolve',
  measures: `one payment on a ${POOLS}-pool model (76 rows, 384 columns): change, re-solve, read the answer`,
  warmUpRounds: 20,
  rounds: 40,
  async contenders() {
    const workload = rebalancingWorkload(POOLS, 1)
    const weir = await weirContender(workload)
    const highs = await highsContender(workload)
    return {
      list: [weir.contender, highs.contender],
      notes: ['The same payments for both; the final objectives are compared.'],
      close() {
        const expected = highs.objective()
        const difference = Math.abs(weir.objective() - expected)
        highs.dispose()
        if (!(difference <= 1e-7 * (1 + Math.abs(expected)))) {
          throw new WeirError('WEIR_SOLVER', `objectives differ by ${difference}`)
        }
      },
    }
  },
}

type Workload = ReturnType<typeof rebalancingWorkload>

/** Times one round of payments against a solver that is given new sides of two rows at a time. */
function contender(
  name: string,
  role: Contender['role'],
  workload: Workload,
  step: (from: number, fromSide: number, to: number, toSide: number) => void,
): Contender {
  const sides = [...workload.start]
  const next = payments(7)
  return {
    name,
    role,
    round(samples) {
      for (let i = 0; i < PAYMENTS_PER_ROUND; i++) {
        const { from, to, amount } = next()
        sides[from] = Math.max(0, sides[from]! - amount)
        sides[to] = Math.min(100, sides[to]! + amount)
        const before = nowMicros()
        step(from, sides[from], to, sides[to])
        samples.push(nowMicros() - before)
      }
    },
  }
}

async function weirContender(workload: Workload) {
  const { module } = await compileOptimizer()
  const program = LinearProgram.instantiate(module)
  program.load(workload.model.sparse)
  program.resolve()
  let read = 0
  const weir = contender('weir', 'weir', workload, (from, fromSide, to, toSide) => {
    program.changeRow(from, fromSide, fromSide)
    program.changeRow(to, toSide, toSide)
    if (program.resolve() !== 'optimal') throw new WeirError('WEIR_SOLVER', 'the model has no optimum')
    read += program.primal[0]! + program.dual[0]!
  })
  return { contender: weir, objective: () => (Number.isFinite(read) ? program.objective : Number.NaN) }
}

async function highsContender(workload: Workload) {
  const highs = await loadHighs()
  const model = highs.createModel(toHighs(workload.model.sparse))
  model.options.set('output_flag', false)
  model.run()
  let read = 0
  const peer = contender('HiGHS WASM, warm', 'peer', workload, (from, fromSide, to, toSide) => {
    model.changeRowBounds(from, fromSide, fromSide)
    model.changeRowBounds(to, toSide, toSide)
    model.run()
    const solution = model.getSolution()
    read += solution.colValue[0]! + solution.rowDual[0]!
  })
  return {
    contender: peer,
    objective: () => (Number.isFinite(read) ? model.getObjectiveValue() : Number.NaN),
    dispose: () => model.dispose(),
  }
}
