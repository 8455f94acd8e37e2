/**
 * How far a number of the model may move while the optimal basis stays: the typed face of assembly/ranging.ts.
 * Depends on basis.ts, module-interface.ts and pipeline/errors.ts; used by linear-program.ts only.
 *
 * An interval is one of the basis that was found. Where several bases have the same optimal point (it is degenerate) another
 * one may reach further, and an interval may be the present value alone although the optimum moves on at the same price.
 * Inside it the forecast is exact. Beyond it the objective is at least the forecast for a bound and at most the forecast for a
 * cost, since the optimum is a convex function of a bound and a concave one of a cost.
 */
import { WeirError } from '../../pipeline/errors.js'
import { AT_UPPER } from './basis.js'
import type { OptimizerExports } from './module-interface.js'

/** An interval that contains the present value, and the optimal objective at its ends: linear in between. */
export interface Range {
  /** -Infinity for no end. */
  readonly lower: number
  readonly upper: number
  /** Optimal objective when the number stands at that end; infinite where the end is and the objective moves with it. */
  readonly objectiveAtLower: number
  readonly objectiveAtUpper: number
}

/** Values of a binding bound or side for which its shadow price stays as it is. */
export interface BoundRange extends Range {
  /** Which one binds; 'both' of an equality or a fixed column, whose bounds are moved together. */
  readonly side: 'lower' | 'upper' | 'both'
  /** Change of the objective for one unit more of the bound: the dual of the row, or the reduced cost of the column. */
  readonly price: number
}

const FOUND_CODE = 0
const NOT_BINDING_CODE = 1

/** The bounds and the answer of one variable, as `LinearProgram` has them. */
export interface RangedBound {
  readonly variable: number
  readonly lower: number
  readonly upper: number
  /** See basis.ts. */
  readonly status: number
  readonly price: number
}

/** Undefined where the variable stands on no bound of its own. Throws `WEIR_SOLVER` without a current optimum. */
export function rangeOfBound(exports: OptimizerExports, bound: RangedBound): BoundRange | undefined {
  const { variable, lower, upper, status, price } = bound
  const code = exports.rangeOfBound(variable)
  if (code === NOT_BINDING_CODE) return undefined
  const isUpper = status === AT_UPPER
  const side = lower === upper ? 'both' : isUpper ? 'upper' : 'lower'
  return { side, price, ...intervalOf(exports, code, isUpper ? upper : lower, price) }
}

/** `value` is that of column `column` in the answer. Throws `WEIR_SOLVER` without a current optimum. */
export function rangeOfCost(exports: OptimizerExports, column: number, cost: number, value: number): Range {
  return intervalOf(exports, exports.rangeOfCost(column), cost, value)
}

function intervalOf(exports: OptimizerExports, code: number, present: number, slope: number): Range {
  if (code !== FOUND_CODE) {
    throw new WeirError('WEIR_SOLVER', 'the last answer is no optimum of the model as it is now', {
      place: 'ranging',
      remedy: "ask after a resolve that was 'optimal', before anything is changed",
    })
  }
  const lower = exports.rangeLow()
  const upper = exports.rangeHigh()
  const objective = exports.objectiveValue()
  // A slope of 0 along an interval without end would be NaN.
  const at = (end: number) => (slope === 0 ? objective : objective + slope * (end - present))
  return { lower, upper, objectiveAtLower: at(lower), objectiveAtUpper: at(upper) }
}
