/**
 * Why a model is infeasible: an irreducible infeasible subsystem, that is bounds and sides which exclude each other while all
 * but any one of them could be kept. Depends on linear-program.ts and sparse-model.ts.
 *
 * The Farkas ray names a first subsystem. Deletion filter: each member in turn is left out and the rest solved again, warm; if
 * that is still infeasible it stays out, together with all that the new ray does not name, otherwise it is needed. Rows go
 * first, because few rows explain more than few bounds. Sources: Chinneck and Dravnieks, Locating minimal infeasible
 * constraint sets in linear programs (1991); Chinneck, Feasibility and Infeasibility in Optimization (2008), chapter 6.
 */
import { LinearProgram } from './linear-program.js'
import type { SparseModel } from './sparse-model.js'

/** One bound of a column or one side of a row. */
export interface SubsystemMember {
  readonly kind: 'row' | 'column'
  /** From 0. */
  readonly index: number
  readonly side: 'lower' | 'upper'
  /** Value of the bound or side, in the units of the model. */
  readonly bound: number
}

export interface InfeasibleSubsystem {
  /** Rows first, each kind by index. Never empty: no point satisfies all of them. */
  readonly members: readonly SubsystemMember[]
  /** False when a limit was met, or a solve was undecided: then some members may not be needed. */
  readonly isIrreducible: boolean
  /** Solves that this took, the first one included. */
  readonly solves: number
}

export interface SubsystemLimits {
  /** Solves at most; enough for as many members if left out. */
  readonly solveLimit?: number
  /** Wall-clock time at most, milliseconds from the call. */
  readonly deadlineMs?: number
}

/** Published models have up to some hundred members; each costs one solve, rarely two. */
const SOLVE_LIMIT = 10_000
/** Relative residual of a point that holds every bound but for rounding. The solver's own tolerance is 1e-9. */
const ROUNDING = 1e-11

/**
 * `ray` is that of `model` after 'infeasible' (`LinearProgram.ray`). Works on an instance of its own, so that the one that gave
 * the ray stays as it is. Throws `WEIR_SOLVER` on a malformed model.
 */
export function infeasibleSubsystem(
  module: WebAssembly.Module,
  model: SparseModel,
  ray: Float64Array,
  { solveLimit = SOLVE_LIMIT, deadlineMs = Number.POSITIVE_INFINITY }: SubsystemLimits = {},
): InfeasibleSubsystem {
  const crossed = crossedMembers(model, ray)
  if (crossed !== undefined) return { members: crossed, isIrreducible: true, solves: 0 }
  const filter = new DeletionFilter(module, model, membersOf(model, ray), {
    solveLimit,
    deadlineAt: performance.now() + deadlineMs,
  })
  return filter.run()
}

/** Both bounds of the one column or row that excludes itself. */
function crossedMembers(model: SparseModel, ray: Float64Array): SubsystemMember[] | undefined {
  for (let v = 0; v < ray.length; v++) {
    if (ray[v] === 0) continue
    const both = [member(model, v, 'lower'), member(model, v, 'upper')] as const
    if (both[0].bound > both[1].bound) return [...both]
  }
  return undefined
}

/** The bounds that the ray is paid from, rows first. */
function membersOf(model: SparseModel, ray: Float64Array): SubsystemMember[] {
  const members: SubsystemMember[] = []
  for (let k = 0; k < ray.length; k++) {
    const v = (k + model.columns) % ray.length
    const multiplier = ray[v] as number
    if (multiplier === 0) continue
    const candidate = member(model, v, multiplier > 0 ? 'lower' : 'upper')
    if (Number.isFinite(candidate.bound)) members.push(candidate)
  }
  return members
}

function member(model: SparseModel, variable: number, side: 'lower' | 'upper'): SubsystemMember {
  const isRow = variable >= model.columns
  const index = isRow ? variable - model.columns : variable
  const lower = isRow ? model.rowLower : model.columnLower
  const upper = isRow ? model.rowUpper : model.columnUpper
  const bound = (side === 'lower' ? lower : upper)[index] as number
  return { kind: isRow ? 'row' : 'column', index, side, bound }
}

interface Limits {
  readonly solveLimit: number
  readonly deadlineAt: number
}

type Verdict = 'infeasible' | 'feasible' | 'undecided'

/** The subsystem as a model of its own: its rows, the columns in them, no bounds but the members, no costs. */
class DeletionFilter {
  readonly #program: LinearProgram
  readonly #columns: ReadonlyMap<number, number>
  readonly #rows: ReadonlyMap<number, number>
  #members: readonly SubsystemMember[]
  #solves = 0

