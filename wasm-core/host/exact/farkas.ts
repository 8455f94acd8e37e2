/**
 * Exact combinations of rows that no point can meet. Depends on exact-model.ts, dyadic.ts, linear-system.ts.
 *
 *   sum of w_i (A x)_i + sum of m_j x_j = 0  for every x, with  m_j = - sum of w_i a_ij,
 *   while every term is at least its multiplier times the bound that it pushes against, and these add up to more than 0.
 */
import { add, type Dyadic, multiply, signOf, subtract, ZERO } from './dyadic.js'
import type { ExactModel } from './exact-model.js'
import type { CommonVector } from './linear-system.js'

export interface Combination {
  /** By variable: columns, then rows, over the denominator of the prices. */
  readonly multipliers: readonly Dyadic[]
  /** Sum of multipliers times bounds, over the same denominator; a proof when above 0 and nothing is unheld. */
  readonly margin: Dyadic
  /** Columns that push against a bound which is not there: nothing holds their terms. */
  readonly unheld: readonly number[]
}

/** The combination with row multipliers `weights`; those that push against a side which is not there are taken as 0. */
export function combinationOf(model: ExactModel, weights: CommonVector): Combination {
  const { columns, entries, lower, upper } = model
  const against = (multiplier: Dyadic, v: number) => (signOf(multiplier) > 0 ? lower[v] : upper[v])
  const usable = weights.values.map((weight, i) =>
    against(weight, columns + i) === undefined ? ZERO : weight,
  )
  const ofColumns = entries.map(({ row, value }) =>
    row.reduce((rest, i, k) => subtract(rest, multiply(value[k], usable[i])), ZERO),
  )
  const multipliers = [...ofColumns, ...usable]
  const unheld: number[] = []
  let margin = ZERO
  multipliers.forEach((multiplier, v) => {
    if (signOf(multiplier) === 0) return
    const bound = against(multiplier, v)
    if (bound === undefined) unheld.push(v)
    else margin = add(margin, multiply(multiplier, bound))
  })
  return { multipliers, margin, unheld }
}

export const isProof = ({ margin, unheld }: Combination): boolean => unheld.length === 0 && signOf(margin) > 0
