/**
 * Streams of changes to a synthetic rebalancing model, of the kinds of the published ones. Depends on rebalancing-model.ts.
 */
import type { ChangeStep } from '../../wasm-core/host/changes/change-stream.js'
import { between, type Random, seededRandom } from '../seeded-random.js'
import type { Problem, StreamKind } from './problem.js'
import { cents, type RebalancingModel, rate, rebalancingModel } from './rebalancing-model.js'
import { StepBuilder } from './step-builder.js'

/** The model of `pools` and a stream on it, the same on every call. */
export function generatedRebalancing(pools: number, kind: StreamKind, steps: number): Problem {
  const rebalancing = rebalancingModel(pools, pools)
  return { model: rebalancing.model.sparse, steps: rebalancingStream(rebalancing, kind, steps, pools + 1) }
}

/** Share of the arcs that get another limit, and of those that get another price, in a mixed step. */
const CHANGED_SHARE = 0.05

/** A stream of the published kind: in a tick up to a fifth of one balance moves to another, in the others up to 6 % of all. */
export function rebalancingStream(
  rebalancing: RebalancingModel,
  kind: StreamKind,
  steps: number,
  seed: number,
): ChangeStep[] {
  const random = seededRandom(seed)
  const start = rebalancing.balances
  const balances = [...start]
  // Pulled back towards the start, so that long streams stay in the range of the published ones.
  const move = (step: StepBuilder, pool: number, amount: number) => {
    balances[pool] = cents(balances[pool]! + amount + 0.1 * (start[pool]! - balances[pool]!))
    step.row(pool, -balances[pool]!, -balances[pool]!)
  }
  return Array.from({ length: steps }, () => {
    const step = new StepBuilder()
    if (kind === 'tick') {
      const [from, to] = payment(random, start.length)
      const amount = 0.2 * random() * Math.min(start[from]!, start[to]!)
      move(step, from, -amount)
      move(step, to, amount)
    } else for (const [pool, size] of start.entries()) move(step, pool, 0.06 * size * between(random, -1, 1))
    if (kind === 'mixed') reprice(step, random, rebalancing)
    return step.build()
  })
}

function payment(random: Random, pools: number): [from: number, to: number] {
  const from = Math.floor(random() * pools)
  return [from, (from + 1 + Math.floor(random() * (pools - 1))) % pools]
}

function reprice(step: StepBuilder, random: Random, { model, arcs, draws }: RebalancingModel): void {
  const { columnUpper, cost } = model.sparse
  for (const arc of arcs) {
    if (random() < CHANGED_SHARE) step.column(arc, 0, cents(columnUpper[arc]! * between(random, 0.7, 1.3)))
    if (random() < CHANGED_SHARE) step.cost(arc, rate(cost[arc]! * between(random, 0.7, 1.3)))
  }
  const price = rate(between(random, 10, 45))
  for (const column of draws[Math.floor(random() * draws.length)]!) step.cost(column, price)
}
