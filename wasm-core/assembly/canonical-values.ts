/**
 * The infinitesimal parts of bounds, costs, values and reduced costs that canonical.ts compares where the values themselves tie.
 * Depends on bounds-and-costs.ts, linear-systems.ts, point.ts (pricing out), perturbation.ts (hash), memory.ts.
 *
 * Second bounds: a bound is wider by 1 to 2, that of a fixed variable by 0 (redundant equations stay consistent). Second costs: 1 to 2
 * towards a lower bound, -1 to -2 where there is only an upper one, 0 for a free variable, so that no optimal face is endless for them.
 */
import { clearF64, f64At, i32At, setF64, u8At } from './access'
import { AT_LOWER, AT_UPPER, BASIC, isFixed } from './bounds-and-costs'
import { addColumn } from './linear-systems'
import { UNLISTED } from './listed-vector'
import {
  answerPrimal, head, rhs, rhsList, rows, status, variables, workLower, workUpper, y, yList,
} from './memory'
import { unitOf } from './perturbation'
import { priceOut } from './point'
import { btran, FOR_CHANGES, ftran } from './triangular-solve'

/** How much wider each finite bound of v is. */
// @ts-ignore: decorator
@inline export function secondWidth(v: i32): f64 { return isFixed(v) ? 0 : 1 + unitOf(v ^ 0x2aaaaaaa) }

// @ts-ignore: decorator
@inline function secondCost(v: i32): f64 {
  if (f64At(workLower, v) > -Infinity) return 1 + unitOf(v)
  return f64At(workUpper, v) < Infinity ? -1 - unitOf(v) : 0
}

/** Second values of all variables for the basis as it is; they lie in the answer's memory, which is free until the answer is written. */
export function beginSecondValues(): void {
  clearF64(rhs, rows)
  for (let v = 0; v < variables; v++) {
    const code = u8At(status, v)
    if (code == BASIC) continue
    const at = code == AT_LOWER ? -secondWidth(v) : code == AT_UPPER ? secondWidth(v) : 0
    if (at != 0) addColumn(rhs, v, -at)
  }
  ftran(rhs, rhsList, UNLISTED, FOR_CHANGES)
  for (let p = 0; p < rows; p++) setF64(answerPrimal, i32At(head, p), f64At(rhs, p))
  clearF64(rhs, rows)
}

/** Of a basic variable, after `beginSecondValues`. */
// @ts-ignore: decorator
@inline export function secondValue(v: i32): f64 { return f64At(answerPrimal, v) }

/** Second duals for the basis as it is. */
export function beginSecondDuals(): void {
  for (let p = 0; p < rows; p++) setF64(y, p, secondCost(i32At(head, p)))
  btran(y, yList, UNLISTED, FOR_CHANGES)
}

/** Of a nonbasic variable, after `beginSecondDuals`. */
export function secondReducedCost(v: i32): f64 { return priceOut(v, secondCost(v)) }
