import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testEnvironment } from '../../tests/support/environment.js'
import { groupDraft, groupOf, NOON } from '../../tests/support/random-group.js'
import { deliberate } from './deliberate.js'
import { GroupOptimizer } from './optimizer.js'
import { planCost, plannedBalances } from './plan.js'
import { viewPlan } from './plan-view.js'
import { positionsOf } from './positions.js'

const environment = await testEnvironment()
const optimizer = new GroupOptimizer(environment.optimizer, () => 0)

test('a plan seen by the policy that made it costs and leaves what its own deliberation says', () => {
  let plans = 0
  fc.assert(
    fc.property(groupDraft, (draft) => {
      const { state, resolved } = groupOf(draft)
      const positions = positionsOf(state, resolved, NOON, new Map())
      const { moves } = deliberate(state, resolved, positions, NOON, optimizer)
      const { costBaseMinor, planned } = viewPlan(state, { resolved, positions }, moves)
      const expected = planCost(resolved, positions, moves)
      assert.ok(Math.abs(costBaseMinor - expected) <= 1e-6 * Math.max(1, Math.abs(expected)))
      assert.deepEqual(planned, plannedBalances(positions, moves))
      if (moves.length > 0) plans++
    }),
    { seed: 8, numRuns: 300 },
  )
  assert.ok(plans > 100, `only ${plans} plans`)
})

test('a plan over an account that the policy does not name costs its tickets, and moves what the policy sees of it', () => {
  let seen = 0
  fc.assert(
    fc.property(groupDraft, (draft) => {
      const { state, resolved } = groupOf(draft)
      const positions = positionsOf(state, resolved, NOON, new Map())
      const { moves } = deliberate(state, resolved, positions, NOON, optimizer)
      if (moves.length === 0) return
      const known = positions.slice(1)
      const whole = viewPlan(state, { resolved, positions }, moves)
      const part = viewPlan(state, { resolved, positions: known }, moves)
      assert.equal(part.movedBaseMinor, whole.movedBaseMinor)
      assert.ok(Number.isFinite(part.costBaseMinor))
      for (const { accountId } of known)
        assert.equal(part.planned.get(accountId), whole.planned.get(accountId))
      assert.equal(part.planned.size, known.length)
      seen++
    }),
    { seed: 9, numRuns: 200 },
  )
  assert.ok(seen > 50, `only ${seen}`)
})
