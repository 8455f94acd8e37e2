/**
 * The model while it is being reduced, and the few changes that rules are made of. Every change queues the rows and columns
 * that may now allow another reduction, so no rule ever searches the model.
 * Depends on linked-matrix.ts, work-queue.ts, postsolve-stack.ts, basis.ts, residuals.ts, statistics.ts, limits.ts.
 *
 * Invariant: after each rule the working model is a complete model, equivalent to the one before by way of the rule's record.
 * So presolve may stop anywhere.
 */
import { AT_LOWER, type AT_UPPER } from '../basis.js'
import type { SparseModel } from '../sparse-model.js'
import { CANCELLATION, WORK_FACTOR } from './limits.js'
import { LinkedMatrix } from './linked-matrix.js'
import { PostsolveStack, recordKind } from './postsolve-stack.js'
import { costUnit } from './residuals.js'
import type { Resting } from './restoration.js'
import { emptyTallies, type RuleName } from './statistics.js'
import { WorkQueue } from './work-queue.js'

/** What ends presolve early. `rows` and `multipliers` are the row part of a Farkas ray of the working model. */
export type Verdict =
  | {
      readonly kind: 'infeasible'
      readonly rule: RuleName
      readonly rows: readonly number[]
      readonly multipliers: readonly number[]
    }
  | { readonly kind: 'unbounded-or-infeasible'; readonly rule: RuleName; readonly column: number }

/** `a - b`, zero where the difference is only rounding. `a` may be infinite. */
export function difference(a: number, b: number): number {
  const result = a - b
  if (Math.abs(result) === Infinity) return result
  return Math.abs(result) <= CANCELLATION * (Math.abs(a) + Math.abs(b)) ? 0 : result
}

export class WorkingModel {
  readonly matrix: LinkedMatrix
  readonly cost: Float64Array
  readonly columnLower: Float64Array
  readonly columnUpper: Float64Array
  readonly rowLower: Float64Array
  readonly rowUpper: Float64Array
  readonly hasRow: Uint8Array
  readonly hasColumn: Uint8Array
  /** Rows whose cached activity (activity.ts) or dual interval (dual-interval.ts) still holds. */
  readonly isActivityCurrent: Uint8Array
  readonly isDualCurrent: Uint8Array
  readonly changedRows: WorkQueue
  readonly changedColumns: WorkQueue
  readonly stack = new PostsolveStack()
  readonly tallies = emptyTallies()
  /** What reduced costs are measured in, as in the optimizer: wrong by 1e-9 of it is not wrong. */
  readonly costUnit: number
  verdict: Verdict | undefined
  work = 0
  /** Rows and columns that are left. */
  #lines: number
  readonly #workLimit: number
  #tally = this.tallies['empty-row']

  constructor(model: SparseModel) {
    const { rows, columns } = model
    this.matrix = new LinkedMatrix(model)
    this.cost = model.cost.slice()
    this.columnLower = model.columnLower.slice()
    this.columnUpper = model.columnUpper.slice()
    this.rowLower = model.rowLower.slice()
    this.rowUpper = model.rowUpper.slice()
    this.hasRow = new Uint8Array(rows).fill(1)
    this.hasColumn = new Uint8Array(columns).fill(1)
    this.isActivityCurrent = new Uint8Array(rows)
    this.isDualCurrent = new Uint8Array(rows)
    this.changedRows = new WorkQueue(rows, true)
    this.changedColumns = new WorkQueue(columns, true)
    this.#lines = rows + columns
    this.costUnit = costUnit(model.cost)
    this.#workLimit = WORK_FACTOR * (this.matrix.nonzeros + rows + columns)
  }

  /** Rows, columns and entries that are left. */
  get size(): number {
    return this.#lines + this.matrix.nonzeros
  }

  get mayGoOn(): boolean {
    return this.verdict === undefined && this.work <= this.#workLimit
  }

  get isWorkSpent(): boolean {
    return this.work > this.#workLimit
  }

  /** What is taken away from here on counts for this rule. */
  beginRule(name: RuleName): void {
    this.#tally = this.tallies[name]
    this.#tally.uses++
  }

  isEquation(i: number): boolean {
    return this.rowLower[i] === this.rowUpper[i]
  }

  isFixed(j: number): boolean {
    return this.columnLower[j] === this.columnUpper[j]
  }

  /** Row i changed: what is known of its activity and dual no longer holds. */
  touchRow(i: number): void {
    this.isActivityCurrent[i] = 0
    this.isDualCurrent[i] = 0
    this.changedRows.add(i)
  }

