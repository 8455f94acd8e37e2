/** Published models (Netlib) by way of presolve: exact optima, checked proofs, and bases that the original model can go on from. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compileOptimizer } from '../compile.js'
import { LinearProgram } from '../linear-program.js'
import { readMpsFile } from '../mps/mps-file.js'
import { assertClose, verifiedSolve } from '../testing/verify-presolve.js'
import { presolve } from './presolve.js'

const root = fileURLToPath(new URL('../../../../', import.meta.url))
const folder = join(process.env.WEIR_SHARED ?? join(root, '..', 'shared'), 'netlib')
const skip = existsSync(folder) ? false : `SKIPPED: no Netlib models at ${folder} (set WEIR_SHARED)`

let module: WebAssembly.Module
before(async () => {
  module = (await compileOptimizer()).module
})

interface PublishedOptimum {
  readonly name: string
  readonly optimum: number
  readonly objectiveOffset: number
}

test('feasible models reach their exact optimum on the reduced model, and the basis is one of the original', {
  skip,
}, () => {
  const optima = JSON.parse(readFileSync(join(folder, 'optima.json'), 'utf8')) as {
    feasible: PublishedOptimum[]
  }
  const setRight: string[] = []
  const worst = { primal: 0, dual: 0, gap: 0, iterations: 0 }
  for (const { name, optimum, objectiveOffset } of optima.feasible) {
    const { model } = readMpsFile(join(folder, `${name}.mps`))
    const solve = verifiedSolve(LinearProgram.instantiate(module), model)
    const { answer, iterationsFromBasis } = solve
    assert.equal(solve.status, 'optimal', name)
    // A restored answer that misses the check by a little is set right by a few iterations from its basis.
    if (solve.originalReason !== undefined) setRight.push(`${name}: ${solve.originalReason}`)
    assert.ok(solve.originalIterations <= 5, `${name}: ${solve.originalIterations} iterations more`)
    const expected = optimum - objectiveOffset
    assertClose(answer.objective, expected, name)
    worst.gap = Math.max(worst.gap, Math.abs(answer.objective - expected) / Math.max(1, Math.abs(expected)))
    worst.primal = Math.max(worst.primal, answer.primalResidual)
    worst.dual = Math.max(worst.dual, answer.dualResidual)
    assert.ok(iterationsFromBasis <= 5, `${name}: ${iterationsFromBasis} iterations from the restored basis`)
    worst.iterations = Math.max(worst.iterations, iterationsFromBasis)
  }
  assert.ok(setRight.length <= 2, setRight.join(', '))
  process.stdout.write(
    `# ${optima.feasible.length} published optima, worst: ${JSON.stringify({ ...worst, setRight })}\n`,
  )
})

test('infeasible models are proven so on the original model', { skip }, () => {
  const outcomes: Record<string, string> = {}
  for (const file of readdirSync(join(folder, 'infeasible'))) {
    const { model } = readMpsFile(join(folder, 'infeasible', file))
    const solve = verifiedSolve(LinearProgram.instantiate(module), model)
    assert.equal(solve.status, 'infeasible', file)
    outcomes[file] =
      `${presolve(model).kind}${solve.originalReason === undefined ? '' : `, ${solve.originalReason}`}`
  }
  process.stdout.write(`# infeasible models: ${JSON.stringify(outcomes)}\n`)
})
