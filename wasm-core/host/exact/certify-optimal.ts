/**
 * Whether the basis of an answer is optimal, decided in exact arithmetic from the model alone; and how far the answer in doubles is
 * from the exact one. Depends on vertex.ts, violation.ts, safe-bound.ts, exact-walk.ts, distance.ts.
 *
 * Exact means: for the model in doubles as it is given, not for decimals that they were read from.
 */
import { WeirError } from '../../../pipeline/errors.js'
import { checkBasis } from '../basis.js'
import { checkModel, type SparseModel } from '../sparse-model.js'
import { type Distance, distanceOf, distanceOfOne } from './distance.js'
import { compare, fromDouble } from './dyadic.js'
import { type ExactModel, exactModel } from './exact-model.js'
import { walkFrom } from './exact-walk.js'
import { EXACT_LIMITS, type ExactLimits, WorkMeter } from './limits.js'
import {
  compareRationals,
  difference,
  fromDyadic,
  magnitude,
  type Rational,
  rational,
  sum,
} from './rational.js'
import { pricesOf, safeBound } from './safe-bound.js'
import { type NoVertex, type Vertex, vertexOf } from './vertex.js'
import { dualViolation, primalViolation, type Violation } from './violation.js'

/** `LinearProgram` and answers of presolve have these. */
export interface FloatAnswer {
  /** By column. */
  readonly primal: Float64Array
  /** By row. */
  readonly dual: Float64Array
  readonly objective: number
}

export interface CertifyOptions {
  /**
   * Violations and distances that count as rounding; see violation.ts for their units. The default is ten times what the optimizer
   * allows itself, because a vertex may be that much further from its bounds than the answer is.
   */
  readonly tolerance?: number
  readonly limits?: ExactLimits
}

export const EXACT_TOLERANCE = 1e-6

export interface AnswerDistance {
  readonly primal: Distance
  readonly dual: Distance
  readonly objective: Distance
}

export interface Proven {
  readonly outcome: 'optimal'
  /** Of the basis as it was given, which is feasible and optimal without any tolerance: primal and dual objective are this number. */
  readonly objective: Rational
  readonly distance: AnswerDistance
}

/** The basis breaks bounds or signs, each by no more than tolerance. */
export interface Within {
  readonly outcome: 'optimal-within'
  /** Of the vertex of the basis, feasible or not. */
  readonly objective: Rational
  readonly distance: AnswerDistance
  readonly primalViolation: Rational
  readonly dualViolation: Rational
  /** No feasible point is below; undefined when nothing is known. */
  readonly lowest: Rational | undefined
  /** Of an exactly feasible point; undefined when none was found. */
  readonly highest: Rational | undefined
  /** `highest` - `lowest`: 0 when the exact optimum was found. */
  readonly gap: Rational | undefined
  /** Where exact basis changes led, and how many they were. `infeasible`: rows and bounds of the model in doubles exclude each other by a rest of rounding. */
  readonly repair: 'optimal' | 'feasible' | 'infeasible' | 'none'
  readonly pivots: number
  /** The exactly optimal basis, with `repair` optimal. */
  readonly basis: Uint8Array | undefined
}

export type RefutationReason =
  | NoVertex
  | 'primal-infeasible'
  | 'dual-infeasible'
  | 'answer-not-finite'
  | 'answer-differs'

export interface Refuted {
  readonly outcome: 'refuted'
  readonly reason: RefutationReason
  /** What was found, in words. */
  readonly detail: string
}

export type OptimalityCertificate = Proven | Within | Refuted

/**
 * @param basis codes of basis.ts, columns, then rows
 * @throws `WEIR_SOLVER` for what is no model or no basis of it, for an answer of another shape, and when a limit is met
 */
export function certifyOptimal(
  model: SparseModel,
  basis: Uint8Array,
  answer: FloatAnswer,
  options: CertifyOptions = {},
): OptimalityCertificate {
  const { tolerance = EXACT_TOLERANCE, limits = EXACT_LIMITS } = options
  checkModel(model)
  checkBasis(basis, model.rows, model.rows + model.columns)
  checkShape(model, answer)
  if (!hasNumbers(answer)) return refuted('answer-not-finite', 'the answer holds numbers that are none')
  const meter = new WorkMeter(limits)
  const exact = exactModel(model)
  const vertex = vertexOf(exact, basis, meter)
  if (typeof vertex === 'string') return refuted(vertex, NO_VERTEX[vertex])
  const primal = primalViolation(exact, vertex.point, tolerance)
  if (!primal.isTolerable) return refuted('primal-infeasible', describe(exact, 'breaks a bound', primal))
  const dual = dualViolation(exact, vertex.point, vertex.reduced, tolerance)
  if (!dual.isTolerable) return refuted('dual-infeasible', describe(exact, 'has a wrong sign', dual))
  const distance = distancesOf(exact, answer, vertex)
  const far = farthest(exact, vertex, distance, tolerance)
  if (far !== undefined) return refuted('answer-differs', far)
  const { objective } = vertex
  if (primal.variable === undefined && dual.variable === undefined)
    return { outcome: 'optimal', objective, distance }
  return within(exact, basis, answer, vertex, { primal, dual, distance, meter })
}

