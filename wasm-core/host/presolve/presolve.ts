/**
 * Makes a model smaller before it is solved cold, and remembers how to bring the answer back.
 * Depends on working-model.ts, reducer.ts, reduced-model.ts, postsolve.ts, farkas.ts, statistics.ts, limits.ts,
 * sparse-model.ts.
 *
 * Deterministic: queues are first in first out, rows go before columns, ties go to the lower number, nothing is random, and
 * of Math only what IEEE 754 fixes is used. The same model gives the same bits on every machine.
 *
 * Sources: Brearley, Mitra & Williams, *Analysis of mathematical programming problems prior to applying the simplex algorithm* (1975);
 * Andersen & Andersen, *Presolving in linear programming* (1995); Gould & Toint, *Preprocessing for quadratic programming* (2004);
 * Achterberg, Bixby, Gu, Rothberg & Weninger, *Presolve reductions in mixed integer programming* (2020);
 * Galabova, *Presolve, crash and software engineering for HiGHS* (2023).
 */
import { checkModel, type SparseModel } from '../sparse-model.js'
import { crossedBounds } from './farkas.js'
import { LARGEST_NUMBER } from './limits.js'
import {
  type ReducedAnswer,
  type RestoredAnswer,
  restoreAnswer,
  restoreProof,
  restoreRay,
  type Trail,
} from './postsolve.js'
import { reducedModel } from './reduced-model.js'
import { Reducer } from './reducer.js'
import type { PresolveStatistics, RuleName } from './statistics.js'
import { WorkingModel } from './working-model.js'

export type PresolveOutcome = {
  readonly statistics: PresolveStatistics
} & (
  | {
      readonly kind: 'reduced'
      readonly model: SparseModel
      postsolve(answer: ReducedAnswer): RestoredAnswer
      /** The original model's ray for a Farkas ray of the reduced one; undefined when it does not hold up there. */
      postsolveRay(ray: Float64Array): Float64Array | undefined
    }
  /** Nothing was left to solve. Tolerances of presolve apply: see solve-with-presolve.ts for the checked answer. */
  | { readonly kind: 'solved'; readonly answer: RestoredAnswer }
  /** `ray` is a checked proof; without one infeasibility is only suspected, and the original model has to be solved. */
  | { readonly kind: 'infeasible'; readonly rule: RuleName; readonly ray: Float64Array | undefined }
  /** The duals are infeasible: some column runs to infinity if the model is feasible at all. */
  | { readonly kind: 'unbounded-or-infeasible'; readonly rule: RuleName; readonly column: number }
)

/** Throws `WEIR_SOLVER` on a malformed model, as `LinearProgram.load` does. */
export function presolve(model: SparseModel): PresolveOutcome {
  checkModel(model)
  const work = new WorkingModel(model)
  const crossed = crossedBounds(model)
  if (crossed !== undefined)
    return { kind: 'infeasible', rule: 'empty-row', ray: crossed, statistics: statisticsOf(work, model) }
  if (!hasHugeNumbers(model)) new Reducer(work).run()
  const statistics = statisticsOf(work, model)
  const trail: Trail = { original: model, stack: work.stack, reduced: reducedModel(work) }
  const { verdict } = work
  if (verdict?.kind === 'unbounded-or-infeasible') return { ...verdict, statistics }
  if (verdict !== undefined)
    return {
      kind: 'infeasible',
      rule: verdict.rule,
      ray: restoreProof(trail, verdict.rows, verdict.multipliers),
      statistics,
    }
  if (trail.reduced.model.rows === 0 && trail.reduced.model.columns === 0)
    return { kind: 'solved', answer: restoreAnswer(trail, nothing), statistics }
  return {
    kind: 'reduced',
    model: trail.reduced.model,
    postsolve: (answer) => restoreAnswer(trail, answer),
    postsolveRay: (ray) => restoreRay(trail, ray),
    statistics,
  }
}

function hasHugeNumbers(model: SparseModel): boolean {
  const { value, cost, columnLower, columnUpper, rowLower, rowUpper } = model
  for (const numbers of [value, cost, columnLower, columnUpper, rowLower, rowUpper]) {
    for (let k = 0; k < numbers.length; k++) {
      const size = Math.abs(numbers[k])
      if (size > LARGEST_NUMBER && size < Infinity) return true
    }
  }
  return false
}

function statisticsOf(work: WorkingModel, model: SparseModel): PresolveStatistics {
  let rows = 0
  let columns = 0
  for (let i = 0; i < model.rows; i++) rows += work.hasRow[i]
  for (let j = 0; j < model.columns; j++) columns += work.hasColumn[j]
  return {
    before: { rows: model.rows, columns: model.columns, nonzeros: model.columnStart[model.columns] },
    after: { rows, columns, nonzeros: work.matrix.nonzeros },
    rules: work.tallies,
    work: work.work,
    isCutShort: work.isWorkSpent,
  }
}

const nothing: ReducedAnswer = {
  primal: new Float64Array(0),
  dual: new Float64Array(0),
  reducedCost: new Float64Array(0),
  basis: new Uint8Array(0),
}
