/**
 * One basis change, for both methods: reduced costs, values, factors (the weights are in dual-weights.ts). The tableau row (alphaRow, rho) and
 * column (alpha) of the pivot are in tableau.ts.
 * Depends on tableau.ts, point.ts, bounds-and-costs.ts, linear-systems.ts.
 *
 * Cost: what the row and the column touch. Source: Koberstein (2005), chapter 3.
 */
import { addF64, f64At, i32At, setF64 } from './access'
import { AT_LOWER, BASIC, changeCost, isFixed, MOVE_BOTH, NO_MOVE, setStatus } from './bounds-and-costs'
import { addListedColumn, replaceInBasis } from './linear-systems'
import { clearListed } from './listed-vector'
import { alpha, alphaList, alphaRow, head, move, reduced, rhs, rhsList, touched, variables, x } from './memory'
import { markDrifted, measureExcess } from './point'
import { alphaCount, clearRow, forgetRow, isRowDense, touchedCount } from './tableau'
import { FOR_CHANGES, ftran } from './triangular-solve'

/**
 * Reduced costs after q has taken the place of `leaving`; clears alphaRow on the way. With `keepSigns` one that slips through zero is
 * held there by a shift of its cost.
 */
export function updateReducedCosts(q: i32, leaving: i32, keepSigns: bool): void {
  const row = alphaRow
  const list = touched
  const costs = reduced
  const ways = move
  const theta = f64At(costs, q) / f64At(row, q)
  // Its own reduced cost becomes rounding of a zero, which is no slip.
  const wayOfQ = f64At(ways, q)
  setF64(ways, q, NO_MOVE)
  if (isRowDense) updateAll(theta, keepSigns)
  else for (let t = 0, end = touchedCount; t < end; t++) {
    const v = i32At(list, t)
    const d = f64At(costs, v) - theta * f64At(row, v)
    setF64(row, v, 0)
    setF64(costs, v, d)
    const way = f64At(ways, v)
    if (keepSigns && (way == MOVE_BOTH ? d != 0 : way * d < 0)) {
      changeCost(v, -d)
      setF64(costs, v, 0)
    }
  }
  setF64(ways, q, wayOfQ)
  if (isRowDense) clearRow()
  else forgetRow()
  setF64(reduced, q, 0)
  setF64(reduced, leaving, -theta)
}

/**
 * The same for a dense row, two variables at a time. Reduced costs of basic variables are left undefined: no loop reads them.
 * No nonbasic variable may go both ways where rows are dense (tableau.ts), so one product tells whether a sign has slipped.
 */
function updateAll(theta: f64, keepSigns: bool): void {
  const row = alphaRow
  const costs = reduced
  const ways = move
  const thetas = f64x2.splat(theta)
  const zero = f64x2.splat(0)
  const end = <usize>variables << 3
  // Arrays start on 16 bytes and are followed by others: the odd one out at the end is read, and written as it was.
  for (let at: usize = 0; at < end; at += 16) {
    const d = f64x2.sub(v128.load(costs + at), f64x2.mul(thetas, v128.load(row + at)))
    v128.store(costs + at, d)
    if (!keepSigns || !v128.any_true(f64x2.lt(f64x2.mul(d, v128.load(ways + at)), zero))) continue
    for (let v = <i32>(at >> 3), last = min(v + 2, variables); v < last; v++) {
      const slipped = f64At(costs, v)
      if (!(slipped * f64At(ways, v) < 0)) continue
      changeCost(v, -slipped)
      setF64(costs, v, 0)
    }
  }
}

/** Moves q by `change`, basics follow; then q takes position p and whoever was there goes to `bound` with the status given. */
export function exchange(p: i32, q: i32, change: f64, bound: f64, leavingStatus: i32): void {
  const leaving = i32At(head, p)
  moveBasics(change)
  setF64(x, leaving, bound)
  setStatus(leaving, isFixed(leaving) ? AT_LOWER : leavingStatus)
  addF64(x, q, change)
  setStatus(q, BASIC)
  replaceInBasis(p, q, alpha, alphaList, alphaCount)
  measureExcess(p)
  markDrifted()
}

/** Basics follow a nonbasic variable, whose tableau column is alpha, over the distance given. */
export function moveBasics(change: f64): void {
  if (change == 0) return
  for (let k = 0; k < alphaCount; k++) {
    const i = i32At(alphaList, k)
    addF64(x, i32At(head, i), -change * f64At(alpha, i))
    measureExcess(i)
  }
}

let shiftCount: i32 = 0

/** Puts a nonbasic variable to another value; the basics follow at the next `settleBasics`. */
export function moveNonbasic(v: i32, to: f64): void {
  const change = to - f64At(x, v)
  // Also where nothing moves: of two zeros the bound decides which.
  setF64(x, v, to)
  if (change == 0) return
  shiftCount = addListedColumn(rhs, rhsList, shiftCount, v, change)
}

/** Basics after all calls of `moveNonbasic`: one solve. */
export function settleBasics(): void {
  if (shiftCount == 0) return
  const count = ftran(rhs, rhsList, shiftCount, FOR_CHANGES)
  for (let k = 0; k < count; k++) {
    const p = i32At(rhsList, k)
    addF64(x, i32At(head, p), -f64At(rhs, p))
    measureExcess(p)
  }
  clearListed(rhs, rhsList, count)
  shiftCount = 0
  markDrifted()
}
