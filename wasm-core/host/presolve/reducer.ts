/**
 * The order in which rules are tried. Depends on the rules, work-queue.ts, limits.ts.
 *
 * Rows and columns that changed are looked at until none is left; rules that fill the matrix or look at all of it wait
 * until the cheaper ones have nothing more to do.
 */
import { Activities } from './activity.js'
import { judgeColumn } from './dominated-column.js'
import { aggregateDoubleton } from './doubleton-equation.js'
import { DualIntervals } from './dual-interval.js'
import { dropImpliedRows } from './implied-redundancy.js'
import { ROUNDS, SUBSTITUTION_ENTRIES, WORTHWHILE_SHARE } from './limits.js'
import { mergeParallelColumns } from './parallel-columns.js'
import { mergeParallelRows } from './parallel-rows.js'
import { judgeRow } from './row-rules.js'
import { absorbSingletonRow } from './singleton-row.js'
import { absorbSlackColumn } from './slack-column.js'
import { Substitution } from './substitution.js'
import { WorkQueue } from './work-queue.js'
import type { WorkingModel } from './working-model.js'

export class Reducer {
  readonly #work: WorkingModel
  readonly #activities: Activities
  readonly #duals: DualIntervals
  readonly #substitution: Substitution
  /** Equations with two columns, and columns short enough to be substituted. */
  readonly #doubletons: WorkQueue
  readonly #candidates: WorkQueue

  constructor(work: WorkingModel) {
    this.#work = work
    this.#activities = new Activities(work)
    this.#duals = new DualIntervals(work)
    this.#substitution = new Substitution(work, this.#activities, this.#duals)
    this.#doubletons = new WorkQueue(work.rowLower.length)
    this.#candidates = new WorkQueue(work.cost.length)
  }

  run(): void {
    const work = this.#work
    this.#drain()
    for (let round = 0; round < ROUNDS && work.mayGoOn; round++) {
      const before = work.size
      this.#passOverAll()
      this.#drain()
      if (before - work.size < WORTHWHILE_SHARE * before) break
    }
    this.#dropFreeRows()
  }

  #passOverAll(): void {
    const work = this.#work
    dropImpliedRows(work, this.#activities)
    mergeParallelRows(work)
    if (work.mayGoOn) mergeParallelColumns(work)
  }

  /** Where presolve was cut short, so that postsolve never meets a nonbasic row without sides. */
  #dropFreeRows(): void {
    const work = this.#work
    if (work.verdict !== undefined) return
    for (let i = 0; i < work.hasRow.length; i++) {
      if (work.hasRow[i] === 0 || work.rowLower[i] !== -Infinity || work.rowUpper[i] !== Infinity) continue
      work.beginRule('redundant-row')
      work.dropLooseRow(i)
    }
  }

  #drain(): void {
    const work = this.#work
    while (work.mayGoOn) {
      work.work++
      if (!work.changedRows.isEmpty) this.#lookAtRow(work.changedRows.take())
      else if (!work.changedColumns.isEmpty) this.#lookAtColumn(work.changedColumns.take())
      else if (!this.#doubletons.isEmpty) this.#tryDoubleton(this.#doubletons.take())
      else if (!this.#candidates.isEmpty) this.#trySubstitution(this.#candidates.take())
      else return
    }
  }

  #lookAtRow(i: number): void {
    const work = this.#work
    if (work.hasRow[i] === 0) return
    if (work.matrix.rowCount[i] === 1 && absorbSingletonRow(work, i)) return
    if (!judgeRow(work, this.#activities, i)) return
    if (work.matrix.rowCount[i] === 2 && work.isEquation(i)) this.#doubletons.add(i)
  }

  #lookAtColumn(j: number): void {
    const work = this.#work
    if (work.hasColumn[j] === 0 || !judgeColumn(work, this.#duals, j)) return
    const { matrix } = work
    const count = matrix.columnCount[j]
    if (count > 1) {
      if (count <= SUBSTITUTION_ENTRIES) this.#candidates.add(j)
      return
    }
    if (absorbSlackColumn(work, this.#activities, j)) return
    // What stays bounds the dual of its row, which may decide on the row's other columns.
    const i = matrix.row[matrix.columnHead[j]]
    if (this.#duals.update(i)) work.touchColumnsOf(i)
  }

  #tryDoubleton(i: number): void {
    const work = this.#work
    if (work.hasRow[i] === 0 || work.matrix.rowCount[i] !== 2 || !work.isEquation(i)) return
    aggregateDoubleton(work, this.#substitution, i)
  }

  #trySubstitution(j: number): void {
    const { hasColumn, matrix } = this.#work
    const count = matrix.columnCount[j]
    if (hasColumn[j] === 0 || count < 2 || count > SUBSTITUTION_ENTRIES) return
    this.#substitution.tryColumn(j)
  }
}
