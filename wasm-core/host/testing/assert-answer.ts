/**
 * An answer against that of HiGHS: the same verdict and objective, and proven by itself.
 * Depends on verify-answer.ts, linear-program.ts and the oracle.
 */
import assert from 'node:assert/strict'
import type { LinearProgram, SolveStatus } from '../linear-program.js'
import type { SparseModel } from '../sparse-model.js'
import type { OracleAnswer } from './highs-oracle.js'
import { assertFarkas, assertOptimal, assertUnbounded } from './verify-answer.js'

/** `place` opens the message of what fails. Where HiGHS is undecided the answer's own proof must do. */
export function assertAnswer(
  model: SparseModel,
  program: LinearProgram,
  status: SolveStatus,
  expected: OracleAnswer,
  place: string,
): void {
  try {
    if (expected.status !== 'unknown') assert.equal(status, expected.status)
    if (status === 'infeasible') assertFarkas(model, program.ray)
    else if (status === 'unbounded') assertUnbounded(model, program)
    else {
      assertOptimal(model, program)
      if (expected.status === 'unknown') return
      const gap = Math.abs(program.objective - expected.objective)
      assert.ok(
        gap <= 1e-7 * (1 + Math.abs(expected.objective)),
        `${program.objective}, HiGHS ${expected.objective}`,
      )
    }
  } catch (cause) {
    throw new Error(`${place}: ${(cause as Error).message}`, { cause })
  }
}
