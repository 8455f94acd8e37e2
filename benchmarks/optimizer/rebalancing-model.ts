/**
 * Synthetic rebalancing models of any size, of the family of the published ones.
 *
 * Per pool: a balance with floor and cap, cheap and dear shortfall, idle cash, six outgoing arcs, two facility draws (12
 * columns); rows: a balance and a buffer per pool, eight facility limits, four counterparty limits. All entries are
 * +-1. The ranges are those read off the published models, so that as many pivots are needed. Everything follows from the
 * seed. Depends on the pipeline's builder of models.
 */
import { ModelBuilder, type NamedModel } from '../../pipeline/deliberation/model-builder.js'
import { between, type Random, seededRandom } from '../seeded-random.js'

const FACILITIES = 8
const COUNTERPARTIES = 4
const ARCS_PER_POOL = 6
const DRAWS_PER_POOL = 2
/** Arcs lead to the next pool and to some of the few after it, as payments stay among neighbours. */
const NEIGHBOURS = 12

export interface RebalancingModel {
  readonly model: NamedModel
  readonly pools: number
  /** Balances at the start; the side of balance row `pool` is minus that. */
  readonly balances: readonly number[]
  /** Columns of the arcs between pools. */
  readonly arcs: readonly number[]
  /** Columns of the draws on each facility. */
  readonly draws: readonly (readonly number[])[]
}

export const cents = (value: number) => Math.round(value * 100) / 100
/** Rates and prices have three digits. */
export const rate = (value: number) => Math.round(value * 1000) / 1000

export function rebalancingModel(pools: number, seed: number): RebalancingModel {
  const random = seededRandom(seed)
  const builder = new ModelBuilder()
  // Sizes spread evenly over the powers between 50 and 1000.
  const buffers = Array.from({ length: pools }, () => cents(50 * 20 ** random()))
  const balances = buffers.map((buffer) => cents(buffer * between(random, 0.4, 1.65)))
  const rows = {
    balances: balances.map((value, pool) => builder.row(`balance:${pool}`, -value, -value)),
    buffers: buffers.map((value, pool) => builder.row(`buffer:${pool}`, value, value)),
    facilities: limits(builder, random, 'facility', FACILITIES, pools * 4.5, 0.5),
    counterparties: limits(builder, random, 'counterparty', COUNTERPARTIES, pools * 15, 0.3),
  }
  const one = (row: number, value = 1) => ({ row, value })
  const infinity = Number.POSITIVE_INFINITY
  for (const [pool, buffer] of buffers.entries()) {
    const [balanceRow, bufferRow] = [rows.balances[pool]!, rows.buffers[pool]!]
    const own = [one(balanceRow, -1), one(bufferRow)]
    builder.column(`balance:${pool}`, 0, cents(-buffer / 4), cents(6 * buffer), own)
    const cheap = rate(between(random, 40, 60))
    builder.column(`shortfall:${pool}`, cheap, 0, cents(buffer / 2), [one(bufferRow)])
    builder.column(`dear:${pool}`, rate(between(random, 300, 500)), 0, infinity, [one(bufferRow)])
    builder.column(`idle:${pool}`, rate(between(random, 0.8, 3)), 0, infinity, [one(bufferRow, -1)])
  }
  const arcs = addArcs(builder, random, buffers, rows)
  const draws = addDraws(builder, random, buffers, rows)
  return { model: builder.build(), pools, balances, arcs, draws }
}

interface Rows {
  readonly balances: readonly number[]
  readonly facilities: readonly number[]
  readonly counterparties: readonly number[]
}

function limits(
  builder: ModelBuilder,
  random: Random,
  kind: string,
  count: number,
  mean: number,
  spread: number,
): number[] {
  return Array.from({ length: count }, (_, index) => {
    const limit = cents(mean * between(random, 1 - spread, 1 + spread))
    return builder.row(`${kind}:${index}`, Number.NEGATIVE_INFINITY, limit)
  })
}

function addArcs(builder: ModelBuilder, random: Random, buffers: readonly number[], rows: Rows): number[] {
  const pools = buffers.length
  const arcs: number[] = []
  for (const [pool, buffer] of buffers.entries()) {
    const distances = new Set([1])
    while (distances.size < Math.min(ARCS_PER_POOL, pools - 1))
      distances.add(1 + Math.floor(random() * Math.min(NEIGHBOURS, pools - 1)))
    for (const distance of distances) {
      const other = (pool + distance) % pools
      const limit = cents(between(random, 0.1, 0.75) * Math.min(buffer, buffers[other]!))
      const counterparty = rows.counterparties[Math.floor(random() * COUNTERPARTIES)]!
      const entries = [
        { row: rows.balances[pool]!, value: -1 },
        { row: rows.balances[other]!, value: 1 },
        { row: counterparty, value: 1 },
      ]
      const cost = rate(0.3 * 14 ** random())
      arcs.push(builder.column(`transfer:${pool}:${other}`, cost, 0, limit, entries))
    }
  }
  return arcs
}

function addDraws(builder: ModelBuilder, random: Random, buffers: readonly number[], rows: Rows): number[][] {
  const prices = rows.facilities.map(() => between(random, 10, 45))
  const draws = rows.facilities.map((): number[] => [])
  for (const [pool, buffer] of buffers.entries()) {
    const first = Math.floor(random() * FACILITIES)
    for (let draw = 0; draw < DRAWS_PER_POOL; draw++) {
      const facility = (first + draw * 3) % FACILITIES
      const entries = [
        { row: rows.balances[pool]!, value: 1 },
        { row: rows.facilities[facility]!, value: 1 },
        { row: rows.counterparties[facility % COUNTERPARTIES]!, value: 1 },
      ]
      const price = rate(prices[facility]! + between(random, 0, 2))
      const limit = cents(between(random, 0.2, 0.7) * buffer)
      draws[facility]!.push(builder.column(`draw:${pool}:${facility}`, price, 0, limit, entries))
    }
  }
  return draws
}
