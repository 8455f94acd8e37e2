/**
 * The optimizer's face: a linear program that lives in one WebAssembly instance and is re-solved after
 * changes. Depends on module-interface.ts, sparse-model.ts, the small files beside it that hold one part
 * each (basis, ranging, columns that come and go, refusals, stop word) and pipeline/errors.ts.
 *
 * Only this file knows where things lie in the module's memory (assembly/memory.ts draws it). Changes go in by
 * methods, one by one, so that the module knows what to follow up; answers come out as views into that memory. `load` replaces all of them.
 */
import { WeirError } from '../../pipeline/errors.js'
import { checkBasis } from './basis.js'
import {
  type AddedColumns,
  basisWithColumns,
  basisWithoutColumns,
  withColumns,
  withoutColumns,
} from './column-changes.js'
import {
  countersOf,
  DIRECTORY_WORDS,
  directoryWord,
  INVALID_DATA_CODE,
  methodCodes,
  type OptimizerExports,
  type SolveCounters,
  type SolveMethod,
  type SolveStatus,
  statusOfCode,
} from './module-interface.js'
import { type BoundRange, type Range, rangeOfBound, rangeOfCost } from './ranging.js'
import { dataRefusal, OUT_OF_MEMORY_CODE, sizeRefusal, unknownIndex } from './refusals.js'
import { iterationLimitOf, type ResolveOptions } from './resolve-options.js'
import {
  checkModel,
  cloneModel,
  type DoublesView,
  emptyModel,
  type SparseModel,
  writeModel,
} from './sparse-model.js'
import { StopWord } from './stop-word.js'

export type { SolveCounters, SolveMethod, SolveStatus } from './module-interface.js'
export type { ResolveOptions } from './resolve-options.js'

const noDoubles = new Float64Array(0)
const noBytes = new Uint8Array(0)

/**
 * Signs (minimization): `reducedCost[j] = cost[j] - sum_i dual[i] * a[i][j]`, and `dual[i]` is the change of the optimal
 * objective for one unit more of the row's side that binds. So a row held up by its lower side has dual >= 0, one held
 * down by its upper side dual <= 0; a column at its lower bound has reducedCost >= 0, at its upper bound <= 0.
 */
export class LinearProgram {
  readonly #exports: OptimizerExports
  #rows = 0
  #columns = 0
  #isLoaded = false
  #model: SparseModel = emptyModel
  #cost = noDoubles
  #lower = noDoubles
  #upper = noDoubles
  #primal = noDoubles
  #rowActivity = noDoubles
  #reducedCost = noDoubles
  #dual = noDoubles
  #ray = noDoubles
  #basis = noBytes
  #status = noBytes
  readonly #stop: StopWord

  private constructor(exports: OptimizerExports, stop: StopWord) {
    this.#exports = exports
    this.#stop = stop
  }

  /** A new instance without a model. Synchronous; takes well under a millisecond. */
  static instantiate(module: WebAssembly.Module): LinearProgram {
    const stop = new StopWord()
    const instance = new WebAssembly.Instance(module, { host: { stopRequested: stop.requested } })
    return new LinearProgram(instance.exports as unknown as OptimizerExports, stop)
  }

