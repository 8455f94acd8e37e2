/**
 * A solve by way of presolve, with everything that is promised of it checked on the original model.
 * Depends on solve-with-presolve.ts, linear-program.ts, verify-answer.ts.
 */
import assert from 'node:assert/strict'
import type { LinearProgram } from '../linear-program.js'
import { type PresolvedSolve, solveWithPresolve } from '../presolve/solve-with-presolve.js'
import type { SparseModel } from '../sparse-model.js'
import { assertFarkas, assertOptimal, assertUnbounded } from './verify-answer.js'

export interface VerifiedSolve extends PresolvedSolve {
  /** Iterations of the original model from the restored basis; 0 unless 'optimal'. */
  readonly iterationsFromBasis: number
}

/** Solves `model` in `program` and checks answer, ray or direction; the basis is a basis of the original model with the same objective. */
export function verifiedSolve(program: LinearProgram, model: SparseModel): VerifiedSolve {
  const solve = solveWithPresolve(program, model)
  let iterationsFromBasis = 0
  if (solve.status === 'optimal') {
    assertOptimal(model, solve.answer)
    iterationsFromBasis = resolveFrom(solve, program, model)
  } else if (solve.status === 'infeasible') assertFarkas(model, solve.answer.ray)
  else if (solve.status === 'unbounded') assertUnbounded(model, solve.answer)
  else assert.fail(solve.status)
  return { ...solve, iterationsFromBasis }
}

function resolveFrom({ answer, basis }: PresolvedSolve, program: LinearProgram, model: SparseModel): number {
  assert.ok(basis !== undefined)
  const { objective } = answer
  program.load(model)
  program.importBasis(basis)
  const repairs = program.counters.repairs
  assert.equal(program.resolve({ answers: 'fast' }), 'optimal', 'from the restored basis')
  assert.equal(program.counters.repairs, repairs, 'the restored basis is singular')
  assertClose(program.objective, objective, 'objective from the restored basis')
  return program.iterations
}

/** Agreement to 1e-8, relative to the larger of 1 and the expected number. */
export function assertClose(actual: number, expected: number, what: string): void {
  const allowed = 1e-8 * Math.max(1, Math.abs(expected))
  assert.ok(Math.abs(actual - expected) <= allowed, `${what}: ${actual}, expected ${expected}`)
}
