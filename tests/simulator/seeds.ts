/**
 * Runs a range of seeds with the production agent and requires that every invariant holds, and that the seeds were no idle ones.
 * The 200 seeds are shared between two test files, so that both cores have something to do.
 */
import assert from 'node:assert/strict'
import { FAULT_KINDS } from '../../sandbox/simulator/faults.js'
import { Simulator } from '../../sandbox/simulator/simulate.js'
import type { SimulationResult } from '../../sandbox/simulator/world.js'

export async function requireSeedsHold(from: number, to: number): Promise<void> {
  const simulator = await Simulator.create({ agent: 'production', kinds: FAULT_KINDS })
  const results: SimulationResult[] = []
  for (let seed = from; seed <= to; seed++) {
    const result = simulator.run(seed)
    const { violation } = result
    if (violation !== undefined) {
      const { command } = simulator.find(seed, violation.invariant)
      assert.fail(`seed ${seed} breaks ${violation.invariant}: ${violation.detail}\nto repeat: ${command}`)
    }
    results.push(result)
  }
  const seeds = results.length
  const sum = (of: (result: SimulationResult) => number): number =>
    results.reduce((total, one) => total + of(one), 0)
  assert.ok(sum(({ instructions }) => instructions) > 10 * seeds, 'too few instructions')
  assert.ok(sum(({ takeovers }) => takeovers) > 4 * seeds, 'too few takeovers')
  assert.ok(sum(({ transactions }) => transactions.aborted) > seeds / 4, 'too few aborted transactions')
  assert.ok(sum(({ trouble }) => trouble.expired) > seeds, 'too few members put out')
  assert.ok(sum(({ trouble }) => trouble.refusedSnapshots) > 0, 'no damaged snapshot was met')
}