  /**
   * Makes `model` the resident one, at its slack basis. All views taken before are void; memory may grow here and
   * nowhere else. Throws `WEIR_SOLVER` on a malformed model, which leaves the earlier one in place.
   */
  load(model: SparseModel): void {
    checkModel(model)
    const nonzeros = model.columnStart[model.columns] as number
    const refusal = this.#exports.reserve(model.rows, model.columns, nonzeros)
    if (refusal !== 0) {
      // Out of memory may have come after the layout moved; the instance holds no model then.
      if (refusal === OUT_OF_MEMORY_CODE) this.#isLoaded = false
      throw sizeRefusal(model, refusal)
    }
    this.#rows = model.rows
    this.#columns = model.columns
    this.#mapViews(model, nonzeros)
    writeModel(this.#model, model)
    this.#exports.prepare()
    this.#basis.set(this.#status)
    this.#isLoaded = true
  }

  #mapViews(model: SparseModel, nonzeros: number): void {
    const { buffer } = this.#exports.memory
    const directory = new Int32Array(buffer, this.#exports.directoryAddress(), DIRECTORY_WORDS)
    const addressOf = (word: keyof typeof directoryWord) => (directory[directoryWord[word]] as number) >>> 0
    const doubles = (word: keyof typeof directoryWord, length: number) =>
      new Float64Array(buffer, addressOf(word), length)
    const { rows, columns } = model
    const variables = rows + columns
    this.#cost = doubles('cost', columns)
    this.#lower = doubles('lower', variables)
    this.#upper = doubles('upper', variables)
    this.#model = {
      rows,
      columns,
      columnStart: new Int32Array(buffer, addressOf('columnStart'), columns + 1),
      rowIndex: new Int32Array(buffer, addressOf('rowIndex'), nonzeros),
      value: doubles('value', nonzeros),
      cost: this.#cost,
      columnLower: this.#lower.subarray(0, columns),
      columnUpper: this.#upper.subarray(0, columns),
      rowLower: this.#lower.subarray(columns),
      rowUpper: this.#upper.subarray(columns),
    }
    const primal = doubles('answerPrimal', variables)
    this.#primal = primal.subarray(0, columns)
    this.#rowActivity = primal.subarray(columns)
    const dual = doubles('answerDual', variables)
    this.#reducedCost = dual.subarray(0, columns)
    this.#dual = dual.subarray(columns)
    this.#ray = doubles('ray', variables)
    this.#basis = new Uint8Array(buffer, addressOf('basis'), variables)
    this.#status = new Uint8Array(buffer, addressOf('status'), variables)
  }

