/**
 * Whether a ray proves that a model has no feasible point, decided in exact arithmetic. A ray in doubles that misses by its last digits is
 * repaired: its terms that must vanish are made to. Depends on farkas.ts, ray-repair.ts, exact-walk.ts, exact-model.ts.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { checkBasis } from '../basis.js'
import { checkModel, type SparseModel } from '../sparse-model.js'
import { compare, type Dyadic, fromDouble, ONE, subtract, ZERO } from './dyadic.js'
import { type ExactModel, exactModel } from './exact-model.js'
import { walkFrom } from './exact-walk.js'
import { combinationOf, isProof } from './farkas.js'
import { EXACT_LIMITS, type ExactLimits, WorkMeter } from './limits.js'
import type { CommonVector } from './linear-system.js'
import { fromDyadic, type Rational } from './rational.js'
import { repairedWeights } from './ray-repair.js'
import { vertexOf } from './vertex.js'

export interface ProvenInfeasible {
  readonly outcome: 'infeasible'
  /** `crossed`: the bounds of one variable exclude each other. `farkas`: a combination of rows and columns that no value can meet. */
  readonly kind: 'crossed' | 'farkas'
  /** Above 0: by how much the combination is missed. */
  readonly margin: Rational
  /** Exact multipliers of columns, then rows. */
  readonly multipliers: CommonVector
  /** Whether the ray proved it as it was, or only when repaired. */
  readonly isRepaired: boolean
}

export interface RefutedRay {
  readonly outcome: 'refuted'
  /** `no-margin`: the terms add up to 0 or less. `unheld`: a column pushes against a bound that is not there. */
  readonly reason: 'ray-not-finite' | 'no-margin' | 'unheld'
  readonly detail: string
}

export interface InfeasibleOptions {
  readonly limits?: ExactLimits
  /** Where the optimizer ended: a start for exact basis changes, which find a proof where the ray cannot be repaired. */
  readonly basis?: Uint8Array
}

export type InfeasibilityCertificate = ProvenInfeasible | RefutedRay

/**
 * @param ray multipliers of columns, then rows, as `LinearProgram.ray`; those of columns follow from those of rows and are not trusted
 * @throws `WEIR_SOLVER` for what is no model, for a ray of another shape, and when a limit is met
 */
export function certifyInfeasible(
  model: SparseModel,
  ray: Float64Array,
  options: InfeasibleOptions = {},
): InfeasibilityCertificate {
  checkModel(model)
  if (ray.length !== model.rows + model.columns) {
    throw new WeirError('WEIR_SOLVER', `has ${ray.length} multipliers`, {
      place: 'ray',
      remedy: `give ${model.columns} for columns and ${model.rows} for rows`,
    })
  }
  if (!ray.every(Number.isFinite))
    return { outcome: 'refuted', reason: 'ray-not-finite', detail: 'the ray holds numbers that are none' }
  const exact = exactModel(model)
  const crossed = crossedOf(exact, ray)
  if (crossed !== undefined) return crossed
  const weights = { values: Array.from(ray.subarray(model.columns), fromDouble), denominator: 1n }
  const combination = combinationOf(exact, weights)
  if (isProof(combination)) return proven(weights.denominator, combination, false)
  const meter = new WorkMeter(options.limits ?? EXACT_LIMITS)
  const repairs = [
    () => repairedWeights(exact, ray, meter),
    () => weightsFromBasis(exact, options.basis, meter),
  ]
  for (const repair of repairs) {
    const repaired = repair()
    const second = repaired && combinationOf(exact, repaired)
    if (repaired && second && isProof(second)) return proven(repaired.denominator, second, true)
  }
  const [column] = combination.unheld
  if (column !== undefined) {
    const detail = `column ${column} pushes against a bound that is not there`
    return { outcome: 'refuted', reason: 'unheld', detail }
  }
  return {
    outcome: 'refuted',
    reason: 'no-margin',
    detail: 'the terms of the combination add up to 0 or less',
  }
}

/** Weights that the dual method ends with, in exact arithmetic. */
function weightsFromBasis(model: ExactModel, basis: Uint8Array | undefined, meter: WorkMeter) {
  if (basis === undefined) return undefined
  checkBasis(basis, model.rows, model.variables)
  const vertex = vertexOf(model, basis, meter)
  if (typeof vertex === 'string') return undefined
  const walk = walkFrom(model, basis, vertex, meter)
  return walk.kind === 'infeasible' ? walk.multipliers : undefined
}

function proven(
  denominator: bigint,
  { margin, multipliers }: ReturnType<typeof combinationOf>,
  isRepaired: boolean,
): ProvenInfeasible {
  const vector = { values: multipliers, denominator }
  return {
    outcome: 'infeasible',
    kind: 'farkas',
    margin: fromDyadic(margin, denominator),
    multipliers: vector,
    isRepaired,
  }
}

/** Of the variables in the ray, one whose bounds cross. */
function crossedOf(model: ExactModel, ray: Float64Array): ProvenInfeasible | undefined {
  for (let v = 0; v < model.variables; v++) {
    const [lower, upper] = [model.lower[v], model.upper[v]]
    if (ray[v] === 0 || lower === undefined || upper === undefined || compare(lower, upper) <= 0) continue
    const values = new Array<Dyadic>(model.variables).fill(ZERO)
    values[v] = ONE
    const margin = fromDyadic(subtract(lower, upper))
    const multipliers = { values, denominator: 1n }
    return { outcome: 'infeasible', kind: 'crossed', margin, multipliers, isRepaired: false }
  }
  return undefined
}