const NO_VERTEX: Readonly<Record<NoVertex, string>> = {
  'singular-basis': 'the basic columns are linearly dependent',
  'misplaced-variable': 'a nonbasic variable stands on a bound that is not there, or on none',
}

function refuted(reason: RefutationReason, detail: string): Refuted {
  return { outcome: 'refuted', reason, detail }
}

function checkShape({ rows, columns }: SparseModel, { primal, dual }: FloatAnswer): void {
  if (primal.length === columns && dual.length === rows) return
  throw new WeirError('WEIR_SOLVER', `has ${primal.length} values and ${dual.length} prices`, {
    place: 'answer',
    remedy: `give ${columns} values and ${rows} prices, those of this model`,
  })
}

function hasNumbers({ primal, dual, objective }: FloatAnswer): boolean {
  return primal.every(Number.isFinite) && dual.every(Number.isFinite) && Number.isFinite(objective)
}

function describe({ columns }: ExactModel, what: string, { variable = 0, amount }: Violation): string {
  const name = variable < columns ? `column ${variable}` : `row ${variable - columns}`
  return `${name} ${what} by ${approximately(amount)}`
}

const approximately = (amount: Rational): string => distanceOfOne(0, amount).atMost.toExponential(3)

function distancesOf(model: ExactModel, answer: FloatAnswer, vertex: Vertex): AnswerDistance {
  return {
    primal: distanceOf(answer.primal, vertex.point),
    dual: distanceOf(answer.dual, vertex.reduced, model.columns),
    objective: distanceOfOne(answer.objective, vertex.objective),
  }
}

/** What of the answer is further from the vertex than rounding explains, relative to the largest number of its kind. */
function farthest(
  model: ExactModel,
  vertex: Vertex,
  distance: AnswerDistance,
  tolerance: number,
): string | undefined {
  const { point, reduced, objective } = vertex
  const { columns } = model
  const units: Readonly<Record<keyof AnswerDistance, Rational>> = {
    primal: largest(point.values.slice(0, columns), point.denominator),
    dual: largest(reduced.values.slice(columns), reduced.denominator),
    objective: magnitude(objective),
  }
  for (const kind of ['primal', 'dual', 'objective'] as const) {
    const unit = sum(units[kind], ONE_WHOLE)
    const limit = fromDyadic(fromDouble(tolerance))
    const allowed = rational(limit.numerator * unit.numerator, limit.denominator * unit.denominator)
    if (compareRationals(distance[kind].exact, allowed) > 0)
      return `the ${kind} part of the answer is ${distance[kind].atMost.toExponential(3)} from that of its basis`
  }
  return undefined
}

const ONE_WHOLE: Rational = { numerator: 1n, denominator: 1n }

function largest(values: Vertex['point']['values'], denominator: bigint): Rational {
  const most = values.reduce(
    (best, { mantissa, exponent }) => {
      const size = mantissa < 0n ? { mantissa: -mantissa, exponent } : { mantissa, exponent }
      return compare(size, best) > 0 ? size : best
    },
    { mantissa: 0n, exponent: 0 },
  )
  return fromDyadic(most, denominator)
}

interface Found {
  readonly primal: Violation
  readonly dual: Violation
  readonly distance: AnswerDistance
  readonly meter: WorkMeter
}

/** The best bounds on the optimum: from prices and points at hand, and from exact basis changes. */
function within(
  model: ExactModel,
  basis: Uint8Array,
  answer: FloatAnswer,
  vertex: Vertex,
  { primal, dual, distance, meter }: Found,
): Within {
  const { objective } = vertex
  const common = { objective, distance, primalViolation: primal.amount, dualViolation: dual.amount }
  const walk = walkFrom(model, basis, vertex, meter)
  const { pivots } = walk
  if (walk.kind === 'optimal') {
    const optimum = walk.vertex.objective
    const gap = difference(optimum, optimum)
    const proof = { lowest: optimum, highest: optimum, gap, basis: walk.basis }
    return { outcome: 'optimal-within', ...common, ...proof, repair: 'optimal', pivots }
  }
  const prices = {
    values: vertex.reduced.values.slice(model.columns),
    denominator: vertex.reduced.denominator,
  }
  const lowest = highestOf(safeBound(model, prices), safeBound(model, pricesOf(answer.dual)))
  const isFeasible = primal.variable === undefined
  const highest = walk.kind === 'feasible' ? walk.vertex.objective : isFeasible ? objective : undefined
  const gap = lowest && highest && difference(highest, lowest)
  const repair = walk.kind === 'feasible' || walk.kind === 'infeasible' ? walk.kind : 'none'
  return { outcome: 'optimal-within', ...common, lowest, highest, gap, basis: undefined, repair, pivots }
}

function highestOf(a: Rational | undefined, b: Rational | undefined): Rational | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return compareRationals(a, b) >= 0 ? a : b
}
