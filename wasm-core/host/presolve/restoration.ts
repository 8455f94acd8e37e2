/**
 * An answer, or a Farkas ray, of the original model while it is being brought back from that of the reduced one.
 * Depends on interval.ts and basis.ts.
 *
 * Rays need no code of their own: the multipliers of a ray obey `m_j = - sum_i m_i a_ij`, the definition of the reduced cost
 * with all costs 0, and lean on the bound that their sign names, as reduced costs of nonbasic variables do. So rays are restored
 * as duals of a model without costs (`costWeight` 0); primal values and statuses mean nothing then.
 */
import { AT_LOWER, AT_UPPER, BASIC, type FREE } from '../basis.js'
import { IS_FIXED, LOWER_IS_NEW, UPPER_IS_NEW } from './interval.js'

/** Status of a nonbasic variable. */
export type Resting = typeof AT_LOWER | typeof AT_UPPER | typeof FREE
type Side = typeof BASIC | typeof AT_LOWER | typeof AT_UPPER | typeof FREE

export class Restoration {
  /** 1 for answers, 0 for rays. */
  readonly costWeight: 0 | 1
  readonly primal: Float64Array
  readonly reducedCost: Float64Array
  readonly dual: Float64Array
  readonly columnStatus: Uint8Array
  readonly rowStatus: Uint8Array

  constructor(rows: number, columns: number, costWeight: 0 | 1) {
    this.costWeight = costWeight
    this.primal = new Float64Array(columns)
    this.reducedCost = new Float64Array(columns)
    this.dual = new Float64Array(rows)
    this.columnStatus = new Uint8Array(columns)
    this.rowStatus = new Uint8Array(rows)
  }

  /** Column j is nonbasic at `value`. */
  rest(j: number, resting: Resting, value: number): void {
    this.columnStatus[j] = resting
    this.primal[j] = value
  }

  /** The bound that column j leans on: BASIC for none. */
  columnSide(j: number, flags: number): Side {
    return this.#side(this.columnStatus[j], this.reducedCost[j], flags)
  }

  rowSide(i: number, flags: number): Side {
    return this.#side(this.rowStatus[i], this.dual[i], flags)
  }

  #side(status: number, multiplier: number, flags: number): Side {
    if (this.costWeight === 0) return multiplier > 0 ? AT_LOWER : multiplier < 0 ? AT_UPPER : BASIC
    if (status !== BASIC && (flags & IS_FIXED) !== 0) return multiplier < 0 ? AT_UPPER : AT_LOWER
    return status as Side
  }
}

/** Whether the bound that `side` names is the one the record brought in. */
export function isNew(side: number, flags: number): boolean {
  return side === AT_LOWER ? (flags & LOWER_IS_NEW) !== 0 : side === AT_UPPER && (flags & UPPER_IS_NEW) !== 0
}

/** The same side seen through a factor: a negative one turns it round. */
export function throughFactor(side: typeof AT_LOWER | typeof AT_UPPER, factor: number): Resting {
  return (side === AT_LOWER) === factor > 0 ? AT_LOWER : AT_UPPER
}