  /** A copy of the resident model as it stands now. */
  exportModel(): SparseModel {
    this.#requireModel()
    return cloneModel(this.#model)
  }

  /**
   * Adds columns behind the present ones. Memory is laid out anew, as by `load`: ALL VIEWS TAKEN BEFORE ARE VOID, and there is no answer
   * until the next `resolve`. That starts warm: the basis stays, new columns stand on their bound nearest to 0.
   * Throws `WEIR_SOLVER` on malformed columns, which leaves everything as it is.
   */
  addColumns(added: AddedColumns): void {
    const model = withColumns(this.exportModel(), added)
    this.#reload(model, basisWithColumns(this.#status, model))
  }

  /** Removes columns; those behind move up. As `addColumns`; logicals take the place of basic columns, and count as repairs. */
  removeColumns(columns: ArrayLike<number>): void {
    const isRemoved = new Uint8Array(this.#columns)
    for (let k = 0; k < columns.length; k++)
      isRemoved[this.#checked('column', columns[k] as number, this.#columns)] = 1
    this.#reload(withoutColumns(this.exportModel(), isRemoved), basisWithoutColumns(this.#status, isRemoved))
  }

  #reload(model: SparseModel, basis: Uint8Array): void {
    this.load(model)
    this.#status.set(basis)
    this.#exports.completeBasis()
    this.#basis.set(this.#status)
  }

  /** New sides of a row, for the next `resolve`; -Infinity and Infinity for none. */
  changeRow(row: number, lower: number, upper: number): void {
    this.#change(this.#columns + this.#checked('row', row, this.#rows), lower, upper)
  }

  /** New bounds of a column. */
  changeColumn(column: number, lower: number, upper: number): void {
    this.#change(this.#checked('column', column, this.#columns), lower, upper)
  }

  changeCost(column: number, cost: number): void {
    this.#exports.changeCost(this.#checked('column', column, this.#columns), cost)
  }

  /** Many rows at once: `lower[k]` and `upper[k]` are the sides of row `rows[k]`. */
  changeRows(rows: ArrayLike<number>, lower: ArrayLike<number>, upper: ArrayLike<number>): void {
    for (let k = 0; k < rows.length; k++)
      this.changeRow(rows[k] as number, lower[k] as number, upper[k] as number)
  }

  changeColumns(columns: ArrayLike<number>, lower: ArrayLike<number>, upper: ArrayLike<number>): void {
    for (let k = 0; k < columns.length; k++)
      this.changeColumn(columns[k] as number, lower[k] as number, upper[k] as number)
  }

  changeCosts(columns: ArrayLike<number>, costs: ArrayLike<number>): void {
    for (let k = 0; k < columns.length; k++) this.changeCost(columns[k] as number, costs[k] as number)
  }

  #change(variable: number, lower: number, upper: number): void {
    this.#exports.changeBounds(variable, lower, upper)
  }

  #checked(what: string, index: number, count: number): number {
    if (index >= 0 && index < count && Number.isInteger(index)) return index
    throw unknownIndex(what, index, this.#model)
  }

  /**
   * Solves the model as it stands now, going on from where the last solve ended. What is promised of the bits of an optimum says
   * `options.answers`. Throws `WEIR_SOLVER` when a bound or cost was changed to something that is none; the basis stays as it is, and
   * the next call goes on once that is put right.
   */
  resolve(options: ResolveOptions = {}): SolveStatus {
    this.#requireModel()
    const limit = iterationLimitOf(options)
    this.#stop.deadlineAt =
      options.deadlineMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + options.deadlineMs
    const code = this.#exports.resolve(limit, options.answers === 'fast' ? 0 : 1)
    if (code === INVALID_DATA_CODE) throw dataRefusal(this.#model, this.#exports.offendingVariable())
    const status = statusOfCode[code]
    if (status === undefined) throw new WeirError('WEIR_BUG', `the optimizer answered with code ${code}`)
    return status
  }

  #requireModel(): void {
    if (!this.#isLoaded) throw new WeirError('WEIR_BUG', 'no model is loaded')
  }

  get rows(): number {
    return this.#rows
  }
  get columns(): number {
    return this.#columns
  }

  /** Costs by column, as they stand: a view. They change by `changeCost` only. */
  get cost(): DoublesView {
    return this.#cost
  }
  /** Bounds by column, as they stand: a view. They change by `changeColumn` only. */
  get columnLower(): DoublesView {
    return this.#model.columnLower
  }
  get columnUpper(): DoublesView {
    return this.#model.columnUpper
  }
  /** Sides by row, as they stand: a view. They change by `changeRow` only. */
  get rowLower(): DoublesView {
    return this.#model.rowLower
  }
  get rowUpper(): DoublesView {
    return this.#model.rowUpper
  }

  /** Values by column. As all answers: a view, valid until the next `resolve` or `load`; after 'infeasible' or a limit, the last point. */
  get primal(): Float64Array {
    return this.#primal
  }
  /** A x, by row. */
  get rowActivity(): Float64Array {
    return this.#rowActivity
  }
  /** Shadow prices by row; see the class comment for signs. */
  get dual(): Float64Array {
    return this.#dual
  }
  get reducedCost(): Float64Array {
    return this.#reducedCost
  }
  /**
   * Columns, then rows. After 'infeasible': multipliers m with sum m_j x_j + sum m_i (A x)_i = 0 for every x, while
   * sum (m > 0 ? m * lower : m * upper) > 0; if one column's or row's own bounds cross, its unit vector instead.
   * After 'unbounded': a direction d (rows: A d) from the feasible point `primal` along which the objective falls forever.
   */
  get ray(): Float64Array {
    return this.#ray
  }
  /** Columns, then rows: 0 basic, 1 at lower, 2 at upper, 3 free at zero. */
  get basis(): Uint8Array {
    return this.#basis
  }
  /** Of the point in `primal`, which is feasible where `primalResidual` is at most 1e-7, after a limit too. */
  get objective(): number {
    return this.#exports.objectiveValue()
  }
  /** What no feasible point is below, from the duals of the answer; after a limit perhaps far below, or -Infinity. */
  get dualBound(): number {
    return this.#exports.dualBoundValue()
  }
  get iterations(): number {
    return this.#exports.iterationCount()
  }
  /**
   * Largest violation of a bound or side b in the answer, divided by 1 + |b|, or by 2e-8 of the sum of |a_ij x_j| where that is more (doubles
   * know no better). At most 1e-7 when 'optimal'.
   */
  get primalResidual(): number {
    return this.#exports.primalResidualValue()
  }
  /**
   * Largest reduced cost or dual with the wrong sign for where its column or row stands (feasibility of the dual and
   * complementarity in one), divided by max(min(1, c), 1e-5 c) with c the largest |cost|, or by 2e-8 of the sum of |y_i a_ij| where that
   * is more. At most 1e-7 when 'optimal'.
   */
  get dualResidual(): number {
    return this.#exports.dualResidualValue()
  }
  /** |objective - dual objective| / (1 + |objective|): how far the answer is from proving itself. */
  get gap(): number {
    return this.#exports.gapValue()
  }
  get counters(): SolveCounters {
    return countersOf(this.#exports)
  }
  /**
   * One word of shared memory: while it is not 0, a running or new `resolve` stops with 'deadline'. Whoever sets it clears it.
   * May be replaced by a word that other threads know.
   */
  get stopWord(): Int32Array {
    return this.#stop.word
  }
  set stopWord(word: Int32Array) {
    this.#stop.word = word
  }
  /** Bytes of linear memory; constant between two loads. */
  get memoryBytes(): number {
    return this.#exports.memory.buffer.byteLength
  }

  /**
   * Sets the start basis of the next `resolve`, in the form of `basis`. Statuses that do not fit the bounds, and dependent basic
   * variables, are put right by a fixed rule when it is used. Throws `WEIR_SOLVER` when it belongs to no model of this shape.
   */
  importBasis(basis: Uint8Array): void {
    this.#requireModel()
    checkBasis(basis, this.#rows, this.#status.length)
    this.#status.set(basis)
    this.#basis.set(basis)
    this.#exports.basisImported()
  }

  /** A copy of `basis`. */
  exportBasis(): Uint8Array {
    this.#requireModel()
    return this.#status.slice()
  }

  /** Back to the slack basis: the next `resolve` starts as after `load`. */
  resetBasis(): void {
    this.#requireModel()
    this.#exports.resetBasis()
    this.#basis.set(this.#status)
  }

  /**
   * How far the binding side of a row may move while its dual stays what it is, with the basis that was found (ranging.ts says what
   * that means). Undefined when the row does not bind: its dual is 0 while its sides leave `rowActivity` between them.
   * Throws `WEIR_SOLVER` unless the last `resolve` was 'optimal' and nothing was changed since. The same holds for the next two.
   */
  rangeOfRow(row: number): BoundRange | undefined {
    return this.#rangeOf(this.#columns + this.#checked('row', row, this.#rows), this.#dual[row] as number)
  }

  /** The same for the bound that a column stands on, whose shadow price is the reduced cost. Undefined between its bounds. */
  rangeOfColumn(column: number): BoundRange | undefined {
    return this.#rangeOf(this.#checked('column', column, this.#columns), this.#reducedCost[column] as number)
  }

  #rangeOf(variable: number, price: number): BoundRange | undefined {
    const [lower, upper] = [this.#lower[variable] as number, this.#upper[variable] as number]
    const status = this.#status[variable] as number
    return rangeOfBound(this.#exports, { variable, lower, upper, status, price })
  }

  /** Costs of a column for which the basis stays optimal: all of `primal` stays what it is. */
  rangeOfCost(column: number): Range {
    const cost = this.#cost[this.#checked('column', column, this.#columns)] as number
    return rangeOfCost(this.#exports, column, cost, this.#primal[column] as number)
  }

  /** For checks and tests; 'automatic' after `instantiate`. */
  useMethod(method: SolveMethod): void {
    this.#exports.setMethod(methodCodes[method])
  }
}
