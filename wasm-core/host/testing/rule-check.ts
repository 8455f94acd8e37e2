/**
 * For tests of single presolve rules: the rule took part, the answer is the expected one, and all that presolve promises holds.
 * Depends on compile.ts, linear-program.ts, presolve.ts, verify-presolve.ts.
 */
import assert from 'node:assert/strict'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import { presolve } from '../presolve/presolve.js'
import type { RuleName } from '../presolve/statistics.js'
import type { SparseModel } from '../sparse-model.js'
import { assertClose, type VerifiedSolve, verifiedSolve } from './verify-presolve.js'

/** What was computed by hand; parts that are left out are not compared. */
interface Expected {
  readonly primal?: readonly number[]
  readonly dual?: readonly number[]
  readonly reducedCost?: readonly number[]
  readonly objective?: number
}

export class RuleCheck {
  readonly #program: LinearProgram

  private constructor(program: LinearProgram) {
    this.#program = program
  }

  static async load(): Promise<RuleCheck> {
    return new RuleCheck(LinearProgram.instantiate((await compileOptimizer()).module))
  }

  optimum(rule: RuleName, model: SparseModel, expected: Expected): VerifiedSolve {
    const solve = this.#solve(rule, model)
    assert.equal(solve.status, 'optimal')
    assert.equal(solve.originalReason, undefined)
    assert.equal(solve.iterationsFromBasis, 0, 'the restored basis is optimal')
    for (const part of ['primal', 'dual', 'reducedCost'] as const) {
      const values = expected[part] ?? []
      for (const [k, value] of values.entries())
        assertClose(solve.answer[part][k] as number, value, `${part} ${k}`)
    }
    if (expected.objective !== undefined) assertClose(solve.answer.objective, expected.objective, 'objective')
    return solve
  }

  /** The checked ray, which presolve found by itself. */
  infeasible(rule: RuleName, model: SparseModel): Float64Array {
    const outcome = presolve(model)
    assert.ok(outcome.kind === 'infeasible' && outcome.rule === rule, `${rule} was not what found it`)
    const solve = verifiedSolve(this.#program, model)
    assert.equal(solve.status, 'infeasible')
    assert.equal(solve.originalReason, undefined)
    return solve.answer.ray
  }

  unbounded(model: SparseModel): void {
    assert.equal(verifiedSolve(this.#program, model).status, 'unbounded')
  }

  #solve(rule: RuleName, model: SparseModel): VerifiedSolve {
    const solve = verifiedSolve(this.#program, model)
    assert.ok(solve.statistics.rules[rule].uses > 0, `${rule} was not used`)
    return solve
  }
}
