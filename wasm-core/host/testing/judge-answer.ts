/**
 * Judges an answer where the model may be ill-posed, so that two right solvers differ: agreement with HiGHS first, and
 * otherwise the answer's own proof, computed here from the model and the answer alone.
 * Depends on certificate.ts, linear-program.ts and the oracle.
 */
import { dualityGap, infeasibilityProof, unboundednessProof } from '../certificate.js'
import type { LinearProgram, SolveStatus } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import type { OracleAnswer } from './highs-oracle.js'
import { multiply, multiplyTransposed } from './random-model.js'

/** 'agrees' with HiGHS and proven; 'proven' although HiGHS differs or is undecided; 'undecided' by the optimizer itself. */
export type Verdict = 'agrees' | 'proven' | 'undecided'

/** What the optimizer promises of an optimum, and a little more for the rounding of these checks. */
const RESIDUAL = 1.1e-7
/** A gap is a sum over all columns and rows of what residuals leave in each. */
const GAP = 1e-6
const OBJECTIVE = 1e-7

/** Throws when an answer is not proven, whoever agrees with it. */
export function judge(
  model: SparseModel,
  program: LinearProgram,
  status: SolveStatus,
  expected: OracleAnswer,
): Verdict {
  if (status === 'numerical-failure') return 'undecided'
  const flaw = flawOf(model, program, status)
  if (flaw !== undefined) throw new Error(`${status}, HiGHS ${expected.status}: ${flaw}`)
  if (expected.status !== status) return 'proven'
  if (status !== 'optimal') return 'agrees'
  const distance = Math.abs(program.objective - expected.objective)
  return distance <= OBJECTIVE * (1 + Math.abs(expected.objective)) ? 'agrees' : 'proven'
}

function flawOf(model: SparseModel, program: LinearProgram, status: SolveStatus): string | undefined {
  if (status === 'infeasible') {
    const { kind, margin, residual } = infeasibilityProof(model, program.ray)
    return margin > 0 && residual <= 1e-8 ? undefined : `${kind} margin ${margin}, residual ${residual}`
  }
  const primal = primalResidual(model, program)
  if (!(primal <= RESIDUAL)) return `primal residual ${primal}`
  if (status === 'unbounded') {
    const { margin, residual } = unboundednessProof(model, program.ray)
    return margin > 0 && residual <= 1e-8 ? undefined : `recession margin ${margin}, residual ${residual}`
  }
  if (status !== 'optimal') return 'no answer'
  const dual = dualResidual(model, program)
  if (!(dual <= RESIDUAL)) return `dual residual ${dual}`
  const gap = dualityGap(model, program)
  return gap <= GAP * gapUnit(model, program) ? undefined : `gap ${gap}`
}

/** A sum of doubles is known to some 2e-15 of the sizes of its terms. */
const ROUNDING = 2e-8

const magnitudes = (model: SparseModel): SparseModel => ({ ...model, value: model.value.map(Math.abs) })

/** Largest violation of a bound or side b by the values or by A x, in units of 1 + |b|, or of what rounding of A x allows. */
function primalResidual(model: SparseModel, { primal }: LinearProgram): number {
  const sizes = multiply(magnitudes(model), primal.map(Math.abs))
  const worst = (
    values: Float64Array,
    lower: Float64Array,
    upper: Float64Array,
    size: (k: number) => number,
  ) =>
    values.reduce(
      (sum, at, k) => Math.max(sum, outside(at, lower[k] as number, upper[k] as number, size(k))),
      0,
    )
  return Math.max(
    worst(primal, model.columnLower, model.columnUpper, () => 0),
    worst(multiply(model, primal), model.rowLower, model.rowUpper, (i) => sizes[i] as number),
  )
}

function outside(at: number, low: number, high: number, size: number): number {
  if (at >= low && at <= high) return 0
  const bound = at < low ? low : high
  return Number.isNaN(at) ? Infinity : Math.abs(at - bound) / Math.max(1 + Math.abs(bound), ROUNDING * size)
}

/** Largest multiplier that pushes towards a bound far from the value, in the units of `LinearProgram.dualResidual`. */
function dualResidual(model: SparseModel, { primal, dual }: LinearProgram): number {
  const largestCost = model.cost.reduce((largest, cost) => Math.max(largest, Math.abs(cost)), 0)
  const unit = largestCost === 0 ? 1 : Math.max(Math.min(1, largestCost), 1e-5 * largestCost)
  const products = multiplyTransposed(model, dual)
  const reduced = model.cost.map((cost, j) => cost - (products[j] as number))
  const sizes = multiplyTransposed(magnitudes(model), dual.map(Math.abs))
  const activity = multiply(model, primal)
  let worst = 0
  const see = (multiplier: number, at: number, low: number, high: number, size: number) => {
    const bound = multiplier > 0 ? low : high
    if (!(Math.abs(at - bound) <= 2 * RESIDUAL * (1 + Math.abs(bound))))
      worst = Math.max(worst, Math.abs(multiplier) / Math.max(unit, ROUNDING * size))
  }
  primal.forEach((at, j) => {
    const size = Math.abs(model.cost[j] as number) + (sizes[j] as number)
    see(reduced[j] as number, at, model.columnLower[j] as number, model.columnUpper[j] as number, size)
  })
  dual.forEach((y, i) => {
    see(y, activity[i] as number, model.rowLower[i] as number, model.rowUpper[i] as number, 0)
  })
  return worst
}

/** Terms of the objective, over the objective: the gap of a sum that cancels is that of its terms. */
function gapUnit(model: SparseModel, { primal, objective }: LinearProgram): number {
  const terms = model.cost.reduce((sum, cost, j) => sum + Math.abs(cost * (primal[j] as number)), 0)
  return Math.max(1, terms) / Math.max(1, Math.abs(objective))
}
