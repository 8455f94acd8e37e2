/**
 * A synthetic rebalancing LP of any size and a stream of payments on it: what `warm-resolve` solves.
 *
 * Per pool: a balance, cheap and dear shortfall, idle cash, six outgoing arcs, two facility draws; rows: balances,
 * buffers, eight facility limits, four counterparty limits. All entries are +-1, as in the published models of the
 * same shape, so figures here can be compared with theirs. Everything follows from the seed.
 */
import { ModelBuilder, type NamedModel } from '../pipeline/deliberation/model-builder.js'

const FACILITIES = 8
const COUNTERPARTIES = 4
const ARCS_PER_POOL = 6

/** Park and Miller's minimal standard generator: enough to lay out a benchmark, the same everywhere. */
export function seededRandom(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

export interface RebalancingWorkload {
  readonly model: NamedModel
  readonly pools: number
  /** Right-hand sides of the balance rows at the start. */
  readonly start: readonly number[]
}

export function rebalancingWorkload(pools: number, seed: number): RebalancingWorkload {
  const random = seededRandom(seed)
  const cents = (value: number) => Math.round(value * 100) / 100
  const builder = new ModelBuilder()
  const start = Array.from({ length: pools }, () => cents(20 + 60 * random()))
  const balances = start.map((value, pool) => builder.row(`balance:${pool}`, value, value))
  const buffers = start.map((_, pool) => builder.row(`buffer:${pool}`, 45, 45))
  const facilities = Array.from({ length: FACILITIES }, (_, k) =>
    builder.row(`facility:${k}`, Number.NEGATIVE_INFINITY, cents((pools / FACILITIES) * 30)),
  )
  const counterparties = Array.from({ length: COUNTERPARTIES }, (_, g) =>
    builder.row(`counterparty:${g}`, Number.NEGATIVE_INFINITY, cents((pools / COUNTERPARTIES) * 25)),
  )
  const infinity = Number.POSITIVE_INFINITY
  const one = (row: number, value = 1) => ({ row, value })
  for (let pool = 0; pool < pools; pool++) {
    const [balance, buffer] = [balances[pool]!, buffers[pool]!]
    builder.column(`b:${pool}`, 0, 2, 400, [one(balance), one(buffer)])
    builder.column(`s1:${pool}`, 1 + random(), 0, 9, [one(buffer)])
    builder.column(`s2:${pool}`, 8 + 4 * random(), 0, infinity, [one(buffer)])
    builder.column(`e:${pool}`, 0.2 + 0.1 * random(), 0, infinity, [one(buffer, -1)])
    for (let arc = 0; arc < ARCS_PER_POOL; arc++) {
      const other = (pool + 1 + Math.floor(random() * (pools - 1))) % pools
      const entries = [one(balance), one(balances[other]!, -1), one(counterparties[pool % COUNTERPARTIES]!)]
      builder.column(`x:${pool}:${arc}`, 0.05 + 0.4 * random(), 0, cents(5 + 20 * random()), entries)
    }
    for (let draw = 0; draw < 2; draw++) {
      const facility = facilities[(pool + draw * 3) % FACILITIES]!
      builder.column(`d:${pool}:${draw}`, 2 + 2 * random(), 0, 30, [one(balance, -1), one(facility)])
    }
  }
  return { model: builder.build(), pools, start }
}
