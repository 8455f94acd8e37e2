import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { testEnvironment } from '../../tests/support/environment.js'
import { groupDraft, groupOf, NOON } from '../../tests/support/random-group.js'
import { denialOf } from '../action/gate.js'
import { deliberate } from './deliberate.js'
import { GroupOptimizer } from './optimizer.js'
import { plannedBalances } from './plan.js'
import { positionsOf } from './positions.js'

const environment = await testEnvironment()

test('the gate refuses no plan that deliberation built, whatever binds and in whatever currency', () => {
  const optimizer = new GroupOptimizer(environment.optimizer, () => 0)
  let [plans, linked] = [0, 0]
  fc.assert(
    fc.property(groupDraft, (draft) => {
      const { state, resolved } = groupOf(draft)
      const positions = positionsOf(state, resolved, NOON, new Map())
      const { outcome, reason, moves, dependsOn } = deliberate(state, resolved, positions, NOON, optimizer)
      const forRounding = reason === 'rounding-breaks-floor' || reason === 'limit-cannot-be-kept'
      // With few instructions a ticket that makes room at a bank may have to wait; else rounding refuses nothing.
      assert.ok(!forRounding || draft.instructionsPerCycle < 20, reason)
      if (outcome !== 'PLAN') return
      plans++
      if (dependsOn.some((before) => before >= 0)) linked++
      assert.equal(denialOf(state, resolved, positions, moves, NOON, dependsOn), undefined)
      const planned = plannedBalances(positions, moves)
      for (const { accountId, floorMinor } of positions) assert.ok(planned.get(accountId)! >= floorMinor)
    }),
    { seed: 5, numRuns: 1_500 },
  )
  assert.ok(plans > 1_000, `only ${plans} plans`)
  assert.ok(linked > 2, `only ${linked} plans with legs that wait for others`)
})