  touchColumnsOf(i: number): void {
    const { matrix } = this
    this.work += matrix.rowCount[i]
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) this.changedColumns.add(matrix.column[e])
  }

  touchRowsOf(j: number): void {
    const { matrix } = this
    this.work += matrix.columnCount[j]
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) this.touchRow(matrix.row[e])
  }

  /** New sides; a side that comes or goes changes what signs the row's dual may have, and so what its columns allow. */
  setSides(i: number, lower: number, upper: number): void {
    const wasLower = this.rowLower[i]
    const wasUpper = this.rowUpper[i]
    this.rowLower[i] = lower
    this.rowUpper[i] = upper
    this.touchRow(i)
    const isSignNew =
      (lower === -Infinity) !== (wasLower === -Infinity) || (upper === Infinity) !== (wasUpper === Infinity)
    if (isSignNew || (lower === upper) !== (wasLower === wasUpper)) this.touchColumnsOf(i)
  }

  setBounds(j: number, lower: number, upper: number): void {
    this.columnLower[j] = lower
    this.columnUpper[j] = upper
    this.changedColumns.add(j)
    this.touchRowsOf(j)
  }

  addCost(j: number, change: number): void {
    this.cost[j] = difference(this.cost[j], -change)
    this.changedColumns.add(j)
    // The cost of a column with one entry bounds the dual of its row.
    if (this.matrix.columnCount[j] === 1) this.isDualCurrent[this.matrix.row[this.matrix.columnHead[j]]] = 0
  }

  /** Makes a row an equation at one of its sides, where its dual says that it binds. Record: row, side. */
  bindRow(i: number, resting: typeof AT_LOWER | typeof AT_UPPER): void {
    const side = resting === AT_LOWER ? this.rowLower[i] : this.rowUpper[i]
    this.beginRule('binding-row')
    this.stack.begin(recordKind.bindingRow)
    this.stack.put(i)
    this.stack.put(resting)
    this.setSides(i, side, side)
  }

  /** Takes out one entry. */
  dropEntry(e: number): void {
    const i = this.matrix.row[e]
    const j = this.matrix.column[e]
    this.matrix.takeOut(e)
    this.#tally.nonzeros++
    this.touchRow(i)
    this.changedColumns.add(j)
    if (this.matrix.columnCount[j] === 1) this.isDualCurrent[this.matrix.row[this.matrix.columnHead[j]]] = 0
  }

  addEntry(i: number, j: number, value: number): void {
    const only = this.matrix.columnHead[j]
    // A column with one entry may have bounded its row's dual; with two it does not.
    if (this.matrix.columnCount[j] === 1) this.isDualCurrent[this.matrix.row[only]] = 0
    this.matrix.insert(i, j, value)
    this.#tally.nonzeros--
    this.touchRow(i)
    this.changedColumns.add(j)
  }

  /** Takes out row i with its entries; the rule has written the record. */
  dropRow(i: number): void {
    const { matrix } = this
    this.work += matrix.rowCount[i]
    for (let e = matrix.rowHead[i]; e >= 0; e = matrix.nextInRow[e]) this.dropEntry(e)
    this.hasRow[i] = 0
    this.#lines--
    this.#tally.rows++
  }

  /** Takes out column j with its entries; the rule has written the record. */
  dropColumn(j: number): void {
    const { matrix } = this
    this.work += matrix.columnCount[j]
    for (let e = matrix.columnHead[j]; e >= 0; e = matrix.nextInColumn[e]) this.dropEntry(e)
    this.hasColumn[j] = 0
    this.#lines--
    this.#tally.columns++
  }

  /** Takes out a row that no longer restricts anything: its logical is basic in the original model. */
  dropLooseRow(i: number): void {
    this.stack.begin(recordKind.removedRow)
    this.stack.put(i)
    this.dropRow(i)
  }

  /** Takes out column j at `value`, where it rests in the original model as `resting` says. */
  fixColumn(j: number, value: number, resting: Resting): void {
    const { matrix, stack } = this
    stack.begin(recordKind.fixedColumn)
    stack.put(j)
    stack.put(value)
    stack.put(resting)
    stack.put(this.cost[j])
    stack.putColumn(matrix, j)
    for (let e = matrix.columnHead[j]; e >= 0 && value !== 0; e = matrix.nextInColumn[e]) {
      this.shiftSides(matrix.row[e], matrix.value[e] * value)
    }
    this.dropColumn(j)
  }

  /** Moves a constant from a row's activity to its sides; what kinds of sides there are does not change. */
  shiftSides(i: number, constant: number): void {
    this.rowLower[i] = difference(this.rowLower[i], constant)
    this.rowUpper[i] = difference(this.rowUpper[i], constant)
    this.touchRow(i)
  }

  declareInfeasible(rule: RuleName, rows: readonly number[], multipliers: readonly number[]): void {
    this.verdict ??= { kind: 'infeasible', rule, rows, multipliers }
  }

  declareUnbounded(rule: RuleName, column: number): void {
    this.verdict ??= { kind: 'unbounded-or-infeasible', rule, column }
  }
}
