/**
 * Warm re-solve: one payment moves two balances of a 32-pool model; the optimum is found again from where it was.
 *
 * Peer: HiGHS compiled to WASM (npm `highs`), kept warm in the best way that its API offers. Both see the same payments, and
 * a difference of an objective fails the benchmark. The benchmark `optimizer` has more sizes, changes and peers.
 */
import { HighsContender } from '../cli/bench/highs-contender.js'
import { WeirContender } from '../cli/bench/weir-contender.js'
import { WeirError } from '../pipeline/errors.js'
import type { ChangeStep } from '../wasm-core/host/changes/change-stream.js'
import { compileOptimizer } from '../wasm-core/host/compile.js'
import { LinearProgram } from '../wasm-core/host/linear-program.js'
import { loadHighs } from '../wasm-core/host/peers/highs.js'
import { type Contender, nowMicros, type Scenario } from './harness.js'
import { generatedRebalancing } from './optimizer/rebalancing-stream.js'

const POOLS = 32
const PAYMENTS_PER_ROUND = 50
const WARM_UP_ROUNDS = 20
const ROUNDS = 40

export const warmResolve: Scenario = {
  name: 'warm-resolve',
  measures: `one payment on a ${POOLS}-pool model (76 rows, 384 columns): change, re-solve, read the answer`,
  warmUpRounds: WARM_UP_ROUNDS,
  rounds: ROUNDS,
  async contenders() {
    const payments = (WARM_UP_ROUNDS + ROUNDS) * PAYMENTS_PER_ROUND
    const { model, steps } = generatedRebalancing(POOLS, 'tick', payments)
    const { module } = await compileOptimizer()
    const weir = new WeirContender(LinearProgram.instantiate(module), model, 'fast')
    const highs = new HighsContender(await loadHighs(), model)
    const differences = new ObjectiveDifference()
    return {
      list: [
        contender('weir', 'weir', weir, steps, differences),
        contender('HiGHS WASM, warm', 'peer', highs, steps, differences),
      ],
      notes: [`Largest relative difference of an objective allowed: ${DIFFERENCE_ALLOWED}.`],
      close: () => highs.dispose(),
    }
  },
}

const DIFFERENCE_ALLOWED = 1e-7

/** Compares what the second contender says of a step with what the first has said. */
class ObjectiveDifference {
  readonly #first: number[] = []

  check(step: number, objective: number): void {
    const expected = this.#first[step]
    if (expected === undefined) this.#first[step] = objective
    else if (!(Math.abs(objective - expected) <= DIFFERENCE_ALLOWED * Math.max(1, Math.abs(expected)))) {
      throw new WeirError('WEIR_SOLVER', `objectives ${expected} and ${objective} of step ${step} differ`)
    }
  }
}

/** Times one round of payments at a time, going on in the stream from round to round. */
function contender(
  name: string,
  role: Contender['role'],
  solver: WeirContender | HighsContender,
  steps: readonly ChangeStep[],
  differences: ObjectiveDifference,
): Contender {
  solver.restart()
  let next = 0
  return {
    name,
    role,
    round(samples) {
      for (let i = 0; i < PAYMENTS_PER_ROUND; i++) {
        const before = nowMicros()
        solver.step(steps[next]!)
        samples.push(nowMicros() - before)
        if (!solver.isOptimal) throw new WeirError('WEIR_SOLVER', `step ${next} has no optimum: ${name}`)
        differences.check(next++, solver.objective)
      }
    },
  }
}