  constructor(
    module: WebAssembly.Module,
    model: SparseModel,
    members: readonly SubsystemMember[],
    private readonly limits: Limits,
  ) {
    this.#members = members
    const rowsNamed = members.filter(({ kind }) => kind === 'row').map(({ index }) => index)
    this.#rows = new Map(rowsNamed.map((row, k) => [row, k]))
    const { columns, reduced } = submodel(model, this.#rows)
    this.#columns = columns
    this.#program = LinearProgram.instantiate(module)
    this.#program.load(reduced)
    for (const each of members) this.#set(each, each.bound)
  }

  run(): InfeasibleSubsystem {
    // Nearly always infeasible: the ray was checked. Where rounding decides, the ray's own members are all there is to say.
    let isIrreducible = this.#solve() === 'infeasible'
    if (isIrreducible) this.#keepOnly((each) => this.#isInRay(each))
    const needed = new Set<SubsystemMember>()
    const candidates = isIrreducible ? this.#members : []
    for (const candidate of candidates) {
      if (!this.#members.includes(candidate)) continue
      this.#set(candidate, candidate.side === 'lower' ? -Infinity : Infinity)
      const verdict = this.#solve()
      if (verdict === 'infeasible') {
        this.#keepOnly((each) => each !== candidate && (needed.has(each) || this.#isInRay(each)))
        continue
      }
      this.#set(candidate, candidate.bound)
      needed.add(candidate)
      if (verdict === 'undecided') isIrreducible = false
    }
    return { members: this.#members, isIrreducible, solves: this.#solves }
  }

  /**
   * Models that miss feasibility by less than the tolerance have a basis that is 'optimal' and another that is a proof of the
   * opposite. So a point that needs the tolerance is doubted, and no verdict too: the slack basis gives a second opinion.
   */
  #solve(): Verdict {
    const verdict = this.#attempt()
    if (verdict === 'infeasible') return verdict
    if (verdict === 'feasible' && this.#program.primalResidual <= ROUNDING) return verdict
    this.#program.resetBasis()
    return this.#attempt()
  }

  /** 'undecided' without a solve once a limit is met, so that the loop over the members ends quickly. */
  #attempt(): Verdict {
    const { solveLimit, deadlineAt } = this.limits
    const deadlineMs = deadlineAt - performance.now()
    if (this.#solves >= solveLimit || deadlineMs <= 0) return 'undecided'
    this.#solves++
    // Which optimal basis it is does not matter here, and without costs every feasible one is.
    const status = this.#program.resolve({
      answers: 'fast',
      ...(deadlineMs < Infinity ? { deadlineMs } : {}),
    })
    // Without costs nothing is unbounded.
    return status === 'infeasible' ? 'infeasible' : status === 'optimal' ? 'feasible' : 'undecided'
  }

  #keepOnly(isKept: (each: SubsystemMember) => boolean): void {
    for (const each of this.#members)
      if (!isKept(each)) this.#set(each, each.side === 'lower' ? -Infinity : Infinity)
    this.#members = this.#members.filter(isKept)
  }

  #isInRay(each: SubsystemMember): boolean {
    const multiplier = this.#program.ray[this.#variable(each)] as number
    return each.side === 'lower' ? multiplier > 0 : multiplier < 0
  }

  #set({ kind, index, side }: SubsystemMember, value: number): void {
    const program = this.#program
    const isRow = kind === 'row'
    const at = (isRow ? this.#rows : this.#columns).get(index) as number
    const lower = isRow ? program.rowLower : program.columnLower
    const upper = isRow ? program.rowUpper : program.columnUpper
    const low = side === 'lower' ? value : (lower[at] as number)
    const high = side === 'upper' ? value : (upper[at] as number)
    if (isRow) program.changeRow(at, low, high)
    else program.changeColumn(at, low, high)
  }

  #variable({ kind, index }: SubsystemMember): number {
    return kind === 'row'
      ? this.#program.columns + (this.#rows.get(index) as number)
      : (this.#columns.get(index) as number)
  }
}

/** The rows given and the columns with entries in them, nothing bounded; `columns` maps the model's columns to its own. */
function submodel(model: SparseModel, rows: ReadonlyMap<number, number>) {
  const columns = new Map<number, number>()
  const start = [0]
  const rowIndex: number[] = []
  const value: number[] = []
  for (let j = 0; j < model.columns; j++) {
    for (let k = model.columnStart[j] as number; k < (model.columnStart[j + 1] as number); k++) {
      const row = rows.get(model.rowIndex[k] as number)
      if (row === undefined || model.value[k] === 0) continue
      rowIndex.push(row)
      value.push(model.value[k] as number)
    }
    if (rowIndex.length === start[start.length - 1]) continue
    columns.set(j, columns.size)
    start.push(rowIndex.length)
  }
  const reduced: SparseModel = {
    rows: rows.size,
    columns: columns.size,
    columnStart: Int32Array.from(start),
    rowIndex: Int32Array.from(rowIndex),
    value: Float64Array.from(value),
    cost: new Float64Array(columns.size),
    columnLower: new Float64Array(columns.size).fill(-Infinity),
    columnUpper: new Float64Array(columns.size).fill(Infinity),
    rowLower: new Float64Array(rows.size).fill(-Infinity),
    rowUpper: new Float64Array(rows.size).fill(Infinity),
  }
  return { columns, reduced }
}
